// One letter to the gateway and what came back. Knows HTTP, nothing of the page.

import { bytes } from "./format.js";

const fields = { "Content-Type": "text/plain; charset=utf-8", Accept: "application/json" };

/**
 * Posts `letter` (bytes) and returns its trip, whatever became of it:
 * - `request`, `response`: the HTTP messages as far as a page can know them; no `response` when none came
 * - `reply`: the reply's bytes, or else `failure`: why there is none, in sentences for the reader
 * - `exchange`: what the gateway tells about the UDP leg, in milliseconds of its own clock, if it does
 * - `start`, `end`: by the browser's clock, in milliseconds; `udpLeg` by the gateway's, NaN if it did not say
 */
export async function post(letter) {
  // The browser keeps only so many timings; the ones of before are of no use any more.
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
    // fetch does not say more than that it failed.
    const failure = "The gateway cannot be reached. Is it running, and are you connected to it?";
    return { ...trip, end: performance.now(), failure };
  }
}

/** What the browser has measured of a trip, by the clock of `start` and `end`; undefined when it does not tell. */
export function timing({ start, end }) {
  const entries = performance.getEntriesByName(`${location.origin}/`, "resource");
  // A measure may be rounded to a millisecond.
  return entries.find((entry) => entry.startTime >= start - 1 && entry.requestStart > 0 && entry.responseEnd <= end + 1);
}

/** The reply or the failure, and the exchange, out of a response. */
function understand(response, body) {
  const document = json(response, body);
  if (!response.ok) return { failure: sentence(response, document, body), exchange: document?.exchange };
  // A gateway of another kind may answer with the reply alone.
  if (typeof document?.reply !== "string") return { reply: body };
  const reply = document.base64
    ? Uint8Array.from(atob(document.reply), (character) => character.charCodeAt(0))
    : new TextEncoder().encode(document.reply);
  return { reply, exchange: document.exchange };
}

/** A reply need not be text; then what can be read of it is shown, and the reader is told. */
export function decode(reply) {
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(reply), isText: true };
  } catch {
    return { text: new TextDecoder("utf-8", { ignoreBOM: true }).decode(reply), isText: false };
  }
}

/** The `dur` of the metric `udp` in Server-Timing, as in `cache;dur=1, udp;dur=0.18;desc="a"`. */
function udpDuration(headers) {
  for (const metric of (headers.get("Server-Timing") ?? "").split(",")) {
    const [name, ...parameters] = metric.split(";").map((part) => part.trim());
    const dur = parameters.find((parameter) => /^dur\s*=/i.test(parameter));
    if (name === "udp" && dur) return Number.parseFloat(dur.split("=")[1].trim().replace(/^"/, ""));
  }
  return Number.NaN;
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
