// How the page writes figures: in English, like its text, whatever the browser's language.

const whole = new Intl.NumberFormat("en");

/** "1 byte", "65,507 bytes". */
export function bytes(count) {
  return `${whole.format(count)} ${count === 1 ? "byte" : "bytes"}`;
}

export const number = (count) => whole.format(count);

/** "0.184 ms", "8.9 ms", "12.3 ms", "2.0503 s"; an unmeasured time is not zero but "not told". */
export function duration(milliseconds) {
  if (!Number.isFinite(milliseconds)) return "not told";
  if (milliseconds >= 1000) return `${Number((milliseconds / 1000).toFixed(4))} s`;
  return `${Number(milliseconds.toFixed(milliseconds < 1 ? 3 : milliseconds < 10 ? 2 : 1))} ms`;
}
