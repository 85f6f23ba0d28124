import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AbiName, type TwinCause, twinCauses } from "../../arch/index.ts";
import { allow, deny, policy } from "../../src/policy/builder.ts";
import { seccompData } from "../../src/policy/call.ts";
import { evaluate } from "../../src/policy/evaluate.ts";
import { lint } from "../../src/policy/lint.ts";
import { portability, widen } from "../../src/policy/portability.ts";
import type { Policy, Rule } from "../../src/policy/types.ts";
import { refines } from "../../src/prove/index.ts";
import { Random, seedOf } from "../seed.ts";
import { randomPolicy } from "./random.ts";

const test = suite("policy/portability");

const eleven = [
  "close",
  "read",
  "write",
  "open",
  "fstat",
  "fcntl",
  "brk",
  "getdents",
  "openat",
  "shutdown",
  "exit_group",
] as const;
const seed = on(["x86_64"], allow(...eleven));

function on(arches: readonly AbiName[], ...rules: readonly Rule[]): Policy {
  return policy({ default: "kill_process", arches }, rules);
}

function told(from: Policy, causes?: readonly TwinCause[]): string[] {
  return portability(from, causes).map(
    ({ cause, call, missing, abis }) => `${cause} ${call}: ${missing.join(" ") || "-"} ${abis.join(" ")}`,
  );
}

/** What widening adds, as `rule: calls`, by the place of the rule. */
function added(from: Policy, ...causes: TwinCause[]): string[] {
  const wide = widen(from, causes).policy;
  return wide.rules.flatMap(({ syscalls, why }, i) =>
    why === undefined ? [] : [`${i}: ${syscalls.join(" ")}`],
  );
}

test("the seed's policy gets its three warnings: open, fstat and getdents", () => {
  assert.equal(told(seed), [
    "libc open: - x86_64",
    "libc fstat: newfstatat x86_64",
    "libc getdents: getdents64 x86_64",
  ]);
});

test("widening the seed's policy adds the two calls that it lacks, each with its reason, and then nothing lacks", () => {
  const { policy: wide, added } = widen(seed, ["libc"]);
  assert.equal(added, ["newfstatat", "getdents64"]);
  assert.equal(
    wide.rules.map(({ why }) => why),
    [
      undefined,
      "what other libcs call for fstat: glibc 2.33 to 2.38; fstat again since 2.39",
      "what other libcs call for getdents: glibc since about 2.28, and musl",
    ],
  );
  assert.equal(told(wide), ["libc open: - x86_64"]);
  assert.equal(widen(wide, ["libc"]).policy, wide);
});

test("a policy of a new libc misses what an older one calls", () => {
  assert.equal(told(on(["x86_64"], allow("openat", "newfstatat", "clone3"))), [
    "libc openat: open x86_64",
    "libc newfstatat: stat lstat fstat x86_64",
    "libc clone3: clone x86_64",
    "kernel clone3: clone x86_64",
  ]);
});

test("an arch without a call is told what it has in its place", () => {
  const both = on(["x86_64", "aarch64"], allow("open", "dup2", "read"));
  assert.equal(told(both, ["arch"]), ["arch open: openat aarch64", "arch dup2: dup3 aarch64"]);
  assert.equal(added(both, "arch"), ["1: openat", "2: dup3"]);
  assert.equal(told(on(["x86_64", "aarch64"], allow("open", "openat"))), ["libc open: - x86_64"]);
});

test("twins of several arches for one reason go into one rule", () => {
  const { policy: wide } = widen(on(["aarch64", "x86_64"], allow("statx")), ["libc"]);
  assert.equal(wide.rules[1]?.syscalls, ["fstat", "stat", "lstat"]);
  assert.equal(widen(wide, ["libc"]).added, []);
});

test("a twin that a rule speaks about, or that the default allows, is left alone", () => {
  assert.equal(told(on(["x86_64"], deny("EPERM", "getdents64"), allow("getdents"))), []);
  const open = policy({ default: "allow", arches: ["x86_64"] }, [deny("EPERM", "ptrace")]);
  assert.equal(told(open), []);
  assert.equal(told(on(["x86_64"], deny("EPERM", "getdents"))), []);
});

test("a condition goes with the call when the twin has the same arguments, else the twin stays out", () => {
  const reading = on(
    ["x86_64"],
    allow("open").if("flags & O_ACCMODE == O_RDONLY"),
    allow("clone").if("flags & CLONE_NEWUSER == 0"),
  );
  const { policy: wide, left } = widen(reading, ["libc"]);
  const rets = ["O_RDONLY", "O_RDWR"].map(
    (flags) => evaluate(wide, seccompData({ abi: "x86_64", call: "openat", args: { flags } })).action.kind,
  );
  assert.equal(rets, ["allow", "kill_process"]);
  assert.equal(
    left.map(({ finding, reason }) => `${finding.call}: ${finding.missing.join(" ")}: ${reason}`),
    ["clone: clone3: rule 2 has a condition that it cannot take over"],
  );
});

test("for any policy, what is widened allows no less, has no more rules that never match, and has what was added", () => {
  const random = new Random(seedOf("policy/portability"));
  for (let i = 0; i < 60; i++) {
    const from: Policy = {
      ...randomPolicy(random),
      default: { kind: "kill_process" },
      badArch: { kind: "kill_process" },
    };
    const { policy: wide, added } = widen(from, twinCauses);
    assert.is(refines(from, wide).answer, "proved");
    const dead = (of: Policy) =>
      lint(of).filter(({ message }) => message.startsWith("the rule can never match")).length;
    assert.ok(dead(wide) <= dead(from), "a dead rule");
    const lacking = new Set(portability(wide).flatMap(({ missing }) => missing));
    for (const call of added) assert.not.ok(lacking.has(call), `${call} was added and is lacking`);
  }
});

test.run();
