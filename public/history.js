// The last letters of this visit: kept in the page only, gone with it.

import { begin } from "./fill.js";
import { duration } from "./format.js";
import { html } from "./svg.js";

const kept = 20;
const shown = 200;
const list = document.getElementById("visit");

/** Puts a letter on top, with its reply or, if it failed, the reason. */
export function remember(value, letter, outcome, { start, end, udpLeg, failure }) {
  list.prepend(html("li", { value },
    line("sent", letter || "(empty letter)"),
    // Of a failure the sentence, without the next step.
    line(failure ? "came failed" : "came", failure?.split("\n")[0] ?? outcome),
    line("took", failure ? "no reply" : `whole trip ${duration(end - start)}, UDP leg ${duration(udpLeg)}`),
  ));
  list.children[kept]?.remove();
}

const line = (name, text) => html("p", { class: name, dir: "auto" }, begin(text, shown));
