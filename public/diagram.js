// The journey as a picture: time runs down, to scale as far as there is room for the words.

import { duration } from "./format.js";
import { svg } from "./svg.js";

const top = 72;
const bottom = 34;
/** The least distance of two moments, in pixels: room for two lines of words. */
const apart = 50;

/** When what happened since the request left; the gateway's span goes into the middle of the browser's. */
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
  return { heights, scale, stretched: gaps.map((gap) => gap * scale < apart) };
}

/** Draws the steps of a trip; it may become higher than `space`. */
export function draw(steps, total, width, space) {
  const wide = width >= 480;
  const x = wide ? [72, (width - 4) / 2, width - 76] : [10, (width - 26) / 2, width - 36];
  const { heights, scale, stretched } = heightsOf(momentsOf(steps, total ?? 0), space - top - bottom);
  const height = heights.at(-1) + bottom;
  const label = "A picture of the steps in the list";
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label });
  picture.append(...houses(x, width, wide), ...x.flatMap((each) => lifeline(each, heights, stretched)));
  if (total !== undefined) {
    picture.append(svg("rect", { class: "busy", x: x[1] - 4, y: heights[1], width: 8, height: heights.at(-2) - heights[1], rx: 3 }));
  }
  steps.forEach((step, index) => {
    const name = `step ${step.leg} ${step.kind}${step.lost ? " lost" : ""}`;
    const group = svg("g", { class: name, "data-step": index, "data-kind": step.kind, "data-at": step.at?.toString() });
    if (step.leg === "udp") drawDatagram(group, step, x, heights[index + 1]);
    else drawStream(group, step, x, step.way === "out" ? heights.slice(0, 2) : heights.slice(-2), wide);
    picture.append(group);
  });
  if (scale > 0) picture.append(...ruler(width - 10, height - 26, scale));
  return picture;
}

function houses(x, width, wide) {
  const names = [["Browser", "its clock", "browser-time"], ["Gateway", "its clock", "gateway-time"], ["UDP server", "not timed", ""]];
  return names.flatMap(([name, clock, kind], index) => {
    const anchor = wide ? "middle" : ["start", "middle", "end"][index];
    const place = wide ? x[index] : [0, x[1], width][index];
    return [
      text("name", place, 17, anchor, name),
      text(`clock ${kind}`, place, 34, anchor, clock),
      svg("rect", { class: "door", x: x[index] - 10, y: 46, width: 20, height: 6, rx: 3 }),
    ];
  });
}

/** Dotted where there is more height than time. */
function lifeline(x, heights, stretched) {
  const line = (y1, y2, isStretched) => svg("line", { class: isStretched ? "life stretched" : "life", x1: x, x2: x, y1, y2 });
  return [line(52, top), ...stretched.map((each, index) => line(heights[index], heights[index + 1], each))];
}

function drawStream(group, step, [browser, gateway], [above, below], wide) {
  const out = step.way === "out";
  const ends = out ? [[browser, above], [gateway, below]] : [[gateway, above], [browser, below]];
  arrow(group, ...ends, step);
  const [atBrowser, atGateway] = out ? [above, below] : [below, above];
  const beside = wide ? [browser - 9, atBrowser + 4, "end"] : [out ? browser + 7 : 0, atBrowser + (out ? -11 : 17), "start"];
  group.append(text("time browser-time", ...beside, duration(step.browserTime)));
  if (step.at !== undefined) group.append(text("time gateway-time", gateway + 9, atGateway + 4, "start", duration(step.at)));
}

/** When it was at the server nobody measured: the slant has no meaning. */
function drawDatagram(group, step, [, gateway, server], y) {
  const out = step.way === "out";
  const far = [server, out ? y + 10 : y - 10];
  arrow(group, ...(out ? [[gateway, y], far] : [far, [gateway, y]]), step);
  group.append(text("time gateway-time", gateway - 9, y + 4, "end", duration(step.at)));
}

function arrow(group, [x1, y1], [x2, y2], step) {
  const share = step.lost ? 0.75 : 1;
  const [x, y] = [x1 + (x2 - x1) * share, y1 + (y2 - y1) * share];
  // The first, broad and invisible, catches the pointer.
  for (const name of ["catch", "way"]) group.append(svg("line", { class: name, x1, y1, x2: x, y2: y }));
  const angle = (Math.atan2(y2 - y1, x2 - x1) * 180) / Math.PI;
  const tip = step.lost ? "m-6-6 12 12m0-12-12 12" : "m0 0-10-4.5v9z";
  group.append(svg("path", { class: step.lost ? "cross" : "tip", d: tip, transform: `translate(${x} ${y}) rotate(${angle})` }));
  const upright = Math.abs(angle) > 90 ? angle + 180 : angle;
  const words = svg("g", { transform: `translate(${(x1 + x) / 2} ${(y1 + y) / 2}) rotate(${upright})` });
  words.append(text("what", 0, -7, "middle", step.label), text("ports", 0, 15, "middle", step.ports));
  group.append(words);
}

/** A stretch of time to measure the solid parts with. */
function ruler(x, y, scale) {
  const times = [1, 2, 5].flatMap((digit) => [0.001, 0.01, 0.1, 1, 10, 100, 1000].map((power) => digit * power));
  const time = Math.max(...times.filter((each) => each * scale <= 90));
  if (time < 0) return [];
  return [
    svg("path", { class: "ruler", d: `M${x - 4} ${y}h8m-4 0v${-time * scale}m-4 0h8` }),
    text("ports", x + 10, y + 17, "end", duration(time)),
  ];
}

function text(name, x, y, anchor, words) {
  return svg("text", { class: name, x, y, "text-anchor": anchor }, words);
}
