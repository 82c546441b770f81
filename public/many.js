// Many letters, a few at a time, and how long they took.

import { duration, number } from "./format.js";
import { load } from "./load.js";
import { post } from "./post.js";
import { html } from "./svg.js";
import { hexadecimal } from "./target.js";

const atATime = 6;

const element = (id) => document.getElementById(id);
let stopping;
/** How often a letter is sent at most in the lab; 0 without one. */
const attempts = Number(document.querySelector('meta[name="letterbox-lab"]').content);
/** The settings of the bad network as its sliders show them, NaN while they are unknown. */
const dice = () => Object.fromEntries(["loss", "duplicate", "delay"].map((name) => [name, parseFloat(element(`lab-${name}`).ariaValueText)]));

element("stop").addEventListener("click", () => stopping.abort());

/** Posts bytes to a target so many times, unless others are under way. */
export async function run(letter, to, count) {
  if (element("send-many").disabled) return;
  const settings = dice();
  stopping = new AbortController();
  const { signal } = stopping;
  const result = { count, times: [], failures: 0, reasons: new Set(), trips: [], settings };
  setBusy(true);
  element("progress").max = count;
  showProgress(result);
  // Digits are written once: it would take time from the letters under way.
  const target = { ...to, digits: to.isHex && hexadecimal(letter) };
  let left = count;
  const ticker = setInterval(showProgress, 100, result);
  await Promise.all(
    Array.from({ length: atATime }, async () => {
      while (left-- > 0 && !signal.aborted) {
        const trip = await post(letter, target, signal);
        // A letter under way when it is stopped counts for nothing.
        if (!signal.aborted) note(trip, result);
      }
    }),
  );
  clearInterval(ticker);
  showProgress(result);
  showResult(result, signal.aborted);
  setBusy(false);
  if (attempts && !Number.isNaN(settings.loss)) (await load("theory")).show(element("theory"), result, attempts);
}

function note(trip, result) {
  const { start, end, failure, response } = trip;
  if (attempts) result.trips.push(trip);
  result.isMixed ||= attempts > 0 && JSON.stringify(dice()) !== JSON.stringify(result.settings);
  if (!failure) return result.times.push(end - start);
  result.failures += 1;
  result.reasons.add(response ? `HTTP status ${response.status} ${response.phrase}` : "gateway not reached");
}

/** The focus leaves a button that is switched off. */
function setBusy(isBusy) {
  const [start, stop] = [element("send-many"), element("stop")];
  const hadFocus = document.activeElement === (isBusy ? start : stop);
  start.disabled = isBusy;
  stop.disabled = !isBusy;
  if (hadFocus) (isBusy ? stop : start).focus();
}

function showProgress({ count, times, failures }) {
  const done = times.length + failures;
  element("progress").value = done;
  element("progress-words").textContent = `${number(done)} of ${number(count)}`;
}

function showResult({ count, times, failures, reasons }, isStopped) {
  times.sort((one, other) => one - other);
  for (const share of [50, 99]) {
    element(`many-p${share}`).textContent = times.length ? duration(percentile(times, share)) : "no reply";
  }
  element("many-failures").textContent = failures ? `${number(failures)}: ${[...reasons].join(", ")}` : "0";
  const done = isStopped ? `Stopped after ${number(times.length + failures)} of ` : "";
  element("many-words").textContent =
    `${done}${number(count)} letters: ${number(times.length)} replies, ${number(failures)} failures.`;
  element("histogram").replaceChildren(histogram(times));
}

/** By nearest rank. */
function percentile(sorted, percent) {
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)];
}

/** Spans of equal width over sorted times; one more for those beyond the 99th percentile. */
function spansOf(sorted) {
  const end = percentile(sorted, 99);
  const rough = (end - sorted[0]) / 10 || 0.1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((each) => each >= rough);
  const first = Math.floor(sorted[0] / step);
  const spans = [];
  for (let place = first; place * step <= end; place += 1) spans.push({ from: place * step, to: (place + 1) * step, count: 0 });
  const rest = { from: spans.at(-1).to, count: 0 };
  for (const time of sorted) (spans[Math.floor(time / step) - first] ?? rest).count += 1;
  return rest.count ? [...spans, rest] : spans;
}

/** A list: each item says what its bar shows. */
function histogram(sorted) {
  if (sorted.length === 0) return html("p", { class: "hint" }, "No replies, no times.");
  const spans = spansOf(sorted);
  const most = Math.max(...spans.map((span) => span.count));
  return html("ol", {}, ...spans.map(({ from, to, count }) => {
    const bar = html("span", { class: to ? "bar" : "bar rest" });
    bar.style.inlineSize = `${(count / most) * 80}%`;
    const words = html("span", {}, duration(from), to ? ` to ${duration(to)}: ` : " and more: ");
    return html("li", { "data-count": count }, words, html("span", {}, bar, ` ${number(count)}`));
  }));
}
