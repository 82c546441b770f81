// How often which time: bars, the same as a table, and percentiles.

import { duration, number } from "./format.js";
import { html, svg } from "./svg.js";

/** The value that so many per cent of the sorted ones do not exceed (nearest rank). */
export function percentile(sorted, percent) {
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)];
}

/** Bars { from, to, count } of equal width over sorted times; the last takes what is beyond the 99th percentile. */
export function histogramOf(sorted) {
  if (sorted.length === 0) return [];
  const end = percentile(sorted, 99);
  const rough = (end - sorted[0]) / 14 || 0.1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((each) => each >= rough);
  const first = Math.floor(sorted[0] / step);
  const last = Math.floor(end / step);
  const bars = [];
  for (let place = first; place <= last; place += 1) bars.push({ from: place * step, to: (place + 1) * step, count: 0 });
  const rest = { from: (last + 1) * step, to: Infinity, count: 0 };
  for (const time of sorted) (bars[Math.floor(time / step) - first] ?? rest).count += 1;
  return rest.count ? [...bars, rest] : bars;
}

const range = ({ from, to }) => (to === Infinity ? `${duration(from)} and more` : `${duration(from)} to ${duration(to)}`);

/** The bars as a picture; each has its words as a title. */
export function picture(bars) {
  const [width, height, base] = [640, 200, 168];
  const most = Math.max(1, ...bars.map((bar) => bar.count));
  const each = width / Math.max(1, bars.length);
  const drawing = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "Round trips as bars; the table below says the same." });
  bars.forEach((bar, index) => {
    const tall = (bar.count / most) * (base - 22);
    const column = svg("g", { class: bar.to === Infinity ? "bar rest" : "bar", "data-count": bar.count });
    column.append(
      svg("title", {}, `${range(bar)}: ${number(bar.count)}`),
      svg("rect", { x: index * each + 1, y: base - tall, width: each - 2, height: tall }),
      svg("text", { x: (index + 0.5) * each, y: base - tall - 5, "text-anchor": "middle" }, bar.count ? number(bar.count) : ""),
    );
    drawing.append(column);
  });
  drawing.append(svg("line", { class: "axis", x1: 0, y1: base, x2: width, y2: base }));
  for (const [index, anchor] of [[0, "start"], [Math.floor(bars.length / 2), "middle"]]) {
    if (bars[index]) drawing.append(svg("text", { class: "scale", x: index * each, y: 190, "text-anchor": anchor }, duration(bars[index].from)));
  }
  const last = bars.at(-1);
  if (last) drawing.append(svg("text", { class: "scale", x: width, y: 190, "text-anchor": "end" }, last.to === Infinity ? `over ${duration(last.from)}` : duration(last.to)));
  return drawing;
}

/** The same in words, a row for each bar. */
export function table(bars) {
  const rows = bars.map((bar) => html("tr", {}, html("th", { scope: "row" }, range(bar)), html("td", {}, number(bar.count))));
  const head = html("tr", {}, html("th", { scope: "col" }, "Round trip"), html("th", { scope: "col" }, "Letters"));
  return html("table", {}, html("thead", {}, head), html("tbody", {}, ...rows));
}
