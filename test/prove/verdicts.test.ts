import { suite } from "uvu";
import * as assert from "uvu/assert";
import { actionValues } from "../../src/abi/action.ts";
import { kernelRules } from "../../src/bpf/kernel.ts";
import { assembleProgram } from "../../src/bpf/text.ts";
import { compile } from "../../src/compile/index.ts";
import type { Policy } from "../../src/policy/types.ts";
import { parseWhen } from "../../src/policy/when.ts";
import { verdicts } from "../../src/prove/index.ts";
import { randomPolicy } from "../policy/random.ts";
import { Random, seedOf } from "../seed.ts";

const table = suite("prove/verdicts");

const KILL = 0x80000000;
const child: Policy = {
  arches: ["x86_64"],
  default: { kind: "kill_process" },
  rules: [
    { action: { kind: "allow" }, syscalls: ["read"] },
    { action: { kind: "allow" }, syscalls: ["socket"], when: parseWhen("domain == 1") },
    { action: { kind: "errno", errno: "EPERM" }, syscalls: [5000] },
  ],
};

table("each call has its answers, the one of most arguments last and without a condition", () => {
  const { arches, others } = verdicts(child, ["x86_64"]);
  const [x86] = arches;
  const rets = (name: string) =>
    x86?.calls.find(({ syscall }) => syscall === name)?.cases.map(({ ret }) => ret);
  assert.equal(rets("read"), [actionValues.allow]);
  assert.equal(rets("write"), [KILL]);
  assert.equal(rets("socket"), [actionValues.allow, KILL]);
  const [first, last] = x86?.calls.find(({ syscall }) => syscall === "socket")?.cases ?? [];
  const values = { kind: "ranges", ranges: [{ from: 1n, to: 1n }], complete: true };
  assert.equal(first?.when, { any: [[{ field: 0, bits: 32, values }]], complete: true });
  assert.ok(last && !("when" in last));
  assert.equal(
    x86?.numbers.map(({ values: numbers, cases }) => [numbers, cases[0]?.ret]),
    [[{ kind: "ranges", ranges: [{ from: 5000n, to: 5000n }], complete: true }, actionValues.errno + 1]],
  );
  assert.equal(
    x86?.rest.map(({ ret }) => ret),
    [KILL],
  );
  assert.equal(
    others.map(({ ret }) => ret),
    [KILL],
  );
});

table("a policy and its programs, however they are laid out, have one table", () => {
  const random = new Random(seedOf("prove/verdicts"));
  for (let i = 0; i < 10; i++) {
    const policy = randomPolicy(random, random.once(2) ? ["x86_64", "aarch64"] : ["x86_64", "x32"]);
    const own = verdicts(policy, policy.arches);
    for (const optimise of ["speed", "size"] as const)
      assert.equal(verdicts(compile(policy, { optimise }).program, policy.arches), own);
  }
});

table("x86_64 and x32 have their own numbers where both are told of", () => {
  const both = verdicts(child, ["x86_64", "x32"]);
  assert.equal(
    both.arches.map(({ numbers }) => numbers.length),
    [1, 0],
  );
});

table("another condition, another mark; the same one, the same mark", () => {
  const marks = (when: string) => {
    const rules = [
      { action: { kind: "allow" as const }, syscalls: ["socket" as const], when: parseWhen(when) },
    ];
    const { arches } = verdicts({ ...child, rules }, ["x86_64"]);
    return arches[0]?.calls.find(({ syscall }) => syscall === "socket")?.cases[0]?.mark;
  };
  assert.is(marks("domain == 1 || domain == 2"), marks("domain in {1..2}"));
  assert.is.not(marks("domain == 1"), marks("domain == 2"));
  assert.is.not(marks("domain == 1"), marks("type == 1"));
});

table("a kernel's answers are told, with what it lets pass", () => {
  const { outcome } = kernelRules({ version: "4.9" });
  const old = verdicts(child, ["x86_64"], outcome).arches[0];
  assert.equal(
    old?.rest.map(({ ret }) => ret),
    [actionValues.kill_thread],
  );
  const newest = verdicts(child, ["x86_64"], kernelRules({ version: "6.14" }).outcome).arches[0];
  const cases = newest?.calls.find(({ syscall }) => syscall === "uretprobe")?.cases;
  assert.equal(
    cases?.map(({ ret }) => ret),
    [actionValues.allow],
  );
});

table("computed answers have a mark that depends on the computation alone", () => {
  const mark = (...lines: string[]) => {
    const { arches } = verdicts(assembleProgram(lines.join("\n")), ["x86_64"]);
    const [one] = arches[0]?.calls[0]?.cases ?? [];
    assert.is(one?.ret, undefined);
    return one?.mark;
  };
  const plain = mark("ld [16]", "xor #0x1234567", "ret a");
  assert.is(mark("ld #0x1234567", "tax", "ld [16]", "xor x", "ret a"), plain);
  assert.is.not(mark("ld [16]", "xor #0x1234568", "ret a"), plain);
});

table("a program that mixes number and arguments is told call by call", () => {
  const mixed = assembleProgram("ld [0]\ntax\nld [16]\nadd x\njeq #10, y\nret #0\ny: ret #0x7fff0000");
  const { arches } = verdicts(mixed, ["x86_64"]);
  const read = arches[0]?.calls.find(({ syscall }) => syscall === "read");
  const write = arches[0]?.calls.find(({ syscall }) => syscall === "write");
  assert.equal(
    read?.cases.map(({ ret }) => ret),
    [actionValues.allow, actionValues.kill_thread],
  );
  assert.is.not(read?.cases[0]?.mark, write?.cases[0]?.mark);
  assert.is(arches[0]?.rest[0]?.ret, undefined);
});

table("what takes too much to be worked out is an error, not a table", () => {
  const square = assembleProgram(
    "ld [16]\ntax\nmul x\ntax\nld [24]\nmul x\njeq #10, y\nret #0\ny: ret #0x7fff0000",
  );
  assert.throws(() => verdicts(square, ["x86_64"]), /take too much/);
});

table.run();
