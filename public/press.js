// Keeps one press from counting as two: a key that is held, and the second click or Enter of two in quick succession.

import { target } from "./target.js";

/** As long as a double click may take, by the usual setting of systems. */
const double = 500;

/** The letter with its service and notation: another one may follow at once. */
const letter = () => [target.path, target.isHex, document.getElementById("text").value].join(" ");

for (const form of document.querySelectorAll("form")) {
  let last = { at: -Infinity };
  form.addEventListener("click", (event) => event.detail > 1 && event.target.closest("[type=submit]") && event.preventDefault());
  form.addEventListener("keydown", (event) => {
    const { key, keyCode, target: element, shiftKey, isComposing, repeat, timeStamp: at } = event;
    // Safari's Enter that ends a composition has this code alone.
    if (key !== "Enter" || isComposing || keyCode === 229 || (shiftKey && element.matches("textarea"))) return;
    const isSecond = at - last.at < double && last.letter === letter();
    if (!repeat && !isSecond) return (last = { at, letter: letter() });
    event.preventDefault();
    event.stopPropagation();
  }, { capture: true });
}
