// The page: what is written goes out through post.js, and what comes back is shown.

import { fill } from "./fill.js";
import { bytes, duration, number } from "./format.js";
import { remember } from "./history.js";
import { showJourney } from "./journey.js";
import { load } from "./load.js";
import { post, timing, unreachable } from "./post.js";
import { decode, outcomeOf } from "./reply.js";
import { hexadecimal, linked, obstacle, read, setting, target } from "./target.js";

const element = (id) => document.getElementById(id);

const form = element("letter");
const text = element("text");
const reply = element("reply");
const meter = element("meter");
const note = element("size-note");
const asHex = element("as-hex");
const example = "hello, letterbox";

/** When waiting is worth a word. */
const patience = 400;

let posted = 0;

/** The number of the letter that owns the reply; 0 for one that was not posted. */
let newest;

/** The letters that are under way, each with its service and notation. */
const underWay = new Map();

/** Runs something after the page is painted, so that the reply waits for nothing else. */
const afterPaint = (work) => requestAnimationFrame(() => setTimeout(work));

/** Figures: the whole trip, the UDP leg, the datagrams; the last one stands for missing ones. */
function show(state, words, figures, heading = "The reply", picture) {
  reply.dataset.state = state;
  fill(reply, words);
  if (picture) reply.replaceChildren(picture);
  document.querySelector('[data-copy="reply"]').disabled = state !== "reply";
  element("reply-heading").textContent = heading;
  ["whole-trip", "udp-leg", "datagrams"].forEach((id, index) => (element(id).textContent = figures[index] ?? figures.at(-1)));
}

function showTrip({ failure, start, end, udpLeg }, { state, heading, words, picture, said, datagrams }) {
  announce(said);
  show(state, words, [duration(end - start), failure ? datagrams : duration(udpLeg), datagrams], heading, picture);
}

/** A reader of the screen hears the beginning of a reply, not all of it. */
function announce(words) {
  element("announcement").textContent = words;
}

/** The letter for another page and for a terminal. */
async function showCommands(words, byteCount, to) {
  const { linkTo, asCurl, asUDP } = await load("commands");
  element("letter-link").href = linkTo(words, to);
  fill(element("as-curl"), asCurl(words, location.origin + to.path, to.isHex));
  fill(element("as-udp"), asUDP(words, byteCount, to));
}

const showExampleCommands = () => showCommands(example, example.length, { ...target, isHex: false });

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
  const words = problem ? `This is not hexadecimal: ${problem}` : isTooLong
    ? "Too long for one datagram. Shorten it and you can post it."
    : length >= meter.high ? "Nearly full: one datagram will not carry much more." : "";
  showNote(words, isTooLong || problem !== undefined);
}

/** Set only when it changes: this is read out. */
function showNote(words, isFailure) {
  if (note.textContent !== words) note.textContent = words;
  note.classList.toggle("failed", isFailure);
}

/** A letter that a link brings is written down, and not posted. */
function takeLetter() {
  const found = linked();
  if (!found) return;
  text.value = found.letter;
  target.isHex = asHex.checked = found.isHex;
  target.missing = found.path !== target.path && found.path;
  if (target.missing) load("services");
  showSize();
}

function refuse(words) {
  newest = 0;
  reply.removeAttribute("aria-busy");
  announce(words);
  show("error", words, ["not posted"]);
}

const showWaiting = () => show("waiting", "On its way…", ["under way"]);

async function postLetter(event) {
  event.preventDefault();
  const letter = text.value;
  // What is chosen next is for the next letter.
  const to = { ...target };
  const { body, problem } = read(letter);
  const reason = obstacle({ body, problem });
  if (reason) return refuse(`This letter was not posted: ${reason}`);
  reply.setAttribute("aria-busy", true);
  const mark = `${to.path} ${to.isHex} ${letter}`;
  if (underWay.has(mark)) {
    // It owns the reply again.
    if (newest !== (newest = underWay.get(mark))) showWaiting();
    return;
  }
  const mine = newest = ++posted;
  underWay.set(mark, mine);
  const isNewest = () => mine === newest;
  const waiting = setTimeout(() => isNewest() && showWaiting(), patience);
  // What is typed next is the next letter.
  if (document.activeElement === text) text.select();
  const trip = await post(body, to);
  clearTimeout(waiting);
  underWay.delete(mark);
  const outcome = outcomeOf(trip, to.isHex);
  if (isNewest()) {
    reply.removeAttribute("aria-busy");
    showTrip(trip, outcome);
  }
  afterPaint(() => {
    remember(mine, letter, outcome.words, trip);
    if (!isNewest()) return;
    showCommands(letter, body.length, to);
    element("journey-note").classList.add("past");
    showJourney(trip, timing(trip));
  });
}

async function postMany(event) {
  event.preventDefault();
  const count = Number(event.target.count.value);
  const to = { ...target };
  const letter = text.value || !setting("embedded") ? read(text.value) : { body: new TextEncoder().encode(example) };
  const reason = obstacle(letter);
  const words = element("many-words");
  if (reason) return (words.textContent = `These letters were not posted: ${reason}`);
  try {
    (await load("many")).run(letter.body, to, count);
  } catch {
    words.textContent = unreachable;
  }
}

/** The figures begin once the gateway can be reached. */
function openLive() {
  load("live").then(({ enableLive }) => enableLive(), () => setTimeout(openLive, 1000));
}

/** Fills the page before the first letter. */
async function showExample() {
  const isReal = setting("embedded");
  const { exampleTrip } = await load("example");
  const trip = await exampleTrip(example, isReal);
  if (newest !== undefined) return;
  const { words, datagrams } = outcomeOf(trip);
  const figures = isReal ? [duration(trip.end - trip.start), duration(trip.udpLeg), datagrams] : ["only drawn"];
  show("example", words, figures, "An example");
  showJourney(trip, isReal ? timing(trip) : undefined);
}

form.addEventListener("submit", postLetter);

text.addEventListener("keydown", (event) => {
  // While an input method is composing, Enter chooses a word; in Safari its code says so.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  if (!event.repeat) form.requestSubmit();
});

text.addEventListener("input", showSize);
document.addEventListener("targetchange", () => {
  showSize();
  if (!posted) showExampleCommands();
});

/** The same bytes, written the other way. */
asHex.addEventListener("change", () => {
  const { body, problem } = read(text.value);
  const { text: words, isText } = decode(body ?? new Uint8Array());
  const why = problem ? `, which this is not: ${problem}`
    : !isText ? ": these bytes are not text." : words.includes("\r") ? ": a text box takes no CR." : "";
  // Bytes that are no text stay as they are.
  if (!asHex.checked && why) {
    asHex.checked = true;
    return showNote(`Still in hexadecimal${why}`, true);
  }
  target.isHex = asHex.checked;
  text.value = target.isHex ? hexadecimal(body) : words;
  showSize();
});
target.isHex = asHex.checked;
addEventListener("hashchange", takeLetter);
takeLetter();
element("version").textContent = setting("version");
// A browser may keep a letter when the page is loaded again.
showSize();
showExampleCommands();
element("many").addEventListener("submit", postMany);
element("send-many").disabled = false;
if (!setting("admin")) document.querySelector(".live details").addEventListener("toggle", openLive, { once: true });
showExample();
for (const name of ["copy", "press"]) load(name);
for (const name of ["lab", "services"]) if (setting(name)) load(name);
