import { suite } from "uvu";
import * as assert from "uvu/assert";
import { abi, type SyscallName, X32_BIT } from "../../arch/index.ts";
import { packData } from "../../src/abi/data.ts";
import type { Program } from "../../src/bpf/program.ts";
import { run } from "../../src/bpf/run.ts";
import { assembleProgram } from "../../src/bpf/text.ts";
import { compile } from "../../src/compile/index.ts";
import type { Policy } from "../../src/policy/types.ts";
import { parseWhen } from "../../src/policy/when.ts";
import { type Constraint, compare, type Differences, differences, type When } from "../../src/prove/index.ts";
import { randomCall, randomPolicy } from "../policy/random.ts";
import { Random, seedOf } from "../seed.ts";

const diffs = suite("prove/differences");

const ALLOW = 0x7fff0000;
const KILL = 0x80000000;
const asm = (...lines: string[]): Program => assembleProgram(lines.join("\n"));

const withSocket = (when?: string, arches: Policy["arches"] = ["x86_64"]): Policy => ({
  imported: true,
  arches,
  default: { kind: "kill_process" },
  rules: [
    { action: { kind: "allow" }, syscalls: ["read", "write"] },
    { action: { kind: "allow" }, syscalls: ["socket"], ...(when ? { when: parseWhen(when) } : {}) },
  ],
});

const only = (found: Differences) => {
  const [group, ...more] = found.groups;
  assert.equal(more, []);
  const [one, ...others] = group?.cases ?? [];
  assert.equal(others, []);
  if (!group || !one) throw new Error("no difference");
  return { group, one };
};

const ranges = (...list: [bigint, bigint][]) => ({
  kind: "ranges",
  ranges: list.map(([from, to]) => ({ from, to })),
  complete: true,
});

diffs("equal sides have no differences", () => {
  const found = differences(compile(withSocket()).program, withSocket());
  assert.equal(found.groups, []);
  assert.equal(found.open, []);
  assert.ok(found.stats.nodes > 0);
});

diffs(
  "a condition on a 32-bit argument is told by that argument's low half, with names, size and witness",
  () => {
    const { group, one } = only(
      differences(withSocket("domain in {1, 2}"), withSocket("domain in {1, 2, 10..16}")),
    );
    assert.equal(group.arches, ranges([0xc000003en, 0xc000003en]));
    assert.equal(group.numbers, ranges([41n, 41n]));
    assert.equal(group.names, [{ abi: "x86_64", syscalls: ["socket"] }]);
    assert.equal([one.a, one.b], [KILL, ALLOW]);
    const expected: When = {
      any: [[{ field: 0, bits: 32, values: ranges([10n, 16n]) as Constraint["values"] }]],
      complete: true,
    };
    assert.equal(one.when, expected);
    assert.equal(one.size, { count: 7n, bits: 96 });
    assert.is(one.witness.call.args[0], 10n);
    assert.is(one.witness.a.ret, KILL);
    assert.is(one.witness.b.rule, 1);
  },
);

diffs("a 64-bit condition is told in 64 bits, alternatives over two arguments one by one", () => {
  const a = withSocket("u64(arg0) > 0x100000005 && u64(arg1) == 3");
  const b = withSocket("u64(arg0) > 0x100000007 && u64(arg1) == 3");
  const { one } = only(differences(a, b));
  assert.equal(one.when?.any, [
    [
      { field: 0, bits: 64, values: ranges([0x1_00000006n, 0x1_00000007n]) },
      { field: 1, bits: 64, values: ranges([3n, 3n]) },
    ],
  ]);
  const or = only(
    differences(withSocket("u32(arg0) == 1 || u32(arg2) == 5"), withSocket("u32(arg0) == 1")),
  ).one;
  assert.equal(or.when?.any, [
    [
      { field: 0, bits: 32, values: ranges([0n, 0n], [2n, 0xffffffffn]) },
      { field: 2, bits: 32, values: ranges([5n, 5n]) },
    ],
  ]);
});

diffs("a masked condition is told by masks where ranges would be many", () => {
  const without: Policy = { ...withSocket(), rules: withSocket().rules.slice(0, 1) };
  const { one } = only(differences(withSocket("u32(arg1) & 0x101 == 1"), without));
  assert.equal(one.when?.any, [
    [{ field: 1, bits: 32, values: { kind: "masks", masks: [{ mask: 0x101n, value: 1n }], complete: true } }],
  ]);
  const many = only(differences(withSocket("u32(arg1) & 1 == 1"), withSocket("u32(arg1) == 1"))).one;
  assert.is(many.when?.complete, true);
  assert.equal(many.size, { count: (1n << 31n) - 1n, bits: 96 });
});

diffs("the same difference on several numbers and arches is one group per arch", () => {
  const arches = ["x86_64", "x86", "aarch64"] as const;
  const allowing = (...syscalls: SyscallName[]): Policy => ({
    arches,
    default: { kind: "kill_process" },
    rules: [{ action: { kind: "allow" }, syscalls }],
  });
  const strict = allowing("read", "write", "close");
  const loose = allowing("read", "write", "close", "dup", "getpid");
  const { groups } = differences(strict, loose);
  assert.equal(
    groups.map(({ names }) => names),
    [
      [{ abi: "x86", syscalls: ["getpid", "dup"] }],
      [{ abi: "x86_64", syscalls: ["dup", "getpid"] }],
      [{ abi: "aarch64", syscalls: ["dup", "getpid"] }],
    ],
  );
  for (const { cases } of groups) {
    assert.is(cases.length, 1);
    assert.equal(cases[0]?.when, { any: [[]], complete: true });
  }
});

diffs("a missing x32 test is told as the numbers with bit 30, under the name of that ABI", () => {
  const { auditArch } = abi("x86_64");
  const without = asm(
    "ld [4]",
    `jne #${auditArch}, k`,
    "ld [0]",
    "jeq #0x40000001, a",
    "k: ret #0x80000000",
    "a: ret #0x7fff0000",
  );
  const none: Policy = { arches: ["x86_64"], default: { kind: "kill_process" }, rules: [] };
  const { group } = only(differences(without, none));
  assert.equal(group.numbers, ranges([BigInt(X32_BIT + 1), BigInt(X32_BIT + 1)]));
  assert.equal(group.names, [{ abi: "x32", syscalls: ["write"] }]);
});

diffs("computed answers are told as such, with a real witness", () => {
  const a = asm("ld [16]", "ret a");
  const { one } = only(differences(a, asm("ret #0x80000000")));
  assert.is(one.a, undefined);
  assert.is(one.b, KILL);
  assert.is(one.witness.a.ret, run(a, packData(one.witness.call, "little")));
});

diffs("words that take turns are told by arch and number, without a condition on single registers", () => {
  const lines = (jump: string) =>
    asm(
      "ld [0]",
      "jne #9, k",
      "ld [16]",
      "tax",
      "ld [24]",
      `${jump} x, a`,
      "k: ret #0x80000000",
      "a: ret #0x7fff0000",
    );
  const { group, one } = only(differences(lines("jeq"), lines("jge")));
  assert.equal(group.numbers, ranges([9n, 9n]));
  assert.is(one.when, undefined);
  assert.equal(one.size, { count: (1n << 31n) * ((1n << 32n) - 1n), bits: 96 });
});

diffs("numbers that are compared with arguments are told by their projection", () => {
  const program = asm(
    "ld [0]",
    "tax",
    "ld [16]",
    "jne x, k",
    "jgt #5, k",
    "ret #0x7fff0000",
    "k: ret #0x80000000",
  );
  const { group, one } = only(differences(program, asm("ret #0x80000000")));
  assert.equal(group.numbers, ranges([0n, 5n]));
  assert.is(one.when, undefined);
  assert.equal(one.size, { count: 6n, bits: 64 });
});

diffs("refines lists only where the first side is weaker", () => {
  const a = asm(
    "ld [0]",
    "jeq #1, x",
    "jeq #2, y",
    "ret #0x50001",
    "x: ret #0x7fff0000",
    "y: ret #0x80000000",
  );
  const b = asm("ret #0x50001");
  assert.is(differences(a, b).groups.length, 2);
  const { group } = only(differences(a, b, { relation: "refines" }));
  assert.equal(group.numbers, ranges([1n, 1n]));
});

/** Whether a condition is told to the end. */
function isWhole(when: When | undefined): boolean {
  return when?.complete === true && when.any.every((all) => all.every(({ values }) => values.complete));
}

/** Whether the data says that this call differs, and how. */
function told({ groups }: Differences, words: { arch: bigint; nr: bigint; args: readonly bigint[] }) {
  const inValues = (values: Constraint["values"], value: bigint) => {
    assert.ok(values.complete);
    return values.kind === "ranges"
      ? values.ranges.some(({ from, to }) => from <= value && value <= to)
      : values.masks.some(({ mask, value: wanted }) => (value & mask) === wanted);
  };
  const meets = (constraint: Constraint) => {
    const value = constraint.field === "ip" ? 0n : (words.args[constraint.field] ?? 0n);
    return inValues(constraint.values, BigInt.asUintN(constraint.bits, value));
  };
  return groups
    .filter(({ arches, numbers }) => inValues(arches, words.arch) && inValues(numbers, words.nr))
    .flatMap(({ cases }) => cases)
    .filter(({ when }) => {
      assert.ok(when?.complete);
      return when?.any.some((all) => all.every(meets));
    });
}

diffs("the data says of random calls exactly what the interpreter says, for random policies", () => {
  const random = new Random(seedOf("prove/differences"));
  let differed = 0;
  for (let i = 0; i < 60; i++) {
    const one = randomPolicy(random, ["x86_64", "x86"]);
    const two: Policy = { ...one, rules: [...one.rules.slice(1), ...randomPolicy(random, ["x86_64"]).rules] };
    const [a, b] = [compile(one).program, compile(two).program];
    const found = differences(a, b, { mode: "exact" });
    if (found.groups.some(({ cases }) => cases.some(({ when }) => !isWhole(when)))) continue;
    const calls = Array.from({ length: 100 }, () => randomCall(random, random.once(2) ? one : two));
    for (const call of [
      ...calls,
      ...found.groups.flatMap(({ cases }) => cases.map(({ witness }) => witness.call)),
    ]) {
      const words = packData({ ...call, instructionPointer: 0n }, "little");
      const [x, y] = [run(a, words), run(b, words)];
      const says = told(found, { arch: BigInt(call.arch), nr: BigInt(call.nr), args: call.args });
      if (x !== y) differed++;
      assert.equal(
        says.map((difference) => [difference.a, difference.b]),
        x === y ? [] : [[x, y]],
      );
    }
    const total = found.groups
      .flatMap(({ cases }) => cases)
      .reduce((sum, { size }) => sum + (size.count << BigInt(512 - size.bits)), 0n);
    const proof = compare(a, b, { mode: "exact" });
    const all = proof.answer === "differs" ? proof.size.count << BigInt(512 - proof.size.bits) : 0n;
    assert.is(total, all);
  }
  assert.ok(differed > 300, `${differed} differing calls`);
});

diffs.run();
