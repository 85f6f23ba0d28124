/**
 * One run of a program, with the origin of what A and X hold: a word of seccomp_data and what was done to it. At
 * each comparison that is undone, to find the word for which the comparison would come out otherwise.
 *
 *     A = (args[1].lo & 0xff) + 1 == 5     args[1].lo' = (args[1].lo & ~0xff) | 4
 *
 * Where two words meet, the second is taken as the number that it holds in this run.
 */

import { packData } from "../abi/data.ts";
import { type AluOp, type JumpOp, opcodeOf } from "../abi/opcode.ts";
import type { Program, SockFilter } from "../bpf/program.ts";
import { run } from "../bpf/run.ts";
import { callOf, highWord, WORDS, wordAt } from "./order.ts";
import { inverse } from "./product.ts";
import { type Comparison, type Held, hold, turned } from "./turn.ts";

/** Where a number comes from; undefined for one that no word has a part in. */
type Origin =
  | { readonly word: number }
  | { readonly of: Origin; readonly op: AluOp | "neg"; readonly k: number; readonly before: number }
  | undefined;

/** What happens in one run. */
interface Run {
  readonly program: Program;
  readonly words: Uint32Array;
  readonly cells: Origin[];
  readonly changed: Uint32Array[];
  readonly held: Held;
  a: Origin;
  x: Origin;
}

/** Names the instructions that a call runs, by two checksums of them. */
export function programWay(program: Program, words: Uint32Array): string {
  let [first, second] = [1, 1];
  run(program, packData(callOf(words), program.endian), (pc) => {
    first = Math.imul(first ^ pc, 0x01000193);
    second = Math.imul(second + pc, 0x9e3779b1);
  });
  return `${first} ${second}`;
}

/** The calls next to each comparison that a call meets. */
export function besideProgram(program: Program, words: Uint32Array): Uint32Array[] {
  const state: Run = { program, words, cells: [], changed: [], held: new Map(), a: undefined, x: undefined };
  run(program, packData(callOf(words), program.endian), (pc, a, x) => {
    const insn = program.insns[pc];
    if (insn) step(state, insn, a, x);
  });
  return state.changed;
}

function step(state: Run, insn: SockFilter, a: number, x: number): void {
  const row = opcodeOf(insn.code);
  const { k } = insn;
  const other = row?.operand === "k" ? k : x;
  switch (row?.kind) {
    case "ld":
      state.a = loaded(state, row.operand, k);
      break;
    case "ldx":
      state.x = loaded(state, row.operand, k);
      break;
    case "st":
      state.cells[k] = state.a;
      break;
    case "stx":
      state.cells[k] = state.x;
      break;
    case "tax":
      state.x = state.a;
      break;
    case "txa":
      state.a = state.x;
      break;
    case "neg":
      if (state.a) state.a = { of: state.a, op: "neg", k: 0, before: a };
      break;
    case "alu":
      if (row.operand === "x") vary(state, state.x, x, 0);
      if (state.a) state.a = { of: state.a, op: row.alu, k: other, before: a };
      break;
    case "jump":
      vary(state, state.a, a, other, row.jump === "jset");
      turn(state, state.a, row.jump, other);
      if (row.operand === "x") vary(state, state.x, x, a, row.jump === "jset");
      break;
  }
}

function loaded({ program, cells }: Run, operand: string, k: number): Origin {
  if (operand === "abs") return { word: wordAt(k, program.endian) };
  return operand === "mem" ? cells[k] : undefined;
}

/** Adds a call for which all comparisons up to here come out as they do, and this one does not. */
function turn(state: Run, origin: Origin, jump: JumpOp, k: number): void {
  const masked = maskedWord(origin);
  if (!masked) return;
  const comparison: Comparison = { ...masked, jump, k };
  const now = state.words[masked.word] ?? 0;
  const found = turned(state.held, comparison, now);
  if (found !== undefined) change(state, masked.word, found);
  hold(state.held, comparison, now);
}

/** The word and the mask under which it is, for a number that is nothing else. */
function maskedWord(origin: Origin): { readonly word: number; readonly mask: number } | undefined {
  let mask = -1;
  let at = origin;
  for (; at && "of" in at; at = at.of) {
    if (at.op !== "and") return undefined;
    mask &= at.k;
  }
  return at && { word: at.word, mask: mask >>> 0 };
}

/** Adds the calls for which the number `now` would be one next to `turn`. */
function vary(state: Run, origin: Origin, now: number, turn: number, bits = false): void {
  if (!origin) return;
  for (const wanted of bits ? besideBits(now, turn) : besideNumber(turn)) {
    const found = undo(origin, wanted >>> 0);
    if (found) change(state, found.word, found.value);
  }
}

function besideNumber(turn: number): number[] {
  return [turn - 1, turn, turn + 1, turn ^ 0x80000000, turn ^ 0x40000000, turn ^ 1, ~turn];
}

/** With none, the lowest, the highest and all bits of a mask; with the bits next to it. */
function besideBits(now: number, mask: number): number[] {
  const lowest = mask & -mask;
  const highest = mask === 0 ? 0 : 1 << (31 - Math.clz32(mask));
  const none = now & ~mask;
  return [
    none,
    none | lowest,
    none | highest,
    now | mask,
    none ^ (lowest >>> 1),
    none ^ (highest << 1),
    ~now,
  ];
}

/** The word and the value of it with which the number would be `wanted`; undefined when there is none. */
function undo(origin: Origin, wanted: number): { readonly word: number; readonly value: number } | undefined {
  if (!origin) return undefined;
  if ("word" in origin) return { word: origin.word, value: wanted };
  const before = undoOne(origin.op, origin.k, origin.before, wanted);
  return before === undefined ? undefined : undo(origin.of, before >>> 0);
}

/** A number like `before` that `op k` makes `wanted`. */
function undoOne(op: AluOp | "neg", k: number, before: number, wanted: number): number | undefined {
  const by = k & 31;
  switch (op) {
    case "add":
      return wanted - k;
    case "sub":
      return wanted + k;
    case "xor":
      return wanted ^ k;
    case "neg":
      return -wanted;
    case "and":
      return (wanted & ~k) === 0 ? (before & ~k) | wanted : undefined;
    case "or":
      return (k & ~wanted) === 0 ? (before & k) | (wanted & ~k) : undefined;
    case "lsh":
      return (wanted >>> by) << by === (wanted | 0)
        ? (wanted >>> by) | (before & ~(0xffffffff >>> by))
        : undefined;
    case "rsh":
      return (wanted << by) >>> by === wanted ? (wanted << by) | (before & (2 ** by - 1)) : undefined;
    case "mul": {
      const even = 31 - Math.clz32(k & -k);
      if (k === 0 || wanted % 2 ** even !== 0) return undefined;
      const low = Math.imul(wanted >>> even, inverse(k >>> even)) & (0xffffffff >>> even);
      return (before & ~(0xffffffff >>> even)) | low;
    }
    case "div":
      return wanted * k <= 0xffffffff ? wanted * k : undefined;
  }
}

/** Adds the call with that word changed; of a register, also with the other half changed. */
function change(state: Run, word: number, value: number): void {
  const changed = state.words.slice();
  changed[word] = value;
  state.changed.push(changed);
  if (word < highWord(0)) return;
  const otherHalf = word ^ 1;
  if (otherHalf >= WORDS) return;
  for (const other of [0, 1, 0x80000000, 0xffffffff]) {
    const both = changed.slice();
    both[otherHalf] = other;
    state.changed.push(both);
  }
}
