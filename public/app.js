// The page: what is written goes out through post.js, and what comes back is shown.

import { dump } from "./bytes.js";
import { asCurl, asUDP } from "./commands.js";
import { enableCopy, fill, shown } from "./copy.js";
import { exampleTrip } from "./example.js";
import { bytes, duration, number } from "./format.js";
import { remember } from "./history.js";
import { showJourney } from "./journey.js";
import { decode, post, timing } from "./post.js";
import { hexadecimal, obstacle, read, target } from "./target.js";

const element = (id) => document.getElementById(id);
const setting = (name) => document.querySelector(`meta[name="letterbox-${name}"]`).content;

const form = element("letter");
const text = element("text");
const reply = element("reply");
const meter = element("meter");
const note = element("size-note");
const asHex = element("as-hex");
const example = "hello, letterbox";

/** When waiting is worth a word. */
const patience = 400;

/** How many were posted; the newest one owns the reply. */
let posted = 0;

/** The letter that is under way, as long as there is one. */
let underWay;

/** Runs something once the page has been painted, so that the reply waits for nothing else. */
const afterPaint = (work) => requestAnimationFrame(() => setTimeout(work));

/** Figures: the whole trip, the UDP leg, the datagrams; the last one stands for those that are missing. */
function show(state, content, figures, heading = "The reply", words = content) {
  reply.dataset.state = state;
  fill(reply, words);
  if (content !== words) reply.replaceChildren(content);
  document.querySelector('[data-copy="reply"]').disabled = state !== "reply";
  element("reply-heading").textContent = heading;
  ["whole-trip", "udp-leg", "datagrams"].forEach((id, index) => (element(id).textContent = figures[index] ?? figures.at(-1)));
}

function showTrip({ request, reply, failure, start, end, udpLeg }, words, isText, isHex) {
  if (failure) {
    announce(failure);
    return show("error", failure, [duration(end - start), "no reply"], "No reply");
  }
  const sizes = `${number(request.body.length)} and ${bytes(reply.length)}`;
  const figures = [duration(end - start), duration(udpLeg), sizes];
  if (reply.length === 0) return show("empty", "The reply is empty: a datagram of 0 bytes.", figures);
  announce(isText || isHex ? `The reply: ${words.slice(0, 200)}` : `The reply has ${bytes(reply.length)} and is not text.`);
  if (isHex) return show("reply", dump(reply), figures, "The reply, in hexadecimal", words);
  if (!isText) return show("reply", dump(reply), figures, "The reply, which is not text", words);
  show("reply", words, figures, words.length > shown ? `The reply, its first ${number(shown)} characters` : "The reply");
}

/** A reader of the screen hears the beginning of a reply, not all of it. */
function announce(words) {
  element("announcement").textContent = words;
}

function showCommands(words, byteCount) {
  fill(element("as-curl"), asCurl(words, location.origin + target.path, target.isHex));
  fill(element("as-udp"), asUDP(words, byteCount, target));
}

/** How much of one datagram the letter fills. */
function showSize() {
  const { body, problem } = read(text.value);
  const length = body?.length ?? 0;
  const isTooLong = length > target.limit;
  meter.max = target.limit;
  meter.high = target.limit * 0.9;
  meter.value = length;
  element("size").textContent = `${number(length)} of ${bytes(target.limit)}`;
  text.setAttribute("aria-invalid", isTooLong || problem !== undefined);
  // Set only when it changes: this is read out.
  const words = problem ? `This is not hexadecimal: ${problem}` : isTooLong
    ? "Too long for one datagram. Shorten it and you can post it."
    : length >= meter.high ? "Nearly full: one datagram will not carry much more." : "";
  if (note.textContent !== words) note.textContent = words;
  note.classList.toggle("failed", isTooLong || problem !== undefined);
}

function showLink(letter) {
  element("letter-link").href = `/#letter=${encodeURIComponent(letter)}`;
}

/** A letter that a link brings is written down, and not posted. */
function takeLetter() {
  const found = /^#letter=(.*)$/.exec(location.hash);
  if (!found) return;
  try {
    text.value = decodeURIComponent(found[1]);
  } catch {
    return;
  }
  showSize();
}

async function postLetter() {
  const letter = text.value;
  const { isHex } = target;
  const { body, problem } = read(letter);
  const reason = obstacle({ body, problem });
  if (reason) return show("error", `This letter was not posted: ${reason}`, ["not posted"]);
  // A double click, and Enter held down, post once.
  if (underWay === letter) return;
  underWay = letter;
  const mine = ++posted;
  const isNewest = () => mine === posted;
  const waiting = setTimeout(() => isNewest() && show("waiting", "On its way…", ["under way"]), patience);
  reply.setAttribute("aria-busy", true);
  // What is typed next is the next letter.
  if (document.activeElement === text) text.select();
  const trip = await post(body);
  clearTimeout(waiting);
  const { text: decoded, isText } = trip.failure ? { text: trip.failure } : decode(trip.reply);
  const words = trip.reply && (isHex || !isText) ? hexadecimal(trip.reply) : decoded;
  if (isNewest()) {
    reply.removeAttribute("aria-busy");
    underWay = undefined;
    showTrip(trip, words, isText, isHex);
  }
  afterPaint(() => {
    remember(mine, letter, words, trip);
    if (!isNewest()) return;
    showCommands(letter, body.length);
    showLink(letter);
    element("journey-note").classList.add("past");
    showJourney(trip, timing(trip));
  });
}

/** Fills the page before the first letter, so that there is something to see. */
async function showExample() {
  const isReal = setting("embedded") !== "";
  const trip = await exampleTrip(example, isReal);
  if (posted > 0) return;
  const words = trip.failure ?? decode(trip.reply).text;
  const sizes = `${number(trip.request.body.length)} and ${bytes(trip.reply?.length ?? 0)}`;
  const figures = isReal ? [duration(trip.end - trip.start), duration(trip.udpLeg), sizes] : ["only drawn"];
  show("example", words, figures, "An example");
  showJourney(trip, isReal ? timing(trip) : undefined);
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
document.addEventListener("targetchange", showSize);

/** The same bytes, written the other way. */
asHex.addEventListener("change", () => {
  const { body } = read(text.value);
  const { text: words, isText } = decode(body ?? new Uint8Array());
  // Bytes that are no text stay as they are.
  if (!asHex.checked && !(body && isText)) {
    asHex.checked = true;
    return announce("These bytes are not text.");
  }
  target.isHex = asHex.checked;
  text.value = target.isHex ? hexadecimal(body) : words;
  showSize();
});
for (const button of document.querySelectorAll("[data-copy]")) enableCopy(button, element("announcement"));
target.isHex = asHex.checked;
addEventListener("hashchange", takeLetter);
takeLetter();
element("version").textContent = setting("version");
showLink(example);
// A browser may keep a letter when the page is loaded again.
showSize();
fill(element("as-curl"), asCurl(example, `${location.origin}/`));
fill(element("as-udp"), asUDP(example, example.length, { ...target, isHex: false }));
document.querySelector(".many details").addEventListener("toggle", async () => {
  (await import("./many.js")).enableMany(() => (text.value ? read(text.value).body : new TextEncoder().encode(example)));
}, { once: true });
document.querySelector(".live details").addEventListener("toggle", async () => {
  (await import("./live.js")).enableLive();
}, { once: true });
showExample();
if (setting("lab")) import("./lab.js");
if (setting("services")) import("./services.js");
