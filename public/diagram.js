// The journey as a picture: time runs down, to scale where the words have room.

import { excerpt } from "./bytes.js";
import { duration } from "./format.js";
import { svg } from "./svg.js";

const top = 92;
const bottom = 24;
/** The least distance of two moments, in pixels: room for two lines of words. */
const apart = 50;
/** Measures words. */
const pen = document.createElement("canvas").getContext("2d");

/** The time of each step since the request left: the gateway's span is in the middle of the browser's. */
function momentsOf(steps, total) {
  const answered = steps.at(-1).kind === "response";
  const whole = answered ? steps.at(-1).browserTime - steps[0].browserTime : 0;
  const way = Math.max(0, (whole - total) / 2);
  const datagrams = steps.filter((step) => step.leg === "udp").map((step) => way + step.at);
  return [0, way, ...datagrams, ...(answered ? [way + total, 2 * way + total] : [])];
}

/** Heights for moments, to scale but none closer than `apart`. */
function heightsOf(moments, room) {
  const gaps = moments.slice(1).map((moment, index) => Math.max(0, moment - moments[index]));
  const height = (gap, scale) => Math.max(apart, gap * scale);
  let scale = 0;
  for (let step = 2 ** 20; step > 1e-4; step /= 2) {
    if (gaps.reduce((sum, gap) => sum + height(gap, scale + step), 0) <= room) scale += step;
  }
  const heights = [top];
  for (const gap of gaps) heights.push(heights.at(-1) + height(gap, scale));
  return { heights, stretched: gaps.map((gap) => gap * scale < apart) };
}

/** Draws the steps of a trip; it may become higher than `space`. */
export function draw(steps, total, width, space, network) {
  const x = [38, (width - 14) / 2, width - 52];
  const { heights, stretched } = heightsOf(momentsOf(steps, total ?? 0), space - top - bottom);
  const height = heights.at(-1) + bottom;
  const viewBox = `0 0 ${width} ${height}`;
  const picture = svg("svg", { viewBox, width, height, role: "img", "aria-label": "A picture of the steps in the list" });
  const houses = [["Browser", "its clock", "browser-time"], ["Gateway", "its clock", "gateway-time", steps[0].port],
    ["UDP server", "not timed", "", network?.server ?? portOf(steps)]];
  houses.forEach((each, index) => picture.append(...house(x[index], ...each), ...lifeline(x[index], heights, stretched)));
  if (network) picture.append(...cloud(x[1] + 0.75 * (x[2] - x[1]), height, width, steps));
  if (total !== undefined) {
    picture.append(svg("rect", { class: "busy", x: x[1] - 4, y: heights[1], width: 8, height: heights.at(-2) - heights[1], rx: 3 }));
  }
  steps.forEach((step, index) => {
    const { leg, kind, at, way, lost } = step;
    const group = svg("g", { class: `step ${leg} ${kind}${lost ? " lost" : ""}`, "data-step": index, "data-kind": kind, "data-at": at });
    if (leg === "udp") drawDatagram(group, step, x, heights[index + 1]);
    else drawStream(group, step, x, way === "out" ? heights : heights.slice(-2));
    picture.append(group);
  });
  return picture;
}

/** A process is a house, and its socket a door, whose number is the port. */
function house(x, name, clock, kind, door) {
  const roof = svg("path", { class: "life", fill: "none", d: `M${x - 34} 11L${x} 1L${x + 34} 11` });
  const number = text("ports", x, 57, "middle", door ? `door ${door}` : "a door");
  return [roof, text("name", x, 25, "middle", name), text(`clock ${kind}`, x, 41, "middle", clock), number];
}

const portOf = (steps) => steps.find((step) => step.upstream)?.upstream.split(":").at(-1);

/** The bad network, in which datagrams are lost. */
function cloud(x, height, width, steps) {
  const port = portOf(steps);
  return [
    svg("rect", { class: "network", x: x - 9, y: 66, width: 18, height: height - 66 - 18, rx: 9 }),
    text("ports", width - 4, height - 5, "end", `the bad network${port ? `, door ${port}` : ""}`),
  ];
}

/** Dotted where there is more height than time. */
function lifeline(x, heights, stretched) {
  const line = (y1, y2, isStretched) => svg("line", { class: isStretched ? "life stretched" : "life", x1: x, x2: x, y1, y2 });
  return [line(64, top), ...stretched.map((each, index) => line(heights[index], heights[index + 1], each))];
}

function drawStream(group, step, [browser, gateway], [above, below]) {
  const isOut = step.way === "out";
  const [atBrowser, atGateway] = isOut ? [above, below] : [below, above];
  const ends = [[browser, atBrowser], [gateway, atGateway]];
  arrow(group, ...(isOut ? ends : ends.reverse()), step);
  const beside = isOut ? [browser + 7, atBrowser - 17] : [2, atBrowser + 17];
  group.append(text("browser-time", ...beside, "start", duration(step.browserTime)));
  if (step.at !== undefined) group.append(text("gateway-time", gateway + 9, atGateway + 4, "start", duration(step.at)));
}

/** The time at the server is not measured: the slant has no meaning. */
function drawDatagram(group, step, [, gateway, server], y) {
  const ends = [[gateway, y], [server, y + (step.way === "out" ? 10 : -10)]];
  if (step.way === "none") {
    group.append(svg("circle", { class: "tip", cx: gateway, cy: y, r: 5 }), text("what", gateway + 12, y + 4, "start", wordsOf(step)));
  } else arrow(group, ...(step.way === "out" ? ends : ends.reverse()), step);
  group.append(text("gateway-time", gateway - 9, y + 4, "end", duration(step.at)));
}

/** The letter's bytes, and its size, as far as there is room. */
function wordsOf({ label, body, size }, room = Infinity) {
  const join = (...parts) => parts.filter(Boolean).join(", ");
  if (!body?.length) return join(label, size);
  const words = (most, end) => join(label, `“\u2068${excerpt(body, most)}\u2069”`, end);
  pen.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  for (const end of [size, undefined]) {
    for (let most = 64; most > 7; most -= 1) if (pen.measureText(words(most, end)).width <= room) return words(most, end);
  }
  return words(6);
}

function arrow(group, [x1, y1], [x2, y2], step) {
  const { lost, ports } = step;
  const share = lost ? 0.75 : 1;
  const [x, y] = [x1 + (x2 - x1) * share, y1 + (y2 - y1) * share];
  // The first, broad and invisible, catches the pointer.
  for (const name of ["catch", "way"]) group.append(svg("line", { class: name, x1, y1, x2: x, y2: y }));
  const angle = (Math.atan2(y2 - y1, x2 - x1) * 180) / Math.PI;
  const tip = lost ? "m-6-6 12 12m0-12-12 12" : "m0 0-10-4.5v9z";
  group.append(svg("path", { class: lost ? "cross" : "tip", d: tip, transform: `translate(${x} ${y}) rotate(${angle})` }));
  const upright = Math.abs(angle) > 90 ? angle + 180 : angle;
  const words = svg("g", { transform: `translate(${(x1 + x) / 2 + (lost ? 9 : 0)} ${(y1 + y) / 2}) rotate(${upright})` });
  words.append(text("what", 0, -7, "middle", wordsOf(step, Math.hypot(x - x1, y - y1) - 8)), text("ports", 0, 15, "middle", ports));
  group.append(words);
}

function text(name, x, y, anchor, words) {
  return svg("text", { class: name, x, y, "text-anchor": anchor }, words);
}
