/**
 * A program taken apart for calls of which something is known: instructions whose outcome follows from what is
 * known are gone, the others become blocks of JavaScript.
 *
 * A block stands for one place in the program with one set of known words (A, X, cells, nr, arch), and what
 * nothing reads any more does not count; so calls that come to the same place share their blocks. With nothing
 * known there is at most one block for each instruction. Blocks lead to blocks further on only.
 */
import type { Arrival } from "./dispatch.ts";
import { fold, type State, statementOf, verdictOf } from "./fold.ts";
import { comparison, wordText } from "./operation.ts";
import { at, LIVE_A, LIVE_ARCH, LIVE_NR, LIVE_X, liveCell, type Survey } from "./survey.ts";

/** A return value, int32. */
export interface Verdict {
  readonly kind: "verdict";
  readonly ret: number;
}

/** Statements that run in order, then a way on or a return of A. Variables: a, x, m0..m15; the words are w[o+i]. */
export interface Block {
  readonly kind: "block";
  /** The instruction at which it begins; it leads to blocks with a greater one only. */
  readonly pc: number;
  /** Its place among the blocks of its program in their order; 0 before they are put in order. */
  place: number;
  text: string;
  /** Statements in `text`. */
  statements: number;
  /** The cells that statements store, a bit for each. */
  stores: number;
  /** Undefined before the block is made. */
  end: End | undefined;
}

/** What follows the statements of a block. */
export type End =
  | { readonly kind: "ret a" }
  | { readonly kind: "go"; readonly to: Target }
  | { readonly kind: "jump"; readonly test: string; readonly yes: Target; readonly no: Target };

/** What a way through the program comes to: a return value, or a block that has to run. */
export type Target = Verdict | Block;

/** Makes blocks of one program. */
export interface Specialiser {
  readonly blocks: readonly Block[];
  /** What the program comes to for calls of which nothing is known; a and x must begin as 0. */
  general(): Target;
  /** What general() returns, if all blocks on the ways from there are made; otherwise undefined. */
  generalIfMade(): Target | undefined;
  /**
   * What calls come to that are at `known.pc` with that A (X is 0, no cell stored) and have that nr and arch,
   * all as u32, undefined when not known. Undefined when it would take more blocks or steps than are left.
   */
  known(known: KnownCall): Target | undefined;
  /** Whether what is done with calls that have arrived depends on which of the numbers each has. */
  readsNr(arrival: Arrival): boolean;
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

interface Work extends Survey {
  readonly blocks: Block[];
  /** The blocks in which nothing is known, by instruction. */
  readonly plain: (Block | undefined)[];
  /** The others, by instruction and what is known. */
  readonly special: Map<string, Block>;
  /** For each block what `special` has it by, or "". */
  readonly keys: string[];
  readonly waiting: { readonly block: Block; readonly state: State }[];
  steps: number;
  readonly most: number;
}

/** Thrown to leave calls whose blocks are not worth their text; never leaves this file. */
const exhausted = new Error("the budget is used up");

/** A specialiser of the program of `survey` whose known calls keep to `budget`. */
export function specialise(survey: Survey, budget: Budget): Specialiser {
  const work: Work = {
    ...survey,
    blocks: [],
    plain: new Array<Block | undefined>(survey.insns.length),
    special: new Map(),
    keys: [],
    waiting: [],
    steps: budget.steps,
    most: budget.blocks,
  };
  return {
    blocks: work.blocks,
    general: () => enter(work, unknown(0)),
    generalIfMade: () => generalIfMade(work),
    known: (call) => enterKnown(work, call),
    readsNr({ pc, a }) {
      const read = work.live[pc] ?? 0;
      return (read & LIVE_NR) !== 0 || (a === "nr" && (read & LIVE_A) !== 0);
    },
  };
}

/** A state in which nothing is known. */
function unknown(pc: number): State {
  return { pc, a: undefined, x: undefined, cells: [], nr: undefined, arch: undefined, folds: false };
}

function generalIfMade(work: Work): Target | undefined {
  const state = unknown(0);
  const ret = advance(work, state);
  return ret === undefined ? work.plain[state.pc] : { kind: "verdict", ret };
}

function enterKnown(work: Work, { pc, a, nr, arch }: KnownCall): Target | undefined {
  const before = work.blocks.length;
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
  const target = targetOf(work, state);
  for (let next = work.waiting.pop(); next !== undefined; next = work.waiting.pop())
    make(work, next.block, next.state);
  return target;
}

/** Takes back all blocks from number `from` on. */
function forget(work: Work, from: number): void {
  work.waiting.length = 0;
  for (let id = from; id < work.blocks.length; id++) {
    const key = work.keys[id] ?? "";
    if (key === "") work.plain[at(work.blocks, id).pc] = undefined;
    else work.special.delete(key);
  }
  work.blocks.length = work.keys.length = from;
}

/** Walks `state` on as far as is known; the return value when one is reached. */
function advance(work: Work, state: State): number | undefined {
  for (;;) {
    const insn = at(work.insns, state.pc);
    const row = at(work.rows, state.pc);
    if (!fold(state, insn, row)) return verdictOf(state, insn, row);
    if (state.folds) spend(work, 1);
  }
}

/** What `state` comes to, which is used up. */
function targetOf(work: Work, state: State): Target {
  const ret = advance(work, state);
  return ret === undefined ? blockAt(work, state) : { kind: "verdict", ret };
}

/** The block that begins with `state`. */
function blockAt(work: Work, state: State): Block {
  const { pc } = state;
  const known = state.folds ? knownText(state, work.live[pc] ?? 0) : "";
  const key = known === "" ? "" : pc + known;
  const made = known === "" ? work.plain[pc] : work.special.get(key);
  if (made !== undefined) return made;
  if (state.folds) {
    spend(work, BLOCK_STEPS);
    if (work.blocks.length >= work.most) throw exhausted;
  }
  const block: Block = { kind: "block", pc, place: 0, text: "", statements: 0, stores: 0, end: undefined };
  if (known === "") work.plain[pc] = block;
  else work.special.set(key, block);
  work.blocks.push(block);
  work.keys.push(key);
  work.waiting.push({ block, state: known === "" ? unknown(pc) : state });
  return block;
}

function spend(work: Work, steps: number): void {
  work.steps -= steps;
  if (work.steps < 0) throw exhausted;
}

/** Fills in a block that begins with `state`, at an instruction that is neither folded nor a verdict. */
function make(work: Work, block: Block, state: State): void {
  for (;;) {
    const { pc } = state;
    const insn = at(work.insns, pc);
    const row = at(work.rows, pc);
    const ends = block.statements > 0 && (block.statements >= MOST_STATEMENTS || work.joins[pc] === 1);
    if (ends || verdictOf(state, insn, row) !== undefined) {
      block.end = { kind: "go", to: targetOf(work, state) };
      return;
    }
    if (state.folds) spend(work, 1);
    if (fold(state, insn, row)) continue;
    if (row.kind === "ret") {
      block.end = { kind: "ret a" };
      return;
    }
    if (row.kind === "jump") {
      const v = row.operand === "x" ? wordText(state.x, "x") : wordText(insn.k | 0, "");
      const test = comparison[row.jump].text(wordText(state.a, "a"), v);
      const yes = targetOf(work, { ...state, pc: pc + 1 + insn.jt });
      state.pc = pc + 1 + insn.jf;
      block.end = { kind: "jump", test, yes, no: targetOf(work, state) };
      return;
    }
    block.text += statementOf(state, insn, row);
    block.statements++;
    if (row.kind === "st" || row.kind === "stx") block.stores |= 1 << (insn.k & 15);
    state.pc = pc + 1;
  }
}

/** The known words that can still be read, in one string: "" when there is none. */
function knownText({ a, x, nr, arch, cells }: State, live: number): string {
  let text = "";
  if (a !== undefined && live & LIVE_A) text += `,a${a}`;
  if (x !== undefined && live & LIVE_X) text += `,x${x}`;
  if (nr !== undefined && live & LIVE_NR) text += `,n${nr}`;
  if (arch !== undefined && live & LIVE_ARCH) text += `,r${arch}`;
  for (let cell = 0; cell < cells.length; cell++)
    if (cells[cell] !== undefined && live & liveCell(cell)) text += `,m${cell}=${cells[cell]}`;
  return text;
}
