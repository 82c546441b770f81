// Where letters go, and how they are written: as text, or as bytes in hexadecimal.

import { bytes, number } from "./format.js";

/** What the gateway has written into the page. */
export const setting = (name) => document.querySelector(`meta[name="letterbox-${name}"]`).content;
// Where the operator does not show it, words stand for it.
const [host, port] = (setting("udp") || "HOST PORT").split(" ");

/** The service's path and address, the most bytes of a letter, its notation, and what is `missing`: a link's service. */
export const target = { path: "/", limit: Number(setting("max-datagram")), host, port, isHex: false };

/** The bytes that a letter stands for, as `body`, or the `problem` in a sentence. */
export function read(words) {
  if (!target.isHex) return { body: new TextEncoder().encode(words) };
  const [good] = words.match(/^[\s:]*(?:[\da-f]{2}[\s:]*)*/i);
  if (good.length < words.length) return { problem: `two digits of hexadecimal are a byte, and at character ${good.length + 1} there are none.` };
  return { body: bytesOf(words) };
}

export const bytesOf = (digits) => Uint8Array.from(digits.match(/[\da-f]{2}/gi) ?? [], (pair) => parseInt(pair, 16));
export const hexadecimal = (content) => Array.from(content, (byte) => byte.toString(16).padStart(2, "0")).join(" ");

/** A letter in the page's address: words, their notation, and the path of its service. */
export function linked() {
  const [found, letter, notation, path = "/"] = /^#letter=(.*?)(&as=hex)?(?:&to=([^&]*))?$/.exec(location.hash) ?? [];
  try {
    return found && { letter: decodeURIComponent(letter), isHex: notation !== undefined, path };
  } catch {
    // An invalid escape.
    return undefined;
  }
}

/** Why a letter is not posted, or nothing. */
export function obstacle({ body, problem }) {
  if (target.missing) return `the link is for ${target.missing}, which this page does not know.`;
  if (problem || body.length <= target.limit) return problem;
  return `it is ${bytes(body.length)} long, and one datagram carries ${number(target.limit)}.`;
}
