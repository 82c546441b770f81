// Bytes for people: in hexadecimal and as text, eight to a line.

import { bytes, number } from "./format.js";
import { html } from "./svg.js";

const perLine = 8;
const shown = 512;

export function differences(one, other) {
  const places = new Set();
  for (let place = 0; place < Math.max(one.length, other.length); place += 1) {
    if (one[place] !== other[place]) places.add(place);
  }
  return places;
}

/** Lines of hexadecimal and text; the `marked` places stand out. */
export function dump(content, marked = new Set()) {
  const block = html("pre", { class: "dump" });
  const end = Math.min(content.length, shown);
  for (let start = 0; start < end; start += perLine) {
    const line = Array.from(content.subarray(start, Math.min(start + perLine, end)));
    block.append(`${start.toString(16).padStart(4, "0")} `);
    write(block, line, start, marked, (byte) => byte.toString(16).padStart(2, "0"), " ");
    block.append(" ".repeat((perLine - line.length) * 3 + 1));
    write(block, line, start, marked, (byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : "·"), "");
    block.append("\n");
  }
  if (content.length > end) block.append(`and ${bytes(content.length - end)} more`);
  if (content.length === 0) block.append("no bytes: an empty datagram");
  return block;
}

function write(block, line, start, marked, text, separator) {
  line.forEach((byte, index) => {
    if (index > 0) block.append(separator);
    block.append(marked.has(start + index) ? html("mark", {}, text(byte)) : text(byte));
  });
}

export function comparison(letter, reply) {
  const places = differences(letter, reply);
  if (places.size === 0) return "Letter and reply are the same, byte for byte.";
  const common = [...places].filter((place) => place < letter.length && place < reply.length);
  const oneBit = common.length === places.size && common.every((place) => (letter[place] ^ reply[place]) === 0x20);
  const how = oneBit ? ", each in the bit 0x20, which parts a from A" : "";
  return `Marked: ${number(places.size)} of ${bytes(Math.max(letter.length, reply.length))} differ between letter and reply${how}.`;
}
