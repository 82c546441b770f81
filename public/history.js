// The last letters of this visit: kept in the page only, gone with it.

import { duration } from "./format.js";
import { html } from "./svg.js";

const kept = 20;
const shown = 200;

export function remember(list, { number, letter, outcome, failed, wholeTrip, udpLeg }) {
  const entry = html("li", { value: number },
    line("sent", letter || "(empty letter)"),
    line(failed ? "came failed" : "came", outcome || "(empty reply)"),
    line("took", failed ? "no reply" : `whole trip ${duration(wholeTrip)}, UDP leg ${duration(udpLeg)}`),
  );
  list.prepend(entry);
  while (list.children.length > kept) list.lastElementChild.remove();
}

function line(name, text) {
  return html("p", { class: name }, text.length > shown ? `${text.slice(0, shown)}…` : text);
}
