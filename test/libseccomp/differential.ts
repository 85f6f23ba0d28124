/** Random filters built in libseccomp and in Seccat, and the decisions of both compared call by call. */
import { type AbiName, abi, abiOf, type SyscallName } from "../../arch/index.ts";
import { packData, type SeccompData } from "../../src/abi/data.ts";
import { readProgram } from "../../src/bpf/codec.ts";
import type { Program } from "../../src/bpf/program.ts";
import { run } from "../../src/bpf/run.ts";
import { decide } from "../../src/libseccomp/policy.ts";
import { nativeArch, tokenOf } from "../../src/libseccomp/syscall.ts";
import { seccomp_policies, seccomp_program } from "../../src/libseccomp.ts";
import type { Random } from "../seed.ts";
import { faultOn, forgottenLoads } from "./fault.ts";
import { isLate, knownFault, numbersOf, rulesAt } from "./known.ts";
import { runListing } from "./listing.ts";
import { mirror } from "./mirror.ts";
import type { Library } from "./oracle.ts";
import { commandsOf, describe, type Filter, randomCalls, randomFilter } from "./random.ts";
import { union } from "./union.ts";

/** What a comparison of many filters came to. */
export interface Tally {
  filters: number;
  calls: number;
  /** Calls that both decide alike. */
  alike: number;
  /** Calls that also the plain union of the rules was asked about. */
  judged: number;
  /** Calls that libseccomp decides otherwise for a known reason. */
  readonly calledApart: Map<string, number>;
  /** Filters that libseccomp does not build alike for a known reason; their programs are still held to the policy. */
  readonly builtApart: Map<string, number>;
  /** Filters with at least one call apart. */
  filtersApart: number;
}

/** Filters per run of the oracle. */
const BATCH = 200;

/**
 * Compares `filters` random filters on `calls` calls each; without the library, a program only with its policies
 * and the union of its rules. Throws with the filter and the call when libseccomp
 * decides otherwise for no known reason, or when a program does not do what its policies say.
 */
export function compare(
  library: Library | undefined,
  random: Random,
  filters: number,
  calls: number,
  names: readonly SyscallName[],
): Tally {
  const tally: Tally = {
    filters: 0,
    calls: 0,
    alike: 0,
    judged: 0,
    calledApart: new Map(),
    builtApart: new Map(),
    filtersApart: 0,
  };
  while (tally.filters < filters) {
    const batch = Array.from({ length: Math.min(BATCH, filters - tally.filters) }, () =>
      randomFilter(random, names),
    );
    const commands = batch.map((filter) => commandsOf(filter, tokenOf));
    const answers = library?.ask(commands.flat());
    let at = 0;
    for (const [i, filter] of batch.entries()) {
      const mine = commands[i] ?? [];
      const theirs = answers?.slice(at, at + mine.length);
      at += mine.length;
      compareFilter(tally, filter, mine, theirs, randomCalls(random, filter, calls));
      tally.filters++;
    }
  }
  return tally;
}

function compareFilter(
  tally: Tally,
  filter: Filter,
  commands: readonly string[],
  theirs: readonly string[] | undefined,
  calls: readonly SeccompData[],
): void {
  const { answers, ctx } = mirror(commands.slice(0, -2));
  const apart = theirs ? builtApart(filter, commands, answers, theirs) : "without libseccomp";
  if (apart !== undefined) count(tally.builtApart, apart);
  const program = seccomp_program(ctx);
  const policies = seccomp_policies(ctx);
  const [text, bytes] = (theirs ?? [])
    .slice(-2)
    .map((answer) => Buffer.from(answer.split(" ")[1] ?? "", "hex"));
  const other = apart === undefined && bytes ? readProgram(bytes, program.endian) : undefined;
  const judged = accepted(filter, commands, answers);
  const judge = judged ? union(judged, native()) : () => undefined;
  const before = sum(tally.calledApart);
  const arches = new Set(filter.arches.map((arch) => abi(arch).auditArch));
  const loads = other ? forgottenLoads(other, arches) : new Set<number>();
  for (const call of calls) {
    tally.calls++;
    const words = packData(call, program.endian);
    const ret = run(program, words);
    if (ret !== decide(policies, filter.badArch, call)) throw fail("its policies", filter, call, ret);
    const plain = judge(call);
    if (plain !== undefined) {
      tally.judged++;
      if (plain !== ret) throw fail(`the union of its rules (0x${plain.toString(16)})`, filter, call, ret);
    }
    if (other) compareCall(tally, { filter, call, words, ret, other, loads, listing: String(text) });
  }
  if (sum(tally.calledApart) > before) tally.filtersApart++;
}

interface Case {
  readonly filter: Filter;
  readonly call: SeccompData;
  readonly words: Uint32Array;
  readonly ret: number;
  readonly other: Program;
  readonly loads: ReadonlySet<number>;
  readonly listing: string;
}

function compareCall(tally: Tally, { filter, call, words, ret, other, loads, listing }: Case): void {
  const theirs = run(other, words);
  if (theirs === ret) {
    tally.alike++;
    return;
  }
  const actions = new Set([filter.base, filter.badArch, ...filter.rules.map(({ action }) => action)]);
  const arch = abiOf(call.arch, call.nr);
  const byNumber = beyondBit31(call);
  const byRules = arch && knownFault(arch, rulesAt(filter, arch, native(), call.nr));
  const byProgram = faultOn(other, words, loads, actions);
  // A program at fault is not what libseccomp's rules say: its own listing must say what Seccat does. Only it
  // cannot when the filter has x86_64 and x32: then the listing has two parts for one arch.
  const twice = call.arch === abi("x86_64").auditArch && filter.arches.filter(isX86).length > 1;
  const isListed = twice || runListing(listing, call) === ret;
  const reason = byNumber ?? (byProgram && (isListed || byRules) ? byProgram : byRules);
  if (reason === undefined) throw fail(`libseccomp (0x${theirs.toString(16)})`, filter, call, ret);
  count(tally.calledApart, reason);
}

function isX86(arch: AbiName): boolean {
  return arch === "x86_64" || arch === "x32";
}

/** On x86_64, numbers from 0x80000000 on but -1 belong to another ABI in libseccomp than bit 30 says. */
function beyondBit31({ arch, nr }: SeccompData): string | undefined {
  const differs = arch === abi("x86_64").auditArch && nr >= 0x80000000 && nr !== 0xffffffff;
  return differs ? "number from 0x80000000 on" : undefined;
}

/** The known reason for which libseccomp answered another code somewhere; throws when there is none. */
function builtApart(
  filter: Filter,
  commands: readonly string[],
  ours: readonly string[],
  theirs: readonly string[],
): string | undefined {
  const at = ours.findIndex((answer, i) => answer !== theirs[i]);
  const hangs = theirs.includes("hang");
  // The failed rule is undone by going back to the last success, when the architecture was not there.
  const codes = theirs.filter((_, i) => commands[i]?.startsWith("rule "));
  if (isLate(filter) && codes[filter.lateAfter] !== "0") return "forgotten architecture";
  if (at < 0 && !hangs) return undefined;
  const [, , nr] = commands[at]?.split(" ") ?? [];
  // A level that became a ring hangs when anything walks it next, such as the undoing of another rule.
  const suspects = filter.rules.filter((rule) => hangs || String(rule.nr) === nr);
  const isHalves = filter.arches.some((arch) =>
    suspects
      .flatMap((rule) => numbersOf(rule, arch, native()))
      .some((there) => knownFault(arch, rulesAt(filter, arch, native(), there)) === "halves"),
  );
  if (!isHalves) throw fail(`libseccomp (${commands[at]} is ${theirs[at]}, ours ${ours[at]})`, filter);
  return hangs ? "hang" : `halves: ${theirs[at]} for ${ours[at]}`;
}

/** The filter without the rules that were refused: those that the union is made of. */
function accepted(
  filter: Filter,
  commands: readonly string[],
  answers: readonly string[],
): Filter | undefined {
  const codes = answers.filter((_, i) => commands[i]?.startsWith("rule "));
  if (codes.every((code) => code === "0")) return filter;
  // Fewer rules would move the place at which the last architecture was added.
  if (isLate(filter)) return undefined;
  return { ...filter, rules: filter.rules.filter((_, i) => codes[i] === "0") };
}

function native(): AbiName {
  if (nativeArch === undefined) throw new Error("this machine has no libseccomp");
  return nativeArch;
}

function count(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, n) => total + n, 0);
}

function fail(than: string, filter: Filter, call?: SeccompData, ret?: number): Error {
  const hex = (value: bigint | number) => `0x${value.toString(16)}`;
  const what = call
    ? `nr ${hex(call.nr)} of ${abiOf(call.arch, call.nr)} with ${call.args.map(hex).join(" ")} gives ${hex(ret ?? 0)}`
    : "the filter is built";
  return new Error(`${what}, other than ${than} says, under\n${describe(filter)}`);
}

/** The tally as lines to print. */
export function report(tally: Tally, version: string): string[] {
  const list = (counts: ReadonlyMap<string, number>) =>
    [...counts].sort(([, a], [, b]) => b - a).map(([what, n]) => `    ${n}  ${what}`);
  return [
    `libseccomp ${version}: ${tally.filters} filters, ${tally.calls} calls`,
    `  ${tally.alike} calls decided alike, ${tally.judged} also as the union of the rules says`,
    `  ${sum(tally.calledApart)} calls of ${tally.filtersApart} filters apart, in libseccomp by`,
    ...list(tally.calledApart),
    `  ${sum(tally.builtApart)} filters not compared, in libseccomp by`,
    ...list(tally.builtApart),
  ];
}
