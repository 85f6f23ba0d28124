/** What a program costs on x86_64 for the calls of a mix, over the numbers 0..470. */
import { readFileSync } from "node:fs";
import type { Program } from "../src/bpf/program.ts";
import { costOf } from "../src/compile/cost.ts";
import { resolve } from "../src/policy/resolve.ts";
import type { Policy } from "../src/policy/types.ts";

/** What a program costs. */
export interface Measured {
  readonly instructions: number;
  /** Mean over all numbers. */
  readonly mean: number;
  readonly max: number;
  /** Mean over the mix. */
  readonly weighted: number;
  /** Mean over the mix's calls that the kernel (5.11 and later) cannot answer from its bitmap. */
  readonly uncached: number | undefined;
}

const LAST = 470;

/** The mix: number to share. */
export function readMix(file: string): Map<number, number> {
  const { weights }: { weights: Record<string, [number, number]> } = JSON.parse(readFileSync(file, "utf8"));
  return new Map(Object.values(weights));
}

/** The cost of `program` on x86_64 under `mix`; `policy` says which arguments matter. */
export function measure(program: Program, policy: Policy, mix: ReadonlyMap<number, number>): Measured {
  const arch = resolve(policy).arches.find(({ abi }) => abi === "x86_64");
  if (!arch) throw new Error("only policies for x86_64 are measured");
  const numbers = Array.from({ length: LAST + 1 }, (_, nr) => [nr, mix.get(nr) ?? 0] as const);
  const { mean, max, weighted, uncached } = costOf(program, arch, new Map(numbers));
  return { instructions: program.insns.length, mean, max, weighted, uncached };
}
