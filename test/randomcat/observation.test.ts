import { readdirSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { AbiName } from "../../arch/index.ts";
import { expandGroup } from "../../arch/index.ts";
import { whyNoFilter } from "../../src/cli/randomcat/guard.ts";
import type { Observation } from "../../src/cli/randomcat/observation.ts";
import { learnChild, observe, recording } from "../../src/cli/randomcat/observation.ts";
import { native } from "../../src/enforce/native.ts";
import { root } from "../root.ts";

const test = suite("observation of randomcat");
const noise = new Set<string>(expandGroup("@node-runtime/engine"));

/** The calls that the first rule of the learned policy allows, in order of their names. */
function own(observation: Observation, abi: AbiName = "x86_64"): string[] {
  const [rule] = learnChild(observation, abi).policy.rules;
  return (rule?.syscalls ?? []).map(String).sort();
}

test("there is a recorded trace of each Node from 20 to 26, and none holds a path of the machine that made it", () => {
  const names = readdirSync(`${root}src/cli/randomcat/recorded`).sort();
  assert.equal(names, ["node-20.strace", "node-22.strace", "node-24.strace", "node-26.strace"]);
  for (const log of recording("").logs) assert.not.match(log, /"\/(?!proc\/|")/);
});

test("the recorded traces are read without loss, and every Node asks for the same calls beside its noise", () => {
  const sets = recording("").logs.map((log) => {
    const { report } = learnChild({ logs: [log] }, "x86_64");
    assert.is(report.counts.unreadable, 0);
    assert.is(report.taken.pids.length, 1);
    return own({ logs: [log] });
  });
  for (const set of sets) assert.equal(set, sets[0]);
  assert.ok(sets[0]?.includes("getdents64") && sets[0]?.includes("shutdown"));
});

test("the policy allows the noise of Node by its group and repeats none of it", () => {
  const { policy } = learnChild(recording(""), "x86_64");
  assert.equal(policy.default, { kind: "kill_process" });
  assert.equal(policy.rules[1]?.syscalls, ["@node-runtime/engine"]);
  for (const name of own(recording(""))) assert.not.ok(noise.has(name), name);
});

test("nothing of the server, and nothing from before the filter, is in the policy", () => {
  for (const name of ["accept4", "listen", "bind", "socket", "execve", "clone3", "seccomp", "prctl"])
    assert.not.ok(own(recording("")).includes(name), name);
});

const live = (await whyNoFilter()) === undefined ? await observe() : recording("no filter can be installed");
if (live.recorded !== undefined) console.log(`skipped: no trace can be made here: ${live.recorded}`);
const onStrace = live.recorded === undefined ? test : test.skip;

onStrace("a trace made here asks for no call that the recorded traces lack", () => {
  const recorded = new Set(own(recording("")));
  assert.equal(
    own(live, native().abi).filter((name) => !recorded.has(name)),
    [],
  );
});

onStrace("a trace made here holds four children, each to its end", () => {
  const { report } = learnChild(live, native().abi);
  assert.is(report.taken.pids.length, 4);
  assert.is(report.syscalls.find(({ call }) => call === "exit_group")?.count, 4);
});

test.run();
