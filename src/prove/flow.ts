/**
 * What can be said of a program without running it: which registers and cells an instruction's successors still
 * read, where a walk can come from two sides, and which words of seccomp_data meet in one operation.
 */
import { opcodeOf } from "../abi/opcode.ts";
import { successors, targets } from "../bpf/cfg.ts";
import type { Program, SockFilter } from "../bpf/program.ts";
import { wordAt } from "./order.ts";

/** Register A in a set of registers. */
export const A = 1;
/** Register X in a set of registers. */
export const X = 2;
/** Scratch cell `k` in a set of registers. */
export const cell = (k: number): number => 4 << k;

/** By instruction: the registers and cells that are read, from there on, before they are written. */
export function liveRegisters({ insns }: Program): Int32Array {
  const live = new Int32Array(insns.length);
  for (let pc = insns.length - 1; pc >= 0; pc--) {
    const insn = insns[pc];
    if (!insn) continue;
    const after = successors(insn, pc).reduce((set, next) => set | (live[next] ?? 0), 0);
    live[pc] = (after & ~written(insn)) | read(insn);
  }
  return live;
}

/** By instruction: 1 where some jump leads to it. */
export function jumpTargets({ insns }: Program): Uint8Array {
  const marks = new Uint8Array(insns.length);
  for (const [pc, insn] of insns.entries()) for (const target of targets(insn, pc)) marks[target] = 1;
  return marks;
}

function written({ code, k }: SockFilter): number {
  const row = opcodeOf(code);
  switch (row?.kind) {
    case "ld":
    case "alu":
    case "neg":
    case "txa":
      return A;
    case "ldx":
    case "tax":
      return X;
    case "st":
    case "stx":
      return cell(k);
    default:
      return 0;
  }
}

function read({ code, k }: SockFilter): number {
  const row = opcodeOf(code);
  switch (row?.kind) {
    case "ld":
    case "ldx":
      return row.operand === "mem" ? cell(k) : 0;
    case "alu":
    case "jump":
      return row.operand === "x" ? A | X : A;
    case "st":
    case "neg":
    case "tax":
      return A;
    case "stx":
    case "txa":
      return X;
    case "ret":
      return row.operand === "a" ? A : 0;
    default:
      return 0;
  }
}

/** Per register: the words (bit mask) that its value is made of; A, X, then the cells. */
type Sources = Uint16Array;

const FIRST_CELL = 2;

/**
 * The sets of words (bit masks, disjoint, two words at least) that meet as `A op X` somewhere in `programs`,
 * whatever the jumps before it ask.
 */
export function mixedWords(programs: readonly Program[]): number[] {
  const sets: number[] = [];
  for (const program of programs) {
    if (!program.insns.some(({ code }) => opcodeOf(code)?.operand === "x")) continue;
    const states: (Sources | undefined)[] = [new Uint16Array(FIRST_CELL + 16)];
    for (const [pc, insn] of program.insns.entries()) {
      const state = states[pc];
      states[pc] = undefined;
      if (!state) continue;
      if (opcodeOf(insn.code)?.operand === "x" && state[0] && state[1]) sets.push(state[0] | state[1]);
      const next = followed(state, insn, program);
      for (const to of successors(insn, pc)) states[to] = joined(states[to], next);
    }
  }
  return disjoint(sets);
}

function followed(state: Sources, { code, k }: SockFilter, { endian }: Program): Sources {
  const row = opcodeOf(code);
  const next = state.slice();
  const [a, x] = [state[0] ?? 0, state[1] ?? 0];
  switch (row?.kind) {
    case "ld":
      next[0] =
        row.operand === "abs"
          ? 1 << wordAt(k, endian)
          : row.operand === "mem"
            ? (state[FIRST_CELL + k] ?? 0)
            : 0;
      break;
    case "ldx":
      next[1] = row.operand === "mem" ? (state[FIRST_CELL + k] ?? 0) : 0;
      break;
    case "st":
      next[FIRST_CELL + k] = a;
      break;
    case "stx":
      next[FIRST_CELL + k] = x;
      break;
    case "alu":
      if (row.operand === "x") next[0] = a | x;
      break;
    case "tax":
      next[1] = a;
      break;
    case "txa":
      next[0] = x;
      break;
  }
  return next;
}

function joined(before: Sources | undefined, state: Sources): Sources {
  return before ? before.map((words, i) => words | (state[i] ?? 0)) : state;
}

/** Sets that share a word become one; a single word is mixed with nothing. */
function disjoint(sets: readonly number[]): number[] {
  return sets
    .reduce<number[]>((apart, set) => {
      const meeting = apart.filter((other) => (other & set) !== 0);
      const rest = apart.filter((other) => (other & set) === 0);
      return [...rest, meeting.reduce((all, other) => all | other, set)];
    }, [])
    .filter((set) => (set & (set - 1)) !== 0);
}
