// What became of many letters in the bad network, beside what its dice say: loaded only with --lab.

import { duration, number } from "./format.js";
import { html } from "./svg.js";

/**
 * The share of letters that each attempt answers, and of those that none does: a datagram and its reply both have to
 * arrive, and of a doubled datagram one of two replies.
 */
export function expected({ loss, duplicate }, attempts) {
  const [arrives, doubles] = [1 - loss / 100, duplicate / 100];
  const both = arrives * ((1 - doubles) * arrives + doubles * (1 - (1 - arrives) ** 2));
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

const departures = ["sent", "retransmitted", "rerouted", "resized"];

/** The shortest time, in milliseconds, that a datagram had for its reply before the next one left or the gateway gave up. */
function shortestWait(trips) {
  const waits = trips.filter(({ exchange }) => exchange).flatMap(({ failure, exchange: { steps, total } }) => {
    const times = steps.filter(({ kind }) => departures.includes(kind)).map(({ at }) => at);
    return [...times, ...(failure ? [total] : [])].slice(1).map((time, index) => time - times[index]);
  });
  return Math.min(...waits);
}

/** Whether the dice alone decided. */
function verdict({ trips, settings: { delay }, isMixed }, limited) {
  const words = [];
  if (isMixed) words.push("The sliders were moved meanwhile: the dice are those of the start.");
  const wait = shortestWait(trips);
  if (2 * delay >= wait) {
    words.push(`There and back a datagram is delayed by ${duration(2 * delay)}, and ${duration(wait)} was all that one had for its reply: many replies count for a later attempt, or came too late.`);
  }
  if (limited) words.push(`${number(limited)} letters failed for another reason than the dice: a limit or the budget decided.`);
  return words.join(" ") || "All that was lost was lost by the dice: no limit decided.";
}

/** Two bars for each outcome: counted, and expected. */
export function show(place, result, attempts) {
  const { trips, settings } = result;
  const { counts, limited } = counted(trips, attempts);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const theory = expected(settings, attempts).map((share) => share * total);
  const most = Math.max(...counts, ...theory, 1);
  const rows = counts.map((count, index) => {
    const name = index < attempts ? `At attempt ${index + 1}: ` : "Never: ";
    const bars = html("span", {}, bar("bar", count / most), ` ${number(count)}`, html("br"),
      bar("bar rest", theory[index] / most), ` ${number(Math.round(theory[index]))} by the dice`);
    return html("li", { "data-count": count, "data-expected": theory[index] }, html("span", {}, name), bars);
  });
  const doubled = settings.duplicate ? ` and ${number(settings.duplicate)} doubled` : "";
  place.replaceChildren(
    html("h3", {}, `When a reply came, with ${number(settings.loss)} of 100 datagrams lost${doubled} each way and ${attempts === 1 ? "1 attempt" : `${attempts} attempts`}`),
    html("ol", {}, ...rows), html("p", { class: "hint" }, verdict(result, limited)));
  place.hidden = false;
}

function bar(kind, share) {
  const element = html("span", { class: kind });
  element.style.inlineSize = `${share * 60}%`;
  return element;
}
