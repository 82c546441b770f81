// The bad network between gateway and server: loaded only if the gateway was started with --lab.

const section = document.getElementById("lab");
const note = section.querySelector("[role=status]");
const hint = note.textContent;
const settings = await (await fetch("/lab", { cache: "no-store" })).json();
let last = Promise.resolve();

for (const input of section.querySelectorAll("input")) {
  const name = input.id.replace("lab-", "");
  const show = () => {
    const words = `${settings[name]} ${input.dataset.unit}`;
    input.setAttribute("aria-valuetext", words);
    input.previousElementSibling.textContent = words;
  };
  input.value = settings[name];
  input.addEventListener("input", () => {
    settings[name] = Number(input.value);
    show();
    // One after the other, so that the newest is the last to arrive.
    last = last.then(put);
  });
  input.disabled = false;
  show();
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
