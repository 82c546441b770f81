// What the page shows before the first letter: an exchange as it is, or as it would be.

import { post } from "./post.js";

const encode = (words) => new TextEncoder().encode(words);

/** A trip as an example; in front of an operator's own service it is drawn, for opening a page must not send a datagram there. */
export function exampleTrip(letter, isReal) {
  return isReal ? post(encode(letter), { path: "/" }) : drawn(letter);
}

function drawn(letter) {
  const [body, reply] = [encode(letter), encode(letter.toUpperCase())];
  const steps = [{ kind: "sent", at: 0.03, bytes: body.length }, { kind: "received", at: 0.31, bytes: reply.length }];
  return {
    request: { path: "/", url: "/", fields: { "Content-Type": "text/plain; charset=utf-8" }, content: body, body },
    response: { status: 200, phrase: "OK", fields: [["content-length", reply.length]], body: reply },
    exchange: { attempts: 1, total: 0.34, steps },
    reply, replies: [{ content: reply }], start: 0, end: 1.2, udpLeg: 0.28,
  };
}
