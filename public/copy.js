// The buttons that copy.

/** The most characters shown: a browser stands still over more. */
export const shown = 4096;
const whole = new WeakMap();

/** Shows the beginning of words; all are copied. */
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
