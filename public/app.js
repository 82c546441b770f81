// The page: what is written goes out through post.js, and what comes back is shown. Each other module knows one thing.

import { asCurl, asUDP } from "./commands.js";
import { enableCopy } from "./copy.js";
import { bytes, duration, number } from "./format.js";
import { remember } from "./history.js";
import { post, Refusal } from "./post.js";
import { showSize, tooLong } from "./size.js";

const element = (id) => document.getElementById(id);
const setting = (name) => document.querySelector(`meta[name="letterbox-${name}"]`).content;

const form = element("letter");
const text = element("text");
const reply = element("reply");
const copyReply = document.querySelector('[data-copy="reply"]');
const limit = Number(setting("max-datagram"));
const [host, port] = setting("udp").split(" ");
const example = "hello, letterbox";

/** A reply that takes longer than this is worth a word while one waits, in milliseconds. */
const patience = 400;

/** How many letters were posted in this visit; the newest one owns the reply. */
let posted = 0;

function show(state, words, { wholeTrip, udpLeg, datagrams, heading = "The reply" }) {
  reply.dataset.state = state;
  reply.textContent = words;
  copyReply.disabled = state !== "reply";
  element("reply-heading").textContent = heading;
  element("whole-trip").textContent = wholeTrip;
  element("udp-leg").textContent = udpLeg;
  element("datagrams").textContent = datagrams;
}

/** Shows words that are no reply; the figures then say the same, each at its place. */
function showInstead(state, words, figure) {
  show(state, words, { wholeTrip: figure, udpLeg: figure, datagrams: figure });
}

function showReply(letter, answer) {
  show(answer.byteCount === 0 ? "empty" : "reply", answer.text || "The reply is empty: a datagram of 0 bytes.", {
    wholeTrip: duration(answer.wholeTrip),
    udpLeg: duration(answer.udpLeg),
    datagrams: `${number(letter.length)} and ${bytes(answer.byteCount)}`,
    heading: answer.isText ? "The reply" : "The reply, not all of it text",
  });
}

function showCommands(words, byteCount) {
  element("as-curl").textContent = asCurl(words, location.origin);
  element("as-udp").textContent = asUDP(words, byteCount, { host, port });
}

function refreshSize() {
  const parts = { text, meter: element("meter"), size: element("size"), note: element("size-note") };
  showSize(parts, new TextEncoder().encode(text.value).length, limit);
}

async function postLetter() {
  const words = text.value;
  const letter = new TextEncoder().encode(words);
  if (letter.length > limit) return showInstead("error", tooLong(letter.length, limit), "not posted");
  const mine = ++posted;
  const waiting = setTimeout(() => mine === posted && showInstead("waiting", "On its way…", "under way"), patience);
  reply.setAttribute("aria-busy", "true");
  showCommands(words, letter.length);
  const outcome = await settle(post(letter));
  clearTimeout(waiting);
  remember(element("visit"), { number: mine, letter: words, ...outcome.entry });
  element("visit-none").hidden = true;
  if (mine !== posted) return;
  reply.removeAttribute("aria-busy");
  if (outcome.answer) {
    showReply(letter, outcome.answer);
    // What one types next is the next letter, as at the prompt of a terminal.
    if (document.activeElement === text && text.value === words) text.select();
  } else {
    showInstead("error", outcome.entry.outcome, "no reply");
  }
}

/** The reply, or the reason why there is none, in the form in which the history keeps it. */
async function settle(exchange) {
  try {
    const answer = await exchange;
    return { answer, entry: { ...answer, outcome: answer.text, failed: false } };
  } catch (error) {
    const reason = error instanceof Refusal ? error.message : `The page itself failed: ${error.message}.`;
    return { entry: { outcome: reason, failed: true } };
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  postLetter();
});

text.addEventListener("keydown", (event) => {
  // While an input method is composing, Enter chooses a word and posts nothing.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  if (!event.repeat) form.requestSubmit();
});

text.addEventListener("input", refreshSize);
for (const button of document.querySelectorAll("[data-copy]")) enableCopy(button, element("announcement"));
element("meter").max = limit;
element("meter").high = limit * 0.9;
// A browser may put a letter back into the form when the page is loaded again.
refreshSize();
showCommands(example, example.length);
