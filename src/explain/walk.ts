/**
 * Every way through a program at once: what must hold of a call for each return that it can reach.
 *
 * Each of the sixteen words of seccomp_data starts as "any u32" and is cut down by the tests on the way. A
 * test of anything but a plain word against a constant (a masked word, a sum, X) is kept as text and taken
 * both ways, once per path: so a way that is listed may be impossible, but none that is possible is missing.
 */
import type { Endian } from "../abi/data.ts";
import { wordName } from "../abi/data.ts";
import type { AluOp, JumpOp } from "../abi/opcode.ts";
import { decodeInsn, type Insn } from "../bpf/insn.ts";
import type { Program } from "../bpf/program.ts";
import { complement, type Interval, intersect } from "../policy/interval.ts";

/** A test that is no plain comparison of a word, and how it came out. */
export interface OpenTest {
  readonly text: string;
  readonly holds: boolean;
}

/** One way through the program. */
export interface Way {
  /** By byte offset into seccomp_data: what the word can be; a word that is not there can be anything. */
  readonly words: ReadonlyMap<number, readonly Interval[]>;
  readonly tests: readonly OpenTest[];
  /** The return value, u32; text when it is computed. */
  readonly ret: number | string;
}

/** All ways, or a true part of them. */
export interface Ways {
  readonly ways: readonly Way[];
  /** Whether that is all of them; false when there were more than the limit. */
  readonly complete: boolean;
}

/** What a register holds. */
type Value =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "word"; readonly offset: number }
  | { readonly kind: "other"; readonly text: string };

interface State {
  readonly pc: number;
  readonly a: Value;
  readonly x: Value;
  readonly cells: ReadonlyMap<number, Value>;
  readonly words: ReadonlyMap<number, readonly Interval[]>;
  readonly tests: readonly OpenTest[];
}

const MAX = 0xffffffffn;
const everything: readonly Interval[] = [{ from: 0n, to: MAX }];
const zero: Value = { kind: "number", value: 0 };

/** The ways through `program`, in the order of its jumps, at most `limit` of them. */
export function walk(program: Program, limit = 20000): Ways {
  const ways: Way[] = [];
  const stack: State[] = [{ pc: 0, a: zero, x: zero, cells: new Map(), words: new Map(), tests: [] }];
  for (let state = stack.pop(); state; state = stack.pop()) {
    if (ways.length >= limit) return { ways, complete: false };
    for (const next of step(program, state)) {
      if ("ret" in next) ways.push(next);
      else stack.push(next);
    }
  }
  return { ways, complete: true };
}

/** What comes of one instruction, in the order in which it is put aside: last what is looked at first. */
function step(program: Program, state: State): (Way | State)[] {
  const filter = program.insns[state.pc];
  if (!filter) throw new RangeError(`no instruction ${state.pc}`);
  const insn = decodeInsn(filter);
  const to = (change: Partial<State>, pc = state.pc + 1) => [{ ...state, ...change, pc }];
  switch (insn.op) {
    case "ld":
      return to({ a: loaded(insn, state) });
    case "ldx":
      return to({ x: loaded(insn, state) });
    case "st":
    case "stx":
      return to({ cells: new Map(state.cells).set(insn.k, insn.op === "st" ? state.a : state.x) });
    case "tax":
      return to({ x: state.a });
    case "txa":
      return to({ a: state.x });
    case "neg":
      return to({ a: negated(state.a, program.endian) });
    case "alu":
      return calculate(insn, state, program.endian);
    case "ja":
      return to({}, state.pc + 1 + insn.k);
    case "jump":
      return jump(insn, state, program.endian);
    case "ret":
      return [end(state, insn.from === "k" ? insn.k : returned(state.a, program.endian))];
    case "unknown":
      throw new RangeError(`instruction ${state.pc} is unknown`);
  }
}

function end({ words, tests }: State, ret: number | string): Way {
  return { words, tests, ret };
}

function returned(a: Value, endian: Endian): number | string {
  return a.kind === "number" ? a.value : textOf(a, endian);
}

function loaded(insn: Extract<Insn, { op: "ld" | "ldx" }>, state: State): Value {
  switch (insn.from) {
    case "k":
      return { kind: "number", value: insn.k };
    case "len":
      return { kind: "number", value: 64 };
    case "mem":
      return state.cells.get(insn.k) ?? zero;
    case "abs": {
      const known = state.words.get(insn.k);
      const [only] = known ?? [];
      return known?.length === 1 && only && only.from === only.to
        ? { kind: "number", value: Number(only.from) }
        : { kind: "word", offset: insn.k };
    }
  }
}

function negated(a: Value, endian: Endian): Value {
  return a.kind === "number"
    ? { kind: "number", value: -a.value >>> 0 }
    : { kind: "other", text: `-${textOf(a, endian)}` };
}

const signs: Record<AluOp, string> = {
  add: "+",
  sub: "-",
  mul: "*",
  div: "/",
  or: "|",
  and: "&",
  lsh: "<<",
  rsh: ">>",
  xor: "^",
};

/** A op= operand; a division by an X that is 0 ends the program with 0. */
function calculate(insn: Extract<Insn, { op: "alu" }>, state: State, endian: Endian): (Way | State)[] {
  const right: Value = insn.from === "k" ? { kind: "number", value: insn.k } : state.x;
  const [zeroX, otherX] = insn.alu === "div" ? isZero(right, state, endian) : [undefined, state];
  const results: (Way | State)[] = zeroX ? [end(zeroX, 0)] : [];
  if (otherX) results.push({ ...otherX, a: result(insn.alu, state.a, right, endian), pc: state.pc + 1 });
  return results;
}

function isZero(value: Value, state: State, endian: Endian): [State | undefined, State | undefined] {
  return split(state, `${textOf(value, endian)} == 0`, value, "jeq", 0);
}

function result(alu: AluOp, left: Value, right: Value, endian: Endian): Value {
  if (left.kind === "number" && right.kind === "number")
    return { kind: "number", value: compute(alu, left.value, right.value) };
  return { kind: "other", text: `(${textOf(left, endian)} ${signs[alu]} ${textOf(right, endian)})` };
}

function compute(alu: AluOp, a: number, b: number): number {
  switch (alu) {
    case "add":
      return (a + b) >>> 0;
    case "sub":
      return (a - b) >>> 0;
    case "mul":
      return Math.imul(a, b) >>> 0;
    case "div":
      return Math.floor(a / b) >>> 0;
    case "or":
      return (a | b) >>> 0;
    case "and":
      return (a & b) >>> 0;
    case "lsh":
      return (a << (b & 31)) >>> 0;
    case "rsh":
      return a >>> (b & 31);
    case "xor":
      return (a ^ b) >>> 0;
  }
}

const tests: Record<JumpOp, string> = { jeq: "==", jgt: ">", jge: ">=", jset: "&" };

function jump(insn: Extract<Insn, { op: "jump" }>, state: State, endian: Endian): State[] {
  const right: Value = insn.from === "k" ? { kind: "number", value: insn.k } : state.x;
  const yesPc = state.pc + 1 + insn.jt;
  const noPc = state.pc + 1 + insn.jf;
  const states: State[] = [];
  const text = `${textOf(state.a, endian)} ${tests[insn.jump]} ${textOf(right, endian)}`;
  const value = right.kind === "number" ? right.value : undefined;
  const [yes, no] = split(state, text, state.a, insn.jump, value);
  if (no) states.push({ ...no, pc: noPc });
  if (yes) states.push({ ...yes, pc: yesPc });
  return states;
}

/** `state` where the test holds, and where it does not; undefined where that cannot be. */
function split(
  state: State,
  text: string,
  left: Value,
  op: JumpOp,
  value: number | undefined,
): [State | undefined, State | undefined] {
  if (left.kind === "number" && value !== undefined)
    return holds(op, left.value, value) ? [state, undefined] : [undefined, state];
  const set = value === undefined || left.kind !== "word" ? undefined : setOf(op, value);
  if (left.kind === "word" && set) {
    return [cut(state, left.offset, set), cut(state, left.offset, complement(set, MAX))];
  }
  const known = state.tests.find((test) => test.text === text);
  if (known) return known.holds ? [state, undefined] : [undefined, state];
  const both = (outcome: boolean) => ({ ...state, tests: [...state.tests, { text, holds: outcome }] });
  return [both(true), both(false)];
}

function holds(op: JumpOp, a: number, b: number): boolean {
  switch (op) {
    case "jeq":
      return a === b;
    case "jgt":
      return a > b;
    case "jge":
      return a >= b;
    case "jset":
      return (a & b) !== 0;
  }
}

/** The u32 for which the test holds; undefined for bit tests that are no few intervals. */
function setOf(op: JumpOp, value: number): Interval[] | undefined {
  const v = BigInt(value);
  switch (op) {
    case "jeq":
      return [{ from: v, to: v }];
    case "jgt":
      return v < MAX ? [{ from: v + 1n, to: MAX }] : [];
    case "jge":
      return [{ from: v, to: MAX }];
    case "jset":
      return bitSet(value);
  }
}

/** The numbers that have any of these bits: one complement of intervals when the bits are few and high. */
function bitSet(mask: number): Interval[] | undefined {
  if (mask === 0) return [];
  const inverse = ~mask >>> 0;
  const low = 31 - Math.clz32(mask & -mask);
  if (low < 24)
    return (inverse & (inverse + 1)) === 0 ? [{ from: BigInt(inverse) + 1n, to: MAX }] : undefined;
  const without: Interval[] = [];
  for (let high = 0; high < 2 ** (32 - low); high++) {
    const from = high * 2 ** low;
    if ((from & mask) === 0) without.push({ from: BigInt(from), to: BigInt(from + 2 ** low - 1) });
  }
  const merged: { from: bigint; to: bigint }[] = [];
  for (const one of without) {
    const last = merged.at(-1);
    if (last && last.to + 1n === one.from) last.to = one.to;
    else merged.push({ ...one });
  }
  return complement(merged, MAX);
}

function cut(state: State, offset: number, set: readonly Interval[]): State | undefined {
  const left = intersect(state.words.get(offset) ?? everything, set);
  return left.length === 0 ? undefined : { ...state, words: new Map(state.words).set(offset, left) };
}

function textOf(value: Value, endian: Endian): string {
  if (value.kind === "number")
    return value.value < 4096 ? String(value.value) : `0x${value.value.toString(16)}`;
  return value.kind === "word" ? (wordName(value.offset, endian) ?? `data[${value.offset}]`) : value.text;
}
