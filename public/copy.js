// Copy buttons.

/** The most characters shown: a browser stands still over more. */
export const shown = 4096;
const whole = new WeakMap();

/** The first words; a page shows no CR. */
export const begin = (words, most) => (words.length > most ? `${words.slice(0, most)}…` : words).replace(/\r\n?/g, "\n");

/** Shows these; all are copied. */
export function fill(element, words) {
  whole.set(element, words);
  element.textContent = begin(words, shown);
}

export function enableCopy(button, announcement) {
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
  const words = whole.get(source);
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
