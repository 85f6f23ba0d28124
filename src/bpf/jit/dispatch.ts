/**
 * Where the numbers of one arch part: all of them walk through the program together, and a comparison of nr
 * splits them. So a program costs about its own length here, not its length for each number.
 *
 * Only what dispatchers consist of is followed: loads of nr and arch, comparisons of those with constants, ja.
 * At any other instruction the numbers that came there together are handed over.
 */
import { ARCH_OFFSET, NR_OFFSET } from "../../abi/data.ts";
import { type JumpOp, opcodeOf } from "../../abi/opcode.ts";
import type { Program } from "../program.ts";
import { comparison } from "./operation.ts";

/** Numbers from `from` to `to`, both included. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

/** A place that some numbers come to, all with the same A; X is 0 there and no cell is stored. */
export interface Arrival {
  readonly pc: number;
  /** What A holds: the number itself, or this word (u32). */
  readonly a: number | "nr";
  /** In order. */
  readonly numbers: readonly Interval[];
}

interface Walker {
  pc: number;
  a: number | "nr";
  numbers: Interval[];
}

/**
 * Where `numbers` (below 2^31) come to in calls with `arch` (u32; undefined when it is not known): each to one
 * place, unless more than `steps` instructions would have to be walked; then some are left out.
 */
export function dispatch(
  program: Program,
  arch: number | undefined,
  numbers: Interval,
  steps: number,
): Arrival[] {
  const arrivals: Arrival[] = [];
  const waiting: Walker[] = [{ pc: 0, a: 0, numbers: [numbers] }];
  let left = steps;
  for (let walker = waiting.pop(); walker !== undefined; walker = waiting.pop()) {
    while (left-- > 0) {
      if (step(program, arch, walker, waiting)) continue;
      arrivals.push(walker);
      break;
    }
  }
  return arrivals;
}

/** Moves the walker over one instruction, or returns false where it stops; whoever parts from it goes to `waiting`. */
function step({ insns }: Program, arch: number | undefined, walker: Walker, waiting: Walker[]): boolean {
  const insn = insns[walker.pc];
  const row = insn && opcodeOf(insn.code);
  if (insn === undefined || row === undefined) return false;
  const next = walker.pc + 1;
  if (row.kind === "ja") {
    walker.pc = next + insn.k;
    return true;
  }
  if (row.kind === "ld" && row.operand === "abs") {
    if (insn.k !== NR_OFFSET && (insn.k !== ARCH_OFFSET || arch === undefined)) return false;
    walker.a = insn.k === NR_OFFSET ? "nr" : (arch ?? 0);
    walker.pc = next;
    return true;
  }
  if (row.kind !== "jump" || row.operand !== "k") return false;
  const [yes, no] = [next + insn.jt, next + insn.jf];
  if (walker.a !== "nr") {
    walker.pc = comparison[row.jump].value(walker.a | 0, insn.k | 0) ? yes : no;
    return true;
  }
  const holding = take(walker.numbers, row.jump, insn.k);
  if (walker.numbers.length === 0) {
    walker.numbers = holding;
    walker.pc = yes;
  } else {
    if (holding.length > 0) waiting.push({ pc: yes, a: walker.a, numbers: holding });
    walker.pc = no;
  }
  return true;
}

/** Takes the numbers for which `nr op k` holds out of `numbers`. */
function take(numbers: Interval[], op: JumpOp, k: number): Interval[] {
  switch (op) {
    case "jeq":
      return takeWithin(numbers, k, k);
    case "jgt":
      return takeWithin(numbers, k + 1, 0xffffffff);
    case "jge":
      return takeWithin(numbers, k, 0xffffffff);
    case "jset":
      return takeBits(numbers, k);
  }
}

/** Takes the numbers from `low` to `high`; what is on neither side of a bound is not looked at. */
function takeWithin(numbers: Interval[], low: number, high: number): Interval[] {
  let first = 0;
  for (let end = numbers.length; first < end; ) {
    const middle = (first + end) >> 1;
    if ((numbers[middle]?.to ?? 0) < low) first = middle + 1;
    else end = middle;
  }
  let behind = first;
  while ((numbers[behind]?.from ?? Number.POSITIVE_INFINITY) <= high) behind++;
  const [lowest, highest] = [numbers[first], numbers[behind - 1]];
  if (lowest === undefined || highest === undefined || behind === first) return [];
  const rest: Interval[] = [];
  if (lowest.from < low) rest.push({ from: lowest.from, to: low - 1 });
  if (highest.to > high) rest.push({ from: high + 1, to: highest.to });
  const taken = numbers.splice(first, behind - first, ...rest);
  taken[0] = { from: Math.max(lowest.from, low), to: lowest.to };
  const last = taken.length - 1;
  taken[last] = { from: taken[last]?.from ?? low, to: Math.min(highest.to, high) };
  return taken;
}

/** Takes the numbers that have one of the bits in `mask`. */
function takeBits(numbers: Interval[], mask: number): Interval[] {
  const sides: [Interval[], Interval[]] = [[], []];
  const bit = mask & -mask;
  for (const { from, to } of numbers.splice(0)) {
    // Numbers that differ below the lowest bit of the mask are on one side.
    for (let nr = from; nr <= to; ) {
      const end = bit === 0 ? to : Math.min(to, nr | (bit - 1));
      sides[(nr & mask) !== 0 ? 0 : 1].push({ from: nr, to: end });
      nr = end + 1;
    }
  }
  numbers.push(...sides[1]);
  return sides[0];
}
