/** Sentences about differences are read back, and must hold for exactly the calls that differ. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { abi } from "../../arch/index.ts";
import type { SeccompData } from "../../src/abi/data.ts";
import { type Difference, sectionsOf, verdictText } from "../../src/explain/index.ts";
import { evaluate } from "../../src/policy/evaluate.ts";
import type { CompareOp, Condition, Policy } from "../../src/policy/types.ts";
import { cases, differences } from "../../src/prove/index.ts";
import { Random, seedOf } from "../seed.ts";

const sentences = suite("explain/difference");
const long = process.env.SECCAT_LONG === "1";

/** A number that no ABI has a call for: its arguments are arg0 to arg5, and no constant has a name. */
const NR = 1000;
const ops: readonly CompareOp[] = ["==", "!=", "<", "<=", ">", ">=", "s<", "s>="];

function randomNumber(random: Random, width: 32 | 64): bigint {
  const few = [0n, 1n, 2n, 3n, 0xfn, 0x800n, 0x10000000n, 0x7fffffffn, 0x80000000n, 0xffffffffn];
  const low = random.once(4) ? BigInt(random.u32()) : random.pick(few);
  return width === 32 || random.once(2) ? low : low | (BigInt(random.below(4)) << 32n);
}

function randomCondition(random: Random, depth: number): Condition {
  if (depth > 0 && random.once(2)) {
    const of = [randomCondition(random, depth - 1), randomCondition(random, depth - 1)];
    return random.once(3)
      ? { kind: "not", of: of[0] ?? randomCondition(random, 0) }
      : { kind: random.pick(["and", "or"]), of };
  }
  const width = random.pick([32, 64] as const);
  const arg = { index: random.below(2), as: width === 32 ? "u32" : "u64" } as const;
  const number = () => randomNumber(random, width);
  const [value, mask] = [number(), number() | 1n];
  if (random.once(3)) {
    const set = Array.from({ length: 1 + random.below(4) }, number).map((from) => ({ from, to: from }));
    return { kind: "in", arg, set };
  }
  if (random.once(2))
    return { kind: "compare", arg, mask, op: random.pick(["==", "!="]), value: value & mask };
  return { kind: "compare", arg, op: random.pick(ops), value };
}

function randomPolicy(random: Random, arch: "x86_64" | "x86"): Policy {
  const rule = (action: Policy["default"]) => ({
    action,
    syscalls: [NR],
    when: arch === "x86" ? narrow(randomCondition(random, 2)) : randomCondition(random, 2),
  });
  return {
    imported: true,
    arches: [arch],
    default: { kind: "errno", errno: 1 },
    rules: [rule({ kind: "allow" }), ...(random.once(2) ? [rule({ kind: "log" })] : [])],
  };
}

/** The same condition on registers of 32 bits. */
function narrow(condition: Condition): Condition {
  if (condition.kind === "and" || condition.kind === "or")
    return { ...condition, of: condition.of.map(narrow) };
  if (condition.kind === "not") return { ...condition, of: narrow(condition.of) };
  const low = (value: unknown) => (typeof value === "bigint" ? value & 0xffffffffn : 0n);
  const arg = { ...condition.arg, as: "u32" } as const;
  if (condition.kind === "compare")
    return {
      ...condition,
      arg,
      value: low(condition.value),
      ...(condition.mask === undefined ? {} : { mask: low(condition.mask) }),
    };
  return { ...condition, arg, set: condition.set.map(({ from, to }) => ({ from: low(from), to: low(to) })) };
}

type Test = (args: readonly bigint[]) => boolean;

/** A condition in words, read. */
function readWhen(text: string): Test {
  const any = text
    .replace(/^when /, "")
    .split(", or ")
    .map((all) => splitAt(all, " && ").map(readOne));
  return (args) => any.some((all) => all.every((test) => test(args)));
}

/** Cuts at `by`, but not within parentheses. */
function splitAt(text: string, by: string): string[] {
  const parts = [""];
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (depth === 0 && text.startsWith(by, i)) {
      parts.push("");
      i += by.length - 1;
      continue;
    }
    depth += { "(": 1, ")": -1 }[text.charAt(i)] ?? 0;
    parts.push((parts.pop() ?? "") + text.charAt(i));
  }
  return parts;
}

function readOne(text: string): Test {
  if (text.startsWith("(") && text.endsWith(")") && text.includes(" || ")) {
    const any = splitAt(text.slice(1, -1), " || ").map(readOne);
    return (args) => any.some((test) => test(args));
  }
  const parts =
    /^(?:(u32|u64)\(arg(\d)\)|arg(\d)|\(arg(\d) >> 32\))(?: & (0x\w+))? (==|!=|<=|>=|in|not in) (.*)$/.exec(
      text,
    );
  if (!parts) throw new Error(`no condition: ${text}`);
  const [, cast, castIndex, plainIndex, highIndex, maskText = "-1", op = "", right = ""] = parts;
  const index = Number(castIndex ?? plainIndex ?? highIndex);
  const mask = BigInt(maskText);
  const compare = readComparison(op, right);
  return (args) => {
    const register = args[index] ?? 0n;
    const place =
      cast === "u32" ? register & 0xffffffffn : highIndex === undefined ? register : register >> 32n;
    return compare(place & mask);
  };
}

function readComparison(op: string, right: string): (left: bigint) => boolean {
  if (op.endsWith("in")) {
    const set = right
      .slice(1, -1)
      .split(", ")
      .map((item) => item.split("..").map(BigInt))
      .map(([from = 0n, to = from]) => ({ from, to }));
    return (left) => set.some(({ from, to }) => from <= left && left <= to) === (op === "in");
  }
  const value = BigInt(right);
  switch (op) {
    case "==":
      return (left) => left === value;
    case "!=":
      return (left) => left !== value;
    case "<=":
      return (left) => left <= value;
    default:
      return (left) => left >= value;
  }
}

/** 64-bit numbers as text. */
const spelt = (_: string, value: unknown) => (typeof value === "bigint" ? String(value) : value);

/** How often the sentences were held against a call that differs, and against one that does not. */
function check(a: Policy, b: Policy, arch: "x86_64" | "x86"): [number, number] {
  const { groups, open } = differences(a, b, { calls: "kernel", arches: [arch] });
  assert.is(open.length, 0);
  const all = sectionsOf(groups).flatMap((section) => section.differences);
  assert.ok(all.length <= 1, JSON.stringify(all));
  const told = all[0]?.sentences ?? [];
  // Said to be cut: then there is nothing to hold it against.
  if (told.some(({ when }) => /other case|more values/.test(when ?? ""))) return [0, 0];
  if (all[0]) assert.equal(all[0].calls, [`number ${NR}`]);
  const tests = told.map((one) => ({ one, test: one.when === undefined ? () => true : readWhen(one.when) }));
  const counts: [number, number] = [0, 0];
  for (const { args } of callsOf(a, b, arch)) {
    const call = { arch: abi(arch).auditArch, nr: NR, args };
    const [left, right] = [evaluate(a, call).ret, evaluate(b, call).ret];
    const found = tests.filter(({ test }) => test(args));
    const expected = left === right ? "" : `${verdictText(left, arch)}, ${verdictText(right, arch)}`;
    const said = found.map(({ one }) => `${one.a}, ${one.b}`).join("; ");
    if (said !== expected)
      assert.is(said, expected, `${args.join(" ")}\n${JSON.stringify([a, b, told], spelt)}`);
    counts[left === right ? 1 : 0]++;
  }
  return counts;
}

function callsOf(a: Policy, b: Policy, arch: "x86_64" | "x86"): SeccompData[] {
  const calls = [a, b].flatMap((policy) => cases(policy, { limit: 400 }).calls).filter(({ nr }) => nr === NR);
  if (arch === "x86_64") return calls;
  return calls.map((call) => ({ ...call, args: call.args.map((arg) => arg & 0xffffffffn) }));
}

const pairs = long ? 3_000 : 150;
for (const arch of ["x86_64", "x86"] as const)
  sentences(
    `on ${arch}, sentences about ${pairs} pairs of policies hold where they differ, and nowhere else`,
    () => {
      const random = new Random(seedOf(`explain/difference ${arch}`));
      let [different, same] = [0, 0];
      for (let i = 0; i < pairs; i++) {
        const [some, none] = check(randomPolicy(random, arch), randomPolicy(random, arch), arch);
        different += some;
        same += none;
      }
      assert.ok(different > pairs, `${different} calls that differ`);
      assert.ok(same > pairs, `${same} calls that do not`);
    },
  );

const policy = (rules: Policy["rules"], head: Partial<Policy> = {}): Policy => ({
  arches: ["x86_64"],
  default: { kind: "kill_process" },
  rules,
  ...head,
});

/** The differences from a policy that kills, section by section. */
function told(b: Policy, a: Policy = policy([], { arches: b.arches })): [string, readonly Difference[]][] {
  const { groups } = differences(a, b, { calls: "kernel" });
  return sectionsOf(groups).map(({ arches, differences: all }) => [arches, all]);
}

sentences("constants, flags and masks are told by their names", () => {
  const compare = (name: string, op: CompareOp, value: bigint, mask?: bigint): Condition => ({
    kind: "compare",
    arg: { name },
    op,
    value,
    ...(mask === undefined ? {} : { mask }),
  });
  const conditions: readonly (readonly [Policy["rules"][number]["syscalls"][number], Condition, string])[] = [
    ["fcntl", compare("cmd", "==", 4n), "when cmd == F_SETFL"],
    ["unshare", compare("flags", "!=", 0n, 0x10000000n), "when flags & CLONE_NEWUSER != 0"],
    [
      "clone",
      compare("flags", "==", 0n, 0x7e020000n),
      "when flags & (CLONE_NEWNS|CLONE_NEWCGROUP|CLONE_NEWUTS|CLONE_NEWIPC|CLONE_NEWUSER|CLONE_NEWPID|CLONE_NEWNET) == 0",
    ],
    ["socket", compare("type", "==", 1n, 0xfn), "when type & SOCK_TYPE_MASK == SOCK_STREAM"],
    ["socket", compare("domain", "!=", 40n), "when domain != AF_VSOCK"],
    ["ioctl", compare("request", "==", 0x5412n), "when request == TIOCSTI"],
    ["kill", compare("sig", "==", 9n), "when sig == SIGKILL"],
    ["lseek", compare("offset", "s<", 0n), "when offset >= 0x8000000000000000"],
    ["read", compare("count", "<=", 4096n), "when count <= 0x1000"],
    [
      "openat",
      { kind: "and", of: [compare("flags", "==", 0n, 3n), compare("flags", "==", 0n, 0x40n)] },
      "when flags & (O_WRONLY|O_RDWR|O_CREAT) == 0",
    ],
  ];
  for (const [call, when, text] of conditions) {
    const [[, [first] = []] = []] = told(policy([{ action: { kind: "allow" }, syscalls: [call], when }]));
    assert.equal(
      first?.sentences.map((one) => one.when),
      [text],
      call.toString(),
    );
    assert.equal([first?.sentences[0]?.a, first?.sentences[0]?.b], ["kills the process", "allows"]);
  }
});

sentences("what is the same on several arches is told once", () => {
  const b = policy([{ action: { kind: "allow" }, syscalls: ["read", "write"] }], {
    arches: ["x86_64", "aarch64", "x86"],
  });
  assert.equal(told(b), [
    [
      "x86_64, x86, aarch64",
      [
        {
          calls: ["read", "write"],
          sentences: [
            { when: undefined, a: "kills the process", b: "allows", example: "read(fd=0, buf=0, count=0)" },
          ],
        },
      ],
    ],
  ]);
});

sentences("other arches, numbers without a name and exceptions are told as what they are", () => {
  const a = policy([{ action: { kind: "allow" }, syscalls: ["read", "write"] }]);
  const b: Policy = { ...a, default: { kind: "errno", errno: 1 }, badArch: { kind: "errno", errno: 13 } };
  const text = told(b, a).map(([arches, all]) => [arches, all.map(({ calls }) => calls.join(", "))]);
  assert.equal(text, [
    ["every arch but x86_64", ["every call"]],
    ["x86_64", ["every call but read, write"]],
  ]);
});

sentences.run();
