// The letter as commands for a POSIX shell.

/** Some printf write no more bytes at a time, and each piece would become a datagram of its own. */
const longestPiece = 4096;

/** `text` as one word of the shell: nothing is special between single quotes but the quote itself. */
export function quoted(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

export function asCurl(text, origin) {
  const type = quoted("Content-Type: text/plain; charset=utf-8");
  const url = quoted(`${origin}/`);
  // --data-raw, because --data takes what begins with @ for the name of a file.
  if (!hasControls(text)) return `curl -H ${type} --data-raw ${quoted(text)} ${url}`;
  return `${printf(text)} | curl -H ${type} --data-binary @- ${url}`;
}

/** Nmap's nc leaves when its input ends, hence the sleep; OpenBSD's needs -w1 to leave at all. */
export function asUDP(text, byteCount, { host, port }) {
  if (byteCount > 0 && byteCount <= longestPiece) return `(${printf(text)}; sleep 1) | nc -u -w1 ${host} ${port}`;
  return `letterbox client --port ${port} -- ${host} ${quoted(text)}`;
}

function printf(text) {
  return hasControls(text) ? `printf %b ${quoted(escaped(text))}` : `printf %s ${quoted(text)}`;
}

/** Whether a terminal would act on a character. */
function hasControls(text) {
  return /[^\P{Cc}\n]/u.test(text);
}

/** For printf's %b: backslash and controls in octal. */
function escaped(text) {
  return text.replace(/\\|[^\P{Cc}\n]/gu, (character) =>
    Array.from(new TextEncoder().encode(character), (byte) => `\\0${byte.toString(8).padStart(3, "0")}`).join(""),
  );
}
