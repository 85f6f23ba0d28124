/**
 * The dense tables of a program: for each number of each arch that it asks for, its verdict where nr and arch
 * alone decide, and otherwise the block that goes on to look at the arguments.
 *
 * An arch counts as asked for when a comparison has its AUDIT_ARCH constant; whether the program uses that
 * constant in such a way does not matter, because what stands in the tables was computed for that call. Calls
 * outside of them take the program's general blocks.
 */
import { abi, abiNames } from "../../../arch/index.ts";
import { ARCH_OFFSET } from "../../abi/data.ts";
import { type Opcode, opcodeOf } from "../../abi/opcode.ts";
import { successors } from "../cfg.ts";
import type { Program } from "../program.ts";
import { dispatch } from "./dispatch.ts";
import { type Block, type KnownCall, type Specialiser, specialise, type Target } from "./specialise.ts";

/** Numbers in one window: the tables of arch/ end below. */
export const WINDOW = 512;

/** WINDOW numbers from `base` on, of calls with `arch` (u32), or of all calls when the program never looks at it. */
export interface Window {
  readonly arch: number | undefined;
  readonly base: number;
}

/** Everything that is known of a program before a call. */
export interface Tables {
  readonly windows: readonly Window[];
  /**
   * WINDOW entries for each window. An entry below `returns.length` is a verdict, any other is a start:
   * `starts[entry - returns.length]`.
   */
  readonly entries: Uint16Array;
  /** For each entry its verdict as int32, or `none`, which is no program's verdict. */
  readonly verdicts: Int32Array;
  readonly none: number;
  /** The entry of calls in no window. */
  readonly general: number;
  /** Return values as int32. */
  readonly returns: Int32Array;
  /** Blocks at which calls begin, in the order of `blocks`. */
  readonly starts: readonly number[];
  /** In an order in which each leads to later ones only. */
  readonly blocks: readonly Block[];
}

/** What all known calls of one program may cost: some 10 ms before V8 has warmed up. */
const STEPS = 100_000;

/** The tables of `program`. */
export function tablesOf(program: Program): Tables {
  const maker = specialise(program, { steps: STEPS, blocks: program.insns.length + 2 * WINDOW });
  const windows = windowsOf(program);
  const found: Found = { targets: [], numbers: new Map(), entries: new Uint16Array(windows.length * WINDOW) };
  numberOf(found, maker.general());
  windows.forEach((window, i) => {
    fill(program, window, maker, found, found.entries.subarray(i * WINDOW, (i + 1) * WINDOW));
  });
  return arrange(windows, found, maker.blocks);
}

/** What was found so far: entry 0 is the general one. */
interface Found {
  readonly targets: Target[];
  /** The index of each target, by `r` and its return value or `b` and its block. */
  readonly numbers: Map<string, number>;
  readonly entries: Uint16Array;
}

function numberOf({ targets, numbers }: Found, target: Target): number {
  const key = "ret" in target ? `r${target.ret}` : `b${target.block}`;
  const known = numbers.get(key);
  if (known !== undefined) return known;
  numbers.set(key, targets.length);
  return targets.push(target) - 1;
}

/** Finds what each number of a window comes to; whatever would cost too much stays with the general entry. */
function fill(
  program: Program,
  { arch, base }: Window,
  maker: Specialiser,
  found: Found,
  entries: Uint16Array,
): void {
  const put = (call: KnownCall, from: number, to: number) => {
    const target = maker.known(call);
    if (target !== undefined) entries.fill(numberOf(found, target), from - base, to - base + 1);
  };
  for (const arrival of dispatch(program, arch, { from: base, to: base + WINDOW - 1 }, STEPS)) {
    const { pc } = arrival;
    const reads = maker.reads(pc);
    const a = arrival.a === "nr" ? undefined : arrival.a;
    if (reads.nr || (reads.a && a === undefined)) {
      for (const { from, to } of arrival.numbers)
        for (let nr = from; nr <= to; nr++) put({ pc, a: a ?? nr, nr, arch }, nr, nr);
    } else {
      for (const { from, to } of arrival.numbers) put({ pc, a, nr: undefined, arch }, from, to);
    }
  }
}

/** A window for each ABI whose arch some jump compares with what may be arch. */
function windowsOf({ insns, endian }: Program): Window[] {
  const compared = new Set<number>();
  const mayBeArch = new Uint8Array(insns.length);
  insns.forEach((insn, pc) => {
    const row = opcodeOf(insn.code);
    if (row?.kind === "jump" && mayBeArch[pc] === 1) compared.add(insn.k);
    const loads = row?.kind === "ld" && row.operand === "abs" && insn.k === ARCH_OFFSET;
    const keeps = mayBeArch[pc] === 1 && !(row && writesA(row));
    if (loads || keeps) for (const to of successors(insn, pc)) mayBeArch[to] = 1;
  });
  if (!mayBeArch.includes(1)) return [{ arch: undefined, base: 0 }];
  const abis = abiNames.map(abi).filter((one) => one.endian === endian);
  return [...compared].flatMap((arch) =>
    abis.filter(({ auditArch }) => auditArch === arch).map(({ nrBase }) => ({ arch, base: nrBase })),
  );
}

function writesA({ kind }: Opcode): boolean {
  return kind === "ld" || kind === "alu" || kind === "neg" || kind === "txa";
}

/** Puts blocks in order, verdicts before starts, and starts in the order of their blocks. */
function arrange(windows: readonly Window[], { targets, entries }: Found, made: readonly Block[]): Tables {
  const order = made.map((_, id) => id).sort((a, b) => (made[a]?.pc ?? 0) - (made[b]?.pc ?? 0) || a - b);
  const position = new Uint32Array(made.length);
  order.forEach((id, at) => {
    position[id] = at;
  });
  const moved = (target: Target): Target =>
    "ret" in target ? target : { block: position[target.block] ?? 0 };
  const rank = (target: Target) => ("ret" in target ? -1 : (position[target.block] ?? 0));
  const sorted = [...targets.keys()].sort((a, b) => rank(at(targets, a)) - rank(at(targets, b)));
  const entryOf = new Uint16Array(targets.length);
  sorted.forEach((number, entry) => {
    entryOf[number] = entry;
  });
  for (let i = 0; i < entries.length; i++) entries[i] = entryOf[entries[i] ?? 0] ?? 0;
  const final = sorted.map((number) => moved(at(targets, number)));
  const returns = Int32Array.from(final.flatMap((target) => ("ret" in target ? target.ret : [])));
  let none = -2;
  while (returns.includes(none)) none--;
  return {
    windows,
    entries,
    verdicts: verdictsOf(entries, returns, none),
    none,
    general: entryOf[0] ?? 0,
    returns,
    starts: final.flatMap((target) => ("ret" in target ? [] : target.block)),
    blocks: order.map((id) => redirect(at(made, id), moved)),
  };
}

function verdictsOf(entries: Uint16Array, returns: Int32Array, none: number): Int32Array {
  const verdicts = new Int32Array(entries.length);
  for (let i = 0; i < entries.length; i++) verdicts[i] = returns[entries[i] ?? 0] ?? none;
  return verdicts;
}

function redirect(block: Block, moved: (target: Target) => Target): Block {
  const { end } = block;
  switch (end.kind) {
    case "ret a":
      return block;
    case "go":
      return { ...block, end: { ...end, to: moved(end.to) } };
    case "jump":
      return { ...block, end: { ...end, yes: moved(end.yes), no: moved(end.no) } };
  }
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new RangeError(`nothing at ${index}`);
  return found;
}
