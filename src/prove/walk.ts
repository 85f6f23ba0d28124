/**
 * Program -> diagram, by a walk of its instructions on words whose bits are conditions (word.ts).
 *
 * A state is an instruction and what A, X and the cells hold there, as far as they are still read; each is
 * worked out once. What a state decides is a function of the whole call, whatever led there: so
 *
 *     diagram(jump at pc) = condition ? diagram(state at the target of jt) : diagram(state at that of jf)
 *
 * and ways that no call can go cost something, but cannot make the answer wrong. Where the work would exceed the
 * budget an open leaf is left in place of the answer; the rest is worked out all the same, and an open leaf that
 * no call reaches disappears.
 */
import { SECCOMP_DATA_SIZE } from "../abi/data.ts";
import { type JumpOp, type Opcode, opcodeOf } from "../abi/opcode.ts";
import { BPF_MEMWORDS, type Program, type SockFilter } from "../bpf/program.ts";
import { A, cell, jumpTargets, liveRegisters, X } from "./flow.ts";
import { isOpen, retLeaf, returnOf } from "./leaf.ts";
import { wordAt } from "./order.ts";
import { type OpenReason, openLeaf, type Space, share, spent, usage } from "./space.ts";
import { type Allowance, FALSE, LEAF, type Node, TRUE } from "./table.ts";
import type { Word } from "./word.ts";

/** What the cells hold; equal contents are one object. */
interface Cells {
  readonly id: number;
  readonly words: readonly Word[];
}

/** What the machine holds. */
interface Registers {
  readonly a: Word;
  readonly x: Word;
  readonly cells: Cells;
}

/** An instruction, and what it finds there. */
interface State extends Registers {
  readonly pc: number;
  /** What the program decides from here; undefined while that is being worked out. */
  result: Node | undefined;
  /** Where it goes from here; undefined while that was not looked at. */
  next: Fork | undefined;
}

/** `condition ? yes : no`; `pc` is the instruction that asks. */
interface Fork {
  readonly pc: number;
  readonly condition: Node;
  readonly yes: State;
  readonly no: State;
}

/** One walk. */
interface Walk {
  readonly space: Space;
  readonly program: Program;
  readonly live: Int32Array;
  readonly targets: Uint8Array;
  readonly states: Map<string, State>;
  readonly cells: Map<string, Cells>;
  /** What had been used when the walk began. */
  readonly begun: Allowance;
}

/** What a new state costs, in steps: its memory is counted with them. */
const STATE_STEPS = 64;

/**
 * What `program` returns, as a diagram in `space`. What exceeds the space's budget is left as open leaves, whose
 * places are added to `space.open`.
 */
export function programDiagram(space: Space, program: Program): Node {
  const { words } = space;
  const walk: Walk = {
    space,
    program,
    live: liveRegisters(program),
    targets: jumpTargets(program),
    states: new Map(),
    cells: new Map(),
    begun: usage(space),
  };
  const zero = words.constant(0);
  const cells = cellsOf(walk, Array<Word>(BPF_MEMWORDS).fill(zero));
  const first = stateAt(walk, 0, { a: zero, x: zero, cells });
  const stack = [first];
  for (let state = stack.at(-1); state; state = stack.at(-1)) {
    if (state.result !== undefined) stack.pop();
    else if (!state.next) look(walk, state);
    else if (state.next.yes.result === undefined) stack.push(state.next.yes);
    else if (state.next.no.result === undefined) stack.push(state.next.no);
    else state.result = joined(walk, state.next, state.next.yes.result, state.next.no.result);
  }
  return first.result ?? openAt(walk, 0, "budget");
}

/** The state with those registers, cut down to what is still read. */
function stateAt(walk: Walk, pc: number, { a, x, cells }: Registers): State {
  const { live, space, states } = walk;
  const read = live[pc] ?? 0;
  const zero = space.words.constant(0);
  const kept = read & A ? a : zero;
  const keptX = read & X ? x : zero;
  const keptCells = cells.words.every((word, k) => word === zero || read & cell(k))
    ? cells
    : cellsOf(
        walk,
        cells.words.map((word, k) => (read & cell(k) ? word : zero)),
      );
  const key = `${pc} ${kept.id} ${keptX.id} ${keptCells.id}`;
  const known = states.get(key);
  if (known) return known;
  space.table.charge(STATE_STEPS);
  const state = { pc, a: kept, x: keptX, cells: keptCells, result: undefined, next: undefined };
  states.set(key, state);
  return state;
}

function cellsOf(walk: Walk, words: readonly Word[]): Cells {
  const key = words.map(({ id }) => id).join();
  const known = walk.cells.get(key);
  if (known) return known;
  walk.space.table.charge(STATE_STEPS);
  const made = { id: walk.cells.size, words };
  walk.cells.set(key, made);
  return made;
}

/** Runs `state` to the next point where the way divides, meets another or ends, and notes what comes there. */
function look(walk: Walk, state: State): void {
  let at: Registers = state;
  for (let pc = state.pc; ; pc++) {
    const insn = walk.program.insns[pc];
    const row = insn && opcodeOf(insn.code);
    if (!row) throw new RangeError(`no instruction ${pc} that check lets through`);
    if (pc !== state.pc && walk.targets[pc]) {
      state.next = goTo(pc, stateAt(walk, pc, at));
      return;
    }
    if (spent(walk.space, walk.begun)) {
      state.result = openAt(walk, pc, "budget");
      return;
    }
    walk.space.table.charge(1);
    if (row.kind === "ret" || row.kind === "ja" || row.kind === "jump") {
      leave(walk, state, pc, insn, row, at);
      return;
    }
    const after = followed(walk, pc, insn, row, at);
    if (!after || divides(row)) {
      if (after) leaveDivision(walk, state, pc, at.x, after);
      else state.result = openAt(walk, pc, "instruction");
      return;
    }
    at = after;
  }
}

function divides(row: Opcode): boolean {
  return row.kind === "alu" && row.alu === "div" && row.operand === "x";
}

/** The registers after an instruction that goes on to the next; undefined when that takes too much. */
function followed(
  walk: Walk,
  pc: number,
  insn: SockFilter,
  row: Opcode,
  at: Registers,
): Registers | undefined {
  const { a, x, cells } = at;
  switch (row.kind) {
    case "ld":
      return { ...at, a: loaded(walk, row, insn, at) };
    case "ldx":
      return { ...at, x: loaded(walk, row, insn, at) };
    case "st":
    case "stx":
      return { ...at, cells: cellsOf(walk, cells.words.with(insn.k, row.kind === "st" ? a : x)) };
    case "tax":
      return { ...at, x: a };
    case "txa":
      return { ...at, a: x };
    default: {
      const needed = (walk.live[pc + 1] ?? 0) & A;
      const result = needed ? calculated(walk, insn, row, at) : a;
      return result && { ...at, a: result };
    }
  }
}

function loaded(
  { space, program }: Walk,
  { operand }: Opcode,
  { k }: SockFilter,
  { cells }: Registers,
): Word {
  const { words } = space;
  switch (operand) {
    case "abs":
      return words.input(wordAt(k, program.endian));
    case "mem":
      return cells.words[k] ?? words.constant(0);
    case "len":
      return words.constant(SECCOMP_DATA_SIZE);
    default:
      return words.constant(k);
  }
}

function calculated(walk: Walk, { k }: SockFilter, row: Opcode, { a, x }: Registers): Word | undefined {
  const { table, words } = walk.space;
  const left = worked(walk, a);
  const right = row.operand === "k" ? words.constant(k) : worked(walk, x);
  if (!left || !right) return undefined;
  return table.attempt(share(walk.space, walk.begun), () =>
    row.kind === "alu" ? words.calculate(row.alu, left, right) : words.negate(left),
  );
}

/** A word with its bits worked out; undefined when that takes too much. */
function worked({ space, begun }: Walk, word: Word): Word | undefined {
  return word.pending ? space.table.attempt(share(space, begun), () => space.words.worked(word)) : word;
}

/** The condition of a jump; undefined when that takes too much. */
function compared(walk: Walk, op: JumpOp, a: Word, b: Word): Node | undefined {
  const { table, words } = walk.space;
  const right = worked(walk, b);
  const left = right && words.comparable(op, a, right) ? a : worked(walk, a);
  if (!left || !right) return undefined;
  return table.attempt(share(walk.space, walk.begun), () => words.compare(op, left, right));
}

/** Notes what comes of the last instruction of a straight run. */
function leave(walk: Walk, state: State, pc: number, insn: SockFilter, row: Opcode, at: Registers): void {
  const { table, words } = walk.space;
  if (row.kind === "ja") state.next = goTo(pc, stateAt(walk, pc + 1 + insn.k, at));
  else if (row.kind === "jump") {
    const other = row.operand === "k" ? words.constant(insn.k) : at.x;
    const condition = compared(walk, row.jump, at.a, other);
    if (condition === undefined) state.result = openAt(walk, pc, "instruction");
    else state.next = fork(walk, pc, condition, pc + 1 + insn.jt, pc + 1 + insn.jf, at);
  } else if (row.operand === "k") state.result = retLeaf(table, insn.k);
  else {
    const word = worked(walk, at.a);
    const result = word && table.attempt(share(walk.space, walk.begun), () => returnOf(table, word));
    state.result = result ?? openAt(walk, pc, "instruction");
  }
}

/** A division by an X that is 0 ends the program with 0. */
function leaveDivision(walk: Walk, state: State, pc: number, x: Word, after: Registers): void {
  const { table, words } = walk.space;
  const condition = compared(walk, "jeq", x, words.constant(0));
  const end = retLeaf(table, 0);
  if (condition === undefined) state.result = openAt(walk, pc, "instruction");
  else if (condition === TRUE) state.result = end;
  else {
    const no = stateAt(walk, pc + 1, after);
    state.next = { pc, condition, yes: condition === FALSE ? no : { ...no, result: end }, no };
  }
}

function goTo(pc: number, next: State): Fork {
  return { pc, condition: TRUE, yes: next, no: next };
}

/** Only the sides that some call goes are looked at. */
function fork(walk: Walk, pc: number, condition: Node, jt: number, jf: number, at: Registers): Fork {
  if (condition === FALSE || condition === TRUE) return goTo(pc, stateAt(walk, condition ? jt : jf, at));
  return { pc, condition, yes: stateAt(walk, jt, at), no: stateAt(walk, jf, at) };
}

/** What a fork decides; where even that takes too much, open as a whole. */
function joined(walk: Walk, { pc, condition }: Fork, yes: Node, no: Node): Node {
  const { table } = walk.space;
  const result = table.attempt(share(walk.space, walk.begun, 1), () => table.choose(condition, yes, no));
  if (result !== undefined) return result;
  const open = [yes, no].find((node) => table.level(node) === LEAF && isOpen(table, node));
  return open ?? openAt(walk, pc, "join");
}

function openAt({ space, program }: Walk, pc: number, reason: OpenReason): Node {
  return openLeaf(space, { program, pc, reason });
}
