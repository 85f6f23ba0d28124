import type { CallEnd } from "./event.ts";
import { endOfAngle, endOfArgs, isDigit, isSpace, isWord, skipSpace, startsWith } from "./scan.ts";

/** What stands behind a call's `)`. */
export interface Tail {
  readonly end: CallEnd;
  readonly result: string | undefined;
  /** Where a second record begins that lost its line break, or -1. */
  readonly next: number;
  /** What is odd about it; "" when nothing is. */
  readonly doubt: string;
}

/** The rest of a call behind its `(`. */
export interface Body extends Tail {
  readonly args: string;
  /** Whether the `)` was there: without it, the rest may follow on a later line. */
  readonly closed: boolean;
  /** A pid that strace said was attached, in the middle of the line; -1 when none. */
  readonly attached: number;
}

const missing: Tail = { end: "missing", result: undefined, next: -1, doubt: "" };
const unfinished: Tail = { end: "unfinished", result: undefined, next: -1, doubt: "" };

/** Reads ` = 3</etc/passwd> <0.000012>` and the like from `at` on; undefined when it is none of strace's ends. */
export function readTail(text: string, at: number, end: number): Tail | undefined {
  const i = skipSpace(text, at, end);
  if (i >= end) return missing;
  if (text.charCodeAt(i) === 0x3c) return isMark(text, i, end) ? unfinished : undefined;
  if (text.charCodeAt(i) !== 0x3d) return undefined;
  const from = skipSpace(text, i + 1, end);
  const stop = endOfValue(text, from, end);
  if (stop < 0) return undefined;
  const after = skipSpace(text, text.charCodeAt(stop) === 0x3c ? behindAngle(text, stop, end) : stop, end);
  if (after >= end)
    return { end: "returned", result: text.slice(from, trimEnd(text, from, end)), next: -1, doubt: "" };
  const next = nextRecord(text, after, end);
  if (next >= 0)
    return {
      end: "returned",
      result: text.slice(from, trimEnd(text, from, next)),
      next,
      doubt: "two records on one line",
    };
  const known = mayFollowValue(text.charCodeAt(after));
  const limit = known ? endOfResult(text, from, end) : stop;
  const doubt = known ? "" : "text behind the result";
  return { end: "returned", result: text.slice(from, limit), next: -1, doubt };
}

/** Reads the arguments from `at` (behind the `(`) and what follows them. */
export function readBody(text: string, at: number, end: number): Body {
  const close = endOfArgs(text, at, end);
  const tail = close < 0 ? undefined : readTail(text, close + 1, end);
  if (tail) return body(text.slice(at, trimMark(text, at, close)), true, tail);
  const mark = markAtEnd(text, at, end);
  if (mark >= 0) return body(text.slice(at, mark), false, unfinished);
  return recover(text, at, end);
}

/** Finds the end of a call from the right, for a line whose quotes or brackets do not pair. */
function recover(text: string, at: number, end: number): Body {
  let tries = 0;
  for (let i = end - 1; i >= at && tries < 64; i--) {
    if (text.charCodeAt(i) !== 0x29) continue;
    tries++;
    const tail = readTail(text, i + 1, end);
    if (tail?.end === "returned" && tail.doubt === "")
      return body(text.slice(at, i), true, { ...tail, doubt: "quotes or brackets do not pair" });
  }
  const message = attachedAtEnd(text, at, end);
  if (message) return { ...body(text.slice(at, message.at), false, missing), attached: message.pid };
  const stop = trimEnd(text, at, end);
  if (text.charCodeAt(stop - 1) === 0x29)
    return body(text.slice(at, stop - 1), true, { ...missing, doubt: "quotes or brackets do not pair" });
  return body(text.slice(at, end), false, missing);
}

function body(args: string, closed: boolean, tail: Tail): Body {
  const { end, result, next, doubt } = tail;
  return { args, closed, attached: -1, end, result, next, doubt };
}

/** Behind a value: digits, hexadecimal, `?`, each with a sign; -1 when there is none or it runs into a word. */
function endOfValue(text: string, at: number, end: number): number {
  let i = at;
  if (text.charCodeAt(i) === 0x2d) i++;
  if (text.charCodeAt(i) === 0x3f) i++;
  else {
    if (!isDigit(text.charCodeAt(i))) return -1;
    while (i < end && isWord(text.charCodeAt(i))) i++;
  }
  const code = text.charCodeAt(i);
  return i > end || (i < end && !isSpace(code) && code !== 0x3c) ? -1 : i;
}

function behindAngle(text: string, at: number, end: number): number {
  const after = endOfAngle(text, at, end);
  return after < 0 ? at : after;
}

/** What strace prints behind a value begins with `(`, `<`, `/`, `[` or an errno. */
function mayFollowValue(code: number): boolean {
  return code === 0x28 || code === 0x3c || code === 0x2f || code === 0x5b || (code >= 0x41 && code <= 0x5a);
}

/** The position of a `[pid N]` behind a result, or -1. */
function nextRecord(text: string, at: number, end: number): number {
  const found = text.slice(at, end).indexOf("[pid ");
  return found < 0 ? -1 : at + found;
}

/** The end of a result without the `<0.000012>` of `-T`. */
function endOfResult(text: string, from: number, end: number): number {
  const stop = trimEnd(text, from, end);
  if (text.charCodeAt(stop - 1) !== 0x3e) return stop;
  let i = stop - 2;
  while (i > from && (isDigit(text.charCodeAt(i)) || text.charCodeAt(i) === 0x2e)) i--;
  const time = text.charCodeAt(i) === 0x3c && i < stop - 2 && isSpace(text.charCodeAt(i - 1));
  return time ? trimEnd(text, from, i) : stop;
}

function trimEnd(text: string, at: number, end: number): number {
  let i = end;
  while (i > at && isSpace(text.charCodeAt(i - 1))) i--;
  return i;
}

const marks = ["<unfinished ...>", "<detached ...>", "<pid changed to ", "<ptrace("];

/** Whether `<unfinished ...>` or one of its kin stands at `at` and nothing behind it. */
function isMark(text: string, at: number, end: number): boolean {
  if (text.charCodeAt(trimEnd(text, at, end) - 1) !== 0x3e) return false;
  return marks.some((mark) => startsWith(text, mark, at, end));
}

/** Where the arguments end in front of a mark that ends the line, or -1 when it has none. */
function markAtEnd(text: string, at: number, end: number): number {
  if (text.charCodeAt(trimEnd(text, at, end) - 1) !== 0x3e) return -1;
  const open = text.lastIndexOf("<", end - 1);
  if (open < at || !isMark(text, open, end)) return -1;
  return isSpace(text.charCodeAt(open - 1)) && open > at ? open - 1 : open;
}

/** The end of arguments that were closed, without the mark that a killed process leaves: `NULL <unfinished ...>) = ?`. */
function trimMark(text: string, at: number, close: number): number {
  if (text.charCodeAt(close - 1) !== 0x3e) return close;
  const mark = markAtEnd(text, at, close);
  return mark < 0 ? close : mark;
}

/** `...SIGCHLDstrace: Process 9659 attached`, where the call goes on in the next line. */
function attachedAtEnd(text: string, at: number, end: number): { at: number; pid: number } | undefined {
  const line = text.slice(at, end).trimEnd();
  if (!line.endsWith(" attached")) return undefined;
  const found = line.lastIndexOf("Process ");
  const digits = line.slice(found + 8, line.length - 9);
  if (found < 0 || !/^[0-9]{1,7}$/.test(digits)) return undefined;
  const said =
    /(?:\.{0,2}\/[^ (,|]*)?strace: $/.exec(line.slice(Math.max(0, found - 4096), found))?.[0] ?? "";
  return { at: at + found - said.length, pid: Number(digits) };
}
