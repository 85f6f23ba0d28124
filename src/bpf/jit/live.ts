/**
 * What the rest of a program can still read, at each instruction: one pass backward, because jumps go forward.
 *
 *     bit 0   1   2 ... 17        18   19
 *         A   X   M[0] ... M[15]  nr   arch
 */
import { ARCH_OFFSET, NR_OFFSET } from "../../abi/data.ts";
import { opcodeOf } from "../../abi/opcode.ts";
import { successors } from "../cfg.ts";
import type { Program, SockFilter } from "../program.ts";

/** The bit of register A. */
export const LIVE_A = 1;
/** The bit of register X. */
export const LIVE_X = 2;
/** The bit of nr: the word is loaded here or later. */
export const LIVE_NR = 1 << 18;
/** The bit of arch: the word is loaded here or later. */
export const LIVE_ARCH = 1 << 19;

/** The bit of a scratch cell. */
export function liveCell(cell: number): number {
  return 4 << cell;
}

/** For each instruction of `program` the set of what can be read before it is written again, from there on. */
export function liveness({ insns }: Program): Uint32Array {
  const live = new Uint32Array(insns.length);
  for (let pc = insns.length - 1; pc >= 0; pc--) {
    const insn = insns[pc];
    if (insn === undefined) continue;
    let after = 0;
    for (const to of successors(insn, pc)) after |= live[to] ?? 0;
    live[pc] = (after & ~written(insn)) | read(insn);
  }
  return live;
}

function written({ code, k }: SockFilter): number {
  switch (opcodeOf(code)?.kind) {
    case "ld":
    case "txa":
      return LIVE_A;
    case "ldx":
    case "tax":
      return LIVE_X;
    case "st":
    case "stx":
      return liveCell(k);
    default:
      return 0;
  }
}

function read({ code, k }: SockFilter): number {
  const row = opcodeOf(code);
  const operand = row?.operand === "x" ? LIVE_X : 0;
  switch (row?.kind) {
    case "ld":
    case "ldx":
      if (row.operand === "mem") return liveCell(k);
      if (row.operand !== "abs") return 0;
      return k === NR_OFFSET ? LIVE_NR : k === ARCH_OFFSET ? LIVE_ARCH : 0;
    case "st":
    case "neg":
    case "tax":
      return LIVE_A;
    case "alu":
    case "jump":
      return LIVE_A | operand;
    case "stx":
    case "txa":
      return LIVE_X;
    case "ret":
      return row.operand === "a" ? LIVE_A : 0;
    default:
      return 0;
  }
}
