// The letter for another page, as a link, and for a terminal, as commands for a POSIX shell.

import { hexadecimal } from "./target.js";

/** Some printf write no more bytes at a time, and each piece would become a datagram of its own. */
const longestPiece = 4096;

/** As digits alone the longest datagram fits in a word of a command (MAX_ARG_STRLEN), and every program reads them. */
const compact = (digits) => digits.replace(/[^\da-f]/gi, "");

/** The address of a page with a letter. */
export function linkTo(letter, { isHex, path }) {
  return `/#letter=${encodeURIComponent(letter)}${isHex ? "&as=hex" : ""}${path === "/" ? "" : `&to=${path}`}`;
}

/** One word of the shell: nothing is special between single quotes but the quote itself. */
const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

export function asCurl(text, address, isHex) {
  if (isHex) return `curl -d ${quoted(compact(text))} ${quoted(`${address}?as=hex`)}`;
  const start = `curl -H ${quoted("Content-Type: text/plain; charset=utf-8")}`;
  const url = quoted(address);
  // --data-raw, because --data takes what begins with @ for the name of a file.
  return controls.test(text) ? `${printf(text)} | ${start} --data-binary @- ${url}` : `${start} --data-raw ${quoted(text)} ${url}`;
}

/** Nmap's nc leaves when its input ends, hence the sleep; OpenBSD's needs -w1 to leave at all. */
export function asUDP(text, byteCount, { host, port, isHex }) {
  const isOnePiece = byteCount > 0 && byteCount <= longestPiece;
  if (isOnePiece) return `(${isHex ? `echo ${quoted(compact(text))} | xxd -r -p` : printf(text)}; sleep 1) | nc -u -w1 ${host} ${port}`;
  if (isHex) return `letterbox client --hex --port ${port} -- ${host} ${quoted(compact(text))}`;
  if (!controls.test(text)) return `letterbox client --port ${port} -- ${host} ${quoted(text)}`;
  const digits = compact(hexadecimal(new TextEncoder().encode(text)));
  return `letterbox client --hex --port ${port} -- ${host} ${quoted(digits)}`;
}

/** What a terminal would act on. */
const controls = /[^\P{Cc}\n]/u;

/** For %b backslashes and controls are in octal. */
function printf(text) {
  if (!controls.test(text)) return `printf %s ${quoted(text)}`;
  const octal = (byte) => `\\0${byte.toString(8).padStart(3, "0")}`;
  const escaped = text.replace(/\\|[^\P{Cc}\n]/gu, (character) => Array.from(new TextEncoder().encode(character), octal).join(""));
  return `printf %b ${quoted(escaped)}`;
}
