/**
 * A program taken apart for calls of which something is known: instructions whose outcome follows from what is
 * known are gone, the others become blocks of JavaScript.
 *
 * A block stands for one place in the program with one set of known words (A, X, cells, nr, arch), and what
 * nothing reads any more does not count; so calls that come to the same place share their blocks. With nothing
 * known there is at most one block for each instruction. Blocks lead to blocks further on only.
 */
import { type Opcode, opcodeOf } from "../../abi/opcode.ts";
import { targets } from "../cfg.ts";
import type { Program, SockFilter } from "../program.ts";
import { fold, type State, statementOf, verdictOf } from "./fold.ts";
import { LIVE_A, LIVE_ARCH, LIVE_NR, LIVE_X, liveCell, liveness } from "./live.ts";
import { comparison, wordText } from "./operation.ts";

/** What a way through the program comes to: a return value (int32), or a block that has to run. */
export type Target = { readonly ret: number } | { readonly block: number };

/** Statements that run in order, then a way on or a return of A. Variables: a, x, m0..m15; the words are w[o+i]. */
export interface Block {
  /** The instruction at which it begins; it leads to blocks with a greater one only. */
  readonly pc: number;
  readonly statements: readonly string[];
  readonly end:
    | { readonly kind: "ret a" }
    | { readonly kind: "go"; readonly to: Target }
    | { readonly kind: "jump"; readonly test: string; readonly yes: Target; readonly no: Target };
}

/** Makes blocks of one program. */
export interface Specialiser {
  readonly blocks: readonly Block[];
  /** What the program comes to for calls of which nothing is known; a and x must begin as 0. */
  general(): Target;
  /**
   * What calls come to that are at `known.pc` with that A (X is 0, no cell stored) and have that nr and arch,
   * all as u32, undefined when not known. Undefined when it would take more blocks or steps than are left.
   */
  known(known: KnownCall): Target | undefined;
  /** Whether what is done from an instruction on depends on nr (apart from what A holds), and on A. */
  reads(pc: number): { readonly nr: boolean; readonly a: boolean };
}

/** What is known of some calls. */
export interface KnownCall {
  readonly pc: number;
  readonly a: number | undefined;
  readonly nr: number | undefined;
  readonly arch: number | undefined;
}

/** How much work and text known calls may cost, all together. */
export interface Budget {
  /** Instructions walked; a block counts as BLOCK_STEPS of them. */
  readonly steps: number;
  readonly blocks: number;
}

/** About how many instructions can be walked in the time that a block takes to make. */
const BLOCK_STEPS = 40;

/** Statements in one block: none is too long for a function that V8 optimises. */
const MOST_STATEMENTS = 256;

interface Work {
  readonly insns: readonly SockFilter[];
  readonly rows: readonly Opcode[];
  readonly live: Uint32Array;
  /** Where jumps go: a block ends there, so that what comes after is shared. */
  readonly joins: ReadonlySet<number>;
  readonly blocks: Block[];
  readonly ids: Map<string, number>;
  /** The key of each block. */
  readonly keys: string[];
  readonly waiting: { readonly id: number; readonly state: State }[];
  steps: number;
  readonly most: number;
}

/** The beginning of a call of which nothing is known. */
const unknown: State = {
  pc: 0,
  a: undefined,
  x: undefined,
  cells: [],
  nr: undefined,
  arch: undefined,
  folds: false,
};

/** Thrown to leave calls whose blocks are not worth their text; never leaves this file. */
const exhausted = new Error("the budget is used up");

/** A specialiser of `program` whose known calls keep to `budget`. */
export function specialise(program: Program, budget: Budget): Specialiser {
  const { insns } = program;
  const work: Work = {
    insns,
    rows: insns.flatMap(({ code }) => opcodeOf(code) ?? []),
    live: liveness(program),
    joins: new Set(insns.flatMap(targets)),
    blocks: [],
    ids: new Map(),
    keys: [],
    waiting: [],
    steps: budget.steps,
    most: budget.blocks,
  };
  return {
    blocks: work.blocks,
    general: () => enter(work, unknown),
    known: (call) => enterKnown(work, call),
    reads(pc) {
      const live = work.live[pc] ?? 0;
      return { nr: (live & LIVE_NR) !== 0, a: (live & LIVE_A) !== 0 };
    },
  };
}

function enterKnown(work: Work, { pc, a, nr, arch }: KnownCall): Target | undefined {
  const before = work.ids.size;
  try {
    return enter(work, { pc, a: word(a), x: 0, cells: [], nr: word(nr), arch: word(arch), folds: true });
  } catch (error) {
    if (error !== exhausted) throw error;
    forget(work, before);
    // What fails once fails again: the others may try with half of what is left.
    work.steps >>= 1;
    return undefined;
  }
}

function word(value: number | undefined): number | undefined {
  return value === undefined ? undefined : value | 0;
}

/** What `state` comes to, with every block on the ways from there. */
function enter(work: Work, state: State): Target {
  const target = targetOf(work, { ...state });
  for (let next = work.waiting.pop(); next !== undefined; next = work.waiting.pop())
    work.blocks[next.id] = blockOf(work, next.state);
  return target;
}

/** Takes back all blocks from the id `from` on. */
function forget(work: Work, from: number): void {
  work.waiting.length = 0;
  work.blocks.length = from;
  for (const key of work.keys.splice(from)) work.ids.delete(key);
}

/** What `state`, which is walked on as far as is known, comes to. */
function targetOf(work: Work, state: State): Target {
  for (;;) {
    const insn = at(work.insns, state.pc);
    const row = at(work.rows, state.pc);
    if (fold(state, insn, row)) {
      if (state.folds) spend(work, 1);
      continue;
    }
    const ret = verdictOf(state, insn, row);
    return ret === undefined ? { block: idOf(work, state) } : { ret };
  }
}

/** The id of the block that begins with `state`. */
function idOf(work: Work, state: State): number {
  const known = state.folds ? knownText(state, work.live[state.pc] ?? 0) : "";
  const key = `${state.pc}${known}`;
  const made = work.ids.get(key);
  if (made !== undefined) return made;
  const id = work.ids.size;
  if (state.folds) {
    spend(work, BLOCK_STEPS);
    if (id >= work.most) throw exhausted;
  }
  work.ids.set(key, id);
  work.keys.push(key);
  work.waiting.push({ id, state: known === "" ? { ...unknown, pc: state.pc } : state });
  return id;
}

function spend(work: Work, steps: number): void {
  work.steps -= steps;
  if (work.steps < 0) throw exhausted;
}

/** The block that begins with `state`, at an instruction that is neither folded nor a verdict. */
function blockOf(work: Work, state: State): Block {
  const { pc } = state;
  const statements: string[] = [];
  for (;;) {
    const insn = at(work.insns, state.pc);
    const row = at(work.rows, state.pc);
    const ends = statements.length >= MOST_STATEMENTS || (statements.length > 0 && work.joins.has(state.pc));
    if (ends || verdictOf(state, insn, row) !== undefined)
      return { pc, statements, end: { kind: "go", to: targetOf(work, state) } };
    if (state.folds) spend(work, 1);
    if (fold(state, insn, row)) continue;
    if (row.kind === "ret") return { pc, statements, end: { kind: "ret a" } };
    if (row.kind === "jump") {
      const v = row.operand === "x" ? wordText(state.x, "x") : wordText(insn.k | 0, "");
      const test = comparison[row.jump].text(wordText(state.a, "a"), v);
      const yes = targetOf(work, { ...state, cells: [...state.cells], pc: state.pc + 1 + insn.jt });
      const no = targetOf(work, { ...state, pc: state.pc + 1 + insn.jf });
      return { pc, statements, end: { kind: "jump", test, yes, no } };
    }
    statements.push(statementOf(state, insn, row));
    state.pc++;
  }
}

/** The known words that can still be read, in one string: "" when there is none. */
function knownText({ a, x, nr, arch, cells }: State, live: number): string {
  let text = "";
  if (a !== undefined && live & LIVE_A) text += `,a${a}`;
  if (x !== undefined && live & LIVE_X) text += `,x${x}`;
  if (nr !== undefined && live & LIVE_NR) text += `,n${nr}`;
  if (arch !== undefined && live & LIVE_ARCH) text += `,r${arch}`;
  cells.forEach((word, cell) => {
    if (word !== undefined && live & liveCell(cell)) text += `,m${cell}=${word}`;
  });
  return text;
}

function at<T>(list: readonly T[], pc: number): T {
  const found = list[pc];
  if (found === undefined) throw new RangeError(`no instruction ${pc}`);
  return found;
}
