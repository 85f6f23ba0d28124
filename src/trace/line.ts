import type { Mode } from "./event.ts";
import { type Prefix, readPrefix } from "./prefix.ts";
import { isDigit, isSpace, isWord, skipSpace, startsWith } from "./scan.ts";
import { type Body, readBody, readTail, type Tail } from "./tail.ts";

/** A call's line, or its second half. */
export interface CallLine {
  readonly kind: "call" | "resumed";
  readonly prefix: Prefix;
  readonly name: string;
  readonly body: Body;
}

/** What becomes of a process. */
export type ProcessLine =
  | { readonly kind: "signal"; readonly prefix: Prefix; readonly text: string }
  | {
      readonly kind: "exit";
      readonly prefix: Prefix;
      readonly how: "exited" | "killed" | "superseded";
      readonly by: string;
    }
  | { readonly kind: "mode"; readonly prefix: Prefix; readonly pid: number; readonly mode: Mode };

/** What one line of a log is. */
export type Line =
  | CallLine
  | ProcessLine
  /** A result, or the end of a call's arguments with it, that belongs to a line before. */
  | { readonly kind: "rest"; readonly body: Body }
  | { readonly kind: "attach" | "detach"; readonly pid: number }
  | { readonly kind: "stack" | "dump" | "message" | "summary" }
  | { readonly kind: "unreadable"; readonly reason: string };

/** Reads the line in [start, end), which is not blank. */
export function readLine(text: string, start: number, end: number): Line {
  const first = skipSpace(text, start, end);
  const mark = text.charCodeAt(first);
  if (first > start && (mark === 0x3e || mark === 0x7c || mark === 0x2a)) {
    const chatter = readChatter(text, first, end);
    if (chatter) return chatter;
  }
  const prefix = readPrefix(text, start, end);
  if (prefix.at >= end) return unreadable(prefixOnly(prefix));
  const line = readRecord(text, prefix, end);
  if (line) return line;
  return readInner(text, prefix.at, end) ?? unreadable("strace does not print such a line");
}

/** What follows a prefix, by its first character; undefined when it is nothing of strace's. */
function readRecord(text: string, prefix: Prefix, end: number): Line | undefined {
  const { at } = prefix;
  switch (text.charCodeAt(at)) {
    case 0x3c: // <
      return readResumed(text, prefix, end);
    case 0x3d: // =
    case 0x29: // )
    case 0x2c: // ,
      return readRest(text, at, end);
    case 0x2b: // +
      return readExit(text, prefix, end);
    case 0x2d: // -
      return readSignal(text, prefix, end);
    case 0x5b: // [
      return readMode(text, prefix, end);
    case 0x2f: // /
    case 0x2e: // .
      return readMessage(text, prefix, end);
    case 0x25: // %
      return startsWith(text, "% time ", at, end) ? { kind: "summary" } : undefined;
    case 0x3f: // ?
      return startsWith(text, "????(", at, end)
        ? unreadable("strace did not know which call this is")
        : undefined;
    default:
      return readCall(text, prefix, end);
  }
}

function unreadable(reason: string): Line {
  return { kind: "unreadable", reason };
}

function prefixOnly(prefix: Prefix): string {
  return prefix.pid !== undefined || prefix.stray !== "" ? "a number alone" : "nothing behind the prefix";
}

/** A record further right in a line, behind something that strace does not print: a quote's `> `, a page's marks. */
function readInner(text: string, at: number, end: number): Line | undefined {
  const named = text.slice(at, end).indexOf("[pid ");
  let from = at + Math.max(0, named);
  if (named <= 0)
    while (from < end && (text.charCodeAt(from) === 0x3e || isSpace(text.charCodeAt(from)))) from++;
  if (from === at) return undefined;
  const prefix = readPrefix(text, from, end);
  if (prefix.at >= end) return undefined;
  return readRecord(text, { ...prefix, stray: text.slice(at, from).trim() }, end);
}

function readCall(text: string, prefix: Prefix, end: number): Line | undefined {
  let i = prefix.at;
  while (i < end && isWord(text.charCodeAt(i))) i++;
  const name = text.slice(prefix.at, i);
  if (name === "" || isDigit(text.charCodeAt(prefix.at))) return undefined;
  if (text.charCodeAt(i) === 0x28 && i < end)
    return { kind: "call", prefix, name, body: readBody(text, i + 1, end) };
  return name === "strace" || name === "Process" || name === "System"
    ? readMessage(text, prefix, end)
    : undefined;
}

/** `<... read resumed>"abc", 3) = 3`; before strace 5.2 with a space behind `resumed>`. */
function readResumed(text: string, prefix: Prefix, end: number): Line | undefined {
  const { at } = prefix;
  if (!startsWith(text, "<... ", at, end)) {
    const tail = readTail(text, at, end);
    return tail && { kind: "rest", body: restOf(tail) };
  }
  let i = at + 5;
  while (i < end && isWord(text.charCodeAt(i))) i++;
  const name = text.slice(at + 5, i);
  if (startsWith(text, "???? resumed>", at + 5, end))
    return unreadable("strace did not know which call this is");
  if (name === "" || !startsWith(text, " resumed>", i, end)) return undefined;
  return { kind: "resumed", prefix, name, body: readBody(text, skipSpace(text, i + 9, end), end) };
}

function restOf(tail: Tail): Body {
  return { ...tail, args: "", closed: true, attached: -1 };
}

/** `= 0x169f000`, `) = 6` or `, child_tidptr=0x7f40ea7a0a10) = 9659`. */
function readRest(text: string, at: number, end: number): Line | undefined {
  if (text.charCodeAt(at) === 0x3d) {
    const tail = readTail(text, at, end);
    return tail && { kind: "rest", body: restOf(tail) };
  }
  const body = readBody(text, at, end);
  return body.end === "missing" ? undefined : { kind: "rest", body };
}

/** The end of a call, found behind what the traced program printed: `hello) = 5`; undefined when there is none. */
export function readLateEnd(text: string, start: number, end: number): Body | undefined {
  const body = readBody(text, start, end);
  return body.end === "missing" ? undefined : body;
}

function readSignal(text: string, prefix: Prefix, end: number): Line | undefined {
  const inner = between(text, prefix.at, end, "--- ", " ---");
  if (inner !== undefined) return { kind: "signal", prefix, text: inner };
  return startsWith(text, "------", prefix.at, end) ? { kind: "summary" } : undefined;
}

function readExit(text: string, prefix: Prefix, end: number): Line | undefined {
  const inner = between(text, prefix.at, end, "+++ ", " +++");
  if (inner === undefined) return undefined;
  const words = inner.split(" ");
  const [verb, joint, by = ""] = words;
  if (verb === "exited" && joint === "with") return { kind: "exit", prefix, how: "exited", by };
  if (verb === "killed" && joint === "by") return { kind: "exit", prefix, how: "killed", by };
  if (verb === "superseded" && joint === "by")
    return { kind: "exit", prefix, how: "superseded", by: words.at(-1) ?? "" };
  return undefined;
}

function between(text: string, at: number, end: number, open: string, close: string): string | undefined {
  const line = text.slice(at, end).trimEnd();
  if (!line.startsWith(open) || !line.endsWith(close) || line.length < open.length + close.length)
    return undefined;
  return line.slice(open.length, line.length - close.length);
}

/** strace's words for its modes, those of older ones too. */
const modes: ReadonlyMap<string, Mode> = new Map([
  ["64 bit", "64"],
  ["64-bit", "64"],
  ["AArch64", "64"],
  ["32 bit", "32"],
  ["32-bit", "32"],
  ["x32", "x32"],
]);

/** `[ Process PID=9779 runs in 32 bit mode. ]`. */
function readMode(text: string, prefix: Prefix, end: number): Line | undefined {
  const inner = between(text, prefix.at, end, "[ Process PID=", " mode. ]");
  const [digits = "", said = ""] = inner?.split(" runs in ") ?? [];
  const mode = modes.get(said);
  return mode && /^[0-9]{1,7}$/.test(digits)
    ? { kind: "mode", prefix, pid: Number(digits), mode }
    : undefined;
}

/** `strace: Process 9658 attached`, `Process 9658 detached`, `/usr/bin/strace: ...`. */
function readMessage(text: string, prefix: Prefix, end: number): Line | undefined {
  const line = text.slice(prefix.at, end).trimEnd();
  const speaker = /^(?:\.{0,2}\/[^ :]*)?strace: /.exec(line)?.[0] ?? "";
  const inner = line.startsWith("[ Process", speaker.length);
  if (inner) return readMode(text, { ...prefix, at: prefix.at + speaker.length }, end);
  const [who, digits = "", verb] = line.slice(speaker.length).split(" ");
  const pid = Number(digits);
  if (who === "Process" && /^[0-9]{1,7}$/.test(digits)) {
    if (verb === "attached") return { kind: "attach", pid };
    if (verb === "detached") return { kind: "detach", pid };
    if (verb === "suspended" || verb === "resumed") return { kind: "message" };
  }
  if (line.startsWith("System call usage summary")) return { kind: "summary" };
  return speaker === "" ? undefined : { kind: "message" };
}

/** A stack frame of `-k`, or the data that `-e read=` and `-e write=` show; the line begins with a space. */
function readChatter(text: string, at: number, end: number): Line | undefined {
  const code = text.charCodeAt(at);
  if (!isSpace(text.charCodeAt(at + 1))) return undefined;
  if (code === 0x3e) return { kind: "stack" };
  if (code === 0x7c)
    return isDigit(text.charCodeAt(skipSpace(text, at + 1, end))) ? { kind: "dump" } : undefined;
  return text.slice(at, end).includes(" bytes in buffer ") ? { kind: "dump" } : undefined;
}

/** Whether the line is a row of a `strace -c` table: ` 24.78    0.000143           4        34        13 openat`. */
export function isSummaryRow(text: string, start: number, end: number): boolean {
  const words = text.slice(start, end).trim().split(/\s+/);
  const name = words.at(-1) ?? "";
  const numbers = words.slice(0, -1).filter((word) => !Number.isNaN(Number(word)));
  return numbers.length >= 2 && numbers.length === words.length - 1 && !name.includes("(");
}
