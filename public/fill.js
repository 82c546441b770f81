// Words that are longer than the page shows.

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

/** All words of an element, also of one that shows the page's own. */
export const wordsOf = (element) => whole.get(element) ?? element.textContent;
