// The bad network between gateway and server: loaded only if the gateway was started with --lab.

const section = document.getElementById("lab");
const note = section.querySelector("[role=status]");
const hint = note.textContent;
const settings = {};
let last = Promise.resolve();
let changes = 0;

const inputs = [...section.querySelectorAll("input")];
const nameOf = (input) => input.id.replace("lab-", "");

/** What the gateway has set, which another tab may have changed. */
async function read() {
  const before = changes;
  const found = await (await fetch("/lab", { cache: "no-store" })).json();
  // What was moved meanwhile is newer.
  if (before !== changes) return;
  Object.assign(settings, found);
  for (const input of inputs) [input.value, input.disabled] = [settings[nameOf(input)], false];
  inputs.forEach(show);
}

function show(input) {
  const words = `${settings[nameOf(input)]} ${input.dataset.unit}`;
  input.setAttribute("aria-valuetext", words);
  input.previousElementSibling.textContent = words;
}

for (const input of inputs) {
  input.addEventListener("input", () => {
    changes += 1;
    settings[nameOf(input)] = Number(input.value);
    show(input);
    // One after the other, so that the newest is the last to arrive.
    last = last.then(put);
  });
}

await read();
for (const event of ["focus", "pageshow"]) addEventListener(event, () => read().catch(() => {}));
document.addEventListener("visibilitychange", () => document.hidden || read().catch(() => {}));

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
