// One letter to the gateway and what came back. Knows HTTP, nothing of the page.

import { bytes } from "./format.js";
import { target } from "./target.js";

const fields = { "Content-Type": "text/plain; charset=utf-8", Accept: "application/json" };

/**
 * Posts bytes and returns their trip: `request` and `response` as far as a page knows; `reply` (bytes) or `failure`
 * (sentences); the gateway's `exchange`; milliseconds: `start` and `end` by the browser's clock, `udpLeg` by the
 * gateway's, or NaN.
 */
export async function post(letter, signal, path = target.path) {
  performance.clearResourceTimings();
  const trip = { request: { path, line: `POST ${path} HTTP/1.1`, fields, body: letter }, start: performance.now(), udpLeg: NaN };
  try {
    const response = await fetch(path, { method: "POST", headers: fields, body: letter, cache: "no-store", signal });
    const body = new Uint8Array(await response.arrayBuffer());
    trip.end = performance.now();
    trip.response = { status: response.status, phrase: response.statusText, fields: [...response.headers], body };
    return { ...trip, ...understand(response, body) };
  } catch {
    const failure = "The gateway cannot be reached. Is it running, and are you connected to it?";
    return { ...trip, end: performance.now(), failure };
  }
}

/** The browser's own measure of a trip, if it has one. */
export function timing({ request, start, end }) {
  const entries = performance.getEntriesByName(`${location.origin}${request.path}`, "resource");
  // It may be rounded to a millisecond.
  return entries.find((entry) => entry.startTime >= start - 1 && entry.requestStart > 0 && entry.responseEnd <= end + 1);
}

function understand({ ok, status }, body) {
  const document = json(body);
  const { exchange } = document;
  if (!ok) return { failure: sentence(status, document, body), exchange };
  if (status === 202) return { reply: encode("The datagram has left. This service sends no reply.") };
  if (Array.isArray(document.replies)) return { reply: encode(list(document)) };
  if (typeof document.reply !== "string") return { reply: body };
  const reply = document.base64
    ? Uint8Array.from(atob(document.reply), (character) => character.charCodeAt(0))
    : encode(document.reply);
  const time = (kind) => exchange.steps.find((step) => step.kind === kind)?.at;
  return { reply, exchange, udpLeg: time("received") - time("sent") };
}

const encode = (words) => new TextEncoder().encode(words);

/** Several replies in words: who, when, what. */
function list({ complete, replies }) {
  const words = replies.map(({ at, from, reply, base64 }) => `${from ?? "a reply"}, after ${at} ms${base64 ? ", in base64" : ""}:\n${reply}`);
  const end = complete ? "" : "Some replies are missing.";
  return [...words, end].filter(Boolean).join("\n\n") || "No replies came.";
}

function json(body) {
  try {
    return JSON.parse(new TextDecoder().decode(body)) ?? {};
  } catch {
    return {};
  }
}

/** What to do about a failure. */
const nextSteps = {
  413: "Shorten it, then post the letter again.",
  502: "See that the service runs and can be reached, then post the letter again.",
  503: "Wait a moment, then post the letter again.",
  504: "Post the letter again: datagrams get lost. If that changes nothing, see that the service runs.",
};

/** A failure in words, from the problem document (RFC 9457) if there is one. */
function sentence(status, { title, detail }, body) {
  const words = detail ?? title;
  const next = nextSteps[status] ? `\n${nextSteps[status]}` : "";
  if (words) return `${/[.!?]$/.test(words) ? words : `${words}.`} (HTTP status ${status}${detail && title ? `, ${title}` : ""})${next}`;
  return `The gateway answered with HTTP status ${status} and ${bytes(body.length)} that explain nothing.`;
}

/** A reply need not be text. */
export function decode(reply) {
  const read = (fatal) => new TextDecoder("utf-8", { fatal, ignoreBOM: true }).decode(reply);
  try {
    return { text: read(true), isText: true };
  } catch {
    return { text: read(false), isText: false };
  }
}
