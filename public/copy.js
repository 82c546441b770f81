// Buttons that copy what an element holds.

const thanks = 1500; // milliseconds

export function enableCopy(button, announcement) {
  const source = document.getElementById(button.dataset.copy);
  button.setAttribute("aria-label", `Copy ${button.dataset.what}`);
  button.addEventListener("click", async () => {
    const copied = await copy(source);
    announcement.textContent = copied ? `Copied ${button.dataset.what}.` : "Selected, but the browser did not copy it.";
    button.textContent = copied ? "Copied" : "Selected";
    setTimeout(() => {
      button.textContent = "Copy";
      announcement.textContent = "";
    }, thanks);
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
