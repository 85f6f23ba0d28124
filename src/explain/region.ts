/** Sets of arches and numbers in words, in the names of the tables. */
import { type AbiName, abi as abiFacts, abiNames, type SyscallName, syscallsOf } from "../../arch/index.ts";
import { clip, complement, type Interval, intersect } from "../policy/interval.ts";
import type { Region, Values } from "../prove/index.ts";
import { MAX_NUMBER, numberSpace } from "./number.ts";

/** An ABI; `unknown` are the calls of arches that the tables do not have. */
export type Kind = AbiName | "unknown";

/** The calls of one ABI in a region. */
export interface Members {
  readonly abi: Kind;
  /** `every call but read, write`, or names and numbers: as a list with commas. */
  readonly calls: readonly string[];
  /** One number of them, with a name if there is one. */
  readonly nr: number | undefined;
  readonly syscalls: readonly SyscallName[];
}

const point = (value: number): Interval => ({ from: BigInt(value), to: BigInt(value) });
const knownArches: readonly Interval[] = clip(
  abiNames.map((name) => point(abiFacts(name).auditArch)),
  MAX_NUMBER,
);
const anyNumber: readonly Interval[] = [{ from: 0n, to: MAX_NUMBER }];
const MOST_RANGES = 8;

/** The calls of a region by ABI, those of unknown arches last. */
export function membersOf({ arches, numbers, names }: Region): Members[] {
  const known = names.map(({ abi, syscalls }): Members => {
    const set = rangesOf(numbers);
    const calls = set ? callsText(abi, set, syscalls) : [...syscalls, "other numbers"];
    const [first] = syscalls;
    const nr = syscallsOf(abi).find(([name]) => name === first)?.[1] ?? firstOf(set, numberSpace(abi));
    return { abi, calls, nr, syscalls };
  });
  return [...known, ...unknownMembers(arches, numbers)];
}

/** The calls of arches that the tables do not have. */
function unknownMembers(arches: Values, numbers: Values): Members[] {
  const [archSet, set] = [rangesOf(arches), rangesOf(numbers)];
  const elsewhere = complement(knownArches, MAX_NUMBER);
  const others = intersect(archSet ?? anyNumber, elsewhere);
  if (others.length === 0) return [];
  const where = !archSet ? "some arches: " : isAll(others, elsewhere) ? "" : `${hexRanges(others)}: `;
  const calls = !set ? ["some numbers"] : isAll(set, anyNumber) ? ["every call"] : numberTexts(set);
  const texts = calls.map((text) => where + text);
  return [{ abi: "unknown", calls: texts, nr: firstOf(set, anyNumber), syscalls: [] }];
}

/** `ioctl on x86_64; every call on x32`: regions in parts, what is the same on several arches told once. */
export function regionTexts(regions: readonly Region[]): string[] {
  const byCalls = new Map<string, Kind[]>();
  for (const { abi, calls } of regions.flatMap(membersOf)) {
    const text = calls.join(", ");
    byCalls.set(text, [...(byCalls.get(text) ?? []), abi]);
  }
  return [...byCalls].map(([calls, kinds]) => `${calls} on ${archesText(kinds)}`);
}

/** `x86_64, aarch64`, or `every arch but x86_64`, or `unknown arches`. */
export function archesText(kinds: readonly Kind[]): string {
  const listed = abiNames.filter((name) => kinds.includes(name));
  if (!kinds.includes("unknown")) return listed.join(", ");
  const without = abiNames.filter((name) => !kinds.includes(name));
  if (without.length === 0) return "every arch";
  if (without.length < listed.length) return `every arch but ${without.join(", ")}`;
  return [...listed, "unknown arches"].join(", ");
}

function rangesOf(values: Values): readonly Interval[] | undefined {
  return values.kind === "ranges" && values.complete ? values.ranges : undefined;
}

function firstOf(set: readonly Interval[] | undefined, space: readonly Interval[]): number | undefined {
  const first = set && intersect(set, space)[0];
  return first && Number(first.from);
}

function isAll(set: readonly Interval[], all: readonly Interval[]): boolean {
  return intersect(complement(set, MAX_NUMBER), all).length === 0;
}

function callsText(abi: AbiName, numbers: readonly Interval[], names: readonly SyscallName[]): string[] {
  const space = numberSpace(abi);
  const [own, rest] = [intersect(numbers, space), intersect(complement(numbers, MAX_NUMBER), space)];
  if (rest.length === 0) return ["every call"];
  const bare = bareNumbers(abi);
  if (intersect(rest, bare).length > 0) return [...names, ...numberTexts(intersect(own, bare))];
  const inside = new Set(names);
  const outside = syscallsOf(abi).flatMap(([name]) => (inside.has(name) ? [] : [name]));
  if (outside.length === 0) return ["every call"];
  if (outside.length > names.length) return [...names, "every number without a name"];
  return [`every call but ${outside[0]}`, ...outside.slice(1)];
}

const bareByAbi = new Map<AbiName, readonly Interval[]>();

/** The numbers of an ABI that have no name. */
function bareNumbers(abi: AbiName): readonly Interval[] {
  const known = bareByAbi.get(abi);
  if (known) return known;
  const named = syscallsOf(abi).map(([, nr]) => point(nr));
  const bare = intersect(complement(clip(named, MAX_NUMBER), MAX_NUMBER), numberSpace(abi));
  bareByAbi.set(abi, bare);
  return bare;
}

function numberTexts(set: readonly Interval[]): string[] {
  const text = (value: bigint) => (value < 0x10000n ? String(value) : `0x${value.toString(16)}`);
  const texts = set.map(({ from, to }) =>
    from === to
      ? `number ${text(from)}`
      : to === MAX_NUMBER
        ? `numbers from ${text(from)} on`
        : `numbers ${text(from)}..${text(to)}`,
  );
  if (texts.length <= MOST_RANGES) return texts;
  return [...texts.slice(0, MOST_RANGES), `${texts.length - MOST_RANGES} more ranges of numbers`];
}

function hexRanges(set: readonly Interval[]): string {
  const hex = (value: bigint) => `0x${value.toString(16)}`;
  const shown = set
    .slice(0, MOST_RANGES)
    .map(({ from, to }) => (from === to ? hex(from) : `${hex(from)}..${hex(to)}`));
  const more = set.length - shown.length;
  return `arch ${shown.join(", ")}${more > 0 ? ` and ${more} more ranges` : ""}`;
}
