// The bad network between gateway and server, if the gateway was started with --lab.

import { html } from "./svg.js";

const sliders = [["loss", "Lost", 60, "%"], ["duplicate", "Doubled", 60, "%"], ["delay", "Delayed by", 200, "ms"]];
const hint = "For each datagram, on the way there and on the way back.";
const note = html("p", { class: "hint", role: "status" }, hint);
let settings;
let last = Promise.resolve();

export async function enableLab(place) {
  const response = await fetch("/lab", { cache: "no-store" });
  if (!response.ok) return;
  settings = await response.json();
  const heading = html("h2", { id: "lab-heading" }, "A bad network");
  const rows = html("div", { class: "sliders" }, ...sliders.map(slider));
  place.before(html("section", { "aria-labelledby": heading.id }, heading, rows, note));
}

function slider([name, words, most, unit]) {
  const input = html("input", { type: "range", id: `lab-${name}`, max: most, value: settings[name] });
  const value = html("span");
  const show = () => input.setAttribute("aria-valuetext", (value.textContent = `${settings[name]} ${unit}`));
  input.addEventListener("input", () => {
    settings[name] = Number(input.value);
    show();
    // One after the other, so that the newest is the last to arrive.
    last = last.then(put);
  });
  show();
  return html("div", {}, html("label", { for: input.id }, words), " ", value, input);
}

async function put() {
  let words = hint;
  try {
    const response = await fetch("/lab", { method: "PUT", body: JSON.stringify(settings) });
    if (!response.ok) words = (await response.json()).detail;
  } catch {
    words = "The gateway cannot be reached.";
  }
  if (note.textContent !== words) note.textContent = words;
}
