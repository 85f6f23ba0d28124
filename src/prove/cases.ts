/**
 * Calls at which a program or a policy turns: next to every number that it compares with, on both sides of every
 * sign, in both halves, beside the bits of every mask, with the x32 bit, of other arches, past the table.
 *
 * They are found by running: the first calls that go some way are changed, word by word, so that each
 * comparison on that way comes out at, just below and just above its turning point. So a rule that needs three
 * arguments at once is reached by three changes. No diagram is asked: these calls can test one.
 */
import { type AbiName, abi as abiFacts, abiNames, abiOf, newestNr, X32_BIT } from "../../arch/index.ts";
import type { SeccompData } from "../abi/data.ts";
import type { Program } from "../bpf/program.ts";
import type { ResolvedArch, ResolvedPolicy } from "../policy/resolve.ts";
import { ARCH, callOf, NR, WORDS } from "./order.ts";
import { besidePolicy, policyWay } from "./policycases.ts";
import { besideProgram, programWay } from "./programcases.ts";
import { programsOf, resolvedOf, type Side } from "./side.ts";

/** What the search can be told. */
export interface CasesOptions {
  /** The most calls to return; 20,000 when absent. */
  readonly limit?: number;
}

/** Boundary calls. */
export interface Cases {
  /** All different, in the order found, which is the same each time. */
  readonly calls: readonly SeccompData[];
  /** Whether the search came to its end before the limit. */
  readonly complete: boolean;
}

const LIMIT = 20_000;
/** So many calls of one way are changed: what is 0 in the first may hide a comparison that the second turns. */
const CHANGED_PER_WAY = 2;

/**
 * Boundary calls of a policy, a program or a stack, at most `options.limit` of them.
 * Throws a SeccatError when the policy does not resolve.
 */
export function cases(side: Side, options: CasesOptions = {}): Cases {
  const limit = options.limit ?? LIMIT;
  const policy = resolvedOf(side);
  const programs = programsOf(side);
  const found = new Map<string, Uint32Array>();
  const ways = new Map<string, number>();
  let complete = true;
  const add = (words: Uint32Array) => {
    const key = words.join();
    if (found.has(key)) return;
    if (found.size < limit) found.set(key, words);
    else complete = false;
  };
  for (const words of policy ? policySeeds(policy) : programSeeds(programs)) add(words);
  for (const words of found.values()) {
    const way = policy ? policyWay(policy, words) : programs.map((one) => programWay(one, words)).join();
    const times = ways.get(way) ?? 0;
    if (times >= CHANGED_PER_WAY) continue;
    ways.set(way, times + 1);
    const beside = policy
      ? besidePolicy(policy, words)
      : programs.flatMap((one) => besideProgram(one, words));
    for (const changed of beside) if (complete) add(changed);
    if (!complete) break;
  }
  return { calls: [...found.values()].map(callOf), complete };
}

/** Of each arch that a program names, and of two that it may not: small, large and unknown numbers. */
function programSeeds(programs: readonly Program[]): Uint32Array[] {
  const constants = new Set(programs.flatMap(({ insns }) => insns.map(({ k }) => k)));
  const named = abiNames.filter((name) => constants.has(abiFacts(name).auditArch));
  const abis = new Set<AbiName>([...named, "x86_64", "aarch64"]);
  return [
    ...[...abis].flatMap((name) => numberSeeds(name, [0, newestNr(name), newestNr(name) + 1])),
    ...strangeArches(),
  ];
}

/** Every number that a policy names, and its neighbours; the ends of the tables. */
function policySeeds(policy: ResolvedPolicy): Uint32Array[] {
  const near = (nr: number) => [nr - 1, nr, nr + 1];
  const numbers = ({ calls, newest, beyond }: ResolvedArch) =>
    [0, newest, ...beyond, ...calls.keys()].flatMap(near);
  const listed = new Set(policy.arches.map(({ abi }) => abi));
  const foreign = abiNames.find((name) => !listed.has(name));
  return [
    ...policy.arches.flatMap((arch) => numberSeeds(arch.abi, numbers(arch))),
    ...(foreign ? numberSeeds(foreign, [0, 1]) : []),
    ...strangeArches(),
  ];
}

function numberSeeds(name: AbiName, numbers: readonly number[]): Uint32Array[] {
  const { auditArch } = abiFacts(name);
  const ends = [0x7fffffff, 0x80000000, 0xffffffff];
  const x32 = abiOf(auditArch, 0) !== abiOf(auditArch, X32_BIT);
  const all = [...numbers, ...(x32 ? numbers.map((nr) => nr ^ X32_BIT) : []), ...ends];
  return [...new Set(all.map((nr) => nr >>> 0))].flatMap((nr) =>
    [0, 0xffffffff].map((rest) => seed(auditArch, nr, rest)),
  );
}

function strangeArches(): Uint32Array[] {
  return [0, 1, 0xffffffff].map((arch) => seed(arch, 0, 0));
}

function seed(arch: number, nr: number, rest: number): Uint32Array {
  const words = new Uint32Array(WORDS).fill(rest);
  words[ARCH] = arch;
  words[NR] = nr;
  return words;
}
