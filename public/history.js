// The last letters of this visit: kept in the page only, gone with it.

import { duration } from "./format.js";

const kept = 20;
const shown = 200;

/** Puts the outcome of letter `number` on top of `list`. */
export function remember(list, { number, letter, outcome, failed, wholeTrip, udpLeg }) {
  const entry = document.createElement("li");
  entry.value = number;
  entry.append(
    line("p", "sent", letter || "(empty letter)"),
    line("p", failed ? "came failed" : "came", outcome || "(empty reply)"),
    line("p", "took", failed ? "no reply" : `whole trip ${duration(wholeTrip)}, UDP leg ${duration(udpLeg)}`),
  );
  list.prepend(entry);
  while (list.children.length > kept) list.lastElementChild.remove();
}

function line(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text.length > shown ? `${text.slice(0, shown)}…` : text;
  return element;
}
