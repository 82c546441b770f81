// The page: what is written goes out through post.js, and what comes back is shown.

import { asCurl, asUDP } from "./commands.js";
import { enableCopy } from "./copy.js";
import { bytes, duration, number } from "./format.js";
import { remember } from "./history.js";
import { showJourney } from "./journey.js";
import { enableLive } from "./live.js";
import { enableMany } from "./many.js";
import { decode, post, timing } from "./post.js";

const element = (id) => document.getElementById(id);
const encoded = (words) => new TextEncoder().encode(words);
const setting = (name) => document.querySelector(`meta[name="letterbox-${name}"]`).content;

const form = element("letter");
const text = element("text");
const reply = element("reply");
const meter = element("meter");
const note = element("size-note");
const limit = Number(setting("max-datagram"));
// Where the operator does not show it, words stand for it.
const [host, port] = (setting("udp") || "HOST PORT").split(" ");
const example = "hello, letterbox";

/** When waiting is worth a word. */
const patience = 400;

/** How many were posted; the newest one owns the reply. */
let posted = 0;

/** Runs something once the page has been painted, so that the reply waits for nothing else. */
const afterPaint = (work) => requestAnimationFrame(() => setTimeout(work));

/** Figures: the whole trip, the UDP leg, the datagrams; the last one stands for those that are missing. */
function show(state, words, figures, heading = "The reply") {
  reply.dataset.state = state;
  reply.textContent = words;
  document.querySelector('[data-copy="reply"]').disabled = state !== "reply";
  element("reply-heading").textContent = heading;
  ["whole-trip", "udp-leg", "datagrams"].forEach((id, index) => (element(id).textContent = figures[index] ?? figures.at(-1)));
}

function showTrip({ request, reply, failure, start, end, udpLeg }, words, isText) {
  if (failure) return show("error", failure, [duration(end - start), "no reply"]);
  const sizes = `${number(request.body.length)} and ${bytes(reply.length)}`;
  const figures = [duration(end - start), duration(udpLeg), sizes];
  if (reply.length === 0) return show("empty", "The reply is empty: a datagram of 0 bytes.", figures);
  show("reply", words, figures, isText ? "The reply" : "The reply, not all of it text");
}

function showCommands(words, byteCount) {
  element("as-curl").textContent = asCurl(words, location.origin);
  element("as-udp").textContent = asUDP(words, byteCount, { host, port });
}

/** How much of one datagram the letter fills. */
function showSize() {
  const { length } = encoded(text.value);
  const isTooLong = length > limit;
  meter.value = length;
  element("size").textContent = `${number(length)} of ${bytes(limit)}`;
  text.setAttribute("aria-invalid", isTooLong);
  // Set only when it changes: this is read out.
  const words = isTooLong
    ? "Too long for one datagram. Shorten it and you can post it."
    : length >= meter.high ? "Nearly full: one datagram will not carry much more." : "";
  if (note.textContent !== words) note.textContent = words;
  note.classList.toggle("failed", isTooLong);
}

async function postLetter() {
  const letter = text.value;
  const body = encoded(letter);
  if (body.length > limit) {
    const words = `This letter was not posted: it is ${bytes(body.length)} long, and one datagram carries ${number(limit)}.`;
    return show("error", words, ["not posted"]);
  }
  const mine = ++posted;
  const isNewest = () => mine === posted;
  const waiting = setTimeout(() => isNewest() && show("waiting", "On its way…", ["under way"]), patience);
  reply.setAttribute("aria-busy", true);
  const trip = await post(body);
  clearTimeout(waiting);
  const { text: words, isText } = trip.failure ? { text: trip.failure } : decode(trip.reply);
  if (isNewest()) {
    reply.removeAttribute("aria-busy");
    showTrip(trip, words, isText);
    // What one types next is the next letter.
    if (!trip.failure && document.activeElement === text && text.value === letter) text.select();
  }
  afterPaint(() => {
    remember(mine, letter, words, trip);
    if (!isNewest()) return;
    showCommands(letter, body.length);
    showJourney(trip, timing(trip));
  });
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

text.addEventListener("input", showSize);
for (const button of document.querySelectorAll("[data-copy]")) enableCopy(button, element("announcement"));
meter.max = limit;
meter.high = limit * 0.9;
// A browser may keep a letter when the page is loaded again.
showSize();
showCommands(example, example.length);
enableMany(() => encoded(text.value || example));
enableLive();
if (setting("lab")) import("./lab.js");
