// One letter to the gateway and what came back. Knows HTTP; shows nothing.

import { bytes } from "./format.js";
import { bytesOf, hexadecimal } from "./target.js";

const fields = { "Content-Type": "text/plain; charset=utf-8", Accept: "application/json" };

export const unreachable = "The gateway cannot be reached. Is it running, and are you connected to it?";

let admit;

/** Fulfilled by the first reply, or the gateway's first problem but 401. */
export const admitted = new Promise((resolve) => (admit = resolve));

/**
 * Posts bytes, as digits if they are written so, and returns their trip: `request` and `response` as far as a page knows;
 * `replies` or `failure` (sentences), and `reply`, the bytes of the only one; the gateway's `exchange`; milliseconds: `start`
 * and `end` by the browser's clock, `udpLeg` by the gateway's, or NaN. A reply has `content`, one of several its number in
 * `of`, and a `remark` where something is missing.
 */
export async function post(letter, { path, isHex, digits = isHex && hexadecimal(letter) }, signal) {
  performance.clearResourceTimings();
  const [url, content] = isHex ? [`${path}?as=hex`, new TextEncoder().encode(digits)] : [path, letter];
  const trip = { request: { path, url, fields, content, body: letter }, start: performance.now(), udpLeg: NaN };
  try {
    const response = await fetch(url, { method: "POST", headers: fields, body: content, cache: "no-store", signal });
    const body = new Uint8Array(await response.arrayBuffer());
    trip.end = performance.now();
    trip.response = { status: response.status, phrase: response.statusText, fields: [...response.headers], body };
    const meaning = understand(response, body);
    const { ok, status, headers } = response;
    if (ok || (status !== 401 && /problem/.test(headers.get("Content-Type")))) admit();
    return { ...trip, ...meaning };
  } catch {
    return { ...trip, end: performance.now(), failure: unreachable };
  }
}

/** The browser's own measure of a trip, if it has one. */
export function timing({ request, start, end }) {
  const entries = performance.getEntriesByName(`${location.origin}${request.url}`, "resource");
  // It may be rounded to a millisecond.
  return entries.find((entry) => entry.startTime >= start - 1 && entry.requestStart > 0 && entry.responseEnd <= end + 1);
}

function understand(response, body) {
  const { ok, status } = response;
  const document = json(body);
  const { exchange } = document;
  if (!ok) return { failure: sentence(response, document, body), exchange };
  if (status === 202) return { replies: [], remark: "The datagram has left. This service sends no reply.", exchange };
  if (Array.isArray(document.replies)) return several(document);
  if (typeof document.reply !== "string") return { reply: body, replies: [{ content: body }] };
  const reply = contentOf(document);
  const time = (kind) => exchange.steps.find((step) => step.kind === kind)?.at;
  return { reply, replies: [{ content: reply }], exchange, udpLeg: time("received") - time("sent") };
}

const contentOf = ({ reply, base64, hex }) =>
  base64 ? Uint8Array.from(atob(reply), (character) => character.charCodeAt(0)) : hex ? bytesOf(reply) : new TextEncoder().encode(reply);

function several({ complete, replies }) {
  return {
    replies: replies.map((each) => ({ of: `${each.from ?? "a reply"}, after ${each.at} ms`, content: contentOf(each) })),
    remark: complete ? (replies.length ? "" : "No replies came.") : "Some replies are missing.",
    udpLeg: replies.at(-1)?.at ?? NaN,
  };
}

function json(body) {
  try {
    return JSON.parse(new TextDecoder().decode(body)) ?? {};
  } catch {
    return {};
  }
}

/** What to do about a failure, by the gateway's name for it (Proxy-Status) or by its status. */
const nextSteps = {
  http_response_body_size: "Post a letter with a shorter reply, or let the gateway take a longer one (--max-datagram).",
  401: "This page has none: post the letter with curl and -H 'Authorization: Bearer TOKEN'.",
  413: "Shorten it, then post the letter again.",
  502: "See that the service runs and can be reached, then post the letter again.",
  503: "Wait a moment, then post the letter again.",
  504: "Post the letter again: datagrams get lost. If that changes nothing, see that the service runs.",
};

/** A failure in words, from the problem document (RFC 9457) if there is one. */
function sentence({ status, headers }, { title, detail }, body) {
  const words = detail ?? title;
  const error = /error=(\w+)/.exec(headers.get("Proxy-Status"))?.[1];
  const step = nextSteps[error] ?? nextSteps[status];
  const next = step ? `\n${step}` : "";
  if (words) return `${/[.!?]$/.test(words) ? words : `${words}.`} (HTTP status ${status}${detail && title ? `, ${title}` : ""})${next}`;
  return `The answer has HTTP status ${status} and ${bytes(body.length)} that explain nothing.${next}`;
}
