/**
 * What a program costs: the instructions that it executes for a call.
 *
 * That depends on the arguments. So each number is called with all-zero ones, with some that meet each of the
 * policy's conditions on it, and with some that meet none; a number counts with the mean of its calls.
 */
import { type AbiName, newestKernel } from "../../arch/index.ts";
import { packData } from "../abi/data.ts";
import { bitmapOf } from "../bpf/bitmap.ts";
import type { Program } from "../bpf/program.ts";
import { run } from "../bpf/run.ts";
import type { Claim, ResolvedArch, ResolvedPolicy } from "../policy/resolve.ts";
import { type Demand, satisfy } from "../policy/satisfy.ts";
import type { Budget } from "../policy/solve.ts";
import { type CallWeights, numberWeights } from "./weight.ts";

/** Steps in the search for arguments, for one question and for all. */
const STEPS = 20_000;
const ALL_STEPS = 1_000_000;

/** What the calls of one number cost. */
export interface NumberCost {
  readonly nr: number;
  /** Share of all calls, in the unit of the weights. */
  readonly weight: number;
  readonly mean: number;
  readonly max: number;
  /** Whether the kernel answers them from its bitmap, so that they execute nothing. */
  readonly cached: boolean;
}

/** What the calls of one arch cost. */
export interface Cost {
  /** Over all numbers alike. */
  readonly mean: number;
  readonly max: number;
  /** Over all calls by their weights. */
  readonly weighted: number;
  /** The same over the calls that the kernel cannot answer from its bitmap; undefined when none of them occurs. */
  readonly uncached: number | undefined;
  readonly numbers: readonly NumberCost[];
}

/**
 * What `program` costs for the numbers of `arch` that have a weight (0 or more), run by a Linux of that version.
 * Numbers of which no arguments can be found that meet a condition are called with the others.
 */
export function costOf(
  program: Program,
  arch: ResolvedArch,
  weights: ReadonlyMap<number, number>,
  kernel: string = newestKernel,
): Cost {
  const bitmap = bitmapOf(program, arch.abi, kernel);
  const budget = { left: ALL_STEPS };
  const numbers = [...weights].map(([nr, weight]): NumberCost => {
    const counts = argumentsFor(arch.calls.get(nr) ?? [], budget).map((args) =>
      executed(program, arch.auditArch, nr, args),
    );
    return { nr, weight, mean: mean(counts), max: Math.max(...counts), cached: bitmap.has(nr) };
  });
  return {
    mean: mean(numbers.map((number) => number.mean)),
    max: numbers.reduce((most, { max }) => Math.max(most, max), 0),
    weighted: weightedMean(numbers) ?? 0,
    uncached: weightedMean(numbers.filter(({ cached }) => !cached)),
    numbers,
  };
}

/** What `program`, compiled from `policy`, costs on each of its arches; `weights` and `kernel` as for the compile. */
export function costsOf(
  program: Program,
  policy: ResolvedPolicy,
  { weights, kernel }: { readonly weights?: CallWeights; readonly kernel?: string } = {},
): (Cost & { readonly abi: AbiName })[] {
  return policy.arches.map((arch) => ({
    abi: arch.abi,
    ...costOf(program, arch, numberWeights(arch.abi, weights), kernel),
  }));
}

function argumentsFor(claims: readonly Claim[], budget: Budget): (readonly bigint[])[] {
  const conditions = claims.flatMap(({ when }) => (when ? [when] : []));
  const met = conditions.map((condition): Demand[] => [{ condition, holds: true }]);
  const none = conditions.map((condition): Demand => ({ condition, holds: false }));
  const wanted = conditions.length === 0 ? [] : [...met, none];
  return [[], ...wanted.flatMap((demands) => found(demands, budget))];
}

/** Arguments that meet `demands`; none when there are none, or when the steps left did not suffice to find them. */
function found(demands: readonly Demand[], budget: Budget): (readonly bigint[])[] {
  const own = { left: Math.min(STEPS, budget.left) };
  const before = own.left;
  const answer = own.left > 0 ? satisfy(demands, own) : undefined;
  budget.left -= before - own.left;
  return answer?.kind === "yes" ? [answer.args] : [];
}

function executed(program: Program, arch: number, nr: number, args: readonly bigint[]): number {
  let steps = 0;
  run(program, packData({ nr, arch, args }, program.endian), () => {
    steps++;
  });
  return steps;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / (values.length || 1);
}

function weightedMean(numbers: readonly NumberCost[]): number | undefined {
  const total = numbers.reduce((sum, { weight }) => sum + weight, 0);
  return total === 0
    ? undefined
    : numbers.reduce((sum, number) => sum + number.weight * number.mean, 0) / total;
}
