// A trip as steps, in words.

import { bytes, duration } from "./format.js";

/** A datagram's direction, its name in the list, and the words before its bytes in the picture. */
const kinds = {
  sent: ["out", "one datagram", ""],
  retransmitted: ["out", "the same datagram again", "again"],
  rerouted: ["out", "the same elsewhere", "elsewhere"],
  received: ["back", "the reply, one datagram", ""],
  surplus: ["back", "more datagrams, thrown away", "one too many"],
  truncated: ["back", "too long a reply, thrown away", "too long"],
  resized: ["out", "the same again, in fragments", "in fragments"],
  refused: ["back", "refused, no program listens", "refused"],
  unreachable: ["back", "no route to the server", "unreachable"],
  prohibited: ["back", "a filter or a route forbids it", "prohibited"],
  tooLong: ["back", "longer than the path takes", "too long for the path"],
  blocked: ["none", "no room to send, tried again", "no room"],
};
const ends = { out: "Gateway to UDP server", back: "UDP server to gateway", none: "At the gateway" };
const inBrowser = (time) => `${duration(time)} after posting, by the browser’s clock`;
const inGateway = (time) => `at ${duration(time)} by the gateway’s clock`;

export function stepsOf(trip, measured) {
  const port = location.port || (location.protocol === "https:" ? 443 : 80);
  const steps = [request(trip, measured, port)];
  for (const step of trip.exchange?.steps ?? []) steps.push(datagram(step, trip));
  // 202: no reply is waited for.
  if (trip.response?.status !== 202) markUnanswered(steps);
  if (trip.response) steps.push(response(trip, measured, port));
  return steps;
}

function request({ request: { path, body }, response, exchange, start }, measured, port) {
  const time = measured ? measured.requestStart - start : 0;
  return {
    kind: "request", leg: "tcp", way: "out", lost: !response, browserTime: time, at: exchange && 0,
    label: `POST ${path}`, body, size: bytes(body.length), port, ports: `to port ${port}`,
    title: `Browser to gateway: HTTP request, ${bytes(body.length)} of letter`,
    when: `left ${inBrowser(time)}`,
  };
}

function response({ response: { status, phrase, body }, reply, exchange, start, end }, measured, port) {
  const time = (measured ? measured.responseEnd : end) - start;
  return {
    kind: "response", leg: "tcp", way: "back", browserTime: time, at: exchange?.total,
    label: `${status}`, body: exchange && reply, size: bytes(body.length), ports: `from port ${port}`,
    title: `Gateway to browser: HTTP response ${status} ${phrase}, ${bytes(body.length)}`,
    when: `${exchange ? `begun ${inGateway(exchange.total)}, ` : ""}here ${inBrowser(time)}`,
  };
}

function datagram({ kind, at, by, bytes: count, upstream, localPort }, { request, reply }) {
  // A gateway may tell of what this page does not know.
  const [usual, long, short] = kinds[kind] ?? ["none", kind, kind];
  const way = by === "host" ? "none" : usual;
  const end = by === "network" ? "Network to gateway" : ends[way];
  const ports = [localPort, upstream?.split(":").at(-1)];
  const size = count === undefined ? [] : [bytes(count)];
  const body = way === "out" ? request.body : kind === "received" ? reply : undefined;
  return {
    kind, leg: "udp", way, at, by, upstream, label: short, body, size: size[0],
    ports: localPort ? (way === "back" ? ports.reverse() : ports).join(" → ") : "ports not shown",
    title: [`${end}: ${long}`, ...size].join(", "),
    when: inGateway(at),
  };
}

/** No datagram says which one it answers: it is taken to answer the last one sent there. */
function markUnanswered(steps) {
  steps.forEach((step, index) => {
    if (step.leg !== "udp" || step.way !== "out") return;
    const next = steps.slice(index + 1).find((other) => other.upstream === step.upstream);
    if (next?.way === "back") return;
    step.lost = true;
    step.title += ", no reply to it";
  });
}
