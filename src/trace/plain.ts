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

import { CallNames } from "./callname.ts";
import type { CallEvent } from "./event.ts";
import type { OpenCall } from "./pairing.ts";
import type { More } from "./piece.ts";
import type { Prefix } from "./prefix.ts";
import { isDigit } from "./scan.ts";
import {
  behindBlanks,
  behindDigits,
  behindFilling,
  behindSpaces,
  behindTime,
  behindValue,
  endOfAddition,
  endOfAnnotation,
  endOfArguments,
  holds,
  numberIn,
  withoutTime,
} from "./span.ts";
import type { Body } from "./tail.ts";

const feed = 0x0a;
const space = 0x20;
const minus = 0x2d;
const less = 0x3c;
const bracket = 0x5b;
const endBracket = 0x5d;

/** The kernel's PID_MAX_LIMIT: a number above it is no pid. */
const pidLimit = 4194304;

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
  readonly #names = new CallNames();

  /** A small number, the same for the same name. */
  get nameId(): number {
    return this.#names.id;
  }

  get name(): string {
    return this.#names.texts[this.nameId] ?? "";
  }

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
    const close = endOfArguments(bytes, this.#words, from);
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

  /** The line feed behind the `)` at `close` and a result that leaves no doubt, or -1. */
  #closed(bytes: Uint8Array, close: number): number {
    this.#argsEnd = close;
    const sign = behindBlanks(bytes, behindFilling(bytes, this.#words, close + 1));
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
    const last = bytes[more] === feed ? -1 : endOfAddition(bytes, this.#words, more);
    if (last > 0) this.#resultEnd = withoutTime(bytes, from, last);
    return last;
  }

  /** Behind the `<... read resumed>` at `at`, or -1. */
  #resumed(bytes: Uint8Array, at: number): number {
    this.part = "resumed";
    if (!holds(bytes, at, again)) return -1;
    const end = this.#names.read(bytes, this.#words, at + again.length);
    return end < 0 || !holds(bytes, end, resumed) ? -1 : behindBlanks(bytes, end + resumed.length);
  }

  /** Behind the name at `at` and its `(`, or -1. */
  #called(bytes: Uint8Array, at: number): number {
    this.part = "whole";
    if (isDigit(bytes[at] ?? feed)) return -1;
    const end = this.#names.read(bytes, this.#words, at);
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
    } else if (isDigit(code)) {
      const stop = behindDigits(bytes, at);
      if (bytes[stop] === space) {
        const pid = numberIn(bytes, at, stop);
        if (pid === 0 || pid > pidLimit) return -1;
        this.pid = pid;
        at = behindSpaces(bytes, stop);
        code = bytes[at] ?? feed;
      }
    }
    if (isDigit(code)) {
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
    if (stop === from || bytes[stop] !== endBracket || bytes[stop + 1] !== space) return -1;
    const pid = numberIn(bytes, from, stop);
    this.pid = pid;
    return pid > pidLimit ? -1 : behindSpaces(bytes, stop + 1);
  }

  /** Behind the `[ 257] ` at `at`, or -1. */
  #numbered(bytes: Uint8Array, at: number): number {
    const from = behindSpaces(bytes, at + 1);
    const stop = behindDigits(bytes, from);
    if (stop === from || stop - from > 7 || bytes[stop] !== endBracket || bytes[stop + 1] !== space)
      return -1;
    this.nr = numberIn(bytes, from, stop);
    return behindSpaces(bytes, stop + 1);
  }
}

function evenCopy(bytes: Uint8Array, words: number): Uint8Array {
  const copy = new Uint8Array(2 * words);
  copy.set(bytes);
  return copy;
}
