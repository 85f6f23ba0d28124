/**
 * How many instructions a program executes for the calls of a mix.
 *
 * Each number 0..470 is called with all-zero arguments, with one vector that satisfies each of the policy's
 * rules on it, and with one that satisfies none; a number counts with the mean of its calls.
 */
import { readFileSync } from "node:fs";
import { packData } from "../src/abi/data.ts";
import type { Program } from "../src/bpf/program.ts";
import { run } from "../src/bpf/run.ts";
import { resolve } from "../src/policy/resolve.ts";
import { satisfy } from "../src/policy/satisfy.ts";
import type { Policy } from "../src/policy/types.ts";

/** What a program costs. */
export interface Cost {
  readonly instructions: number;
  /** Mean over all numbers. */
  readonly mean: number;
  readonly max: number;
  /** Mean over the mix. */
  readonly weighted: number;
  /** Mean over the mix's calls that the kernel (5.11 and later) cannot answer from its bitmap. */
  readonly uncached: number;
}

const LAST = 470;

/** The mix: number to share. */
export function readMix(file: string): Map<number, number> {
  const { weights }: { weights: Record<string, [number, number]> } = JSON.parse(readFileSync(file, "utf8"));
  return new Map(Object.values(weights));
}

/** The argument vectors to call `nr` with. */
function vectors(policy: Policy, nr: number): (readonly bigint[])[] {
  const claims = resolve(policy).arches[0]?.calls.get(nr) ?? [];
  const conditions = claims.flatMap(({ when }) => (when ? [when] : []));
  const met = conditions.flatMap((condition) => {
    const answer = satisfy([{ condition, holds: true }]);
    return answer.kind === "yes" ? [answer.args] : [];
  });
  const none = satisfy(conditions.map((condition) => ({ condition, holds: false })));
  return [[0n, 0n, 0n, 0n, 0n, 0n], ...met, ...(none.kind === "yes" ? [none.args] : [])];
}

/** The cost of `program` on x86_64 under `mix`; `policy` says which arguments matter. */
export function measure(program: Program, policy: Policy, mix: ReadonlyMap<number, number>): Cost {
  const arch = 0xc000003e;
  let [sum, max, weighted, uncached, uncachedWeight, weights] = [0, 0, 0, 0, 0, 0];
  for (let nr = 0; nr <= LAST; nr++) {
    const counts = vectors(policy, nr).map((args) => {
      let steps = 0;
      run(program, packData({ nr, arch, args }, "little"), () => {
        steps++;
      });
      return steps;
    });
    const mean = counts.reduce((a, b) => a + b, 0) / counts.length;
    const weight = mix.get(nr) ?? 0;
    sum += mean;
    max = Math.max(max, ...counts);
    weighted += weight * mean;
    weights += weight;
    if (!isCached(policy, nr)) {
      uncached += weight * mean;
      uncachedWeight += weight;
    }
  }
  return {
    instructions: program.insns.length,
    mean: sum / (LAST + 1),
    max,
    weighted: weighted / weights,
    uncached: uncached / uncachedWeight,
  };
}

/** Whether every call of `nr` is allowed, whatever its arguments. */
function isCached(policy: Policy, nr: number): boolean {
  const arch = resolve(policy).arches[0];
  const claims = arch?.calls.get(nr) ?? [];
  const allow = 0x7fff0000;
  if (claims.length === 0) return arch?.default === allow;
  return claims.every(({ ret }) => ret === allow) && claims.some(({ when }) => when === undefined);
}
