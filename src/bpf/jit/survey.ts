/**
 * What must be known of a program before it is walked: one pass forward and one backward, because jumps go forward
 * only. What the rest of a program can still read is a set at each instruction:
 *
 *     bit 0   1   2 ... 17        18   19
 *         A   X   M[0] ... M[15]  nr   arch
 */
import { ARCH_OFFSET, NR_OFFSET } from "../../abi/data.ts";
import { type Opcode, opcodeOf } from "../../abi/opcode.ts";
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

/** A program with what is the same for all calls; arrays have an element for each instruction. */
export interface Survey {
  readonly insns: readonly SockFilter[];
  readonly rows: readonly Opcode[];
  /** 1 where some jump goes. */
  readonly joins: Uint8Array;
  /** The set of what can be read from here on before it is written again. */
  readonly live: Int32Array;
  /** The constants that arch may be compared with, in order; undefined where arch is never loaded. */
  readonly arches: ReadonlySet<number> | undefined;
}

/** The survey of `program`. */
export function surveyOf({ insns }: Program): Survey {
  const rows: Opcode[] = [];
  const joins = new Uint8Array(insns.length);
  const mayBeArch = new Uint8Array(insns.length);
  const arches = new Set<number>();
  let loaded = false;
  for (let pc = 0; pc < insns.length; pc++) {
    const insn = at(insns, pc);
    const row = opcodeOf(insn.code);
    if (row === undefined) throw new RangeError(`no opcode ${insn.code}`);
    rows.push(row);
    const loads = row.kind === "ld" && row.operand === "abs" && insn.k === ARCH_OFFSET;
    const holds = mayBeArch[pc] === 1;
    if (loads) loaded = true;
    if (holds && row.kind === "jump") arches.add(insn.k);
    const jumps = row.kind === "jump" || row.kind === "ja";
    const yes = pc + 1 + (row.kind === "ja" ? insn.k : row.kind === "jump" ? insn.jt : 0);
    const no = row.kind === "jump" ? pc + 1 + insn.jf : yes;
    if (jumps) joins[yes] = joins[no] = 1;
    if (loads || (holds && row.kind !== "ret" && !writesA(row))) mayBeArch[yes] = mayBeArch[no] = 1;
  }
  return { insns, rows, joins, live: liveness(insns, rows), arches: loaded ? arches : undefined };
}

/** The element of `list` at `pc`. Throws a RangeError where there is none. */
export function at<T>(list: readonly T[], pc: number): T {
  const found = list[pc];
  if (found === undefined) throw new RangeError(`nothing at ${pc}`);
  return found;
}

function writesA({ kind }: Opcode): boolean {
  return kind === "ld" || kind === "alu" || kind === "neg" || kind === "txa";
}

function liveness(insns: readonly SockFilter[], rows: readonly Opcode[]): Int32Array {
  const live = new Int32Array(insns.length);
  for (let pc = insns.length - 1; pc >= 0; pc--) {
    const insn = at(insns, pc);
    const row = at(rows, pc);
    const x = row.operand === "x" ? LIVE_X : 0;
    const next = live[pc + 1] ?? 0;
    switch (row.kind) {
      case "ja":
        live[pc] = live[pc + 1 + insn.k] ?? 0;
        break;
      case "jump":
        live[pc] = (live[pc + 1 + insn.jt] ?? 0) | (live[pc + 1 + insn.jf] ?? 0) | LIVE_A | x;
        break;
      case "ld":
        live[pc] = (next & ~LIVE_A) | wordRead(row.operand, insn.k);
        break;
      case "ldx":
        live[pc] = (next & ~LIVE_X) | wordRead(row.operand, insn.k);
        break;
      case "st":
        live[pc] = (next & ~liveCell(insn.k)) | LIVE_A;
        break;
      case "stx":
        live[pc] = (next & ~liveCell(insn.k)) | LIVE_X;
        break;
      case "alu":
      case "neg":
        live[pc] = next | LIVE_A | x;
        break;
      case "tax":
        live[pc] = (next & ~LIVE_X) | LIVE_A;
        break;
      case "txa":
        live[pc] = (next & ~LIVE_A) | LIVE_X;
        break;
      case "ret":
        live[pc] = row.operand === "a" ? LIVE_A : 0;
    }
  }
  return live;
}

/** What a load reads. */
function wordRead(operand: Opcode["operand"], k: number): number {
  if (operand === "mem") return liveCell(k);
  if (operand !== "abs") return 0;
  return k === NR_OFFSET ? LIVE_NR : k === ARCH_OFFSET ? LIVE_ARCH : 0;
}
