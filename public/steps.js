// A trip as steps, in words.

import { bytes, duration } from "./format.js";

const kinds = {
  sent: ["out", "one datagram", ""],
  retransmitted: ["out", "the same datagram again", "again, "],
  rerouted: ["out", "the same elsewhere", "elsewhere, "],
  received: ["back", "the reply, one datagram", ""],
  surplus: ["back", "more datagrams, thrown away", "one too many"],
  truncated: ["back", "too long a reply, thrown away", "too long, "],
  refused: ["back", "refused, nobody listens there", "refused"],
};

export function stepsOf(trip, measured) {
  const port = location.port || (location.protocol === "https:" ? 443 : 80);
  const steps = [request(trip, measured, port)];
  for (const step of trip.exchange?.steps ?? []) steps.push(datagram(step, trip));
  markUnanswered(steps);
  if (trip.response) steps.push(response(trip, measured, port));
  return steps;
}

function request({ request: { body }, response, exchange, start }, measured, port) {
  const time = measured ? measured.requestStart - start : 0;
  return {
    kind: "request", leg: "tcp", way: "out", lost: !response, browserTime: time, at: exchange && 0,
    label: `POST /, ${bytes(body.length)}`, ports: `to port ${port}`,
    title: `Browser to gateway: HTTP request, ${bytes(body.length)} of letter`,
    when: `left ${duration(time)} after posting, by the browser’s clock`,
  };
}

function response({ response: { status, phrase, body }, exchange, start, end }, measured, port) {
  const time = (measured ? measured.responseEnd : end) - start;
  return {
    kind: "response", leg: "tcp", way: "back", browserTime: time, at: exchange?.total,
    label: `${status}, ${bytes(body.length)}`, ports: `from port ${port}`,
    title: `Gateway to browser: HTTP response ${status} ${phrase}, ${bytes(body.length)}`,
    when: `${exchange ? `begun at ${duration(exchange.total)} by the gateway’s clock, ` : ""}here ${duration(time)} after posting, by the browser’s clock`,
  };
}

function datagram({ kind, at, bytes: count, upstream, localPort }, { request, reply }) {
  const [way, long, short] = kinds[kind] ?? ["back", kind, kind];
  const out = way === "out";
  const ports = [localPort, upstream?.split(":").at(-1)];
  const size = count === undefined ? [] : [bytes(count)];
  return {
    kind, leg: "udp", way, at, upstream, label: short + size,
    body: out ? request.body : kind === "received" ? reply : undefined,
    ports: localPort ? (out ? ports : ports.reverse()).join(" → ") : "ports not shown",
    title: [`${out ? "Gateway to UDP server" : "UDP server to gateway"}: ${long}`, ...size].join(", "),
    when: `at ${duration(at)} by the gateway’s clock`,
  };
}

/** No datagram says which one it answers: what came is taken to answer the last one sent there. */
function markUnanswered(steps) {
  steps.forEach((step, index) => {
    if (step.leg !== "udp" || step.way !== "out") return;
    const next = steps.slice(index + 1).find((other) => other.upstream === step.upstream);
    if (next?.way === "back") return;
    step.lost = true;
    step.label += ", no reply";
    step.title += ", no reply to it";
  });
}
