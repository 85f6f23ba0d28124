// Nearly every line of a log is one whole call, `1624 openat(AT_FDCWD, "/etc/passwd", O_RDONLY) = 3`, or one half of
// one that another process interrupted. Such lines are read from the bytes as they are: nothing is decoded, and only
// what is asked for becomes text. Every other line goes to line.ts, which reads all that there is; of a line that both
// can read, both say the same. So what is rare is left to line.ts here: what is not ASCII, annotations in annotations,
// a pid with a name, any doubt.
//
//     prefix name "(" args ")" "=" value [annotation] [what strace adds]
//     prefix name "(" args " <unfinished ...>"
//     prefix "<... " name " resumed>" args ")" "=" value [annotation] [what strace adds]
//     prefix = [pid | "[pid" pid "]"] [time] ["[" nr "]"]

import type { CallEvent } from "./event.ts";
import type { OpenCall } from "./pairing.ts";
import type { More } from "./piece.ts";
import type { Prefix } from "./prefix.ts";
import type { Body } from "./tail.ts";

/** The kernel's PID_MAX_LIMIT: a number above it is no pid. */
const pidLimit = 4194304;
const mostNames = 4096;
const longestName = 64;

const feed = 0x0a;
const space = 0x20;
const quote = 0x22;
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
for (let pair = 0; pair < pairs.length; pair++)
  pairs[pair] = (kindOf(pair & 0xff) | kindOf(pair >> 8)) & (MARK | INSTRING);

function kindOf(code: number): number {
  return kinds[code] ?? STOP;
}

interface Name {
  readonly id: number;
  readonly text: string;
  readonly bytes: Uint8Array;
  readonly next: Name | undefined;
}

const unfinished = Buffer.from(" <unfinished ...>");
const again = Buffer.from("<... ");
const resumed = Buffer.from(" resumed>");
const nothing = new Uint8Array(0);

/**
 * Reads plain lines, and is the call of the one that it read last. What is text in it is made when it is asked for,
 * from bytes that must not have changed.
 */
export class PlainLine implements CallEvent {
  readonly kind = "call";
  readonly more?: More;
  readonly end = "returned";
  /** Which part of a call the line is; it is an event when it is the whole, or was joined with the beginning. */
  part: "whole" | "begun" | "resumed" = "whole";
  line = 0;
  pid: number | undefined = undefined;
  name = "";
  /** A small number, the same for the same name. */
  nameId = 0;
  nr: number | undefined = undefined;
  #argsStart = 0;
  #argsEnd = 0;
  #resultStart = 0;
  #resultEnd = 0;
  #bytes: Uint8Array = nothing;
  /** The same bytes, two at a time. */
  #words: Uint16Array = new Uint16Array(0);
  #buffer: Buffer = Buffer.alloc(0);
  /** The arguments in the line where a joined call begins. */
  #firstArgs = "";
  readonly #names: (Name | undefined)[] = new Array<Name | undefined>(1024).fill(undefined);
  #count = 0;
  /** Behind the last annotation of the arguments; -1 where the last `>` can be another thing. */
  #annotated = -1;

  get args(): string {
    return `${this.#firstArgs}${this.#slice(this.#argsStart, this.#argsEnd)}`;
  }

  get result(): string {
    return this.#slice(this.#resultStart, this.#resultEnd);
  }

  /** Whether the result is an error. */
  get failed(): boolean {
    const bytes = this.#bytes;
    const at = this.#resultStart;
    return bytes[at] === minus && bytes[at + 1] === 0x31 && bytes[at + 2] === space && bytes[at + 3] === 0x45;
  }

  /** The call as an event that lasts. */
  event(): CallEvent {
    const { kind, line, pid, name, nr, args, result, end } = this;
    return { kind, line, pid, name, nr, args, result, end };
  }

  /** The lines that are read from now on are among these bytes. */
  open(bytes: Uint8Array): void {
    const words = (bytes.length + 1) >> 1;
    const fits = bytes.byteOffset % 2 === 0 && bytes.byteOffset + 2 * words <= bytes.buffer.byteLength;
    const { buffer, byteOffset } = fits ? bytes : evenCopy(bytes, words);
    const { length } = bytes;
    // Never a Buffer here: what reads it is faster when it has always been the same kind of array.
    this.#bytes = new Uint8Array(buffer, byteOffset, length);
    this.#words = new Uint16Array(buffer, byteOffset, words);
    this.#buffer = Buffer.from(buffer, byteOffset, length);
  }

  /**
   * Where the next line begins, when the one at `start` is a plain one of at most `longest` bytes; else -1. A line
   * feed must stand somewhere behind `start`.
   */
  read(start: number, longest: number): number {
    const bytes = this.#bytes;
    this.#firstArgs = "";
    const named = this.#prefix(bytes, start);
    if (named < 0) return -1;
    const from = bytes[named] === less ? this.#resumed(bytes, named) : this.#called(bytes, named);
    if (from < 0) return -1;
    this.#argsStart = from;
    const close = this.#arguments(bytes, this.#words, from);
    if (close < 0) return -1;
    const end = bytes[close] === feed ? this.#begun(bytes, close) : this.#closed(bytes, close);
    return end < 0 || end - start > longest ? -1 : end + 1;
  }

  /** Makes the second half of a call the whole, of which `first` is the first. */
  join(first: OpenCall): void {
    this.line = first.line;
    this.pid ??= first.pid;
    this.nr = first.nr;
    this.#firstArgs = first.args;
  }

  /** The half of a call that the line from `start` to `stop` is, for pairing.ts. */
  half(start: number, stop: number): { prefix: Prefix; body: Body; text: string } {
    const { pid, nr } = this;
    const closed = this.part === "resumed";
    const end = closed ? "returned" : "unfinished";
    const text = this.#slice(start, stop);
    const args = text.slice(this.#argsStart - start, this.#argsEnd - start);
    const result = closed ? this.result : undefined;
    const body: Body = { args, closed, attached: -1, end, result, next: -1, doubt: "" };
    return { prefix: { at: 0, pid, nr, stray: "" }, body, text };
  }

  /** The line feed at `end`, when the call goes on in another line; else -1. */
  #begun(bytes: Uint8Array, end: number): number {
    const at = end - unfinished.length;
    if (this.part === "resumed" || at < this.#argsStart || !holds(bytes, at, unfinished)) return -1;
    this.#argsEnd = at;
    this.part = "begun";
    return end;
  }

  /** The line feed behind the `)` at `close` and the result, or -1. */
  #closed(bytes: Uint8Array, close: number): number {
    // `NULL <unfinished ...>)` has a mark that is no argument.
    if (bytes[close - 1] === greater && this.#annotated !== close && close > this.#argsStart) return -1;
    this.#argsEnd = close;
    return this.#tail(bytes, close + 1);
  }

  /** Behind the `<... read resumed>` at `at`, or -1. */
  #resumed(bytes: Uint8Array, at: number): number {
    this.part = "resumed";
    if (!holds(bytes, at, again)) return -1;
    const end = this.#named(bytes, at + again.length);
    return end < 0 || !holds(bytes, end, resumed) ? -1 : behindBlanks(bytes, end + resumed.length);
  }

  /** Behind the name at `at` and its `(`, or -1. */
  #called(bytes: Uint8Array, at: number): number {
    this.part = "whole";
    if ((kindOf(bytes[at] ?? feed) & DIGIT) !== 0) return -1;
    const end = this.#named(bytes, at);
    return end < 0 || bytes[end] !== 0x28 ? -1 : end + 1;
  }

  #slice(from: number, to: number): string {
    return this.#buffer.toString("latin1", from, to);
  }

  /** Where the name begins, or -1. */
  #prefix(bytes: Uint8Array, start: number): number {
    this.pid = undefined;
    this.nr = undefined;
    let at = start;
    let code = bytes[at] ?? feed;
    if (code === bracket) {
      at = this.#bracketed(bytes, at);
      if (at < 0) return -1;
      code = bytes[at] ?? feed;
    } else if ((kindOf(code) & DIGIT) !== 0) {
      const stop = behindDigits(bytes, at);
      if (bytes[stop] === space) {
        const value = numberIn(bytes, at, stop);
        if (value === 0 || value > pidLimit) return -1;
        this.pid = value;
        at = behindSpaces(bytes, stop);
        code = bytes[at] ?? feed;
      }
    }
    if ((kindOf(code) & DIGIT) !== 0) {
      at = behindTime(bytes, at);
      if (at < 0) return -1;
      code = bytes[at] ?? feed;
    }
    return code === bracket ? this.#numbered(bytes, at) : at;
  }

  /** Behind the `[pid 16266] ` at `at`, or -1. */
  #bracketed(bytes: Uint8Array, at: number): number {
    if (bytes[at + 1] !== 0x70 || bytes[at + 2] !== 0x69 || bytes[at + 3] !== 0x64) return -1;
    const from = behindSpaces(bytes, at + 4);
    const stop = behindDigits(bytes, from);
    if (stop === from || bytes[stop] !== 0x5d || bytes[stop + 1] !== space) return -1;
    const pid = numberIn(bytes, from, stop);
    this.pid = pid;
    return pid > pidLimit ? -1 : behindSpaces(bytes, stop + 1);
  }

  /** Behind the `[ 257] ` at `at`, or -1. */
  #numbered(bytes: Uint8Array, at: number): number {
    const from = behindSpaces(bytes, at + 1);
    const stop = behindDigits(bytes, from);
    if (stop === from || stop - from > 7 || bytes[stop] !== 0x5d || bytes[stop + 1] !== space) return -1;
    this.nr = numberIn(bytes, from, stop);
    return behindSpaces(bytes, stop + 1);
  }

  /** Behind the name at `at`, or -1. */
  #named(bytes: Uint8Array, at: number): number {
    let hash = 0;
    let i = at;
    for (; ; i++) {
      const code = bytes[i] ?? feed;
      if ((kindOf(code) & WORD) === 0) break;
      hash = (Math.imul(hash, 31) + code) | 0;
    }
    if (i === at || i - at > longestName) return -1;
    const slot = (hash ^ (hash >>> 10)) & 1023;
    for (let name = this.#names[slot]; name; name = name.next) {
      if (name.bytes.length !== i - at || !holds(bytes, at, name.bytes)) continue;
      this.name = name.text;
      this.nameId = name.id;
      return i;
    }
    if (this.#count === mostNames) return -1;
    const own = new Uint8Array(bytes.subarray(at, i));
    this.nameId = this.#count++;
    this.name = String.fromCharCode(...own);
    this.#names[slot] = { id: this.nameId, text: this.name, bytes: own, next: this.#names[slot] };
    return i;
  }

  /** The `)` that closes the arguments at `at`, as endOfArgs finds it, or the line feed; -1 where it may find another. */
  #arguments(bytes: Uint8Array, words: Uint16Array, at: number): number {
    this.#annotated = -1;
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
          this.#annotated = mayBeMark(bytes, from) ? -1 : i + 1;
        }
      } else if (code === slash) {
        if (bytes[i + 1] !== star) continue;
        i = endOfComment(bytes, i);
        if (i < 0) return -1;
      } else if ((kind & STOP) !== 0) return code === feed ? i : -1;
      else if (depth > 0) depth--;
      else if (code === 0x29) return i;
    }
  }

  /** The line feed behind a result that leaves no doubt, or -1. */
  #tail(bytes: Uint8Array, at: number): number {
    const sign = behindBlanks(bytes, this.#behindFilling(at));
    if (bytes[sign] !== 0x3d) return -1;
    const from = behindBlanks(bytes, sign + 1);
    const value = behindValue(bytes, from);
    if (value < 0) return -1;
    this.#resultStart = from;
    let end = value;
    if (bytes[value] === less) {
      end = endOfAnnotation(bytes, value) + 1;
      if (end === 0) return -1;
    }
    this.#resultEnd = end;
    if (bytes[end] === feed) return end;
    const more = behindBlanks(bytes, end);
    return bytes[more] === feed ? -1 : this.#addition(bytes, more);
  }

  /** strace fills short calls up with spaces: where no two follow at an even place. */
  #behindFilling(at: number): number {
    if ((this.#bytes[at] ?? feed) !== space) return at;
    let k = (at + 1) >> 1;
    while (this.#words[k] === 0x2020) k++;
    return Math.max(at, k << 1);
  }

  /** The line feed behind what strace adds to a result, which begins at `at`; -1 when it can be anything else. */
  #addition(bytes: Uint8Array, at: number): number {
    const first = bytes[at] ?? feed;
    if (first !== 0x28 && first !== less && first !== slash && !(first >= 0x41 && first <= 0x5a)) return -1;
    let i = at;
    for (; ; i++) {
      if ((i & 1) === 0) i = behindPairs(this.#words, i, MARK);
      const code = bytes[i] ?? feed;
      // A `[` can be the `[pid ` of a second record.
      if (code === bracket) return -1;
      if ((kindOf(code) & STOP) !== 0) break;
    }
    const last = bytes[i - 1] ?? feed;
    if (bytes[i] !== feed || (kindOf(last) & BLANK) !== 0) return -1;
    this.#resultEnd = last === greater ? this.#withoutTime(bytes, i) : i;
    return i;
  }

  /** The end of the result in front of the `<0.000012>` of `-T` that ends at `end`; `end` when there is none. */
  #withoutTime(bytes: Uint8Array, end: number): number {
    let i = end - 2;
    while (i > this.#resultStart && isTime(bytes[i] ?? feed)) i--;
    const time = bytes[i] === less && i < end - 2 && (kindOf(bytes[i - 1] ?? feed) & BLANK) !== 0;
    if (!time) return end;
    while (i > this.#resultStart && (kindOf(bytes[i - 1] ?? feed) & BLANK) !== 0) i--;
    return i;
  }
}

function evenCopy(bytes: Uint8Array, words: number): Uint8Array {
  const copy = new Uint8Array(2 * words);
  copy.set(bytes);
  return copy;
}

function isTime(code: number): boolean {
  return code === dot || (kindOf(code) & DIGIT) !== 0;
}

function holds(bytes: Uint8Array, at: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false;
  return true;
}

function behindDigits(bytes: Uint8Array, at: number): number {
  let i = at;
  while ((kindOf(bytes[i] ?? feed) & DIGIT) !== 0) i++;
  return i;
}

function behindSpaces(bytes: Uint8Array, at: number): number {
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

function behindBlanks(bytes: Uint8Array, at: number): number {
  let i = at;
  while ((kindOf(bytes[i] ?? feed) & BLANK) !== 0) i++;
  return i;
}

/** Too many digits give more than pidLimit. */
function numberIn(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) value = value * 10 + (bytes[i] ?? 0) - 0x30;
  return value;
}

/** Behind `10:00:00`, `10:00:00.123456` or `1795488889.968471` at `at` and the spaces after it, or -1. */
function behindTime(bytes: Uint8Array, at: number): number {
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
function endOfAnnotation(bytes: Uint8Array, at: number): number {
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
function behindValue(bytes: Uint8Array, at: number): number {
  let i = bytes[at] === minus ? at + 1 : at;
  if (bytes[i] === 0x3f) i++;
  else {
    if ((kindOf(bytes[i] ?? feed) & DIGIT) === 0) return -1;
    while ((kindOf(bytes[i] ?? feed) & WORD) !== 0) i++;
  }
  const code = bytes[i] ?? feed;
  return code === feed || code === less || (kindOf(code) & BLANK) !== 0 ? i : -1;
}
