// Arguments are read only when somebody asks: a trace has many, and a policy is mostly learned from names.
// Structures and arrays stay text; splitArgs takes their inner text as well.

import { endOfAngle, endOfArgs, endOfString, isWord, skipSpace } from "./scan.ts";

/** One argument as strace shows it. */
export type TraceArg =
  /** `"GET /\r\n"...`: its bytes, and whether strace cut it. */
  | { readonly kind: "string"; readonly bytes: Uint8Array; readonly cut: boolean }
  /** `3</etc/passwd>`, `0x2 /* O_RDWR *\/`, `-1`: its value, and what strace adds to it, without the marks. */
  | { readonly kind: "number"; readonly value: bigint; readonly note: string }
  /** Anything else: `O_RDONLY|O_CLOEXEC`, `{st_mode=S_IFDIR|0755, ...}`, `NULL`. */
  | { readonly kind: "text"; readonly text: string };

/** The arguments of a call, or the members between two brackets, each as text: cut at the commas of the outer level. */
export function splitArgs(args: string): string[] {
  const places: number[] = [];
  return Array.from({ length: placeArgs(args, places, args.length) }, (_, i) => argAt(args, places, i));
}

/** How many arguments splitArgs finds; `places` gets where each of the first `most` begins and where it ends. */
export function placeArgs(args: string, places: number[], most: number): number {
  const end = args.length;
  let count = 0;
  let start = skipSpace(args, 0, end);
  while (start < end) {
    const stop = endOfArg(args, start, end);
    if (count < most) {
      places[2 * count] = start;
      places[2 * count + 1] = stop;
    }
    count++;
    start = skipSpace(args, stop + 1, end);
  }
  return count;
}

/** The argument of that index, by what placeArgs found. */
export function argAt(args: string, places: readonly number[], index: number): string {
  const stop = places[2 * index + 1] ?? 0;
  const text = args.slice(places[2 * index], stop);
  const last = args.charCodeAt(stop - 1);
  return last > 0x20 && last < 0x80 ? text : text.trimEnd();
}

const comma = 0x2c;
const open = 0x28;
const slash = 0x2f;
const less = 0x3c;

/** 1: neither ends an argument nor opens anything in it. */
const plain = new Uint8Array(128).fill(1);
for (const char of ',"([{/<') plain[char.charCodeAt(0)] = 0;
/** What closes what a code opens. */
const closers = new Uint8Array(128);
for (const [opener = "", closer = ""] of ["()", "[]", "{}"])
  closers[opener.charCodeAt(0)] = closer.charCodeAt(0);

/** The comma behind the argument at `at`, or `end`. */
function endOfArg(text: string, at: number, end: number): number {
  for (let i = at; i < end; i++) {
    const code = text.charCodeAt(i);
    if (plain[code] !== 0) continue;
    if (code === comma) return i;
    const after = behindGroup(text, i, end, code);
    if (after > i) i = after - 1;
  }
  return end;
}

/** Behind the string, comment, annotation or bracket that opens at `at`; `at` when none does or it does not close. */
function behindGroup(text: string, at: number, end: number, code: number): number {
  if (code === 0x22) return Math.max(at, endOfString(text, at, end));
  const closer = closers[code] ?? 0;
  if (closer !== 0)
    return Math.max(
      at,
      code === open ? endOfArgs(text, at + 1, end) + 1 : behindBracket(text, at, end, closer),
    );
  const next = text.charCodeAt(at + 1);
  if (code === slash && next === 0x2a) {
    const close = text.indexOf("*/", at + 2);
    return close < 0 ? at : close + 2;
  }
  if (code === less && next === less) return at + 2;
  if (code === less && at > 0 && isWord(text.charCodeAt(at - 1)))
    return Math.max(at, endOfAngle(text, at, end));
  return at;
}

function behindBracket(text: string, at: number, end: number, closer: number): number {
  for (let i = at + 1; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code === closer) return i + 1;
    if (plain[code] !== 0) continue;
    const after = behindGroup(text, i, end, code);
    if (after > i) i = after - 1;
  }
  return -1;
}

/** What one argument says. */
export function readArg(text: string): TraceArg {
  if (text.startsWith('"')) {
    const stop = endOfString(text, 0, text.length);
    if (stop > 0)
      return { kind: "string", bytes: bytesOf(text.slice(1, stop - 1)), cut: text.endsWith("...") };
  }
  const stop = endOfNumber(text);
  const digits = text.slice(0, stop);
  const note = stop > 0 ? readNote(text, stop) : undefined;
  if (note === undefined) return { kind: "text", text };
  return { kind: "number", value: numberOf(digits), note };
}

/** strace's numbers: decimal, `0x` hexadecimal, and octal with a leading 0 (modes). */
function numberOf(digits: string): bigint {
  const negative = digits.startsWith("-");
  const plain = negative ? digits.slice(1) : digits;
  const value = BigInt(/^0[0-7]+$/.test(plain) ? `0o${plain.slice(1)}` : plain);
  return negative ? -value : value;
}

function endOfNumber(text: string): number {
  return /^(0x[0-9a-f]+|-?[0-9]+)/.exec(text)?.[0].length ?? 0;
}

/** What stands behind a number: nothing, an annotation or a comment; undefined when it is something else. */
function readNote(text: string, at: number): string | undefined {
  const rest = text.slice(at).trim();
  if (rest === "") return "";
  if (rest.startsWith("<") && endOfAngle(text, at, text.length) === text.length) return rest.slice(1, -1);
  return rest.startsWith("/*") && rest.endsWith("*/") ? rest.slice(2, -2).trim() : undefined;
}

const escapes: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, v: 11, f: 12 };

/** The bytes of a C string's inner text: `\n`, `\377`, `\x62`; other characters as UTF-8. */
function bytesOf(inner: string): Uint8Array {
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (let i = 0; i < inner.length; i++) {
    const char = inner.charAt(i);
    if (char !== "\\") {
      bytes.push(...encoder.encode(String.fromCodePoint(inner.codePointAt(i) ?? 0)));
      if ((inner.codePointAt(i) ?? 0) > 0xffff) i++;
      continue;
    }
    const code = /^(?:x[0-9a-fA-F]{1,2}|[0-7]{1,3})/.exec(inner.slice(i + 1, i + 4))?.[0];
    if (code === undefined) {
      const next = inner.charAt(++i);
      bytes.push(escapes[next] ?? next.charCodeAt(0));
    } else {
      bytes.push(
        (code.startsWith("x") ? Number.parseInt(code.slice(1), 16) : Number.parseInt(code, 8)) & 0xff,
      );
      i += code.length;
    }
  }
  return Uint8Array.from(bytes);
}
