/**
 * Tests that pin what a filter answers today, at the edges of its rules:
 *
 *     every call of its arches, with no arguments, and the numbers beside and past them
 *     every edge: two values of one argument, next to each other among the boundary calls, answered unlike;
 *     with it the least and the greatest value, where a sign may be taken wrongly
 *
 * What a test file cannot say is left out: arches that Linux does not have, and the instruction pointer.
 */
import {
  type AbiName,
  abi as abiFacts,
  abiOf,
  syscallArgs,
  syscallName,
  syscallNr,
  syscallsOf,
} from "../../arch/index.ts";
import { type Action, combineReturns, decodeAction } from "../abi/action.ts";
import { packData, type SeccompData } from "../abi/data.ts";
import { run } from "../bpf/run.ts";
import { cases } from "../prove/index.ts";
import { hostAbi } from "./expect.ts";
import { type FilterInput, layersOf, programsOf } from "./filter.ts";

/** A call and what it is answered. */
export interface Pinned {
  readonly abi: AbiName;
  /** By name, where it has one. */
  readonly call: string | number;
  /** What is not 0, by register, or by name where every one of them has a name. */
  readonly args: readonly bigint[] | Readonly<Record<string, bigint>>;
  readonly action: Action;
}

/** Tests made from a filter. */
export interface Generated {
  /** By arch; the calls without arguments first, then by number. */
  readonly tests: readonly Pinned[];
  /** Whether the search for edges came to its end. */
  readonly complete: boolean;
}

/** Six registers and the u32 that they are answered. */
interface Answered {
  readonly args: readonly bigint[];
  readonly ret: number;
}

/**
 * The tests of `input` (newest first, where it is a stack), which speaks about `arches`, this machine's when it says
 * nothing of any; some calls of a further arch of their byte order are asked as well. Throws what compile throws.
 */
export function generateTests(input: FilterInput, arches: readonly AbiName[]): Generated {
  const searches = layersOf(input).map((layer) => cases(layer));
  const spoken = arches.length > 0 ? arches : [hostAbi()];
  const orders = new Set(spoken.map((abi) => abiFacts(abi).endian));
  const byAbi = new Map(spoken.map((abi) => [abi, namedCalls(abi)]));
  for (const { nr, arch, args } of searches.flatMap(({ calls }) => calls)) {
    const abi = abiOf(arch, nr);
    if (abi === undefined || !orders.has(abiFacts(abi).endian)) continue;
    if (args.some((arg) => arg >> BigInt(abiFacts(abi).argBits) !== 0n)) continue;
    const ofAbi = byAbi.get(abi) ?? new Map<number, (readonly bigint[])[]>();
    const vectors = ofAbi.get(nr) ?? [ZEROS];
    vectors.push(args);
    byAbi.set(abi, ofAbi.set(nr, vectors));
  }
  const tests = [...byAbi].flatMap(([abi, calls]) => testsOf(input, abi, calls));
  return { tests, complete: searches.every(({ complete }) => complete) };
}

const ZEROS: readonly bigint[] = [0n, 0n, 0n, 0n, 0n, 0n];

function namedCalls(abi: AbiName): Map<number, (readonly bigint[])[]> {
  return new Map(syscallsOf(abi).map(([, nr]) => [nr, [ZEROS]]));
}

function testsOf(
  input: FilterInput,
  abi: AbiName,
  calls: ReadonlyMap<number, readonly (readonly bigint[])[]>,
): Pinned[] {
  const programs = programsOf(input, abi);
  const ask = (nr: number, args: readonly bigint[]): number => {
    const data: SeccompData = { nr, arch: abiFacts(abi).auditArch, args };
    return combineReturns(programs.map((program) => run(program, packData(data, program.endian))));
  };
  const plain: Pinned[] = [];
  const edges: Pinned[] = [];
  for (const [nr, all] of [...calls].sort(([a], [b]) => a - b)) {
    const different = new Map(all.map((args) => [args.join(), args])).values();
    const answered = [...different].map((args) => ({ args, ret: ask(nr, args) }));
    plain.push(pinned(abi, nr, { args: ZEROS, ret: ask(nr, ZEROS) }));
    for (const edge of edgesOf(answered)) edges.push(pinned(abi, nr, edge));
  }
  return [...plain, ...edges];
}

/** Both sides of every edge, each once, and the ends of the lines that they lie on; none without arguments. */
function edgesOf(answered: readonly Answered[]): Answered[] {
  const first = answered[0]?.ret;
  if (answered.every(({ ret }) => ret === first)) return [];
  const found = new Map<string, Answered>();
  const known = new Set<string>();
  for (const index of ZEROS.keys()) {
    for (const line of linesAlong(answered, index)) {
      const sides = line.flatMap((upper, i) => {
        const lower = line[i - 1];
        if (!lower || lower.ret === upper.ret) return [];
        const key = [index, lower.args[index], upper.args[index], lower.ret, upper.ret].join();
        const isNew = !known.has(key);
        known.add(key);
        return isNew ? [lower, upper] : [];
      });
      const ends = sides.length > 0 ? [...line.slice(0, 1), ...line.slice(-1)] : [];
      for (const one of [...sides, ...ends]) found.set(one.args.join(), one);
    }
  }
  found.delete(ZEROS.join());
  return [...found.values()];
}

/** Calls that differ in one argument alone, by its value; those with the fewest other arguments first. */
function linesAlong(answered: readonly Answered[], index: number): Answered[][] {
  const lines = new Map<string, Answered[]>();
  for (const one of answered) {
    const rest = one.args.with(index, 0n).join();
    lines.set(rest, [...(lines.get(rest) ?? []), one]);
  }
  const value = ({ args }: Answered) => args[index] ?? 0n;
  const others = (line: readonly Answered[]) =>
    line[0]?.args.filter((arg, i) => i !== index && arg !== 0n).length ?? 0;
  return [...lines.values()]
    .sort((a, b) => others(a) - others(b))
    .map((line) => line.sort((a, b) => (value(a) < value(b) ? -1 : 1)));
}

function pinned(abi: AbiName, nr: number, { args, ret }: Answered): Pinned {
  const name = syscallName(abi, nr);
  const call = name !== undefined && syscallNr(abi, name) === nr ? name : nr;
  const names = name === undefined ? [] : (syscallArgs(abi, name) ?? []).map((arg) => arg.name);
  const used = args.flatMap((arg, i) => (arg === 0n ? [] : [[names[i], arg] as const]));
  const named = used.flatMap(([argName, arg]) => (argName === undefined ? [] : [[argName, arg] as const]));
  const whole = named.length === used.length && new Set(names).size === names.length;
  const last = args.findLastIndex((arg) => arg !== 0n);
  return {
    abi,
    call,
    args: whole && used.length > 0 ? Object.fromEntries(named) : args.slice(0, last + 1),
    action: decodeAction(ret),
  };
}
