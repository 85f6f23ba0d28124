/**
 * Every way through a program at once: what must hold of a call for each return that it can reach.
 *
 * Each word of seccomp_data, and each value calculated from words (`args[1].lo & 15`), starts as "any u32"
 * and is cut down by the comparisons with constants on the way. Any other test (of X, of scattered bits of large
 * numbers) is kept as text and taken both ways, once per path. What is known of a word says nothing of a value calculated
 * from it: so a way that is listed may be impossible, but none that is possible is missing.
 */
import { type Endian, wordName } from "../abi/data.ts";
import type { AluOp, JumpOp } from "../abi/opcode.ts";
import { checkProgram } from "../bpf/check.ts";
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
  /** By name of the word, or text of the calculation: what it can be; what is not there can be anything. */
  readonly values: ReadonlyMap<string, readonly Interval[]>;
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
  /** A word or a calculation; no number of it is above `max`. */
  | { readonly kind: "unknown"; readonly text: string; readonly max: bigint };

interface State {
  readonly pc: number;
  readonly a: Value;
  readonly x: Value;
  readonly cells: ReadonlyMap<number, Value>;
  readonly values: ReadonlyMap<string, readonly Interval[]>;
  readonly tests: readonly OpenTest[];
}

const MAX = 0xffffffffn;
const zero: Value = { kind: "number", value: 0 };

/** The ways through `program`, in the order of its jumps, at most `limit` of them. */
export function walk(program: Program, limit = 20000): Ways {
  checkProgram(program);
  const ways: Way[] = [];
  const stack: State[] = [{ pc: 0, a: zero, x: zero, cells: new Map(), values: new Map(), tests: [] }];
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
      return to({ a: loaded(insn, state, program.endian) });
    case "ldx":
      return to({ x: loaded(insn, state, program.endian) });
    case "st":
    case "stx":
      return to({ cells: new Map(state.cells).set(insn.k, insn.op === "st" ? state.a : state.x) });
    case "tax":
      return to({ x: state.a });
    case "txa":
      return to({ a: state.x });
    case "neg":
      return to({ a: negated(state.a) });
    case "alu":
      return calculate(insn, state);
    case "ja":
      return to({}, state.pc + 1 + insn.k);
    case "jump":
      return jump(insn, state);
    case "ret":
      return [end(state, insn.from === "k" ? insn.k : returned(state.a))];
    case "unknown":
      throw new RangeError(`instruction ${state.pc} is unknown`);
  }
}

function end({ values, tests }: State, ret: number | string): Way {
  return { values, tests, ret };
}

function returned(a: Value): number | string {
  return a.kind === "number" ? a.value : a.text;
}

function loaded(insn: Extract<Insn, { op: "ld" | "ldx" }>, state: State, endian: Endian): Value {
  switch (insn.from) {
    case "k":
      return { kind: "number", value: insn.k };
    case "len":
      return { kind: "number", value: 64 };
    case "mem":
      return state.cells.get(insn.k) ?? zero;
    case "abs":
      return known({ kind: "unknown", text: wordName(insn.k, endian) ?? `data[${insn.k}]`, max: MAX }, state);
  }
}

/** The number that a value must be by now, or the value. */
function known(value: Extract<Value, { kind: "unknown" }>, state: State): Value {
  const set = state.values.get(value.text);
  const [only] = set ?? [];
  return set?.length === 1 && only && only.from === only.to
    ? { kind: "number", value: Number(only.from) }
    : value;
}

function negated(a: Value): Value {
  return a.kind === "number"
    ? { kind: "number", value: -a.value >>> 0 }
    : { kind: "unknown", text: `-(${a.text})`, max: MAX };
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
function calculate(insn: Extract<Insn, { op: "alu" }>, state: State): (Way | State)[] {
  const right: Value = insn.from === "k" ? { kind: "number", value: insn.k } : state.x;
  const [zeroX, otherX] = insn.alu === "div" ? split(state, right, "jeq", zero) : [[], [state]];
  const value = result(insn.alu, state.a, right);
  const a = value.kind === "number" ? value : known(value, state);
  return [...zeroX.map((one) => end(one, 0)), ...otherX.map((one) => ({ ...one, a, pc: state.pc + 1 }))];
}

function result(alu: AluOp, left: Value, right: Value): Value {
  if (left.kind === "number" && right.kind === "number")
    return { kind: "number", value: compute(alu, left.value, right.value) };
  const text = `${operand(left)} ${signs[alu]} ${operand(right)}`;
  const limits =
    alu === "and" ? [left, right].flatMap((v) => (v.kind === "number" ? BigInt(v.value) : v.max)) : [];
  return { kind: "unknown", text, max: limits.reduce((a, b) => (a < b ? a : b), MAX) };
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

function jump(insn: Extract<Insn, { op: "jump" }>, state: State): State[] {
  const right: Value = insn.from === "k" ? { kind: "number", value: insn.k } : state.x;
  const [yes, no] = split(state, state.a, insn.jump, right);
  return [
    ...no.map((one) => ({ ...one, pc: state.pc + 1 + insn.jf })),
    ...yes.map((one) => ({ ...one, pc: state.pc + 1 + insn.jt })),
  ];
}

/** `state` where the test holds, and where it does not; empty where that cannot be. */
function split(state: State, left: Value, op: JumpOp, right: Value): [State[], State[]] {
  if (left.kind === "number" && right.kind === "number")
    return holds(op, left.value, right.value) ? [[state], []] : [[], [state]];
  if (left.kind === "unknown" && right.kind === "number") {
    const set = setOf(op, right.value);
    if (set) return [cut(state, left, set), cut(state, left, complement(set, MAX))];
    return splitBits(state, left, right);
  }
  return open(state, left, op, right);
}

/** A test that is kept as text, unless it was met before on the way. */
function open(state: State, left: Value, op: JumpOp, right: Value): [State[], State[]] {
  const text = `${operand(left)} ${tests[op]} ${operand(right)}${op === "jset" ? " != 0" : ""}`;
  const decided = state.tests.find((test) => test.text === text);
  if (decided) return decided.holds ? [[state], []] : [[], [state]];
  const both = (outcome: boolean) => [{ ...state, tests: [...state.tests, { text, holds: outcome }] }];
  return [both(true), both(false)];
}

/** Where the numbers of calls lie, x32's and ARM's private ones too. */
const few: readonly Interval[] = [
  { from: 0n, to: 0x1fffn },
  { from: 0xf0000n, to: 0xf00ffn },
  { from: 0x40000000n, to: 0x400003ffn },
];
const many = complement(few, MAX);

/** A test of bits: small numbers are told one by one, of the others it is kept as text. */
function splitBits(
  state: State,
  left: Extract<Value, { kind: "unknown" }>,
  right: Extract<Value, { kind: "number" }>,
): [State[], State[]] {
  const near = intersect(state.values.get(left.text) ?? [{ from: 0n, to: left.max }], few);
  const having = (wanted: boolean) =>
    numbersIn(near, (value) => holds("jset", value, right.value) === wanted);
  const far = cut(state, left, many).map((one) => open(one, left, "jset", right));
  return [
    [...cut(state, left, having(true)), ...far.flatMap(([yes]) => yes)],
    [...cut(state, left, having(false)), ...far.flatMap(([, no]) => no)],
  ];
}

/** The numbers of `set` for which `holds`. */
function numbersIn(set: readonly Interval[], holds: (value: number) => boolean): Interval[] {
  const found: Interval[] = [];
  for (const { from, to } of set) {
    let start: number | undefined;
    for (let value = Number(from); value <= Number(to) + 1; value++) {
      const inside = value <= Number(to) && holds(value);
      if (inside) start ??= value;
      else if (start !== undefined) {
        found.push({ from: BigInt(start), to: BigInt(value - 1) });
        start = undefined;
      }
    }
  }
  return found;
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

function cut(
  state: State,
  { text, max }: Extract<Value, { kind: "unknown" }>,
  set: readonly Interval[],
): State[] {
  const before = state.values.get(text) ?? [{ from: 0n, to: max }];
  const left = intersect(before, set);
  return left.length === 0 ? [] : [{ ...state, values: new Map(state.values).set(text, left) }];
}

/** A value inside a longer text. */
function operand(value: Value): string {
  if (value.kind === "number")
    return value.value < 4096 ? String(value.value) : `0x${value.value.toString(16)}`;
  return / /.test(value.text) ? `(${value.text})` : value.text;
}
