/** One instruction on words of which some are known: done now, or as a statement for the run. */
import { ARCH_OFFSET, NR_OFFSET, SECCOMP_DATA_SIZE } from "../../abi/data.ts";
import type { Opcode } from "../../abi/opcode.ts";
import type { SockFilter } from "../program.ts";
import { arithmetic, comparison, type Known, wordText } from "./operation.ts";

/** A place in a program, and what is known there. */
export interface State {
  pc: number;
  a: Known;
  x: Known;
  /** By cell; missing ones are not known. */
  cells: readonly Known[];
  readonly nr: Known;
  readonly arch: Known;
  /** Whether words are known at all; otherwise only jumps that look at none are followed. */
  readonly folds: boolean;
}

/** Does one instruction if its outcome is known, and says whether it was. A ret and a division by 0 never are. */
export function fold(state: State, insn: SockFilter, row: Opcode): boolean {
  const { k } = insn;
  if (row.kind === "ja") return leap(state, k);
  if (row.kind === "jump" && insn.jt === insn.jf) return leap(state, insn.jt);
  if (!state.folds || row.kind === "ret") return false;
  switch (row.kind) {
    case "ld":
    case "ldx": {
      const word = loaded(state, row, k);
      if (word === undefined) return false;
      if (row.kind === "ld") state.a = word;
      else state.x = word;
      break;
    }
    case "st":
    case "stx": {
      const word = row.kind === "st" ? state.a : state.x;
      if (word === undefined) return false;
      store(state, k, word);
      break;
    }
    case "alu": {
      const v = operandOf(state, row, k);
      if (state.a === undefined || v === undefined || (row.alu === "div" && v === 0)) return false;
      state.a = arithmetic[row.alu].value(state.a, v);
      break;
    }
    case "jump": {
      const v = operandOf(state, row, k);
      if (state.a === undefined || v === undefined) return false;
      return leap(state, comparison[row.jump].value(state.a, v) ? insn.jt : insn.jf);
    }
    case "neg":
      if (state.a === undefined) return false;
      state.a = -state.a | 0;
      break;
    case "tax":
      if (state.a === undefined) return false;
      state.x = state.a;
      break;
    case "txa":
      if (state.x === undefined) return false;
      state.a = state.x;
      break;
  }
  return leap(state, 0);
}

/** What the program returns at this instruction, int32, if it returns there and that is known. */
export function verdictOf(state: State, { k }: SockFilter, row: Opcode): number | undefined {
  if (row.kind === "ret") return row.operand === "k" ? k | 0 : state.a;
  const byZero = row.kind === "alu" && row.alu === "div" && row.operand === "x" && state.x === 0;
  return byZero ? 0 : undefined;
}

/** The JavaScript of an instruction that is not known, no jump and no ret; `state` forgets what it writes. */
export function statementOf(state: State, { k }: SockFilter, row: Opcode): string {
  const a = wordText(state.a, "a");
  const x = wordText(state.x, "x");
  switch (row.kind) {
    case "ld":
      state.a = undefined;
      return `a=${loadText(row, k)};`;
    case "ldx":
      state.x = undefined;
      return `x=${loadText(row, k)};`;
    case "st":
      store(state, k, undefined);
      return `${cellText(k)}=${a};`;
    case "stx":
      store(state, k, undefined);
      return `${cellText(k)}=${x};`;
    case "alu": {
      state.a = undefined;
      const v = row.operand === "x" ? x : wordText(k | 0, "");
      const guard = row.alu === "div" && row.operand === "x" ? `if(${x}===0)return 0;` : "";
      return `${guard}a=${arithmetic[row.alu].text(a, v)};`;
    }
    case "neg":
      state.a = undefined;
      return `a=-${a}|0;`;
    case "tax":
      state.x = undefined;
      return `x=${a};`;
    case "txa":
      state.a = undefined;
      return `a=${x};`;
    default:
      throw new RangeError(`${row.name} is no statement`);
  }
}

function leap(state: State, distance: number): true {
  state.pc += 1 + distance;
  return true;
}

/** Notes what a cell holds; states share their cells. */
function store(state: State, cell: number, word: Known): void {
  if (state.cells[cell] === word) return;
  const cells = state.cells.slice();
  cells[cell] = word;
  state.cells = cells;
}

function operandOf(state: State, row: Opcode, k: number): Known {
  return row.operand === "x" ? state.x : k | 0;
}

/** The word that a load gives, if it is known. */
function loaded(state: State, row: Opcode, k: number): Known {
  switch (row.operand) {
    case "k":
      return k | 0;
    case "len":
      return SECCOMP_DATA_SIZE;
    case "mem":
      return state.cells[k];
    default:
      return k === NR_OFFSET ? state.nr : k === ARCH_OFFSET ? state.arch : undefined;
  }
}

/** The variable of a cell: `k & 15` is a number even if somebody forged the program. */
function cellText(k: number): string {
  return `m${k & 15}`;
}

function loadText(row: Opcode, k: number): string {
  switch (row.operand) {
    case "k":
      return String(k | 0);
    case "len":
      return String(SECCOMP_DATA_SIZE);
    case "mem":
      return cellText(k);
    default:
      return `w[o+${k / 4}]|0`;
  }
}
