// Copy buttons.

import { wordsOf } from "./fill.js";

const announcement = document.getElementById("announcement");

function enable(button) {
  const { copy: id, what } = button.dataset;
  button.setAttribute("aria-label", `Copy ${what}`);
  const say = (label, words) => ([button.textContent, announcement.textContent] = [label, words]);
  button.addEventListener("click", async () => {
    if (await copy(document.getElementById(id))) say("Copied", `Copied ${what}.`);
    else say("Selected", "Selected, but the browser did not copy it.");
    setTimeout(say, 1500, "Copy", "");
  });
}

async function copy(source) {
  const words = wordsOf(source);
  try {
    await navigator.clipboard.writeText(words);
    return true;
  } catch {
    // Over plain HTTP there is only this.
    getSelection().selectAllChildren(source);
    document.oncopy = (event) => {
      event.clipboardData.setData("text/plain", words);
      return false;
    };
    const done = document.execCommand("copy");
    document.oncopy = null;
    return done;
  }
}

for (const button of document.querySelectorAll("[data-copy]")) enable(button);
