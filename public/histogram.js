// How often which time: bars, the same as a table, and percentiles.

import { duration, number } from "./format.js";
import { html, svg } from "./svg.js";

/** By nearest rank. */
export function percentile(sorted, percent) {
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)];
}

/** Bars of equal width over sorted times; one more for those beyond the 99th percentile. */
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

const words = ({ from, to, count }) =>
  `${duration(from)} ${to === Infinity ? "and more" : `to ${duration(to)}`}: ${number(count)}`;

export function picture(bars, width) {
  const [height, base] = [200, 168];
  const most = Math.max(1, ...bars.map((bar) => bar.count));
  const each = width / Math.max(1, bars.length);
  const drawing = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "Round trips as bars, as in the list" });
  bars.forEach((bar, index) => {
    const tall = (bar.count / most) * (base - 22);
    const column = svg("g", { class: bar.to === Infinity ? "bar rest" : "bar", "data-count": bar.count });
    column.append(
      svg("title", {}, words(bar)),
      svg("rect", { x: index * each + 1, y: base - tall, width: each - 2, height: tall }),
      svg("text", { x: (index + 0.5) * each, y: base - tall - 5, "text-anchor": "middle" }, bar.count ? number(bar.count) : ""),
    );
    drawing.append(column);
  });
  const last = bars.at(-1);
  const ends = last ? [duration(bars[0].from), last.to === Infinity ? `over ${duration(last.from)}` : duration(last.to)] : [];
  ends.forEach((end, index) =>
    drawing.append(svg("text", { class: "scale", x: index * width, y: 190, "text-anchor": index ? "end" : "start" }, end)),
  );
  return drawing;
}

export function list(bars) {
  return html("ol", {}, ...bars.map((bar) => html("li", {}, words(bar))));
}
