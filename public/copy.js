// Buttons that copy what an element holds.

const thanks = 1500; // milliseconds

/** The most characters shown: a browser stands still over a word of many thousand. */
export const shown = 4096;
const whole = new WeakMap();

/** Shows words, the beginning only if there are many; all of them are copied. */
export function fill(element, words) {
  whole.set(element, words);
  element.textContent = words.length > shown ? `${words.slice(0, shown)}…` : words;
}

export function enableCopy(button, announcement) {
  const { copy: id, what } = button.dataset;
  button.setAttribute("aria-label", `Copy ${what}`);
  const say = (label, words) => ([button.textContent, announcement.textContent] = [label, words]);
  button.addEventListener("click", async () => {
    if (await copy(document.getElementById(id))) say("Copied", `Copied ${what}.`);
    else say("Selected", "Selected, but the browser did not copy it.");
    setTimeout(say, thanks, "Copy", "");
  });
}

async function copy(source) {
  try {
    await navigator.clipboard.writeText(whole.get(source) ?? source.textContent);
    return true;
  } catch {
    // Pages over plain HTTP from another machine have no clipboard, but this.
    getSelection().selectAllChildren(source);
    return document.execCommand("copy");
  }
}
