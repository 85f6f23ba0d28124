/** Decisions of compiled programs held against those of their policies, in bulk. */
import { type AbiName, abi } from "../../arch/index.ts";
import { packData, type SeccompData } from "../../src/abi/data.ts";
import { run } from "../../src/bpf/run.ts";
import { type CompileOptions, compile } from "../../src/compile/index.ts";
import { evaluate } from "../../src/policy/evaluate.ts";
import type { Policy } from "../../src/policy/types.ts";
import { cases } from "../../src/prove/index.ts";
import { randomCalls, randomPolicy } from "../policy/random.ts";
import type { Random } from "../seed.ts";

/** Every policy is compiled in each of these ways, and every call is decided by all of its programs. */
export const ways: readonly CompileOptions[] = (["speed", "size"] as const).flatMap((optimise) => [
  { optimise },
  { optimise, kernel: "5.4" },
]);

/** Random calls per policy, and the most of its boundary calls. */
const CALLS = 2_000;

/** What a comparison came to, when no decision differed. */
export interface Decisions {
  policies: number;
  /** Random calls, and boundary calls of the policies; each is one decision of `evaluate`. */
  random: number;
  boundary: number;
  /** Of these, calls under policies of big-endian arches. */
  bigEndian: number;
  /** Decisions of programs: one for each call and way. */
  ofPrograms: number;
  readonly arches: Set<AbiName>;
}

/**
 * Decides at least `wanted` random and boundary calls of random policies by `evaluate` and by every program.
 * Throws with the policy and the call when two decisions differ.
 */
export function compareDecisions(random: Random, wanted: number): Decisions {
  const done: Decisions = {
    policies: 0,
    random: 0,
    boundary: 0,
    bigEndian: 0,
    ofPrograms: 0,
    arches: new Set(),
  };
  while (done.random + done.boundary < wanted) {
    const policy = randomPolicy(random);
    const boundary = cases(policy, { limit: CALLS }).calls;
    const next = randomCalls(random, policy);
    const calls = [...Array.from({ length: CALLS }, next), ...boundary];
    compareAll(policy, calls);
    done.policies++;
    done.random += CALLS;
    done.boundary += boundary.length;
    done.ofPrograms += calls.length * ways.length;
    for (const name of policy.arches) done.arches.add(name);
    if (policy.arches.some((name) => abi(name).endian === "big")) done.bigEndian += calls.length;
  }
  return done;
}

function compareAll(policy: Policy, calls: readonly SeccompData[]): void {
  const programs = ways.map((options) => compile(policy, options).program);
  const endian = abi(policy.arches[0] ?? "x86_64").endian;
  for (const call of calls) {
    const expected = evaluate(policy, call).ret;
    const words = packData(call, endian);
    for (const [i, program] of programs.entries()) {
      const ret = run(program, words);
      if (ret !== expected || program.endian !== endian) throw difference(policy, call, i, ret, expected);
    }
  }
}

function difference(policy: Policy, call: SeccompData, way: number, ret: number, expected: number): Error {
  const show = (value: unknown) =>
    JSON.stringify(value, (_, v: unknown) => (typeof v === "bigint" ? `0x${v.toString(16)}` : v));
  const what = `compiled with ${show(ways[way])}, 0x${ret.toString(16)} for 0x${expected.toString(16)}`;
  return new Error(`${what}: ${show(call)} under ${show(policy)}`);
}
