/**
 * The dense tables of a program: for each number of each arch that it asks for, its verdict where nr and arch
 * alone decide, and otherwise the block that goes on to look at the arguments.
 *
 * An arch counts as asked for when a comparison has its AUDIT_ARCH constant; whether the program uses that
 * constant in such a way does not matter, because what stands in the tables was computed for that call. Calls
 * outside of them take the program's general blocks, which are most of them and rarely wanted: they are made apart.
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

/** Blocks, and where calls enter them. */
export interface Entries {
  /** Return values as int32: an entry below their number is one. */
  readonly returns: Int32Array;
  /** Blocks at which calls begin, in the order of `blocks`: `starts[entry - returns.length]`. */
  readonly starts: readonly number[];
  /** In an order in which each leads to later ones only. */
  readonly blocks: readonly Block[];
}

/** Everything that is known of a program before a call. */
export interface Tables extends Entries {
  readonly windows: readonly Window[];
  /** WINDOW entries for each window; GENERAL for numbers that would have cost too much. */
  readonly entries: Uint16Array;
  /** For each entry its verdict as int32, or `none`, which is no program's verdict. */
  readonly verdicts: Int32Array;
  readonly none: number;
}

/** The entry of calls of which nothing is known. */
export const GENERAL = 0xffff;

/** What all known calls of one program may cost: some 10 ms before V8 has warmed up. */
const STEPS = 100_000;

/** The tables of `program`. */
export function tablesOf(program: Program): Tables {
  const maker = specialise(program, { steps: STEPS, blocks: program.insns.length + 2 * WINDOW });
  const windows = windowsOf(program);
  const entries = new Uint16Array(windows.length * WINDOW).fill(GENERAL);
  const found: Found = { targets: [], numbers: new Map() };
  windows.forEach((window, i) => {
    fill(program, window, maker, found, entries.subarray(i * WINDOW, (i + 1) * WINDOW));
  });
  const { order, ...arranged } = arrange(found, maker.blocks);
  let none = -2;
  while (arranged.returns.includes(none)) none--;
  const verdicts = new Int32Array(entries.length);
  for (let i = 0; i < entries.length; i++) {
    const entry = order[entries[i] ?? GENERAL] ?? GENERAL;
    entries[i] = entry;
    verdicts[i] = arranged.returns[entry] ?? none;
  }
  return { windows, entries, verdicts, none, ...arranged };
}

/** What calls come to of which nothing is known: one entry. */
export function generalOf(program: Program): Entries {
  const maker = specialise(program, { steps: 0, blocks: 0 });
  const found: Found = { targets: [], numbers: new Map() };
  numberOf(found, maker.general());
  return arrange(found, maker.blocks);
}

/** What was found so far. */
interface Found {
  readonly targets: Target[];
  /** The index of each target, by `r` and its return value or `b` and its block. */
  readonly numbers: Map<string, number>;
}

function numberOf({ targets, numbers }: Found, target: Target): number {
  const key = "ret" in target ? `r${target.ret}` : `b${target.block}`;
  const known = numbers.get(key);
  if (known !== undefined) return known;
  numbers.set(key, targets.length);
  return targets.push(target) - 1;
}

/** Finds what each number of a window comes to; whatever would cost too much stays as it is. */
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

/** Puts blocks in order, verdicts before starts, and starts in the order of their blocks; `order` has the entry of each target. */
function arrange({ targets }: Found, made: readonly Block[]): Entries & { readonly order: Uint16Array } {
  const sequence = made.map((_, id) => id).sort((a, b) => at(made, a).pc - at(made, b).pc || a - b);
  const position = new Uint32Array(made.length);
  sequence.forEach((id, place) => {
    position[id] = place;
  });
  const moved = (target: Target): Target =>
    "ret" in target ? target : { block: position[target.block] ?? 0 };
  const rank = (target: Target) => ("ret" in target ? -1 : (position[target.block] ?? 0));
  const sorted = [...targets.keys()].sort((a, b) => rank(at(targets, a)) - rank(at(targets, b)));
  const order = new Uint16Array(targets.length);
  const returns: number[] = [];
  const starts: number[] = [];
  sorted.forEach((number, entry) => {
    order[number] = entry;
    const target = at(targets, number);
    if ("ret" in target) returns.push(target.ret);
    else starts.push(rank(target));
  });
  const blocks = sequence.map((id) => redirect(at(made, id), moved));
  return { returns: Int32Array.from(returns), starts, blocks, order };
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
