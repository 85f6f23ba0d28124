/**
 * Where the numbers of one window part: all of them walk through the program together, and a comparison of nr
 * splits them. Jumps go forward only, so who has come to an instruction by then goes on from there together, and a
 * program costs about its own length here, not its length for each number.
 *
 * Only what dispatchers consist of is followed: loads of nr and arch, comparisons of those with constants, ja.
 * At any other instruction the numbers that came there are handed over.
 */
import { ARCH_OFFSET, NR_OFFSET } from "../../abi/data.ts";
import type { JumpOp } from "../../abi/opcode.ts";
import { comparison } from "./operation.ts";
import { at, type Survey } from "./survey.ts";
import { WINDOW, type Window } from "./window.ts";

/** Numbers of a window: bit b of word i is the number 32 * i + b from its base on. */
export type Numbers = Int32Array;

/** A place that some numbers come to, all with the same A; X is 0 there and no cell is stored. */
export interface Arrival {
  readonly pc: number;
  /** What A holds: the number itself, or this word (u32). */
  readonly a: number | "nr";
  readonly numbers: Numbers;
}

const WORDS = WINDOW / 32;

/** What A can hold on these ways. */
const HOLDS_ZERO = 0;
const HOLDS_ARCH = 1;
const HOLDS_NR = 2;
const CONTENTS = 3;

/** No numbers. */
export function noNumbers(): Numbers {
  return new Int32Array(WORDS);
}

/** Adds `others` to `numbers`. */
export function unite(numbers: Numbers, others: Numbers): void {
  for (let i = 0; i < WORDS; i++) numbers[i] = (numbers[i] ?? 0) | (others[i] ?? 0);
}

/** The numbers, counted from the base, in order. */
export function eachOf(numbers: Numbers): number[] {
  const each: number[] = [];
  for (let n = 0; n < WINDOW; n++) if ((numbers[n >> 5] ?? 0) & (1 << n)) each.push(n);
  return each;
}

/** Where the numbers of `window` come to: each to one place. */
export function dispatch({ insns, rows }: Survey, { arch, base }: Window): Arrival[] {
  const arrivals: Arrival[] = [];
  // Who waits at an instruction with A of one kind.
  const waiting = new Array<Numbers | undefined>(CONTENTS * insns.length);
  waiting[HOLDS_ZERO] = noNumbers().fill(-1);
  for (let place = 0; place < waiting.length; place++) {
    const numbers = waiting[place];
    if (numbers === undefined) continue;
    const holds = place % CONTENTS;
    const pc = (place - holds) / CONTENTS;
    const insn = at(insns, pc);
    const row = at(rows, pc);
    const a = holds === HOLDS_ARCH && arch !== undefined ? arch : 0;
    const next = place + CONTENTS;
    if (row.kind === "ja") join(waiting, next + CONTENTS * insn.k, numbers);
    else if (row.kind === "jump" && row.operand === "k") {
      const yes = next + CONTENTS * insn.jt;
      const no = next + CONTENTS * insn.jf;
      if (holds === HOLDS_NR) {
        const holding = take(numbers, row.jump, insn.k, base);
        if (holding !== undefined) join(waiting, yes, holding);
        if (holding === undefined || numbers.some(Boolean)) join(waiting, no, numbers);
      } else join(waiting, comparison[row.jump].value(a | 0, insn.k | 0) ? yes : no, numbers);
    } else if (row.kind === "ld" && row.operand === "abs" && insn.k === NR_OFFSET)
      join(waiting, next - holds + HOLDS_NR, numbers);
    else if (row.kind === "ld" && row.operand === "abs" && insn.k === ARCH_OFFSET && arch !== undefined)
      join(waiting, next - holds + HOLDS_ARCH, numbers);
    else arrivals.push({ pc, a: holds === HOLDS_NR ? "nr" : a, numbers });
  }
  return arrivals;
}

function join(waiting: (Numbers | undefined)[], place: number, numbers: Numbers): void {
  const there = waiting[place];
  if (there === undefined) waiting[place] = numbers;
  else unite(there, numbers);
}

/** Takes the numbers for which `nr op k` holds out of `numbers`; undefined when there is none. */
function take(numbers: Numbers, op: JumpOp, k: number, base: number): Numbers | undefined {
  // Lists ask for one number after the other, and most are not there.
  if (op === "jeq" && ((numbers[(k - base) >>> 5] ?? 0) & (1 << k)) === 0) return undefined;
  const holding = noNumbers();
  let some = 0;
  for (let i = 0; i < WORDS; i++) {
    const word = numbers[i] ?? 0;
    if (word === 0) continue;
    const held = word & holdingOf(op, k, base + 32 * i);
    holding[i] = held;
    numbers[i] = word ^ held;
    some |= held;
  }
  return some === 0 ? undefined : holding;
}

/** For which of the 32 numbers from `first` on, a multiple of 32, `nr op k` holds. */
function holdingOf(op: JumpOp, k: number, first: number): number {
  switch (op) {
    case "jeq":
      return k >= first && k < first + 32 ? 1 << k : 0;
    case "jgt":
      return holdingOf("jge", k + 1, first);
    case "jge":
      return k <= first ? -1 : k < first + 32 ? -1 << k : 0;
    case "jset": {
      const low = (k & 1 && 0xaaaaaaaa) | (k & 2 && 0xcccccccc) | (k & 4 && 0xf0f0f0f0);
      return (first & k) !== 0 ? -1 : low | (k & 8 && 0xff00ff00) | (k & 16 && 0xffff0000);
    }
  }
}
