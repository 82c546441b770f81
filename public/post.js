// One letter to the gateway and its reply back. Knows HTTP, nothing of the page.

import { bytes } from "./format.js";

/** Why there is no reply: `message` is one or more sentences for the reader. */
export class Refusal extends Error {}

/**
 * Posts `letter` (bytes) and returns what came back:
 * { text, byteCount, isText, wholeTrip, udpLeg }, times in milliseconds, `udpLeg` NaN if the gateway did not say.
 * Throws a Refusal.
 */
export async function post(letter) {
  const start = performance.now();
  const { response, body } = await send(letter);
  const wholeTrip = performance.now() - start;
  if (!response.ok) throw new Refusal(sentence(response, body));
  return { ...decode(body), byteCount: body.length, wholeTrip, udpLeg: udpDuration(response.headers) };
}

async function send(letter) {
  try {
    const response = await fetch("/", {
      method: "POST",
      headers: { "Content-Type": "text/plain; charset=utf-8" },
      body: letter,
      cache: "no-store",
    });
    return { response, body: new Uint8Array(await response.arrayBuffer()) };
  } catch {
    // fetch does not say more than that it failed.
    throw new Refusal("The gateway cannot be reached. Is it running, and are you connected to it?");
  }
}

/** A reply need not be text; then what can be read of it is shown, and the reader is told. */
function decode(body) {
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body), isText: true };
  } catch {
    return { text: new TextDecoder("utf-8", { ignoreBOM: true }).decode(body), isText: false };
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
function sentence(response, body) {
  const problem = problemIn(response, body);
  const words = [problem.title, problem.detail]
    .filter((part) => typeof part === "string" && part.trim() !== "")
    .map((part) => (/[.!?]$/.test(part.trim()) ? part.trim() : `${part.trim()}.`));
  if (words.length > 0) return `${words.join(" ")} (HTTP status ${response.status})`;
  return `The gateway answered with HTTP status ${response.status} and ${bytes(body.length)} that explain nothing.`;
}

function problemIn(response, body) {
  const type = (response.headers.get("Content-Type") ?? "").toLowerCase();
  if (!type.startsWith("application/problem+json")) return {};
  try {
    return JSON.parse(new TextDecoder().decode(body)) ?? {};
  } catch {
    return {};
  }
}
