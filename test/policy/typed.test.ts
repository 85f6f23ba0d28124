import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AbiName, type Arg, syscallArgs, syscallName } from "../../arch/index.ts";
import { allow, type PolicyHead, policy } from "../../src/policy/builder.ts";
import { evaluate } from "../../src/policy/evaluate.ts";
import { typed } from "../../src/policy/typed.ts";
import type { Condition, Policy, Rule } from "../../src/policy/types.ts";
import { formatWhen } from "../../src/policy/when.ts";
import { Random, seedOf } from "../seed.ts";
import { randomCall, randomPolicy } from "./random.ts";

const typing = suite("policy/typed");
const head: PolicyHead = { default: "kill_process", arches: ["x86_64"] };

/** One rule on x86_64, and the conditions of what it becomes. */
const rows: readonly (readonly [sentence: string, rule: Rule, conditions: readonly string[]])[] = [
  ["an int", allow("socket").if("u64(arg0) == 16"), ["u32(arg0) == 16"]],
  ["an argument by name", allow("socket").if("u64(domain) == 16"), ["u32(domain) == 16"]],
  ["16 bits", allow("chmod").if("u64(arg1) & 0o4000 == 0"), ["u16(arg1) & 2048 == 0"]],
  ["an off_t stays", allow("lseek").if("u64(arg1) == 16"), ["u64(arg1) == 16"]],
  ["a pointer stays", allow("read").if("u64(buf) == 0"), ["u64(buf) == 0"]],
  ["a register that the call does not use stays", allow("close").if("u64(arg3) == 1"), ["u64(arg3) == 1"]],
  ["what has its declared width already", allow("socket").if("domain == 16"), ["domain == 16"]],
  [
    "a negative number, as 64-bit tools write it",
    allow("openat").if("u64(arg0) == 0xffffffffffffff9c"),
    ["u32(arg0) == 0xffffff9c"],
  ],
  [
    "the upper half of a mask means nothing",
    allow("fcntl").if("u64(arg1) & 0xfffffffffffffffe == 2"),
    ["u32(arg1) & 0xfffffffe == 2"],
  ],
  [
    "all tests of a condition",
    allow("socket").if("u64(arg0) == 1 && !(u64(arg1) in {1, 2..5} || u64(arg2) > 3)"),
    ["u32(arg0) == 1 && !(u32(arg1) in {1, 2..5} || u32(arg2) > 3)"],
  ],
  [
    "a rule is split where its calls declare unlike widths",
    allow("dup2", "lseek", "dup").if("u64(arg1) == 3"),
    ["u32(arg1) == 3", "u64(arg1) == 3"],
  ],
];
for (const [sentence, rule, conditions] of rows) {
  typing(`compares at the declared width: ${sentence}`, () => {
    const { policy: made, warnings } = typed(policy(head, [rule]));
    assert.equal(
      made.rules.map(({ when }) => (when ? formatWhen(when) : "")),
      conditions,
    );
    assert.equal(warnings, []);
  });
}

/** A policy of one rule, from line 3 of some file. */
function placed(rule: Rule): Policy {
  const made = policy(head, [rule]);
  return { ...made, rules: made.rules.map((each) => ({ ...each, why: "reasons", where: { line: 3 } })) };
}

typing("the parts of a split rule have its calls among them, and all else of it", () => {
  const { rules } = typed(placed(allow("dup2", "lseek", "dup3").if("u64(arg1) == 3"))).policy;
  assert.equal(
    rules.map(({ syscalls }) => syscalls),
    [["dup2", "dup3"], ["lseek"]],
  );
  for (const { action, why, where } of rules)
    assert.equal({ action, why, where }, { action: { kind: "allow" }, why: "reasons", where: { line: 3 } });
});

/** Values that the narrower argument cannot hold, so that the comparison has to stay. */
const unfit: readonly string[] = [
  "u64(arg0) == 0x100000000",
  "u64(arg0) < 0xffffffffffffff9c",
  "u64(arg0) & 0xff00000000 == 0",
  "u64(arg0) & 0xffffffffff == 0x1000000001",
  "u64(arg0) in {1, 5..0x100000005}",
  "u64(arg0) == 0xffffffff00000001",
];
for (const text of unfit) {
  typing(`stays, and says so: ${text}`, () => {
    const before = placed(allow("socket").if(text));
    const { policy: made, warnings } = typed(before);
    assert.equal(made.rules, before.rules);
    assert.equal(warnings, [
      {
        code: "policy",
        message: "rule 1 compares arg0 of socket with more than 32 bits: left at 64 bits",
        where: { line: 3, path: "rules[0].when" },
      },
    ]);
  });
}

typing("on several arches, an argument is as wide as on the widest", () => {
  const on = (...arches: AbiName[]) => {
    const made = typed(policy({ ...head, arches }, [allow("read").if("u64(arg2) < 9 && u64(arg0) == 0")]));
    return made.policy.rules.map(({ when }) => (when ? formatWhen(when) : ""));
  };
  assert.equal(on("x86_64", "x86"), ["u64(arg2) < 9 && u32(arg0) == 0"]);
  assert.equal(on("aarch64", "arm", "x86_64"), ["u64(arg2) < 9 && u32(arg0) == 0"]);
});

/** The policy with every test over 64 bits, as other tools write them, and none of them signed. */
function wide(made: Policy): Policy {
  const widened = (condition: Condition): Condition => {
    if (condition.kind === "and" || condition.kind === "or")
      return { ...condition, of: condition.of.map(widened) };
    if (condition.kind === "not") return { ...condition, of: widened(condition.of) };
    const test: Condition = { ...condition, arg: { index: condition.arg.index ?? 0, as: "u64" } };
    return test.kind === "compare" && test.op.startsWith("s") ? { ...test, op: "==" } : test;
  };
  const rules = made.rules.map(({ when, ...rule }) => (when ? { ...rule, when: widened(when) } : rule));
  return { ...made, rules };
}

/** How many bits of a register the kernel reads. */
function bitsOf(arg: Arg | undefined): 16 | 32 | 64 {
  if (arg?.type === "u16") return 16;
  return arg?.type === "u32" || arg?.type === "i32" ? 32 : 64;
}

typing("what the kernel reads is decided as before, and what it does not read is not seen", () => {
  const random = new Random(seedOf("policy/typed"));
  let [unseen, differing] = [0, 0];
  for (let i = 0; i < 400; i++) {
    const before = wide(randomPolicy(random, ["x86_64"]));
    const { policy: after, warnings } = typed(before);
    for (let j = 0; j < 40; j++) {
      const call = randomCall(random, before);
      const name = call.arch === 0xc000003e ? syscallName("x86_64", call.nr) : undefined;
      const bits = call.args.map((_, at) => bitsOf(name && syscallArgs("x86_64", name)?.[at]));
      const clean = { ...call, args: call.args.map((arg, at) => BigInt.asUintN(bits[at] ?? 64, arg)) };
      const negative = clean.args.some((arg, at) => arg >> BigInt((bits[at] ?? 64) - 1) === 1n);
      if (!negative) assert.is(evaluate(after, clean).ret, evaluate(before, clean).ret, `policy ${i}`);
      if (warnings.length > 0) continue;
      assert.is(evaluate(after, call).ret, evaluate(after, clean).ret, `policy ${i}`);
      unseen++;
      if (evaluate(before, call).ret !== evaluate(after, call).ret) differing++;
    }
  }
  assert.ok(unseen > 500, `${unseen} calls`);
  assert.ok(differing > 10, `${differing} calls were decided otherwise`);
});

typing.run();
