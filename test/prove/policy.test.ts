import { suite } from "uvu";
import * as assert from "uvu/assert";
import { abi, abiNames, newestNr, X32_BIT } from "../../arch/index.ts";
import { evaluate } from "../../src/policy/evaluate.ts";
import type { CompareOp, Condition, Policy } from "../../src/policy/types.ts";
import { cases } from "../../src/prove/cases.ts";
import { randomCall, randomPolicy } from "../policy/random.ts";
import { Random, seedOf } from "../seed.ts";
import { ofPolicy } from "./diagram.ts";

const policies = suite("prove/policy");
const count = process.env.SECCAT_LONG === "1" ? 3_000 : 300;

const show = (_: string, value: unknown) => (typeof value === "bigint" ? `0x${value.toString(16)}` : value);

policies(
  `the diagrams of ${count} random policies say what evaluate says, at random and at boundary calls`,
  () => {
    const random = new Random(seedOf("prove/policy"));
    for (let i = 0; i < count; i++) {
      const policy = randomPolicy(random);
      const { ask, space } = ofPolicy(policy);
      assert.equal(space.open, []);
      const calls = Array.from({ length: 100 }, () => randomCall(random, policy));
      for (const call of [...calls, ...cases(policy, { limit: 200 }).calls])
        if (ask(call) !== evaluate(policy, call).ret)
          assert.unreachable(
            `${ask(call)} for ${JSON.stringify(call, show)} in ${JSON.stringify(policy, show)}`,
          );
    }
  },
);

const ops: readonly CompareOp[] = ["==", "!=", "<", "<=", ">", ">=", "s<", "s<=", "s>", "s>="];
const around = (value: bigint) =>
  [value - 1n, value, value + 1n, value ^ (1n << 63n), value ^ (1n << 31n), value ^ (1n << 32n), ~value].map(
    (near) => BigInt.asUintN(64, near),
  );
const values = [
  0n,
  1n,
  0x7fffn,
  0x8000n,
  0xffffn,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  0x100000000n,
  0x7fffffff_ffffffffn,
  0x80000000_00000000n,
  0xffffffff_ffffffffn,
];

policies(
  "every comparison at every width, masked or not, says what evaluate says at the turns of all values",
  () => {
    for (const arch of ["x86_64", "x86"] as const)
      for (const as of ["u16", "u32", "u64"] as const)
        for (const op of ops)
          for (const value of values) {
            if (as !== "u64" && value >> (as === "u16" ? 16n : 32n)) continue;
            for (const mask of [undefined, 0xf0f0n, value]) {
              const when: Condition = {
                kind: "compare",
                arg: { index: 2, as },
                op,
                value,
                ...(mask === undefined ? {} : { mask }),
              };
              const policy: Policy = {
                imported: true,
                arches: [arch],
                default: { kind: "allow" },
                rules: [{ action: { kind: "log" }, syscalls: ["read"], when }],
              };
              const { ask } = ofPolicy(policy);
              for (const arg of values.flatMap(around)) {
                const call = { arch: abi(arch).auditArch, nr: arch === "x86" ? 3 : 0, args: [0n, 0n, arg] };
                if (ask(call) !== evaluate(policy, call).ret)
                  assert.unreachable(`${arch} ${as} ${op} ${value} mask ${mask} arg ${arg}`);
              }
            }
          }
  },
);

policies(
  "numbers around the newest call, past it and with the x32 bit get what evaluate says, on every ABI",
  () => {
    for (const name of abiNames) {
      const policy: Policy = {
        arches: [name],
        kernel: "5.4",
        default: { kind: "errno", errno: 1 },
        badArch: { kind: "trap", data: 3 },
        newer: { kind: "errno", errno: "ENOSYS" },
        rules: [{ action: { kind: "allow" }, syscalls: ["read", "getpid", "write"] }],
      };
      const { ask } = ofPolicy(policy);
      const newest = newestNr(name, "5.4");
      const near = Array.from({ length: 20 }, (_, i) => newest - 10 + i);
      const block = Array.from({ length: 64 }, (_, i) => 500 + i);
      for (const nr of [...near, ...block, 0, 0x7fffffff, 0x80000000, 0xffffffff, 0xf0005])
        for (const number of [nr, (nr ^ X32_BIT) >>> 0])
          for (const other of abiNames) {
            const call = { arch: abi(other).auditArch, nr: number, args: [] };
            assert.is(ask(call), evaluate(policy, call).ret, `${name}: ${other} ${number}`);
          }
    }
  },
);

policies.run();
