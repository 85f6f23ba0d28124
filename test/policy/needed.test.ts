import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isSyscallName, neededSetNames, neededSets, syscallNames } from "../../arch/index.ts";
import { SeccatError } from "../../src/abi/error.ts";
import { addNeeded, neededBy } from "../../src/policy/needed.ts";
import type { Policy, Rule } from "../../src/policy/types.ts";
import { parseWhen } from "../../src/policy/when.ts";
import { refines } from "../../src/prove/index.ts";

const test = suite("policy/needed");

const allow = (syscalls: Rule["syscalls"], when?: string): Rule => ({
  action: { kind: "allow" },
  syscalls,
  ...(when === undefined ? {} : { when: parseWhen(when) }),
});
const policy = (...rules: readonly Rule[]): Policy => ({
  arches: ["x86_64"],
  default: { kind: "kill_process" },
  rules,
});

test("every set names calls that exist, and says for each what it is for", () => {
  for (const name of neededSetNames)
    for (const { calls, why } of neededSets[name]) {
      assert.ok(calls.every(isSyscallName), name);
      assert.match(why, / /);
    }
});

test("what is added comes behind the rules with its reason, and what is allowed already is left alone", () => {
  const {
    policy: more,
    added,
    unconditioned,
  } = addNeeded(policy(allow(["read", "exit"])), neededBy(["usual"]));
  assert.equal(added, ["exit_group", "rt_sigreturn", "restart_syscall", "sched_yield"]);
  assert.equal(unconditioned, []);
  assert.equal(
    more.rules.map(({ syscalls, why }) => [...syscalls, why ?? ""].join(" ")),
    [
      "read exit ",
      "exit_group added: a process ends with it",
      "rt_sigreturn added: every signal handler returns with it",
      "restart_syscall added: the kernel makes it when a sleep or a wait goes on behind a stop",
      "sched_yield added: threads that spin on a lock give way with it",
    ],
  );
});

test("adding twice adds nothing the second time, whatever the set", () => {
  for (const name of neededSetNames) {
    const once = addNeeded(policy(allow(["read"])), neededBy([name])).policy;
    assert.equal(addNeeded(once, neededBy([name])).policy, once, name);
  }
});

test("a policy allows with every set what it allowed, as the prover says", () => {
  const before = policy(
    allow(["read"]),
    allow(["mmap"], "prot == PROT_READ"),
    allow(["fcntl"], "cmd == F_GETFL"),
  );
  for (const name of neededSetNames) {
    const { policy: after } = addNeeded(before, neededBy([name]));
    assert.is(refines(before, after).answer, "proved", name);
    assert.is(refines(after, before).answer, "differs", name);
  }
});

test("a call that is asked for loses its condition, which is told", () => {
  const before = policy(allow(["mmap", "mprotect"], "prot == PROT_READ"));
  const { policy: after, added, unconditioned } = addNeeded(before, neededBy(["mmap"]));
  assert.equal([added, unconditioned], [["mmap"], ["mmap"]]);
  assert.equal(
    after.rules.map(({ syscalls }) => syscalls),
    [["mprotect"], ["mmap"]],
  );
});

test("calls that no arch of the policy has are not added", () => {
  const arm: Policy = { ...policy(allow(["read"])), arches: ["aarch64"] };
  const { added } = addNeeded(arm, neededBy(["loader"]));
  assert.ok(added.includes("openat") && !added.includes("open") && !added.includes("arch_prctl"));
});

test("any call can be added by its name, and a misspelt one is told", () => {
  const call = syscallNames.find((name) => name === "umask") ?? "read";
  assert.equal(neededBy([call]), [{ calls: ["umask"], why: "asked for by name" }]);
  try {
    neededBy(["usul"]);
    assert.unreachable();
  } catch (error) {
    assert.ok(error instanceof SeccatError);
    assert.is(error.fix, "did you mean usual?");
  }
});

test.run();
