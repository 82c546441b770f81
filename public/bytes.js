// Bytes for people: in hexadecimal and as text, eight to a line.

import { bytes, number } from "./format.js";
import { html } from "./svg.js";

const perLine = 8;
const shown = 512;

/** The beginning of bytes in one line: as text, or in hexadecimal if they are none. */
export function excerpt(content, most) {
  const part = content.subarray(0, 4 * most);
  const read = () => new TextDecoder("utf-8", { fatal: true }).decode(part, { stream: true }).replace(/\p{Cc}/gu, "·");
  let words;
  try {
    words = [...read()];
  } catch {
    words = [...Array.from(part, (byte) => hexadecimal(byte, 2)).join(" ")];
  }
  return words.length > most ? `${words.slice(0, most - 1).join("")}…` : words.join("");
}

/** The places where two letters differ. */
export function differences(one, other) {
  const places = Array.from({ length: Math.max(one.length, other.length) }, (_, place) => place);
  return new Set(places.filter((place) => one[place] !== other[place]));
}

/** Lines of hexadecimal and text; the `marked` places stand out. */
export function dump(content, marked = new Set()) {
  // Not pre, which may not stand in an output.
  if (content.length === 0) return html("code", { class: "dump" }, "no bytes: an empty datagram");
  const block = html("code", { class: "dump" });
  const part = Array.from(content.subarray(0, shown));
  const write = (start, text, separator) =>
    part.slice(start, start + perLine).forEach((byte, index) => {
      block.append(index > 0 ? separator : "", marked.has(start + index) ? html("mark", {}, text(byte)) : text(byte));
    });
  for (let start = 0; start < part.length; start += perLine) {
    block.append(`${hexadecimal(start, 4)} `);
    write(start, (byte) => hexadecimal(byte, 2), " ");
    block.append(" ".repeat(Math.max(0, start + perLine - part.length) * 3 + 1));
    write(start, (byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : "·"), "");
    block.append("\n");
  }
  if (content.length > shown) block.append(`and ${bytes(content.length - shown)} more`);
  return block;
}

const hexadecimal = (value, digits) => value.toString(16).padStart(digits, "0");

/** What the marks say. */
export function comparison(letter, reply) {
  const places = [...differences(letter, reply)];
  if (places.length === 0) return "Letter and reply are the same, byte for byte.";
  const isOneBit = letter.length === reply.length && places.every((place) => (letter[place] ^ reply[place]) === 0x20);
  const how = isOneBit ? ", each in the bit 0x20, which parts a from A" : "";
  return `Marked: ${number(places.length)} of ${bytes(Math.max(letter.length, reply.length))} differ between letter and reply${how}.`;
}
