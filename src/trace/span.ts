// Where what begins at a place in a plain line ends, found in its bytes. `words` are the same bytes, two at a time, of which
// the first is at an even place. Each function stops at the line feed behind `at` at the latest, which must be there.
// What scan.ts finds in text is found here, or nothing: in doubt the answer is -1.

const feed = 0x0a;
const space = 0x20;
const quote = 0x22;
const open = 0x28;
const slash = 0x2f;
const star = 0x2a;
const minus = 0x2d;
const dot = 0x2e;
const colon = 0x3a;
const less = 0x3c;
const greater = 0x3e;
const bracket = 0x5b;
const backslash = 0x5c;

/** What a byte can be. */
const WORD = 1;
const DIGIT = 2;
/** Ends a line, or is left to line.ts wherever it stands. */
const STOP = 4;
/** Looked at in arguments; others are stepped over there. */
const MARK = 8;
/** Looked at in a string. */
const INSTRING = 16;
/** May stand behind an annotation. */
const FOLLOWER = 32;
const BLANK = 64;
const OPEN = 128;

const kinds = new Uint8Array(256);
for (let code = 0; code < 256; code++) {
  const char = String.fromCharCode(code);
  const is = (chars: string) => chars.includes(char);
  const stops = code >= 0x80 || is("\n\r");
  kinds[code] =
    (/[A-Za-z0-9_]/.test(char) ? WORD : 0) |
    (/[0-9]/.test(char) ? DIGIT : 0) |
    (stops ? STOP | MARK | INSTRING : 0) |
    (is('"()[]{}</') ? MARK : 0) |
    (is('"\\') ? INSTRING : 0) |
    (is(",)]} |\t=<\n") ? FOLLOWER : 0) |
    (is(" \t") ? BLANK : 0) |
    (is("([{") ? OPEN : 0);
}

/** What is to be looked at in two bytes, whichever way round they are. */
const pairs = new Uint8Array(65536);
const rows = [0, MARK, INSTRING, MARK | INSTRING].map((own) =>
  kinds.map((kind) => (kind | own) & (MARK | INSTRING)),
);
for (let code = 0; code < 256; code++)
  pairs.set(rows[(kindOf(code) & (MARK | INSTRING)) / MARK] ?? rows[0] ?? [], code << 8);

function kindOf(code: number): number {
  return kinds[code] ?? STOP;
}

/** The `)` that closes the arguments at `at`, as endOfArgs finds it, or the line feed; -1 where it may find another. */
export function endOfArguments(bytes: Uint8Array, words: Uint16Array, at: number): number {
  // Behind the last annotation; -1 where its `>` can be another thing.
  let annotated = -1;
  let depth = 0;
  for (let i = at; ; i++) {
    if ((i & 1) === 0) i = behindPairs(words, i, MARK);
    const code = bytes[i] ?? feed;
    const kind = kindOf(code);
    if ((kind & MARK) === 0) continue;
    if ((kind & OPEN) !== 0) depth++;
    else if (code === quote) {
      i = endOfString(bytes, words, i);
      if (i < 0) return -1;
    } else if (code === less) {
      if (bytes[i + 1] === less) i++;
      else if (i > at && (kindOf(bytes[i - 1] ?? feed) & WORD) !== 0) {
        const from = i;
        i = endOfAnnotation(bytes, from);
        if (i < 0) return -1;
        annotated = mayBeMark(bytes, from) ? -1 : i + 1;
      }
    } else if (code === slash) {
      if (bytes[i + 1] !== star) continue;
      i = endOfComment(bytes, i);
      if (i < 0) return -1;
    } else if ((kind & STOP) !== 0) return code === feed ? i : -1;
    else if (depth > 0) depth--;
    // `NULL <unfinished ...>)` has a mark that is no argument.
    else if (code === 0x29) return bytes[i - 1] === greater && annotated !== i && i > at ? -1 : i;
  }
}

/** Whether `word` stands at `at`. */
export function holds(bytes: Uint8Array, at: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false;
  return true;
}

/** Where what is no digit follows. */
export function behindDigits(bytes: Uint8Array, at: number): number {
  let i = at;
  while ((kindOf(bytes[i] ?? feed) & DIGIT) !== 0) i++;
  return i;
}

/** Where what is no space follows. */
export function behindSpaces(bytes: Uint8Array, at: number): number {
  let i = at;
  while (bytes[i] === space) i++;
  return i;
}

/** Behind pairs of bytes from `at`, which is even, on of which none is of `kind`. */
function behindPairs(words: Uint16Array, at: number, kind: number): number {
  let k = at >> 1;
  // Never behind the end, which would cost all later reads: the line feed is found first.
  for (;;) {
    if (((pairs[words[k] ?? feed] ?? kind) & kind) !== 0) return k << 1;
    if (((pairs[words[k + 1] ?? feed] ?? kind) & kind) !== 0) return (k + 1) << 1;
    k += 2;
  }
}

/** Where what is neither a space nor a tab follows. */
export function behindBlanks(bytes: Uint8Array, at: number): number {
  let i = at;
  while ((kindOf(bytes[i] ?? feed) & BLANK) !== 0) i++;
  return i;
}

/** The number whose digits these are; too many of them give a larger one than any pid. */
export function numberIn(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) value = value * 10 + (bytes[i] ?? 0) - 0x30;
  return value;
}

/** Behind `10:00:00`, `10:00:00.123456` or `1795488889.968471` at `at` and the spaces after it, or -1. */
export function behindTime(bytes: Uint8Array, at: number): number {
  let i = behindDigits(bytes, at);
  let colons = 0;
  while (colons < 2 && bytes[i] === colon && (kindOf(bytes[i + 1] ?? feed) & DIGIT) !== 0) {
    colons++;
    i = behindDigits(bytes, i + 1);
  }
  const parted = bytes[i] === dot && (kindOf(bytes[i + 1] ?? feed) & DIGIT) !== 0;
  if (parted) i = behindDigits(bytes, i + 1);
  const timed = colons === 2 || (parted && colons === 0);
  return timed && bytes[i] === space ? behindSpaces(bytes, i) : -1;
}

/** The quote that closes the string at `at`, or -1. */
function endOfString(bytes: Uint8Array, words: Uint16Array, at: number): number {
  for (let i = at + 1; ; i++) {
    if ((i & 1) === 0) i = behindPairs(words, i, INSTRING);
    const code = bytes[i] ?? feed;
    if ((kindOf(code) & INSTRING) === 0) continue;
    if (code === quote) return i;
    if (code !== backslash) return -1;
    i++;
    if ((kindOf(bytes[i] ?? feed) & STOP) !== 0) return -1;
  }
}

/**
 * The `>` of an annotation at `at` that has no other, no quote and no escape in it, such as `</etc/passwd>` or
 * `<TCP:[127.0.0.1:80->127.0.0.1:5]>`; else -1.
 */
export function endOfAnnotation(bytes: Uint8Array, at: number): number {
  const first = bytes[at + 1] ?? feed;
  for (let i = at + 1; ; i++) {
    const code = bytes[i] ?? feed;
    if (code === greater) {
      if (first !== slash && bytes[i - 1] === minus) continue;
      return (kindOf(bytes[i + 1] ?? feed) & FOLLOWER) !== 0 ? i : -1;
    }
    if (code === less || (kindOf(code) & INSTRING) !== 0) return -1;
  }
}

/** Whether a mark such as `<unfinished ...>` can stand at `at`: `<unf`, `<det`, `<pid`, `<ptr`. */
function mayBeMark(bytes: Uint8Array, at: number): boolean {
  const third = bytes[at + 3];
  switch (bytes[at + 1]) {
    case 0x75:
      return third === 0x66;
    case 0x64:
      return third === 0x74;
    case 0x70:
      return third === 0x64 || third === 0x72;
    default:
      return false;
  }
}

/** The slash that closes the comment at `at`, or -1. */
function endOfComment(bytes: Uint8Array, at: number): number {
  for (let i = at + 2; ; i++) {
    const code = bytes[i] ?? feed;
    if (code === slash && bytes[i - 1] === star && i > at + 2) return i;
    if ((kindOf(code) & STOP) !== 0) return -1;
  }
}

/** Behind digits, hexadecimal or `?` at `at`, each with a sign; -1 when there is none or it runs into a word. */
export function behindValue(bytes: Uint8Array, at: number): number {
  let i = bytes[at] === minus ? at + 1 : at;
  if (bytes[i] === 0x3f) i++;
  else {
    if ((kindOf(bytes[i] ?? feed) & DIGIT) === 0) return -1;
    while ((kindOf(bytes[i] ?? feed) & WORD) !== 0) i++;
  }
  const code = bytes[i] ?? feed;
  return code === feed || code === less || (kindOf(code) & BLANK) !== 0 ? i : -1;
}

/** strace fills short calls up with spaces: where no two follow at an even place, from `at` on. */
export function behindFilling(bytes: Uint8Array, words: Uint16Array, at: number): number {
  if (bytes[at] !== space) return at;
  let k = (at + 1) >> 1;
  while (words[k] === 0x2020) k++;
  return Math.max(at, k << 1);
}

/** The line feed behind what strace adds to a result, which begins at `at`; -1 when it can be anything else. */
export function endOfAddition(bytes: Uint8Array, words: Uint16Array, at: number): number {
  const first = bytes[at] ?? feed;
  if (first !== open && first !== less && first !== slash && !(first >= 0x41 && first <= 0x5a)) return -1;
  let i = at;
  for (; ; i++) {
    if ((i & 1) === 0) i = behindPairs(words, i, MARK);
    const code = bytes[i] ?? feed;
    // A `[` can be the `[pid ` of a second record.
    if (code === bracket) return -1;
    if ((kindOf(code) & STOP) !== 0) break;
  }
  return bytes[i] === feed && (kindOf(bytes[i - 1] ?? feed) & BLANK) === 0 ? i : -1;
}

/** The end of the result from `start` on, in front of the `<0.000012>` of `-T` that ends at `end`; else `end`. */
export function withoutTime(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[end - 1] !== greater) return end;
  let i = end - 2;
  while (i > start && isTime(bytes[i] ?? feed)) i--;
  const time = bytes[i] === less && i < end - 2 && (kindOf(bytes[i - 1] ?? feed) & BLANK) !== 0;
  if (!time) return end;
  while (i > start && (kindOf(bytes[i - 1] ?? feed) & BLANK) !== 0) i--;
  return i;
}

function isTime(code: number): boolean {
  return code === dot || (kindOf(code) & DIGIT) !== 0;
}
