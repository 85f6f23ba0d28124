/**
 * What a program does, read off the program itself: per arch, which calls get which action, and under what
 * conditions.
 */
import {
  type AbiName,
  type Arg,
  abi,
  abiNames,
  newestNr,
  syscallArgs,
  syscallsOf,
} from "../../arch/index.ts";
import { type Action, decodeAction } from "../abi/action.ts";
import type { Program } from "../bpf/program.ts";
import { clip, complement, type Interval, intersect } from "../policy/interval.ts";
import { conditionsOf } from "./condition.ts";
import { numberSpace } from "./number.ts";
import { type Way, walk } from "./walk.ts";

export { callText } from "./call.ts";
export { type Difference, type DifferenceSentence, type Section, sectionsOf } from "./difference.ts";
export { regionTexts } from "./region.ts";
export { verdictText } from "./verdict.ts";

/** One answer, and what must hold for it; no conditions: it always does. */
export interface Case {
  readonly when: readonly string[];
  /** Text when the program computes what it returns. */
  readonly action: Action | string;
}

/** What calls of one kind get. */
export interface Group {
  readonly cases: readonly Case[];
  /** Names of the calls, in order of their numbers. */
  readonly syscalls: readonly string[];
  /** Numbers that have no name on that arch. */
  readonly numbers: readonly { readonly from: number; readonly to: number }[];
}

/** What a program does for the calls of one ABI. */
export interface ArchExplanation {
  readonly abi: AbiName;
  /** Calls with the same answer together, those that always get it first; without the rest. */
  readonly groups: readonly Group[];
  /** What most numbers without a name get, and every call that is in no group. */
  readonly rest: readonly Case[];
}

/** What a program does. */
export interface Explanation {
  /** The arches that the program tells apart from others. */
  readonly arches: readonly ArchExplanation[];
  /** What calls of every other arch get, by any number. */
  readonly others: readonly Case[];
  /** Whether every way through the program was followed; if not, what is said is true but not all. */
  readonly complete: boolean;
}

const MAX = 0xffffffffn;
const anyWord: readonly Interval[] = [{ from: 0n, to: MAX }];
/**
 * What `program` does, per ABI that it knows; `assumed` are the ABIs to tell about when the program does not
 * look at the arch.
 */
export function explain(program: Program, assumed: readonly AbiName[] = []): Explanation {
  const { ways, complete } = walk(program);
  const tested = testedValues(ways);
  const looks = tested.length > 0;
  const abis = abiNames.filter((name) =>
    looks ? tested.includes(abi(name).auditArch) : assumed.includes(name),
  );
  const known = tested.map((value) => ({ from: BigInt(value), to: BigInt(value) }));
  const elsewhere = complement(clip(known, MAX), MAX);
  const others = ways.filter((way) => intersect(setOf(way, "arch"), elsewhere).length > 0);
  return {
    arches: abis.map((name) => explainArch(ways, name)),
    others: looks || abis.length === 0 ? casesOf(others, undefined) : [],
    complete,
  };
}

function setOf(way: Way, word: "nr" | "arch"): readonly Interval[] {
  return way.values.get(word) ?? anyWord;
}

/** The single values of arch that some way asks for. */
function testedValues(ways: readonly Way[]): number[] {
  const values = new Set<number>();
  for (const way of ways) {
    for (const { from, to } of setOf(way, "arch")) if (from === to) values.add(Number(from));
  }
  return [...values].filter((value) => abiNames.some((name) => abi(name).auditArch === value));
}

function explainArch(all: readonly Way[], name: AbiName): ArchExplanation {
  const arch = BigInt(abi(name).auditArch);
  const space = numberSpace(name);
  const ways = all.filter(
    (way) =>
      intersect(setOf(way, "arch"), [{ from: arch, to: arch }]).length > 0 &&
      intersect(setOf(way, "nr"), space).length > 0,
  );
  const named = syscallsOf(name).map(([call, nr]) => ({ call, nr: BigInt(nr) }));
  const bare = intersect(
    space,
    complement(
      clip(
        named.map(({ nr }) => ({ from: nr, to: nr })),
        MAX,
      ),
      MAX,
    ),
  );
  const groups = new Map<string, { cases: readonly Case[]; syscalls: string[]; numbers: Interval[] }>();
  const group = (cases: readonly Case[]) => {
    const key = JSON.stringify(cases);
    const made = groups.get(key) ?? { cases, syscalls: [], numbers: [] };
    groups.set(key, made);
    return made;
  };
  for (const { call, nr } of named) {
    const own = ways.filter((way) => intersect(setOf(way, "nr"), [{ from: nr, to: nr }]).length > 0);
    group(casesOf(own, syscallArgs(name, call))).syscalls.push(call);
  }
  for (const { set, members } of partition(ways, bare))
    group(casesOf(members, undefined)).numbers.push(...set);
  return { abi: name, ...withoutRest([...groups.values()], BigInt(newestNr(name))) };
}

/** `space` cut where some way begins or ends, each piece with the ways that go through it. */
function partition(ways: readonly Way[], space: readonly Interval[]): { set: Interval[]; members: Way[] }[] {
  const pieces = new Map<string, { set: Interval[]; members: Way[] }>();
  let left: { piece: Interval[]; indices: number[] }[] = [{ piece: [...space], indices: [] }];
  ways.forEach((way, index) => {
    const set = intersect(setOf(way, "nr"), space);
    if (set.length === 0) return;
    const outside = complement(set, MAX);
    left = left.flatMap(({ piece, indices }) => [
      { piece: intersect(piece, set), indices: [...indices, index] },
      { piece: intersect(piece, outside), indices },
    ]);
    left = left.filter(({ piece }) => piece.length > 0);
  });
  for (const { piece, indices } of left) {
    pieces.set(indices.join(), { set: piece, members: indices.flatMap((i) => ways[i] ?? []) });
  }
  return [...pieces.values()];
}

/** The answers of ways that part all calls between them: those without conditions, or with the same answer, are one. */
function casesOf(ways: readonly Way[], args: readonly Arg[] | undefined): readonly Case[] {
  const cases = ways.map((way) => ({
    when: conditionsOf(way, args),
    action: typeof way.ret === "number" ? decodeAction(way.ret) : way.ret,
  }));
  const answers = new Set(cases.map(({ action }) => JSON.stringify(action)));
  const [first] = cases;
  if (first && answers.size === 1) return [{ when: [], action: first.action }];
  const seen = new Set<string>();
  return cases.filter((one) => {
    const key = JSON.stringify(one);
    return !seen.has(key) && seen.add(key);
  });
}

/** Parts the default, which the gaps below the `newest` call tell best, from what is said call by call. */
function withoutRest(
  groups: readonly { cases: readonly Case[]; syscalls: string[]; numbers: Interval[] }[],
  newest: bigint,
): { groups: Group[]; rest: readonly Case[] } {
  const gaps: readonly Interval[] = [{ from: 0n, to: newest }];
  const size = (set: readonly Interval[]) => set.reduce((sum, { from, to }) => sum + (to - from + 1n), 0n);
  const weigh = (numbers: readonly Interval[]) => size(intersect(numbers, gaps)) * (MAX + 1n) + size(numbers);
  const [rest] = [...groups].sort((a, b) => (weigh(b.numbers) > weigh(a.numbers) ? 1 : -1));
  const others = groups.filter((group) => group !== rest);
  others.sort((a, b) => Number(a.cases.length > 1) - Number(b.cases.length > 1));
  return {
    groups: others.map(({ cases, syscalls, numbers }) => ({
      cases,
      syscalls,
      numbers: numbers.map(({ from, to }) => ({ from: Number(from), to: Number(to) })),
    })),
    rest: rest?.cases ?? [],
  };
}
