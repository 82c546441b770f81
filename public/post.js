// One letter to the gateway and what came back. Knows HTTP, nothing of the page.

import { bytes } from "./format.js";

const fields = { "Content-Type": "text/plain; charset=utf-8", Accept: "application/json" };

/**
 * Posts bytes and returns their trip: `request` and `response` as far as a page knows; `reply` (bytes) or `failure`
 * (sentences); the gateway's `exchange`; milliseconds: `start` and `end` by the browser's clock, `udpLeg` by the
 * gateway's, or NaN.
 */
export async function post(letter) {
  performance.clearResourceTimings();
  const trip = { request: { line: "POST / HTTP/1.1", fields, body: letter }, start: performance.now() };
  try {
    const response = await fetch("/", { method: "POST", headers: fields, body: letter, cache: "no-store" });
    const body = new Uint8Array(await response.arrayBuffer());
    trip.end = performance.now();
    trip.response = { status: response.status, phrase: response.statusText, fields: [...response.headers], body };
    trip.udpLeg = udpDuration(response.headers);
    return { ...trip, ...understand(response, body) };
  } catch {
    const failure = "The gateway cannot be reached. Is it running, and are you connected to it?";
    return { ...trip, end: performance.now(), failure };
  }
}

/** The browser's own measure of a trip, if it has one. */
export function timing({ start, end }) {
  const entries = performance.getEntriesByName(`${location.origin}/`, "resource");
  // It may be rounded to a millisecond.
  return entries.find((entry) => entry.startTime >= start - 1 && entry.requestStart > 0 && entry.responseEnd <= end + 1);
}

function understand(response, body) {
  const document = json(response, body);
  if (!response.ok) return { failure: sentence(response, document, body), exchange: document?.exchange };
  if (typeof document?.reply !== "string") return { reply: body };
  const reply = document.base64
    ? Uint8Array.from(atob(document.reply), (character) => character.charCodeAt(0))
    : new TextEncoder().encode(document.reply);
  return { reply, exchange: document.exchange };
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

/** The `dur` of `udp` in Server-Timing, as in `cache;dur=1, udp;dur=0.18;desc="a"`. */
function udpDuration(headers) {
  for (const metric of (headers.get("Server-Timing") ?? "").split(",")) {
    const [name, ...parameters] = metric.split(";").map((part) => part.trim());
    const dur = parameters.find((parameter) => /^dur\s*=/i.test(parameter));
    if (name === "udp" && dur) return parseFloat(dur.split("=")[1].trim().replace(/^"/, ""));
  }
  return NaN;
}

/** A failure in words, from the problem document (RFC 9457) if there is one. */
function sentence(response, problem, body) {
  const words = [problem?.title, problem?.detail]
    .filter((part) => typeof part === "string" && part.trim() !== "")
    .map((part) => (/[.!?]$/.test(part.trim()) ? part.trim() : `${part.trim()}.`));
  if (words.length > 0) return `${words.join(" ")} (HTTP status ${response.status})`;
  return `The gateway answered with HTTP status ${response.status} and ${bytes(body.length)} that explain nothing.`;
}

function json(response, body) {
  const type = (response.headers.get("Content-Type") ?? "").toLowerCase();
  if (!/^application\/(problem\+)?json/.test(type)) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}
