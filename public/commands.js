// The letter as commands for a POSIX shell.

/**
 * The longest letter, in bytes, that reaches UDP in one piece: some printf write no more than 4,096 at a time, and each
 * piece becomes a datagram of its own.
 */
const longestPiece = 4096;

/** `text` as one word of the shell: nothing is special between single quotes but the quote itself. */
export function quoted(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The letter through the gateway at `origin`. */
export function asCurl(text, origin) {
  const type = quoted("Content-Type: text/plain; charset=utf-8");
  const url = quoted(`${origin}/`);
  // --data-raw, because --data and --data-binary take a letter that begins with @ for the name of a file.
  if (!hasControls(text)) return `curl -H ${type} --data-raw ${quoted(text)} ${url}`;
  return `${printf(text)} | curl -H ${type} --data-binary @- ${url}`;
}

/**
 * The letter straight to the UDP server. Some nc (Nmap's) leave when their input ends and do not wait for the reply;
 * others (OpenBSD's) need -w1 to leave at all. This line suits both.
 */
export function asUDP(text, byteCount, { host, port }) {
  if (byteCount > 0 && byteCount <= longestPiece) return `(${printf(text)}; sleep 1) | nc -u -w1 ${host} ${port}`;
  return `letterbox client --port ${port} -- ${host} ${quoted(text)}`;
}

function printf(text) {
  return hasControls(text) ? `printf %b ${quoted(escaped(text))}` : `printf %s ${quoted(text)}`;
}

/** Whether a terminal would act on a character of the text when the command is pasted. */
function hasControls(text) {
  return /[^\P{Cc}\n]/u.test(text);
}

/** The text for printf's %b: backslash and control characters as octal numbers of their UTF-8 bytes. */
function escaped(text) {
  return text.replace(/\\|[^\P{Cc}\n]/gu, (character) =>
    Array.from(new TextEncoder().encode(character), (byte) => `\\0${byte.toString(8).padStart(3, "0")}`).join(""),
  );
}
