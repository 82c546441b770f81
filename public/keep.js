// What one can take along: the picture as a file that stands by itself, and the trace as it was told.

import { svg as make } from "./svg.js";

const looks = ["fill", "stroke", "stroke-width", "stroke-dasharray", "font-family", "font-size", "font-weight", "text-anchor"];

/** The picture, with the page's styles written into it. */
export function svg(picture) {
  const copy = picture.cloneNode(true);
  const [from, to] = [picture, copy].map((each) => [each, ...each.querySelectorAll("*")]);
  from.forEach((element, index) => {
    const style = getComputedStyle(element);
    for (const name of looks) to[index].setAttribute(name, style.getPropertyValue(name));
    to[index].removeAttribute("class");
  });
  const fill = getComputedStyle(document.body).backgroundColor;
  copy.prepend(make("rect", { width: "100%", height: "100%", fill }));
  save("journey.svg", "image/svg+xml", new XMLSerializer().serializeToString(copy));
}

/** The gateway's own words about the exchange, and the browser's times. */
export function json({ start, end, response, failure, exchange }) {
  const { status } = response ?? {};
  save("trace.json", "application/json", `${JSON.stringify({ status, failure, wholeTrip: end - start, exchange }, null, 2)}\n`);
}

function save(name, type, words) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([words], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
