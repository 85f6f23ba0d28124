import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SeccatError } from "../../src/abi/error.ts";
import type { Condition, Value } from "../../src/policy/types.ts";
import { formatWhen, parseWhen } from "../../src/policy/when.ts";
import { Random, seedOf } from "../seed.ts";

const when = suite("policy/when");

const constant = (name: string): Value => ({ kind: "constant", name });
const eq = (name: string, value: Value): Condition => ({ kind: "compare", arg: { name }, op: "==", value });

const readings: readonly (readonly [string, string, Condition])[] = [
  ["a comparison with a constant", "domain == AF_UNIX", eq("domain", constant("AF_UNIX"))],
  ["decimal, hexadecimal, octal and binary numbers", "a == 10", eq("a", 10n)],
  ["hexadecimal", "a == 0x1F", eq("a", 31n)],
  ["octal as C writes it", "mode == 0755", eq("mode", 493n)],
  ["octal as ECMAScript writes it", "mode == 0o755", eq("mode", 493n)],
  ["binary", "a == 0b101", eq("a", 5n)],
  ["a negative number", "fd == -100", eq("fd", -100n)],
  ["an argument by index", "arg3 != 0", { kind: "compare", arg: { index: 3 }, op: "!=", value: 0n }],
  [
    "a mask before the comparison",
    "type & SOCK_TYPE_MASK in {SOCK_STREAM, SOCK_DGRAM}",
    {
      kind: "in",
      arg: { name: "type" },
      mask: constant("SOCK_TYPE_MASK"),
      set: [
        { from: constant("SOCK_STREAM"), to: constant("SOCK_STREAM") },
        { from: constant("SOCK_DGRAM"), to: constant("SOCK_DGRAM") },
      ],
    },
  ],
  [
    "a mask in parentheses",
    "(flags & 3) == 1",
    { kind: "compare", arg: { name: "flags" }, mask: 3n, op: "==", value: 1n },
  ],
  [
    "a range in a set",
    "cmd in {4..7, 9}",
    {
      kind: "in",
      arg: { name: "cmd" },
      set: [
        { from: 4n, to: 7n },
        { from: 9n, to: 9n },
      ],
    },
  ],
  [
    "constants joined with | and ~",
    "flags & ~(O_RDWR|O_CREAT) == 0",
    {
      kind: "compare",
      arg: { name: "flags" },
      mask: { kind: "not", of: { kind: "or", of: [constant("O_RDWR"), constant("O_CREAT")] } },
      op: "==",
      value: 0n,
    },
  ],
  [
    "&& binds tighter than ||",
    "a == 1 || b == 2 && c == 3",
    { kind: "or", of: [eq("a", 1n), { kind: "and", of: [eq("b", 2n), eq("c", 3n)] }] },
  ],
  [
    "parentheses group conditions",
    "(a == 1 || b == 2) && c == 3",
    { kind: "and", of: [{ kind: "or", of: [eq("a", 1n), eq("b", 2n)] }, eq("c", 3n)] },
  ],
  ["a negation", "!(a == 1)", { kind: "not", of: eq("a", 1n) }],
  ["a width", "u64(arg1) == 1", { kind: "compare", arg: { index: 1, as: "u64" }, op: "==", value: 1n }],
  [
    "the null test of a pointer",
    "ptr(addr) == 0",
    { kind: "compare", arg: { name: "addr", as: "ptr" }, op: "==", value: 0n },
  ],
  [
    "a signed comparison, which does not need spaces",
    "a s<-1",
    { kind: "compare", arg: { name: "a" }, op: "s<", value: -1n },
  ],
];

for (const [name, text, condition] of readings) {
  when(`reads ${name}: ${text}`, () => {
    assert.equal(parseWhen(text), condition);
    assert.equal(parseWhen(formatWhen(condition)), condition, "its own text reads back");
  });
}

const failures: readonly (readonly [text: string, column: number, message: string])[] = [
  ["", 1, "the condition is empty"],
  ["a", 2, "an argument stands here without a comparison"],
  ["a = 1", 3, "an argument stands here without a comparison"],
  ["flags & 4", 10, "an argument stands here without a comparison"],
  ["a == ", 6, "a value is missing"],
  ["a == 1 &&", 10, "an argument is missing"],
  ["a == 1 b", 8, "text after the end of the condition"],
  ["(a == 1", 8, ") is missing"],
  ["a in {1, 2", 11, "} is missing"],
  ["arg6 == 1", 1, "a syscall has six arguments"],
  ["a == 0x", 6, "this is no number"],
  ["a == 12z", 6, "this is no number"],
  ["a == 1 # comment", 8, "this character means nothing in a condition"],
  ["u64(u32(a)) == 1", 5, "a width inside a width"],
];
for (const [text, column, message] of failures) {
  when(`refuses ${JSON.stringify(text)} at column ${column}`, () => {
    try {
      parseWhen(text, { file: "p.yaml", line: 3, column: 11 });
    } catch (error) {
      assert.instance(error, SeccatError);
      if (!(error instanceof SeccatError)) return;
      assert.is(error.code, "syntax");
      assert.is(error.message, message);
      assert.equal(error.where, { file: "p.yaml", line: 3, column: 10 + column });
      return;
    }
    assert.unreachable("it was read");
  });
}

when("refuses what is no text, as untyped callers may pass", () => {
  for (const wrong of [undefined, null, 5, {}])
    assert.throws(
      () => parseWhen(wrong as never),
      (error: unknown) => error instanceof SeccatError && error.code === "syntax",
    );
});

when("refuses nesting without end instead of running out of stack", () => {
  assert.throws(() => parseWhen(`${"(".repeat(100_000)}a == 1`), /nested too deeply|six|missing/);
  assert.throws(() => parseWhen(`${"(".repeat(100_000)}a${")".repeat(100_000)} == 1`), /nested too deeply/);
  assert.throws(() => parseWhen(`${"u32(".repeat(100_000)}a`), /nested too deeply/);
  assert.throws(() => parseWhen(`${"!".repeat(100_000)}a == 1`), /nested too deeply/);
  assert.throws(() => parseWhen(`a == ${"~".repeat(100_000)}1`), /nested too deeply/);
});

function randomValue(random: Random, depth: number): Value {
  if (depth === 0 || random.once(2))
    return random.once(2) ? random.u64() >> BigInt(random.below(64)) : -BigInt(random.u32());
  if (random.once(2)) return constant(random.pick(["O_RDONLY", "AF_UNIX", "X"]));
  if (random.once(2)) return { kind: "not", of: randomValue(random, depth - 1) };
  return { kind: "or", of: [randomValue(random, depth - 1), randomValue(random, depth - 1)] };
}

function randomCondition(random: Random, depth: number): Condition {
  if (depth > 0 && !random.once(3)) {
    if (random.once(3)) return { kind: "not", of: randomCondition(random, depth - 1) };
    const of = Array.from({ length: 2 + random.below(2) }, () => randomCondition(random, depth - 1));
    return random.once(2) ? { kind: "and", of } : { kind: "or", of };
  }
  const name = random.once(2)
    ? { name: random.pick(["fd", "flags", "s", "in_", "u64"]) }
    : { index: random.below(6) };
  const arg = random.once(3) ? { ...name, as: random.pick(["u16", "u32", "u64", "ptr"] as const) } : name;
  const side = random.once(2) ? { arg } : { arg, mask: randomValue(random, 2) };
  if (random.once(3)) {
    const set = Array.from({ length: 1 + random.below(3) }, () => {
      const from = randomValue(random, 1);
      return { from, to: random.once(2) ? from : randomValue(random, 1) };
    });
    return { kind: "in", ...side, set };
  }
  const op = random.pick(["==", "!=", "<", "<=", ">", ">=", "s<", "s<=", "s>", "s>="] as const);
  return { kind: "compare", ...side, op, value: randomValue(random, 2) };
}

when("reads back the text of 3,000 random conditions", () => {
  const random = new Random(seedOf("policy/when"));
  for (let i = 0; i < 3000; i++) {
    const condition = randomCondition(random, 3);
    const text = formatWhen(condition);
    assert.is(formatWhen(parseWhen(text)), text);
  }
});

when.run();
