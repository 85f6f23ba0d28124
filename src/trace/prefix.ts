import { endOfAngle, isDigit, isSpace, skipSpace, startsWith } from "./scan.ts";

/** What stands in front of a call: who, when, where. Times and instruction pointers are read past. */
export interface Prefix {
  /** Where the call itself begins. */
  readonly at: number;
  readonly pid: number | undefined;
  /** As `-n` prints it. */
  readonly nr: number | undefined;
  /** A number that is none of strace's, such as a page's line number; "" when there is none. */
  readonly stray: string;
}

/** A whole number standing free in front of a call. */
interface Free {
  readonly value: number;
  readonly start: number;
  readonly end: number;
  /** Whether it ends as line numbers do, with a colon or a tab. */
  readonly line: boolean;
}

interface Chosen {
  readonly pid: Free | undefined;
  readonly stray: Free | undefined;
}

/** The kernel's PID_MAX_LIMIT: a number above it is no pid. */
const pidLimit = 4194304;

/**
 * Reads `16266 `, `[pid 16266] `, `10:00:00.123456 `, `1795488889.968471 `, `     0.000031 `,
 * `(+     0.000231) `, `[ 257] `, `[00007f8320ad8ad7] `, and names behind pids (`[pid 9820<ls>] `), in any
 * order that strace's options give.
 */
export function readPrefix(text: string, start: number, end: number): Prefix {
  const numbers: Free[] = [];
  let at = skipSpace(text, start, end);
  let pid: number | undefined;
  let nr: number | undefined;
  let stray = "";
  while (at < end) {
    const code = text.charCodeAt(at);
    let after = -1;
    if (isDigit(code)) {
      after = endOfTime(text, at, end);
      if (after < 0) after = endOfNumber(text, at, end, numbers);
    } else if (code === 0x5b) {
      after = endOfBracket(text, at, end);
      const named = bracketedPid(text, at, end);
      if (named >= 0) {
        pid = named;
        stray = textOf(text, numbers[0]);
      } else if (after >= 0) nr = callNumber(text, at + 1, after - 1) ?? nr;
    } else if (code === 0x28 && text.charCodeAt(at + 1) === 0x2b) after = endOfRelative(text, at, end);
    if (after < 0) break;
    at = skipSpace(text, after, end);
  }
  if (pid !== undefined || numbers.length === 0) return { at, pid, nr, stray };
  const chosen = choosePid(numbers, start);
  return { at, pid: chosen.pid?.value, nr, stray: textOf(text, chosen.stray) };
}

function textOf(text: string, number: Free | undefined): string {
  return number ? text.slice(number.start, number.end) : "";
}

/**
 * Which of the free numbers is the pid, and which is none of strace's. `strace -f -o` prints the pid first,
 * five wide, to the left; `--relative-timestamps=s` prints six wide, to the right.
 */
function choosePid(numbers: readonly Free[], start: number): Chosen {
  const first = numbers[0];
  if (!first) return { pid: undefined, stray: undefined };
  if (numbers.length === 1 && !first.line) {
    const seconds = first.value === 0 || (first.start > start && first.end - start === 6);
    return { pid: seconds || first.value > pidLimit ? undefined : first, stray: undefined };
  }
  const free = numbers.filter((number) => !number.line && number.value <= pidLimit);
  const last = free.at(-1);
  const before = free.at(-2);
  const pid = last && before && isRelative(before, last) ? before : last;
  return { pid, stray: first === pid ? undefined : first };
}

function isRelative(pid: Free, seconds: Free): boolean {
  return seconds.end === pid.start + Math.max(5, pid.end - pid.start) + 1 + 6 && seconds.start > pid.end + 1;
}

function endOfDigits(text: string, at: number, end: number): number {
  let i = at;
  while (i < end && isDigit(text.charCodeAt(i))) i++;
  return i;
}

/** Behind `10:00:00`, `10:00:00.123456` or `1795488889.968471` at `at`, or -1. */
function endOfTime(text: string, at: number, end: number): number {
  let i = endOfDigits(text, at, end);
  let colons = 0;
  while (colons < 2 && text.charCodeAt(i) === 0x3a && isDigit(text.charCodeAt(i + 1))) {
    colons++;
    i = endOfDigits(text, i + 1, end);
  }
  const dot = text.charCodeAt(i) === 0x2e && isDigit(text.charCodeAt(i + 1));
  if (dot) i = endOfDigits(text, i + 1, end);
  if (colons !== 2 && !(dot && colons === 0)) return -1;
  return i >= end || isSpace(text.charCodeAt(i)) ? Math.min(i, end) : -1;
}

/**
 * Behind a whole number at `at`, which is added to `numbers`: in front of a space, of a process's name as `-Y`
 * prints it, or of the colon or tab that `grep -n` and `cat -n` put behind a line number. Else -1.
 */
function endOfNumber(text: string, at: number, end: number, numbers: Free[]): number {
  const stop = endOfDigits(text, at, end);
  const code = text.charCodeAt(stop);
  const line = stop < end && (code === 0x3a || code === 0x09);
  let after = line ? stop + 1 : -1;
  if (stop >= end || code === 0x20) after = stop;
  else if (code === 0x3c) after = endOfAngle(text, stop, end);
  if (after >= 0) numbers.push({ value: Number(text.slice(at, stop)), start: at, end: stop, line });
  return after;
}

function bracketedPid(text: string, at: number, end: number): number {
  if (!startsWith(text, "[pid", at, end)) return -1;
  const from = skipSpace(text, at + 4, end);
  const stop = endOfDigits(text, from, end);
  return stop > from ? Number(text.slice(from, stop)) : -1;
}

/** Behind a bracket that may stand in a prefix and the space after it, or -1 (a mode switch is none). */
function endOfBracket(text: string, at: number, end: number): number {
  if (startsWith(text, "[ Process", at, end)) return -1;
  for (let i = at + 1; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x3c) {
      const after = endOfAngle(text, i, end);
      if (after < 0) return -1;
      i = after - 1;
    } else if (code === 0x5d) return i + 1 >= end || isSpace(text.charCodeAt(i + 1)) ? i + 1 : -1;
    else if (code === 0x28 || code === 0x22) return -1;
  }
  return -1;
}

/** The number in `[ 257]` or `[1073741863]`; undefined for an instruction pointer, which has 8 or more digits. */
function callNumber(text: string, from: number, to: number): number | undefined {
  const start = skipSpace(text, from, to);
  const width = to - start;
  if (width === 0 || width === 8 || width === 9 || width > 10) return undefined;
  if (endOfDigits(text, start, to) !== to) return undefined;
  return Number(text.slice(start, to));
}

/** Behind `(+     0.000231)` at `at`, or -1. */
function endOfRelative(text: string, at: number, end: number): number {
  let i = skipSpace(text, at + 2, end);
  while (i < end && (isDigit(text.charCodeAt(i)) || text.charCodeAt(i) === 0x2e)) i++;
  return text.charCodeAt(i) === 0x29 ? i + 1 : -1;
}
