// Buttons that copy what an element holds.

const thanks = 1500; // milliseconds

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
    await navigator.clipboard.writeText(source.textContent);
    return true;
  } catch {
    // Pages over plain HTTP from another machine have no clipboard, but this.
    getSelection().selectAllChildren(source);
    return document.execCommand("copy");
  }
}
