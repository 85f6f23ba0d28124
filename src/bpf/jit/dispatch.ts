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
    for (let next: Walker | undefined = walker; next !== undefined && left > 0; left--) {
      walker = next;
      next = step(program, arch, walker, waiting);
      if (next === undefined) arrivals.push(walker);
    }
  }
  return arrivals;
}

/** The walker one instruction further, or undefined where it stops; whoever parts from it goes to `waiting`. */
function step(
  { insns }: Program,
  arch: number | undefined,
  walker: Walker,
  waiting: Walker[],
): Walker | undefined {
  const insn = insns[walker.pc];
  const row = insn && opcodeOf(insn.code);
  if (insn === undefined || row === undefined) return undefined;
  const { pc, a } = walker;
  if (row.kind === "ja") return { ...walker, pc: pc + 1 + insn.k };
  if (row.kind === "ld" && row.operand === "abs") {
    if (insn.k === NR_OFFSET) return { ...walker, pc: pc + 1, a: "nr" };
    return insn.k === ARCH_OFFSET && arch !== undefined ? { ...walker, pc: pc + 1, a: arch } : undefined;
  }
  if (row.kind !== "jump" || row.operand !== "k") return undefined;
  const [yes, no] = [pc + 1 + insn.jt, pc + 1 + insn.jf];
  if (a !== "nr") return { ...walker, pc: comparison[row.jump].value(a | 0, insn.k | 0) ? yes : no };
  const [holding, others] = split(walker.numbers, row.jump, insn.k);
  if (holding.length === 0) return { ...walker, pc: no };
  if (others.length > 0) waiting.push({ pc: yes, a, numbers: holding });
  return others.length > 0 ? { pc: no, a, numbers: others } : { ...walker, pc: yes };
}

/** The numbers for which `nr op k` holds, and the others. */
function split(numbers: Interval[], op: JumpOp, k: number): [Interval[], Interval[]] {
  switch (op) {
    case "jeq":
      return within(numbers, k, k);
    case "jgt":
      return within(numbers, k + 1, 0xffffffff);
    case "jge":
      return within(numbers, k, 0xffffffff);
    case "jset":
      return bits(numbers, k);
  }
}

/** The numbers from `low` to `high`, and the others. */
function within(numbers: Interval[], low: number, high: number): [Interval[], Interval[]] {
  const inside: Interval[] = [];
  const outside: Interval[] = [];
  for (const part of numbers) {
    const { from, to } = part;
    if (to < low || from > high) outside.push(part);
    else if (from >= low && to <= high) inside.push(part);
    else {
      if (from < low) outside.push({ from, to: low - 1 });
      inside.push({ from: Math.max(from, low), to: Math.min(to, high) });
      if (to > high) outside.push({ from: high + 1, to });
    }
  }
  return [inside, outside];
}

/** The numbers that have one of the bits in `mask`, and the others. */
function bits(numbers: readonly Interval[], mask: number): [Interval[], Interval[]] {
  const sides: [Interval[], Interval[]] = [[], []];
  for (const { from, to } of numbers)
    for (let nr = from; nr <= to; nr++) sides[(nr & mask) !== 0 ? 0 : 1].push({ from: nr, to: nr });
  return sides;
}
