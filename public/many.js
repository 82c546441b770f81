// Many letters, a few at a time, and what became of them.

import { duration, number } from "./format.js";
import { histogramOf, list, percentile, picture } from "./histogram.js";

const atATime = 6;

const element = (id) => document.getElementById(id);
let stopping;

export function enableMany(letterOf) {
  element("many").addEventListener("submit", (event) => {
    event.preventDefault();
    run(letterOf(), Number(new FormData(event.target).get("count")));
  });
  element("stop").addEventListener("click", () => stopping?.abort());
}

async function run(letter, count) {
  stopping = new AbortController();
  const result = { count, times: [], failures: 0, reasons: new Set() };
  setBusy(true);
  element("progress").max = count;
  showProgress(result);
  let left = count;
  const ticker = setInterval(() => showProgress(result), 100);
  await Promise.all(
    Array.from({ length: Math.min(atATime, count) }, async () => {
      while (left-- > 0 && !stopping.signal.aborted) await sendOne(letter, result);
    }),
  );
  clearInterval(ticker);
  showProgress(result);
  showResult(result, stopping.signal.aborted);
  setBusy(false);
}

/** A letter under way when it is stopped counts for nothing. */
async function sendOne(letter, result) {
  const { signal } = stopping;
  const start = performance.now();
  try {
    const response = await fetch("/", { method: "POST", body: letter, cache: "no-store", signal });
    await response.arrayBuffer();
    if (response.ok) result.times.push(performance.now() - start);
    else fail(result, `HTTP status ${response.status} ${response.statusText}`);
  } catch {
    if (!signal.aborted) fail(result, "gateway not reached");
  }
}

function fail(result, reason) {
  result.failures += 1;
  result.reasons.add(reason);
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
  const done = times.length + failures;
  for (const share of [50, 99]) {
    element(`many-p${share}`).textContent = times.length ? duration(percentile(times, share)) : "no reply";
  }
  element("many-failures").textContent = failures ? `${number(failures)}: ${[...reasons].join(", ")}` : "0";
  element("many-words").textContent =
    `${isStopped ? `Stopped after ${number(done)} of ${number(count)} letters` : `${number(count)} letters`}: ${number(times.length)} replies, ${number(failures)} failures.`;
  const bars = histogramOf(times);
  element("histogram").replaceChildren(picture(bars, element("histogram").clientWidth));
  element("histogram-list").replaceChildren(list(bars));
}
