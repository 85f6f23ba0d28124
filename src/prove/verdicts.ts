/**
 * What a side answers, as a table: by arch, by call, with the conditions. It is read off the diagram, so equal
 * functions have equal tables, however their programs are laid out.
 */
import {
  type AbiName,
  abi as abiFacts,
  abiOf,
  newestNr,
  type SyscallName,
  syscallsOf,
  X32_BIT,
} from "../../arch/index.ts";
import { decodeAction, encodeAction } from "../abi/action.ts";
import { SeccatError } from "../abi/error.ts";
import { equal, greater } from "./arithmetic.ts";
import { mixedWords } from "./flow.ts";
import { isOpen, retOf, wordOfLeaf } from "./leaf.ts";
import { ARCH, BITS, NR } from "./order.ts";
import { isWhole, split, type Values, valuesOf, wordField } from "./region.ts";
import { leavesOf, restricted, type Size, sizeOf, where } from "./set.ts";
import { programsOf, type Side, sideDiagram } from "./side.ts";
import { defaultBudget, makeSpace, type Space } from "./space.ts";
import { FALSE, LEAF, leafKinds, type Node, TRUE } from "./table.ts";
import { type When, whenOf } from "./when.ts";

/** One answer to a call. */
export interface VerdictCase {
  /** What the kernel does, as a plain return value (u32); undefined when it is computed from the call. */
  readonly ret: number | undefined;
  /** Which calls get it; absent for the last case, which takes the others; undefined when no condition says it. */
  readonly when?: When | undefined;
  /** Equal for equal sets of calls and equal computations: what a condition that is cut leaves unsaid. */
  readonly mark: string;
}

/** The answers to one call, those of most arguments last. */
export interface CallVerdicts {
  readonly syscall: SyscallName;
  readonly nr: number;
  readonly cases: readonly VerdictCase[];
}

/** The answers on one ABI. */
export interface ArchVerdicts {
  readonly abi: AbiName;
  /** Every call that the tables know, by number. */
  readonly calls: readonly CallVerdicts[];
  /** Numbers without a name that are not answered as most are, by the least of them. */
  readonly numbers: readonly {
    readonly values: Values;
    readonly mark: string;
    readonly cases: readonly VerdictCase[];
  }[];
  /** What most numbers without a name get. */
  readonly rest: readonly VerdictCase[];
}

/** A table of verdicts. */
export interface Verdicts {
  readonly arches: readonly ArchVerdicts[];
  /** What calls of all other arches get. */
  readonly others: readonly VerdictCase[];
}

/** What a kernel does about a return value (u32), as one; for a call of that number and arch. */
export type Judge = (ret: number, nr: number, arch: number) => number;

/** Memos of one table. */
interface Work {
  readonly space: Space;
  readonly judge: Judge;
  readonly cases: Map<string, readonly VerdictCase[]>;
  readonly leaves: Map<Node, readonly Node[]>;
  readonly marks: Map<Node, bigint>;
}

const newestKernel: Judge = (ret) => encodeAction(decodeAction(ret));

/**
 * The verdicts of `side` on `abis`. Throws a SeccatError "proof" when the answers take too much to work out, and
 * when a policy does not resolve.
 */
export function verdicts(side: Side, abis: readonly AbiName[], judge: Judge = newestKernel): Verdicts {
  const space = makeSpace(mixedWords(programsOf(side)), defaultBudget);
  const diagram = sideDiagram(space, side);
  if (diagram === undefined || leavesOf(space.table, diagram).some((leaf) => isOpen(space.table, leaf)))
    throw tooMuch();
  const work: Work = { space, judge, cases: new Map(), leaves: new Map(), marks: new Map() };
  const table = space.table.attempt({ nodes: 8 * space.budget.nodes, steps: 8 * space.budget.steps }, () => ({
    arches: abis.map((abi) => archVerdicts(work, diagram, abi, abis)),
    others: othersOf(work, diagram, abis),
  }));
  if (!table) throw tooMuch();
  return table;
}

function tooMuch(): SeccatError {
  return new SeccatError({
    code: "proof",
    message: "the answers of this filter take too much to be worked out for every call",
  });
}

function archVerdicts(work: Work, diagram: Node, abi: AbiName, abis: readonly AbiName[]): ArchVerdicts {
  const { table, order } = work.space;
  const { auditArch } = abiFacts(abi);
  const ofArch = restricted(table, order, diagram, ARCH, auditArch);
  const at = (nr: number) => restricted(table, order, ofArch, NR, nr);
  const named = syscallsOf(abi);
  const calls = named
    .map(([syscall, nr]) => ({ syscall, nr, cases: casesOf(work, at(nr), nr, auditArch) }))
    .sort((a, b) => a.nr - b.nr);
  const bare = named.reduce(
    (set, [, nr]) => table.and(set, table.not(isNumber(work.space, nr))),
    ownNumbers(work.space, abi, abis),
  );
  const parts = numberParts(work, ofArch, bare, abi);
  const cased = ({ out, set }: { readonly out: Node; readonly set: Node }) =>
    isWhole(wordField(order, NR))
      ? casesOf(work, out, leastOf(work.space, set), auditArch)
      : [soleCase(work, table.choose(set, out, FALSE), leastOf(work.space, set), auditArch)];
  const [rest, ...others] = parts;
  const numbers = others.map((part) => ({
    values: valuesOf(table, part.set, wordField(order, NR)),
    mark: markOf(work, part.set),
    cases: cased(part),
  }));
  return {
    abi,
    calls,
    numbers: numbers.sort((a, b) => (least(a.values) < least(b.values) ? -1 : 1)),
    rest: rest ? cased(rest) : [],
  };
}

/**
 * The numbers of `bare` by what follows, most of them first; the gaps below the newest call tell the default best, and
 * come before the rest. All as one where the number takes turns with other words.
 */
function numberParts(work: Work, f: Node, bare: Node, abi: AbiName): { out: Node; set: Node }[] {
  const { table, order, words } = work.space;
  const field = wordField(order, NR);
  if (!isWhole(field)) return [{ out: f, set: bare }];
  const newest = words.constant(newestNr(abi)).bits;
  const gaps = table.not(greater(table, words.input(NR).bits, newest, FALSE));
  const size = (set: Node) => amount(sizeOf(table, order, set));
  const sized = split(table, f, field)
    .map(({ out, set }) => ({ out, set: table.and(set, bare) }))
    .filter(({ set }) => set !== FALSE)
    .map((part) => ({ ...part, inGaps: size(table.and(part.set, gaps)), size: size(part.set) }));
  return sized.sort(
    (a, b) =>
      compare(b.inGaps, a.inGaps) ||
      compare(b.size, a.size) ||
      (markOf(work, a.set) < markOf(work, b.set) ? -1 : 1),
  );
}

/** Members among all 2^512 calls. */
function amount({ count, bits }: Size): bigint {
  return count << BigInt(512 - bits);
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function least(values: Values): bigint {
  return (values.kind === "ranges" ? values.ranges[0]?.from : values.masks[0]?.value) ?? 0n;
}

function leastOf({ table, order }: Space, set: Node): number {
  return Number(least(valuesOf(table, set, wordField(order, NR))));
}

function isNumber({ table, words }: Space, nr: number): Node {
  return equal(table, words.input(NR).bits, words.constant(nr).bits);
}

/** x86_64 and x32 share an arch: where both are told of, each has its half of the numbers. */
function ownNumbers({ table, words }: Space, abi: AbiName, abis: readonly AbiName[]): Node {
  const { auditArch } = abiFacts(abi);
  const shared = abis.some((other) => other !== abi && abiFacts(other).auditArch === auditArch);
  if (!shared) return TRUE;
  const bit = words.input(NR).bits[BITS - 1 - Math.clz32(X32_BIT)] ?? FALSE;
  return abiOf(auditArch, X32_BIT) === abi ? bit : table.not(bit);
}

/** Without the arches told of, no matter which call and arch. */
function othersOf(work: Work, diagram: Node, abis: readonly AbiName[]): readonly VerdictCase[] {
  const { table, words } = work.space;
  const told = [...new Set(abis.map((abi) => abiFacts(abi).auditArch))].reduce<Node>(
    (set, auditArch) => table.or(equal(table, words.input(ARCH).bits, words.constant(auditArch).bits), set),
    FALSE,
  );
  return [soleCase(work, table.choose(told, FALSE, diagram), 0, 0)];
}

/** What `f` says, FALSE left out, where no condition is told. */
function soleCase(work: Work, f: Node, nr: number, arch: number): VerdictCase {
  const leaves = leavesOf(work.space.table, f).filter((leaf) => leaf !== FALSE);
  const rets = new Set(leaves.map((leaf) => judged(work, leaf, nr, arch)));
  const [only] = rets;
  return { ret: rets.size === 1 ? only : undefined, mark: markOf(work, f) };
}

function judged({ space, judge }: Work, leaf: Node, nr: number, arch: number): number | undefined {
  const ret = retOf(space.table, leaf);
  return ret === undefined ? undefined : judge(ret, nr, arch);
}

/** The answers of `f`, a diagram of one call: what most arguments get is last, and has no condition. */
function casesOf(work: Work, f: Node, nr: number, arch: number): readonly VerdictCase[] {
  const { table, order } = work.space;
  const byRet = new Map<number | string, Node[]>();
  const leaves = work.leaves.get(f) ?? leavesOf(table, f);
  work.leaves.set(f, leaves);
  for (const leaf of leaves) {
    const key = judged(work, leaf, nr, arch) ?? markOf(work, leaf);
    byRet.set(key, [...(byRet.get(key) ?? []), leaf]);
  }
  const memo = `${f} ${[...byRet.keys()].join()}`;
  const known = work.cases.get(memo);
  if (known) return known;
  const sized = [...byRet].map(([key, own]) => {
    const set = where(table, f, new Set(own));
    return { key, set, size: amount(sizeOf(table, order, set)) };
  });
  const rank = (key: number | string) => (typeof key === "number" ? key : Number.POSITIVE_INFINITY);
  sized.sort((a, b) => compare(a.size, b.size) || rank(a.key) - rank(b.key));
  const made = sized.map(({ key, set }, i): VerdictCase => {
    const ret = typeof key === "number" ? key : undefined;
    const mark = typeof key === "number" ? markOf(work, set) : key;
    return i === sized.length - 1 ? { ret, mark } : { ret, mark, when: whenOf(work.space, set) };
  });
  work.cases.set(memo, made);
  return made;
}

const MASK = (1n << 64n) - 1n;

/** A number that is made from what a diagram says, not from where it stands in the table (FNV-1a). */
function markOf(work: Work, f: Node): string {
  return markNumber(work, f).toString(16).padStart(16, "0");
}

function markNumber(work: Work, f: Node): bigint {
  const { table, words } = work.space;
  const known = work.marks.get(f);
  if (known !== undefined) return known;
  const parts = () => {
    if (table.level(f) !== LEAF)
      return [BigInt(table.level(f)), markNumber(work, table.low(f)), markNumber(work, table.high(f))];
    if (table.low(f) !== leafKinds.computed) return [BigInt(table.low(f)), BigInt(table.high(f) >>> 0)];
    return [3n, ...wordOfLeaf(table, words, f).bits.map((bit) => markNumber(work, bit))];
  };
  let mark = 0xcbf29ce484222325n ^ BigInt(table.level(f) === LEAF ? 1 : 0);
  for (const part of parts())
    for (let byte = 0n; byte < 64n; byte += 8n)
      mark = ((mark ^ ((part >> byte) & 0xffn)) * 0x100000001b3n) & MASK;
  work.marks.set(f, mark);
  return mark;
}
