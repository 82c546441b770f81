// The journey of the last letter: a picture, the same as a list, and the bytes of the step that one looks at.

import { comparison, differences, dump } from "./bytes.js";
import { draw } from "./diagram.js";
import { stepsOf } from "./steps.js";
import { html } from "./svg.js";

const [diagram, list, panel] = ["diagram", "steps", "bytes"].map((id) => document.getElementById(id));
let trip;
let measured;
let steps;
let chosen;

/** Shows a trip; `timing` is the browser's own measure of it, if there is one. */
export function showJourney(newTrip, timing) {
  [trip, measured] = [newTrip, timing];
  steps = stepsOf(trip, measured);
  list.replaceChildren(...steps.map(item));
  const reply = steps.findIndex((step) => step.kind === "received");
  chosen = reply < 0 ? steps.length - 1 : reply;
  redraw();
  choose(chosen);
}

function redraw() {
  if (!steps) return;
  diagram.replaceChildren(draw(steps, trip.exchange?.total, Math.max(240, diagram.clientWidth), diagram.clientHeight - 1));
  for (const group of diagram.querySelectorAll("[data-step]")) listen(group, ["pointerenter", "click"]);
  mark();
}

function item(step, index) {
  const button = html("button", { type: "button", "aria-controls": "bytes", "data-step": index });
  button.append(html("strong", {}, step.title), html("span", {}, `${step.ports}; ${step.when}`));
  listen(button, ["pointerenter", "focus", "click"]);
  return html("li", { class: step.leg, "data-kind": step.kind, "data-at": step.at?.toString() }, button);
}

function listen(part, events) {
  for (const event of events) part.addEventListener(event, () => choose(Number(part.dataset.step)));
}

function choose(index) {
  chosen = index;
  mark();
  panel.replaceChildren(html("h3", {}, steps[index].title), ...contentOf(steps[index]));
  panel.scrollTop = 0;
}

function mark() {
  for (const part of document.querySelectorAll("[data-step]")) {
    const isChosen = Number(part.dataset.step) === chosen;
    part.classList.toggle("chosen", isChosen);
    if (part.localName === "button") part.setAttribute("aria-current", String(isChosen));
  }
}

const unseen = {
  refused: "An ICMP message, port unreachable; all that the gateway sees of it is the error ECONNREFUSED.",
  surplus: "It lay behind the reply and is thrown away unread, or it would answer the next letter.",
  truncated: "It is longer than the gateway takes; a part is not passed on as if it were the whole.",
};

function contentOf(step) {
  if (step.kind === "request") return requestContent();
  if (step.kind === "response") return responseContent();
  if (!step.body) return [note(unseen[step.kind] ?? "What it said is not known.")];
  const words = step.lost ? "It was lost, or its reply was, or one of them is slow: UDP does not tell. " : "";
  if (!trip.reply) return [dump(step.body), note(words)];
  return [dump(step.body, differences(trip.request.body, trip.reply)), note(words + comparison(trip.request.body, trip.reply))];
}

function requestContent() {
  const { line, fields, body } = trip.request;
  const all = { Host: location.host, ...fields, "Content-Length": body.length };
  const connection = !measured ? "" : measured.connectStart < measured.connectEnd
    ? " A connection was opened for it." : " An open connection served again.";
  return [
    head(line, Object.entries(all)),
    dump(body),
    note(`As far as a page can know: the browser adds fields such as Origin, and tells neither them, nor the order, nor its port.${connection}`),
  ];
}

function responseContent() {
  const { status, phrase, fields, body } = trip.response;
  return [
    head(`HTTP/1.1 ${status} ${phrase}`, fields),
    html("pre", {}, new TextDecoder().decode(body.subarray(0, 2000))),
    note("As far as a page can know: the browser sorts the fields and may keep some to itself."),
  ];
}

function head(line, fields) {
  return html("pre", {}, [line, ...fields.map(([name, value]) => `${name}: ${value}`)].join("\n"));
}

function note(words) {
  return html("p", { class: "hint" }, words);
}

new ResizeObserver(redraw).observe(diagram);
