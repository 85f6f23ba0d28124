/** One call under a policy: which tests of its number hold, and the registers next to their turning points. */
import { abiOf } from "../../arch/index.ts";
import { holds, type ResolvedCondition, type ResolvedTest } from "../policy/condition.ts";
import type { ResolvedPolicy } from "../policy/resolve.ts";
import { callOf, highWord, lowWord } from "./order.ts";

const LOW = 0xffffffffn;

/** Names the ABI, the number, and which tests of the number hold: calls of the same way are decided alike. */
export function policyWay(policy: ResolvedPolicy, words: Uint32Array): string {
  const { arch, nr, args } = callOf(words);
  const tests = testsFor(policy, arch, nr);
  return `${abiOf(arch, nr)} ${nr} ${tests.map((test) => (holds(test, args) ? 1 : 0)).join("")}`;
}

/** The calls next to each test of the number of a call. */
export function besidePolicy(policy: ResolvedPolicy, words: Uint32Array): Uint32Array[] {
  const { arch, nr, args } = callOf(words);
  return testsFor(policy, arch, nr).flatMap((test) => besideTest(test, args, words));
}

function testsFor({ arches }: ResolvedPolicy, arch: number, nr: number): ResolvedTest[] {
  const abi = abiOf(arch, nr);
  const claims = arches.find((candidate) => candidate.abi === abi)?.calls.get(nr) ?? [];
  return claims.flatMap(({ when }) => (when ? testsOf(when) : []));
}

function testsOf(condition: ResolvedCondition): ResolvedTest[] {
  if (condition.kind === "and" || condition.kind === "or") return condition.of.flatMap(testsOf);
  return condition.kind === "not" ? testsOf(condition.of) : [condition];
}

function besideTest(test: ResolvedTest, args: readonly bigint[], words: Uint32Array): Uint32Array[] {
  const { index, mask, width } = test;
  const now = args[index] ?? 0n;
  const turns = test.kind === "compare" ? [test.value] : test.set.flatMap(({ from, to }) => [from, to]);
  const masked = turns
    .flatMap((turn) => besideValue(turn, width))
    .map((value) => (now & ~mask) | (value & mask));
  return [...masked, ...besideMask(now, mask)].map((value) => {
    const changed = words.slice();
    changed[lowWord(index)] = Number(value & LOW);
    changed[highWord(index)] = Number((value >> 32n) & LOW);
    return changed;
  });
}

/** Numbers next to `turn`, of the other sign, and with another upper half. */
function besideValue(turn: bigint, width: number): bigint[] {
  const sign = 1n << BigInt(width - 1);
  const upper = [1n << 32n, 1n << 63n, LOW << 32n].map((bits) => turn ^ bits);
  return [turn - 1n, turn, turn + 1n, turn ^ sign, ...upper, turn & LOW].map((value) =>
    BigInt.asUintN(64, value),
  );
}

/** The register with every bit outside the mask turned over, and each bit next to an end of the mask. */
function besideMask(now: bigint, mask: bigint): bigint[] {
  const all = (1n << 64n) - 1n;
  const lowest = mask & -mask;
  const above = BigInt.asUintN(64, mask + lowest) & ~mask;
  return [now ^ (all & ~mask), now ^ lowest, now ^ (lowest >> 1n), now ^ above];
}
