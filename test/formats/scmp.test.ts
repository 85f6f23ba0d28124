/**
 * Container profiles against libseccomp: test/data/policies/libseccomp-2.5.4.json holds profiles, calls, and
 * what a filter answered that Debian's libseccomp 2.5.4 made of the profile the way runc hands it over. Random
 * profiles on which libseccomp gave an answer that none of the matching entries has were left out.
 */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AbiName, abi, abiNames } from "../../arch/index.ts";
import { readPolicy } from "../../src/formats/index.ts";
import { canOverlap, orderRules, type ScmpArg, type ScmpRule } from "../../src/formats/scmp.ts";
import { evaluate } from "../../src/policy/evaluate.ts";
import { root } from "../root.ts";

const test = suite("formats/scmp");

interface Recorded {
  readonly name: string;
  /** SCMP_ARCH_*. */
  readonly arch: string;
  /** The profile's text: its numbers are not all doubles. */
  readonly profile: string;
  /** Number, arguments, return value. */
  readonly calls: readonly (readonly [number, readonly string[], number])[];
}

const recorded: readonly Recorded[] = JSON.parse(
  readFileSync(`${root}test/data/policies/libseccomp-2.5.4.json`, "utf8"),
);

function abiOfOci(arch: string): AbiName {
  const name = abiNames.find((each) => abi(each).names.oci === arch);
  assert.ok(name, arch);
  return name;
}

for (const { name, arch, profile, calls } of recorded)
  test(`${name}: every call gets libseccomp's answer`, () => {
    const native = abiOfOci(arch);
    const { policy } = readPolicy(profile, { native });
    for (const [nr, args, ret] of calls)
      assert.is(
        evaluate(policy, { nr, arch: abi(native).auditArch, args: args.map(BigInt) }).ret,
        ret,
        `${nr}(${args.join(", ")})`,
      );
  });

test("the record is there, with both answers for most profiles", () => {
  assert.ok(recorded.length >= 90);
  const mixed = recorded.filter(({ calls }) => new Set(calls.map(([, , ret]) => ret)).size > 1);
  assert.ok(mixed.length > 80, String(mixed.length));
});

const allow = { kind: "allow" } as const;
const deny = { kind: "errno", errno: 1 } as const;
const rule = (entry: number, action: ScmpRule["action"], ...args: ScmpArg[]): ScmpRule => ({
  syscall: "socket",
  action,
  args,
  entry,
});
const eq = (value: bigint, mask?: bigint): ScmpArg => ({
  index: 0,
  op: "EQ",
  value,
  ...(mask === undefined ? {} : { mask }),
});

test("comparisons that exclude each other are told from those that do not", () => {
  const of = (op: ScmpArg["op"], value: bigint): ScmpArg => ({ index: 0, op, value });
  const apart: (readonly [ScmpArg, ScmpArg])[] = [
    [eq(1n), eq(2n)],
    [eq(1n), of("NE", 1n)],
    [eq(5n), of("LT", 5n)],
    [eq(5n), of("GT", 5n)],
    [of("LT", 5n), of("GE", 5n)],
    [of("LE", 5n), of("GT", 5n)],
    [eq(1n, 3n), eq(2n, 7n)],
    [eq(4n), eq(1n, 1n)],
  ];
  const together: (readonly [ScmpArg, ScmpArg])[] = [
    [eq(1n), eq(1n)],
    [eq(5n), of("LE", 5n)],
    [of("LE", 5n), of("GE", 5n)],
    [of("NE", 1n), of("NE", 2n)],
    [eq(1n, 3n), eq(4n, 4n)],
    [eq(1n), { index: 1, op: "EQ", value: 2n }],
  ];
  for (const [x, y] of apart) {
    assert.not.ok(canOverlap(rule(0, allow, x), rule(1, deny, y)), `${x.op} ${x.value}, ${y.op} ${y.value}`);
    assert.not.ok(canOverlap(rule(0, allow, y), rule(1, deny, x)));
  }
  for (const [x, y] of together)
    assert.ok(canOverlap(rule(0, allow, x), rule(1, deny, y)), `${x.op} ${x.value}`);
});

test("calls of one entry stay one rule, in the entry's order", () => {
  const rules = (["socket", "bind", "connect"] as const).map((syscall) => ({ ...rule(0, allow), syscall }));
  assert.equal(orderRules(rules), {
    rules: [{ entry: 0, action: allow, syscalls: ["socket", "bind", "connect"], alternatives: [[]] }],
    conflicts: [],
  });
});

test("entries without a conflict keep the profile's order", () => {
  const rules = [rule(0, allow, eq(9n)), rule(1, deny, eq(1n)), rule(2, allow, eq(5n))];
  const ordered = orderRules(rules);
  assert.equal(
    ordered.rules.map(({ entry }) => entry),
    [0, 1, 2],
  );
  assert.equal(ordered.conflicts, []);
});

test("an overlap of unlike actions is a conflict, and the tree's order decides", () => {
  const low: ScmpArg = { index: 0, op: "GE", value: 1n };
  const ordered = orderRules([rule(0, allow, low), rule(1, deny, eq(5n))]);
  assert.equal(
    ordered.rules.map(({ entry }) => entry),
    [1, 0],
  );
  assert.equal(
    ordered.conflicts.map(({ kind, winner, loser }) => [kind, winner.entry, loser.entry]),
    [["overlap", 1, 0]],
  );
});

test.run();
