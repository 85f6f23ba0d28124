import {
  type AbiName,
  abi as abiFacts,
  abiNames,
  type SyscallName,
  syscallNr,
  syscallsOf,
} from "../../arch/index.ts";
import type { SeccompData } from "../../src/abi/data.ts";
import type { CompareOp, Condition, Policy, PolicyAction, Rule } from "../../src/policy/types.ts";
import type { Random } from "../seed.ts";

const ops: readonly CompareOp[] = ["==", "!=", "<", "<=", ">", ">=", "s<", "s<=", "s>", "s>="];
const actions: readonly PolicyAction[] = [
  { kind: "allow" },
  { kind: "log" },
  { kind: "kill_thread" },
  { kind: "kill_process" },
  { kind: "errno", errno: "EPERM" },
  { kind: "errno", errno: 77 },
  { kind: "trap", data: 5 },
  { kind: "trace", data: 9 },
  { kind: "user_notif" },
];

/** Constants around which halves, signs and masks go wrong. */
const edges: readonly bigint[] = [
  0n,
  1n,
  5n,
  0x7fffn,
  0x8000n,
  0xffffn,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  0x100000000n,
  0x1_00000005n,
  0x5_00000000n,
  0x7fffffff_ffffffffn,
  0x80000000_00000000n,
  0xffffffff_00000000n,
  0xffffffff_ffffffffn,
];

/** A policy that resolves, on one to three arches of one byte order; its rules may overlap in every way. */
export function randomPolicy(random: Random, arches = randomArches(random)): Policy {
  const rules = Array.from({ length: 1 + random.below(8) }, () => randomRule(random, arches));
  return {
    // Random rules shadow each other; that is no fault here.
    imported: true,
    arches,
    default: random.pick(actions),
    ...(random.once(2) ? { badArch: random.pick(actions) } : {}),
    ...(random.once(2) ? { kernel: random.pick(["4.4", "5.10", "6.1", "7.2"]) } : {}),
    ...(random.once(2) ? { newer: { kind: "errno", errno: "ENOSYS" } as const } : {}),
    rules,
  };
}

function randomArches(random: Random): AbiName[] {
  const first = random.pick(abiNames);
  const same = abiNames.filter((name) => abiFacts(name).endian === abiFacts(first).endian);
  const arches = new Set<AbiName>([first]);
  while (random.once(3) && arches.size < 3) arches.add(random.pick(same));
  return [...arches];
}

function randomRule(random: Random, arches: readonly AbiName[]): Rule {
  const calls = syscallsOf(random.pick(arches));
  const syscalls = Array.from({ length: 1 + random.below(6) }, () => random.pick(calls)[0]);
  const action = random.pick(actions);
  if (random.once(2)) return { action, syscalls };
  return { action, syscalls, when: randomCondition(random, 2) };
}

function randomCondition(random: Random, depth: number): Condition {
  if (depth > 0 && random.once(2)) {
    if (random.once(4)) return { kind: "not", of: randomCondition(random, depth - 1) };
    const of = Array.from({ length: 2 + random.below(2) }, () => randomCondition(random, depth - 1));
    return random.once(2) ? { kind: "and", of } : { kind: "or", of };
  }
  const as = random.pick(["u16", "u32", "u64", "u64"] as const);
  const arg = { index: random.below(6), as };
  const bits = as === "u16" ? 16 : as === "u32" ? 32 : 64;
  const value = () => BigInt.asUintN(bits, random.once(4) ? random.u64() : random.pick(edges));
  const side = random.once(3) ? { arg, mask: value() } : { arg };
  if (random.once(3)) {
    const set = Array.from({ length: 1 + random.below(4) }, () => {
      const [a, b] = [value(), value()];
      return a < b ? { from: a, to: b } : { from: b, to: a };
    });
    return { kind: "in", ...side, set };
  }
  return { kind: "compare", ...side, op: random.pick(ops), value: value() };
}

/** A call that looks where a compiled policy may go wrong: its own numbers and constants, and their neighbours. */
export function randomCall(random: Random, policy: Policy): SeccompData {
  return randomCalls(random, policy)();
}

/** Makes such calls, one at a time. */
export function randomCalls(random: Random, policy: Policy): () => SeccompData {
  const constants = policy.rules.flatMap(({ when }) => (when ? constantsOf(when) : []));
  return () => {
    const abi = random.once(12) ? random.pick(abiNames) : random.pick(policy.arches);
    return {
      arch: random.once(40) ? random.u32() : abiFacts(abi).auditArch,
      nr: randomNr(random, policy, abi),
      args: Array.from({ length: 6 }, () => randomArg(random, constants)),
      instructionPointer: random.u64(),
    };
  };
}

function randomNr(random: Random, policy: Policy, abi: AbiName): number {
  if (random.once(8))
    return random.pick([0, 0x3fffffff, 0x40000000, 0x7fffffff, 0x80000000, 0xffffffff, random.u32()]);
  const name = random.pick(random.pick(policy.rules).syscalls);
  const known =
    typeof name === "number" || name.startsWith("@") ? undefined : syscallNr(abi, name as SyscallName);
  const nr = known ?? random.pick(syscallsOf(abi))[1];
  return random.once(5) ? (nr + random.pick([-1, 1, 0x40000000, 300])) >>> 0 : nr;
}

function randomArg(random: Random, constants: readonly bigint[]): bigint {
  const base = constants.length > 0 && !random.once(3) ? random.pick(constants) : random.pick(edges);
  const moved = base + BigInt(random.pick([-1, 0, 0, 0, 1]));
  const flipped = random.once(6) ? moved ^ (1n << BigInt(random.below(64))) : moved;
  return BigInt.asUintN(64, random.once(8) ? flipped | (BigInt(random.u32()) << 32n) : flipped);
}

function constantsOf(condition: Condition): bigint[] {
  switch (condition.kind) {
    case "and":
    case "or":
      return condition.of.flatMap(constantsOf);
    case "not":
      return constantsOf(condition.of);
    case "compare":
      return typeof condition.value === "bigint" ? [condition.value] : [];
    case "in":
      return condition.set.flatMap(({ from, to }) =>
        [from, to].filter((value): value is bigint => typeof value === "bigint"),
      );
  }
}
