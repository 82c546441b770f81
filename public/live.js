// The gateway at this moment, from its own figures (/metrics), once a second while somebody looks.

import { number } from "./format.js";

const every = 1000;
/** Percentiles are over so many looks. */
const kept = 10;

const element = (id) => document.getElementById(id);
const looks = [];
let opened;
let timer;

export function enableLive() {
  document.addEventListener("visibilitychange", go);
  go();
}

function go() {
  clearTimeout(timer);
  if (document.hidden) looks.length = 0;
  else look();
}

async function look() {
  const start = performance.now();
  try {
    const response = await fetch("/metrics", { cache: "no-store" });
    if (!response.ok) throw new Error();
    const now = { at: performance.now(), ...parse(await response.text()) };
    opened ??= now;
    looks.push(now);
    if (looks.length > kept + 1) looks.shift();
    show(now);
  } catch {
    looks.length = 0;
    for (const cell of document.querySelectorAll("#live dd")) cell.textContent = "?";
  }
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(look, Math.max(0, every - (performance.now() - start)));
}

/** The sum of each name's samples, and the histogram's buckets by upper bound. */
export function parse(text) {
  const sums = {};
  const buckets = new Map();
  for (const line of text.split("\n")) {
    const parts = /^letterbox_(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (!parts) continue;
    const [, name, labels, value] = parts;
    sums[name] = (sums[name] ?? 0) + Number(value);
    if (name !== "udp_round_trip_seconds_bucket") continue;
    const bound = Number(/le="([^"]*)"/.exec(labels)[1].replace("+Inf", "Infinity"));
    buckets.set(bound, (buckets.get(bound) ?? 0) + Number(value));
  }
  return { sums, buckets };
}

/** What a share of the new entries did not exceed, in seconds; NaN if there are none. */
export function quantile(before, now, share) {
  const bounds = [...now.keys()].sort((one, other) => one - other);
  const counts = bounds.map((bound) => now.get(bound) - (before.get(bound) ?? 0));
  const rank = share * (counts.at(-1) ?? 0);
  const place = counts.findIndex((count) => count > 0 && count >= rank);
  if (place < 0) return NaN;
  const [low, under] = place === 0 ? [0, 0] : [bounds[place - 1], counts[place - 1]];
  // Of the last bucket only the beginning is known.
  if (bounds[place] === Infinity) return low;
  return low + ((bounds[place] - low) * (rank - under)) / (counts[place] - under);
}

function show(now) {
  const last = looks.at(-2);
  const since = (name) => now.sums[name] - opened.sums[name];
  const cells = {
    rate: last && rate(last, now),
    "in-flight": number(now.sums.udp_exchanges_in_flight),
    retransmissions: number(since("udp_retransmissions_total")),
    late: number(since("udp_late_replies_total")),
    doubled: number(since("udp_doubled_replies_total")),
    p50: milliseconds(quantile(looks[0].buckets, now.buckets, 0.5)),
    p99: milliseconds(quantile(looks[0].buckets, now.buckets, 0.99)),
  };
  for (const [name, words] of Object.entries(cells)) element(`live-${name}`).textContent = words ?? "–";
}

/** Without this page's own looks. */
function rate(last, now) {
  const count = now.sums.http_responses_total - last.sums.http_responses_total - 1;
  return number(Math.max(0, Math.round((count * 1000) / (now.at - last.at))));
}

function milliseconds(seconds) {
  return Number.isNaN(seconds) ? "–" : `${Number((seconds * 1000).toPrecision(2))} ms`;
}
