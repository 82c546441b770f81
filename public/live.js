// The gateway at this moment, from its own figures (/metrics), once a second while the page is visible.

import { admission, forget, isAdmitted, reason } from "./admission.js";
import { duration, number } from "./format.js";

const every = 1000;
/** Percentiles are over so many looks. */
const kept = 10;
const looks = [];
const panel = document.querySelector(".live details");
const hint = panel.querySelector(".hint");
let opened;

let timer;

export async function enableLive() {
  const words = hint.textContent;
  if (!isAdmitted) {
    blank();
    hint.textContent = reason;
    await admission;
    hint.textContent = words;
  }
  timer = setInterval(look, every);
  look();
}

async function look() {
  if (document.hidden || !panel.open) return (looks.length = 0);
  try {
    const response = await fetch("/metrics", { cache: "no-store", signal: AbortSignal.timeout(every) });
    const { ok, status } = response;
    // A proxy's 502 or 429 passes, and is no figures until then.
    if (!ok && status < 500 && status !== 429) return refuse(status);
    if (!ok) throw status;
    const now = { at: performance.now(), ...parse(await response.text()) };
    if (hasRestarted(looks.at(-1) ?? opened, now)) [looks.length, opened] = [0, undefined];
    looks.push(now);
    opened ??= now;
    if (looks.length > kept + 1) looks.shift();
    show(looks.at(-1));
  } catch {
    looks.length = 0;
    blank();
  }
}

function blank() {
  for (const cell of document.querySelectorAll("#live dd")) cell.textContent = "?";
}

/** Asking again would not help, and each time leave a line in the gateway's log. */
function refuse(status) {
  clearInterval(timer);
  if (status === 401) forget();
  blank();
  hint.textContent = `The gateway does not give its figures to this page (HTTP status ${status}).`;
}

/** Whether the gateway has begun to count anew: its counters never fall. */
function hasRestarted(before, now) {
  const names = Object.keys(before?.sums ?? {}).filter((name) => name.endsWith("_total"));
  return names.some((name) => !(now.sums[name] >= before.sums[name]));
}

/** The sum of each name's samples, and the histogram's buckets by upper bound. */
export function parse(text) {
  const sums = {};
  const buckets = new Map();
  for (const [, name, labels, value] of text.matchAll(/^letterbox_(\w+)(?:\{(.*)\})? (\S+)$/gm)) {
    sums[name] = (sums[name] ?? 0) + Number(value);
    if (name !== "udp_round_trip_seconds_bucket") continue;
    const bound = Number(/le="([^"]*)"/.exec(labels)[1].replace("+Inf", "Infinity"));
    buckets.set(bound, (buckets.get(bound) ?? 0) + Number(value));
  }
  return { sums, buckets };
}

/** What a share of the new entries did not exceed, in seconds; NaN if there are none. */
export function quantile(before, now, share) {
  const counts = [...now].map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)]);
  const rank = share * (counts.at(-1)?.[1] ?? 0);
  const place = counts.findIndex(([, count]) => count > 0 && count >= rank);
  if (place < 0) return NaN;
  const [[low, under], [high, count]] = [counts[place - 1] ?? [0, 0], counts[place]];
  // Of the last bucket only the beginning is known.
  return high === Infinity ? low : low + ((high - low) * (rank - under)) / (count - under);
}

function show({ at, sums, buckets }) {
  const last = looks.at(-2);
  const since = (name, before = opened) => sums[name] - before.sums[name];
  const percentile = (share) => duration(1000 * quantile(looks[0].buckets, buckets, share)).replace("not told", "–");
  const cells = {
    // Without this page's own looks.
    rate: last ? number(Math.round(((since("http_responses_total", last) - 1) * 1000) / (at - last.at))) : "–",
    "in-flight": number(sums.udp_exchanges_in_flight),
    retransmissions: number(since("udp_retransmissions_total")),
    late: number(since("udp_late_replies_total")),
    doubled: number(since("udp_doubled_replies_total")),
    p50: percentile(0.5),
    p99: percentile(0.99),
  };
  for (const [name, words] of Object.entries(cells)) document.getElementById(`live-${name}`).textContent = words;
}
