// How much of one datagram the letter fills.

import { bytes, number } from "./format.js";

const nearlyFull = 0.9;

export function showSize({ text, meter, size, note }, byteCount, limit) {
  meter.value = Math.min(byteCount, limit);
  size.textContent = `${number(byteCount)} of ${bytes(limit)}`;
  const isTooLong = byteCount > limit;
  text.setAttribute("aria-invalid", String(isTooLong));
  // Set only when it changes: this is read out.
  const words = isTooLong
    ? "Too long for one datagram. Shorten it and you can post it."
    : byteCount >= limit * nearlyFull
      ? "Nearly full: one datagram will not carry much more."
      : "";
  if (note.textContent !== words) note.textContent = words;
  note.classList.toggle("failed", isTooLong);
}

/** Why a letter of `byteCount` was not posted. */
export function tooLong(byteCount, limit) {
  return `This letter was not posted: it is ${bytes(byteCount)} long, and one datagram carries ${number(limit)}.`;
}
