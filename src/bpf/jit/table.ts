/**
 * The dense tables of a program: for each number of each arch that it asks for, its verdict where nr and arch
 * alone decide, and otherwise the block that goes on to look at the arguments.
 *
 * An arch counts as asked for when a comparison has its AUDIT_ARCH constant; whether the program uses that
 * constant in such a way does not matter, because what stands in the tables was computed for that call. Calls
 * outside of them take the program's general blocks, which are most of them and rarely wanted: they are made apart,
 * unless some call with a place in the tables takes all of them too.
 */
import type { Program } from "../program.ts";
import { dispatch, eachOf, type Numbers, noNumbers, unite } from "./dispatch.ts";
import { type Block, type KnownCall, type Specialiser, specialise, type Target } from "./specialise.ts";
import { at, type Survey, surveyOf } from "./survey.ts";
import { WINDOW, type Window, windowsOf } from "./window.ts";

/**
 * Blocks, and where calls enter them: an entry below the number of return values is one of those, and
 * `returns.length + place` is the block at that place.
 */
export interface Entries {
  /** Return values as int32. */
  readonly returns: Int32Array;
  /** 1 for each block at which calls begin. */
  readonly starts: Uint8Array;
  /** In an order in which each leads to later ones only. */
  readonly blocks: readonly Block[];
}

/** Everything that is known of a program before a call. */
export interface Tables extends Entries {
  readonly windows: readonly Window[];
  /** WINDOW entries for each window; `other` for numbers that would have cost too much. */
  readonly entries: Uint16Array;
  /** For each entry its verdict as int32, or `none`, which is no program's verdict. */
  readonly verdicts: Int32Array;
  readonly none: number;
  /** The entry of all other calls: GENERAL, unless that is made here too. */
  readonly other: number;
}

/** The entry of calls of which nothing is known. */
export const GENERAL = 0xffff;

/** What all known calls of one program may cost: some 10 ms before V8 has warmed up. */
const STEPS = 100_000;

/** Numbers of the window whose entries begin at `from`, and what they come to. */
interface Landing {
  readonly from: number;
  readonly target: Target;
  readonly numbers: Numbers;
}

/** The tables of `program`. */
export function tablesOf(program: Program): Tables {
  const survey = surveyOf(program);
  const windows = windowsOf(survey, program.endian);
  const maker = specialise(survey, { steps: STEPS, blocks: program.insns.length + 2 * WINDOW });
  const landings: Landing[] = [];
  for (let i = 0; i < windows.length; i++) land(survey, at(windows, i), i * WINDOW, maker, landings);
  const general = maker.generalIfMade();
  const targets: Target[] = general === undefined ? [] : [general];
  for (const { target } of landings) targets.push(target);
  const found = arrange(targets, maker.blocks);
  const other = general === undefined ? GENERAL : entryOf(found, general);
  const none = noneOf(found.returns);
  const entries = new Uint16Array(windows.length * WINDOW).fill(other);
  const verdicts = new Int32Array(entries.length).fill(found.returns[other] ?? none);
  for (const { from, target, numbers } of landings) {
    const entry = entryOf(found, target);
    paint(numbers, from, entry, found.returns[entry] ?? none, entries, verdicts);
  }
  return { ...found, windows, entries, verdicts, none, other };
}

/** What calls come to of which nothing is known: one entry. */
export function generalOf(program: Program): Entries {
  const maker = specialise(surveyOf(program), { steps: 0, blocks: 0 });
  return arrange([maker.general()], maker.blocks);
}

/** The entry of one of the targets for which `entries` were arranged. */
function entryOf({ returns }: Entries, target: Target): number {
  return target.kind === "verdict" ? returns.indexOf(target.ret) : returns.length + target.place;
}

/** Finds what each number of a window comes to; whatever would cost too much is left out. */
function land(survey: Survey, window: Window, from: number, maker: Specialiser, landings: Landing[]): void {
  const { arch, base } = window;
  const landed = new Map<number | Block, Numbers>();
  const numbersAt = (call: KnownCall): Numbers | undefined => {
    const target = maker.known(call);
    if (target === undefined) return undefined;
    const key = target.kind === "verdict" ? target.ret : target;
    const known = landed.get(key);
    if (known !== undefined) return known;
    const numbers = noNumbers();
    landed.set(key, numbers);
    landings.push({ from, target, numbers });
    return numbers;
  };
  for (const arrival of dispatch(survey, window)) {
    const { pc, numbers } = arrival;
    const a = arrival.a === "nr" ? undefined : arrival.a;
    if (maker.readsNr(arrival)) {
      for (const n of eachOf(numbers)) {
        const nr = base + n;
        const there = numbersAt({ pc, a: a ?? nr, nr, arch });
        if (there !== undefined) there[n >> 5] = (there[n >> 5] ?? 0) | (1 << n);
      }
    } else {
      const there = numbersAt({ pc, a, nr: undefined, arch });
      if (there !== undefined) unite(there, numbers);
    }
  }
}

/** Writes what some numbers come to into the tables. */
function paint(
  numbers: Numbers,
  from: number,
  entry: number,
  verdict: number,
  entries: Uint16Array,
  verdicts: Int32Array,
): void {
  for (let i = 0; i < numbers.length; i++) {
    const first = from + 32 * i;
    let bits = numbers[i] ?? 0;
    if (bits === -1) {
      entries.fill(entry, first, first + 32);
      verdicts.fill(verdict, first, first + 32);
      continue;
    }
    for (; bits !== 0; bits &= bits - 1) {
      const place = first + 31 - Math.clz32(bits & -bits);
      entries[place] = entry;
      verdicts[place] = verdict;
    }
  }
}

/** A word that is not among `returns`. */
function noneOf(returns: Int32Array): number {
  let none = -2;
  while (returns.includes(none)) none--;
  return none;
}

/** Puts blocks in order and numbers the targets at which calls begin. */
function arrange(targets: readonly Target[], made: readonly Block[]): Entries {
  const order = new Float64Array(made.length);
  for (let id = 0; id < made.length; id++) order[id] = at(made, id).pc * made.length + id;
  const blocks: Block[] = [];
  for (const key of order.sort()) {
    const block = at(made, key % made.length);
    block.place = blocks.length;
    blocks.push(block);
  }
  const returns = new Set<number>();
  const starts = new Uint8Array(blocks.length);
  for (const target of targets) {
    if (target.kind === "verdict") returns.add(target.ret);
    else starts[target.place] = 1;
  }
  return { returns: Int32Array.from(returns), starts, blocks };
}
