// What came of a letter, in words.

import { dump } from "./bytes.js";
import { shown } from "./fill.js";
import { bytes, number } from "./format.js";
import { hexadecimal } from "./target.js";

/**
 * What the page tells of a trip: the `state` of the reply, its `heading`, the `words` to copy, a `picture` of bytes that
 * are not shown as words, what is `said` to readers of the screen, and the `datagrams` out and back.
 */
export function outcomeOf({ request, replies, remark, failure }, isHex) {
  if (failure) return { state: "error", heading: "No reply", words: failure, said: failure, datagrams: "no reply" };
  const written = replies.map((reply) => ({ ...reply, ...write(reply.content, isHex) }));
  const datagrams = sizes(request.body.length, replies.map(({ content }) => content.length));
  if (remark === undefined) return { ...only(written[0], isHex), datagrams };
  const words = [...written.map(({ of, words }) => `${of}:\n${words || "an empty datagram"}`), remark].filter(Boolean).join("\n\n");
  const [state, heading] = replies.length ? ["reply", "The replies"] : ["empty", "The reply"];
  return { state, heading, words, said: replies.length ? `${number(replies.length)} replies. ${words.slice(0, 200)}` : words, datagrams };
}

function only({ content, words, isText }, isHex) {
  const empty = "The reply is empty: a datagram of 0 bytes.";
  if (content.length === 0) return { state: "empty", heading: "The reply", words: empty, said: empty };
  const said = isText || isHex ? `The reply: ${words.slice(0, 200)}` : `The reply has ${bytes(content.length)} and is not text.`;
  if (isHex || !isText) {
    return { state: "reply", heading: isHex ? "The reply, in hexadecimal" : "The reply, which is not text", words, picture: dump(content), said };
  }
  return { state: "reply", heading: words.length > shown ? `The reply, its first ${number(shown)} characters` : "The reply", words, said };
}

function sizes(sent, received) {
  const total = bytes(received.reduce((sum, size) => sum + size, 0));
  if (received.length === 1) return `${number(sent)} and ${total}`;
  return `${bytes(sent)}; ${received.length ? `${number(received.length)} back, ${total}` : "none back"}`;
}

function write(content, isHex) {
  const { text, isText } = decode(content);
  return { isText, words: isHex || !isText ? hexadecimal(content) : text };
}

/** A reply with control characters other than white space is no text, as on the page of a form. */
export function decode(reply) {
  const read = (fatal) => new TextDecoder("utf-8", { fatal, ignoreBOM: true }).decode(reply);
  try {
    const text = read(true);
    return { text, isText: !/[^\P{Cc}\t\n\f\r]/u.test(text) };
  } catch {
    return { text: read(false), isText: false };
  }
}
