// The bad network between gateway and server: loaded only if the gateway was started with --lab.

import { admission, forget, isAdmitted, reason } from "./admission.js";

const section = document.getElementById("lab");
const note = section.querySelector("[role=status]");
const hint = note.textContent;
const settings = {};
let last = Promise.resolve();
let isWaiting = false;
let changes = 0;

const inputs = [...section.querySelectorAll("input")];
const nameOf = (input) => input.id.replace("lab-", "");

/** What the gateway has set, which another tab may have changed. */
async function read() {
  const before = changes;
  const found = await ask({ cache: "no-store" });
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
    // One after the other, so that the newest is the last to arrive; one that waits sends it.
    if (isWaiting) return;
    isWaiting = true;
    last = last.then(put);
  });
}

const refresh = () => last.then(() => told(read()));
if (!isAdmitted) note.textContent = reason;
admission.then(() => {
  refresh();
  for (const event of ["focus", "pageshow"]) addEventListener(event, refresh);
  document.addEventListener("visibilitychange", () => document.hidden || refresh());
});

function put() {
  isWaiting = false;
  return told(ask({ method: "PUT", body: JSON.stringify(settings) }));
}

/** The gateway's settings after a request; a failure has words for the visitor. */
async function ask(how) {
  const response = await fetch("/lab", how).catch(() => {
    throw new Error("The gateway cannot be reached.");
  });
  if (response.status === 401) forget();
  // A proxy's page is no answer of the gateway.
  const answer = await response.json().catch(() => undefined);
  if (!response.ok || !answer) throw new Error(answer?.detail ?? `The answer has HTTP status ${response.status} and explains nothing.`);
  return answer;
}

/** Says what failed, and no longer once it has gone well. */
async function told(work) {
  let words = hint;
  await work.catch(({ message }) => (words = message));
  if (note.textContent !== words) note.textContent = words;
}
