// The page: what is written goes out through post.js, and what comes back is shown.

import { asCurl, asUDP } from "./commands.js";
import { enableCopy } from "./copy.js";
import { bytes, duration, number } from "./format.js";
import { remember } from "./history.js";
import { showJourney } from "./journey.js";
import { enableLive } from "./live.js";
import { enableMany } from "./many.js";
import { decode, post, timing } from "./post.js";
import { showSize, tooLong } from "./size.js";

const element = (id) => document.getElementById(id);
const setting = (name) => document.querySelector(`meta[name="letterbox-${name}"]`).content;

const form = element("letter");
const text = element("text");
const reply = element("reply");
const copyReply = document.querySelector('[data-copy="reply"]');
const limit = Number(setting("max-datagram"));
// Where the operator does not show it, words stand for it.
const [host, port] = (setting("udp") || "HOST PORT").split(" ");
const example = "hello, letterbox";

/** When waiting is worth a word. */
const patience = 400;

/** How many were posted; the newest one owns the reply. */
let posted = 0;

function show(state, words, figures, heading = "The reply") {
  reply.dataset.state = state;
  reply.textContent = words;
  copyReply.disabled = state !== "reply";
  element("reply-heading").textContent = heading;
  ["whole-trip", "udp-leg", "datagrams"].forEach((id, index) => (element(id).textContent = figures[index]));
}

function showInstead(state, words, figure) {
  show(state, words, [figure, figure, figure]);
}

function showReply(trip) {
  const { text: words, isText } = decode(trip.reply);
  const byteCount = trip.reply.length;
  const sizes = `${number(trip.request.body.length)} and ${bytes(byteCount)}`;
  const figures = [duration(trip.end - trip.start), duration(trip.udpLeg), sizes];
  const heading = isText ? "The reply" : "The reply, not all of it text";
  show(byteCount === 0 ? "empty" : "reply", words || "The reply is empty: a datagram of 0 bytes.", figures, heading);
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
  const trip = await post(letter);
  clearTimeout(waiting);
  remember(element("visit"), entryOf(trip, mine, words));
  if (mine !== posted) return;
  reply.removeAttribute("aria-busy");
  if (trip.reply) {
    showReply(trip);
    // What one types next is the next letter.
    if (document.activeElement === text && text.value === words) text.select();
  } else {
    showInstead("error", trip.failure, "no reply");
  }
  // A moment later the browser has its own measures, too.
  setTimeout(() => mine === posted && showJourney(trip, timing(trip)));
}

function entryOf(trip, number, letter) {
  const outcome = trip.reply ? decode(trip.reply).text : trip.failure;
  return { number, letter, outcome, failed: !trip.reply, wholeTrip: trip.end - trip.start, udpLeg: trip.udpLeg };
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  postLetter();
});

text.addEventListener("keydown", (event) => {
  // While an input method is composing, Enter chooses a word.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  if (!event.repeat) form.requestSubmit();
});

text.addEventListener("input", refreshSize);
for (const button of document.querySelectorAll("[data-copy]")) enableCopy(button, element("announcement"));
element("meter").max = limit;
element("meter").high = limit * 0.9;
// A browser may keep a letter when the page is loaded again.
refreshSize();
showCommands(example, example.length);
enableMany(() => text.value || example);
enableLive();
if (setting("lab")) import("./lab.js").then(({ enableLab }) => enableLab(document.querySelector(".journey")));
