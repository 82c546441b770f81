// What became of many letters in the bad network, beside what its dice say: loaded only with --lab.

import { number } from "./format.js";
import { html } from "./svg.js";

/** The share of letters that each attempt answers, and of those that none does: a datagram and its reply both have to arrive. */
export function expected(loss, attempts) {
  const both = (1 - loss / 100) ** 2;
  const shares = Array.from({ length: attempts }, (_, index) => both * (1 - both) ** index);
  return [...shares, (1 - both) ** attempts];
}

/** How many letters each attempt answered, and how many none did; a limit is no throw of the dice and counts apart. */
export function counted(trips, attempts) {
  const counts = Array(attempts + 1).fill(0);
  let limited = 0;
  for (const { failure, exchange, response } of trips) {
    if (!failure) counts[Math.min(attempts, Math.max(1, exchange?.attempts ?? 1)) - 1] += 1;
    else if (response?.status === 504 && !failure.includes("budget")) counts[attempts] += 1;
    else limited += 1;
  }
  return { counts, limited };
}

/** Two bars for each outcome: counted, and expected. */
export function show(place, trips, loss, attempts) {
  const { counts, limited } = counted(trips, attempts);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const theory = expected(loss, attempts).map((share) => share * total);
  const most = Math.max(...counts, ...theory, 1);
  const rows = counts.map((count, index) => {
    const name = index < attempts ? `At attempt ${index + 1}: ` : "Never: ";
    const bars = html("span", {}, bar("bar", count / most), ` ${number(count)}`, html("br"),
      bar("bar rest", theory[index] / most), ` ${number(Math.round(theory[index]))} by the dice`);
    return html("li", { "data-count": count, "data-expected": theory[index] }, html("span", {}, name), bars);
  });
  const words = limited
    ? `${number(limited)} letters failed for another reason than the dice: a limit or the budget decided.`
    : "All that was lost was lost by the dice: no limit decided.";
  place.replaceChildren(
    html("h3", {}, `When a reply came, with ${number(loss)} of 100 datagrams lost each way and ${attempts === 1 ? "1 attempt" : `${attempts} attempts`}`),
    html("ol", {}, ...rows), html("p", { class: "hint" }, words));
  place.hidden = false;
}

function bar(kind, share) {
  const element = html("span", { class: kind });
  element.style.inlineSize = `${share * 60}%`;
  return element;
}
