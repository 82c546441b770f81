// The journey of the last letter: a picture, a list, and the bytes of the chosen step.

import { comparison, differences, dump } from "./bytes.js";
import { draw } from "./diagram.js";
import { load } from "./load.js";
import { stepsOf } from "./steps.js";
import { html } from "./svg.js";
import { setting } from "./target.js";

const [diagram, list, panel] = ["diagram", "steps", "bytes"].map((id) => document.getElementById(id));
let trip;
let measured;
let steps;
let chosen;
/** What lies between gateway and server: nothing, or the lab. */
const network = setting("lab") && { server: setting("udp").split(" ").at(-1) };

/** Shows a trip; `timing` is the browser's own measure of it, if there is one. */
export function showJourney(newTrip, timing) {
  [trip, measured] = [newTrip, timing];
  steps = stepsOf(trip, measured);
  const hadFocus = list.contains(document.activeElement);
  list.replaceChildren(...steps.map(item));
  const reply = steps.findIndex((step) => step.kind === "received");
  chosen = reply < 0 ? steps.length - 1 : reply;
  redraw();
  if (hadFocus) list.children[chosen].firstChild.focus();
}

function redraw() {
  if (!steps) return;
  const width = Math.max(240, diagram.clientWidth);
  diagram.replaceChildren(draw(steps, trip.exchange?.total, width, diagram.clientHeight - 1, network));
  choose(chosen);
}

function item(step, index) {
  const button = html("button", { type: "button", "aria-controls": "bytes", "data-step": index });
  button.append(html("strong", {}, step.title), html("span", {}, `${step.ports}; ${step.when}`));
  return html("li", { class: step.leg, "data-kind": step.kind, "data-at": step.at }, button);
}

function choose(index) {
  chosen = index;
  panel.replaceChildren(html("h3", {}, steps[index].title), ...contentOf(steps[index]));
  panel.scrollTop = 0;
  for (const part of document.querySelectorAll("[data-step]")) {
    const isChosen = Number(part.dataset.step) === chosen;
    part.classList.toggle("chosen", isChosen);
    if (part.localName === "button") part.setAttribute("aria-current", isChosen);
  }
}

const unseen = {
  surplus: "It lay behind the reply and is thrown away unread, or it would answer the next letter.",
  truncated: "It is longer than the gateway takes; a part is not passed on as if it were the whole.",
};

const reports = {
  network: "An ICMP message; all that the gateway sees of it is an error at its socket.",
  host: "The gateway’s own host: no datagram left.",
};

function contentOf({ kind, by, body, lost }) {
  const { request, response, reply } = trip;
  if (kind === "request") return requestContent(request);
  if (kind === "response") return responseContent(response);
  if (!body) return [note(unseen[kind] ?? reports[by] ?? "There is nothing more to see of it.")];
  const words = lost ? "It was lost, or its reply was, or one of them is slow: UDP does not tell. " : "";
  if (!reply) return [dump(body), note(words)];
  return [dump(body, differences(request.body, reply)), note(words + comparison(request.body, reply))];
}

function requestContent({ url, fields, content }) {
  const isNew = measured?.connectStart < measured?.connectEnd;
  const connection = !measured || !trip.response ? "" : isNew ? " A connection was opened for it." : " An open connection served again.";
  return [
    head(`POST ${url} HTTP/1.1`, Object.entries({ Host: location.host, ...fields, "Content-Length": content.length })),
    dump(content),
    note(`As far as a page can know: the browser adds fields such as Origin, and tells neither them, nor the order, nor its port.${connection}`),
  ];
}

function responseContent({ status, phrase, fields, body }) {
  return [
    head(`HTTP/1.1 ${status} ${phrase}`, fields),
    html("pre", {}, new TextDecoder().decode(body.subarray(0, 2000))),
    note("As far as a page can know: the browser sorts the fields and may keep some to itself."),
  ];
}

function head(line, fields) {
  return html("pre", {}, [line, ...fields.map(([name, value]) => `${name}: ${value}`)].join("\n"));
}

const note = (words) => html("p", { class: "hint" }, words);

for (const name of ["pointermove", "focusin", "click"]) {
  document.querySelector(".travel").addEventListener(name, ({ target, type, movementX, movementY }) => {
    // A page that scrolls below a pointer at rest chooses nothing.
    if (type === "pointermove" && !movementX && !movementY) return;
    const part = target.closest("[data-step]");
    if (part && Number(part.dataset.step) !== chosen) choose(Number(part.dataset.step));
  });
}
for (const kind of ["svg", "json"]) {
  document.getElementById(`keep-${kind}`).addEventListener("click", async ({ target }) => {
    try {
      const keep = await load("keep");
      if (steps) keep[kind](kind === "svg" ? diagram.firstElementChild : trip);
    } catch {
      target.dataset.label ??= target.textContent;
      document.getElementById("announcement").textContent = target.textContent = "Not saved: the gateway cannot be reached.";
      setTimeout(() => (target.textContent = target.dataset.label), 3000);
    }
  });
}
new ResizeObserver(redraw).observe(diagram);
