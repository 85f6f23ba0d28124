/** Calls as `seccat emulate` takes them, one in a line, at stream speed: what was read once is remembered. */
import { type AbiName, abi as abiFacts, syscallName } from "../../arch/index.ts";
import { argHighOffset, argLowOffset, type Endian, ipHighOffset, ipLowOffset } from "../abi/data.ts";
import { wordsRead } from "../bpf/loads.ts";
import type { Program } from "../bpf/program.ts";
import { callNumber, register, seccompData } from "../policy/call.ts";
import { ownText } from "../trace/journal.ts";
import { isSpace } from "../trace/scan.ts";

/** A call without its arguments. */
export interface Called {
  readonly abi: AbiName;
  /** AUDIT_ARCH_*. */
  readonly arch: number;
  /** u32, as the filter sees it. */
  readonly nr: number;
  /** Undefined for a number without one. */
  readonly name: string | undefined;
  /** The words that a filter may look at for it, as wordsRead gives them. */
  readonly reads: number;
  /** What an answer says of it behind the number of the line, up to the verdict: as text. */
  readonly shown: Uint8Array;
  /** The same as JSON, up to the arguments. */
  readonly json: Uint8Array;
}

/** A register's two halves, u32 each. */
export interface Halves {
  readonly low: number;
  readonly high: number;
}

const MEMORIES = 1 << 16;
const encoder = new TextEncoder();

/** What was made of some texts: no more than 65536 at a time, so that a stream of new ones cannot fill the memory. */
export class Memo<T> {
  readonly #made = new Map<string, T>();

  /** What `make` makes of `key`, made again only after it was forgotten. */
  get(key: string, make: (key: string) => T): T {
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const value = make(key);
    if (this.#made.size >= MEMORIES) this.#made.clear();
    this.#made.set(ownText(key), value);
    return value;
  }
}

/** The call with that number, for the programs of a stack. */
export function calledOf(stack: readonly Program[], abi: AbiName, nr: number): Called {
  const arch = abiFacts(abi).auditArch;
  const name = syscallName(abi, nr);
  const shown = encoder.encode(`\t${name ?? nr}\t`);
  const json = encoder.encode(
    `,"arch":"${abi}","nr":${nr},"syscall":${JSON.stringify(name ?? null)},"args":[`,
  );
  const reads = stack.reduce((words, program) => words | wordsRead(program, arch, nr), 0);
  return { abi, arch, nr, name, reads, shown, json };
}

/** The sixteen words of a call, filled field by field. */
export class CallWords {
  readonly words = new Uint32Array(16);
  readonly #low: readonly number[];
  readonly #high: readonly number[];

  /** For targets of that byte order; the instruction pointer is the same in all calls. */
  constructor(endian: Endian, ip: bigint) {
    this.#low = [0, 1, 2, 3, 4, 5].map((i) => argLowOffset(i, endian) / 4);
    this.#high = [0, 1, 2, 3, 4, 5].map((i) => argHighOffset(i, endian) / 4);
    this.words[ipLowOffset(endian) / 4] = Number(ip & 0xffffffffn);
    this.words[ipHighOffset(endian) / 4] = Number(ip >> 32n);
  }

  /** The words of `called`, all arguments 0. */
  begin({ nr, arch }: Called): void {
    this.words[0] = nr;
    this.words[1] = arch;
    this.words.fill(0, 4);
  }

  /** Sets one argument. */
  set(index: number, low: number, high: number): void {
    this.words[this.#low[index] ?? 0] = low;
    this.words[this.#high[index] ?? 0] = high;
  }

  /** The bits of one argument's words in a mask such as wordsRead's. */
  bits(index: number): number {
    return (1 << (this.#low[index] ?? 0)) | (1 << (this.#high[index] ?? 0));
  }

  /** The low half of one argument. */
  low(index: number): number {
    return this.words[this.#low[index] ?? 0] ?? 0;
  }

  /** The high half of one argument. */
  high(index: number): number {
    return this.words[this.#high[index] ?? 0] ?? 0;
  }
}

const none = 255;
/** The value of each hexadecimal digit, by code. */
const digits = new Uint8Array(256).fill(none);
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16);
  digits[digit.charCodeAt(0)] = value;
  digits[digit.toUpperCase().charCodeAt(0)] = value;
}

/** Reads lines such as `fcntl 3 F_SETFD`, `257 -100 0x5581` or `socket AF_UNIX SOCK_STREAM|SOCK_CLOEXEC`. */
export class CallLines {
  readonly #abi: AbiName;
  readonly #wide: boolean;
  readonly #calls = new Memo<Called>();
  readonly #values = new Memo<Halves>();
  readonly #call: (text: string) => Called;
  readonly #value: (text: string) => Halves;
  /** Of the number that was read last. */
  #low = 0;
  #high = 0;

  constructor(stack: readonly Program[], abi: AbiName) {
    this.#abi = abi;
    this.#wide = abiFacts(abi).argBits === 64;
    this.#call = (call) => calledOf(stack, abi, callNumber({ abi, call }));
    this.#value = (text) => halvesOf(register(abi, text));
  }

  /**
   * Fills `into` with the call in [start, end), which is not blank; `text` is `bytes` as latin1. Throws as
   * seccompData does.
   */
  read(text: string, bytes: Uint8Array, start: number, end: number, into: CallWords): Called {
    let at = endOfWord(bytes, start, end);
    const called = this.#calls.get(text.slice(start, at), this.#call);
    into.begin(called);
    for (let index = 0; ; index++) {
      while (at < end && isSpace(bytes[at] ?? 0)) at++;
      if (at === end) return called;
      // The right words for it are there.
      if (index === 6)
        seccompData({
          abi: this.#abi,
          call: called.nr,
          args: text
            .slice(start, end)
            .split(/[ \t]+/)
            .slice(1),
        });
      const stop = this.#number(bytes, at, end);
      if (stop > 0) {
        into.set(index, this.#low, this.#high);
        at = stop;
        continue;
      }
      const from = at;
      at = endOfWord(bytes, from, end);
      const { low, high } = this.#values.get(text.slice(from, at), this.#value);
      into.set(index, low, high);
    }
  }

  /** Behind the plain number at `from`, which is left in #low and #high; -1 where there is none that fits. */
  #number(bytes: Uint8Array, from: number, end: number): number {
    const zero = bytes[from] === 0x30;
    const hex = zero && from + 2 < end && ((bytes[from + 1] ?? 0) | 0x20) === 0x78;
    const stop = hex ? this.#hex(bytes, from + 2, end) : this.#decimal(bytes, from, end);
    // 017 is octal.
    if (stop < end && !isSpace(bytes[stop] ?? 0)) return -1;
    return zero && !hex && stop > from + 1 ? -1 : stop;
  }

  #hex(bytes: Uint8Array, from: number, end: number): number {
    let low = 0;
    let high = 0;
    let i = from;
    for (; i < end; i++) {
      const digit = digits[bytes[i] ?? 0] ?? none;
      if (digit === none) break;
      high = (high << 4) | (low >>> 28);
      low = (low << 4) | digit;
    }
    this.#low = low >>> 0;
    this.#high = high >>> 0;
    return i > from && i - from <= (this.#wide ? 16 : 8) ? i : -1;
  }

  #decimal(bytes: Uint8Array, from: number, end: number): number {
    let value = 0;
    let i = from;
    for (; i < end; i++) {
      const digit = (bytes[i] ?? 0) - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    this.#low = value >>> 0;
    this.#high = Math.floor(value / 0x100000000);
    // Fifteen digits are exact.
    return i > from && i - from <= 15 && (this.#wide || this.#high === 0) ? i : -1;
  }
}

/** The two halves of a register. */
export function halvesOf(value: bigint): Halves {
  return { low: Number(value & 0xffffffffn), high: Number(value >> 32n) };
}

function endOfWord(bytes: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end && !isSpace(bytes[i] ?? 0)) i++;
  return i;
}

/** 1: may stand in a line that is a call and its arguments; 3: may begin one. All else is strace's. */
const plain = new Uint8Array(256);
for (const char of "ABCDEFGHIJKLMNOPQRSTUVWXYZ|~ \t") plain[char.charCodeAt(0)] = 1;
for (const char of "abcdefghijklmnopqrstuvwxyz0123456789_-") plain[char.charCodeAt(0)] = 3;

/**
 * Whether [start, end), which begins with no space, is written as on the command line. `Process 5 attached` and
 * `--- stopped by SIGSTOP ---` are strace's.
 */
export function isCallLine(bytes: Uint8Array, start: number, end: number): boolean {
  if (plain[bytes[start] ?? 0] !== 3) return false;
  for (let i = start; i < end; i++) {
    const code = bytes[i] ?? 0;
    if (plain[code] === 0 || (code === 0x2d && bytes[i + 1] === 0x2d)) return false;
  }
  return true;
}
