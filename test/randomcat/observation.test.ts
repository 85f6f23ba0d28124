import { readdirSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { AbiName } from "../../arch/index.ts";
import { expandGroup } from "../../arch/index.ts";
import { whyNoFilter } from "../../src/cli/randomcat/guard.ts";
import type { Observation } from "../../src/cli/randomcat/observation.ts";
import { learnChild, observe, recorded } from "../../src/cli/randomcat/observation.ts";
import { native } from "../../src/enforce/native.ts";
import { root } from "../root.ts";

const test = suite("observation of randomcat");
const noise = new Set<string>(expandGroup("@node-runtime/engine"));

/** The calls that the first rule of the learned policy allows, in order of their names. */
function own(observation: Observation, abi: AbiName = "x86_64"): string[] {
  const [rule] = learnChild(observation, abi).policy.rules;
  return (rule?.syscalls ?? []).map(String).sort();
}

function recordedLogs(): readonly string[] {
  const observation = recorded("");
  return observation.kind === "recorded" ? observation.logs : [];
}

test("there is a recorded trace of each Node from 20 to 26, and none holds a path of the machine that made it", () => {
  const names = readdirSync(`${root}src/cli/randomcat/recorded`).sort();
  assert.equal(names, ["node-20.strace", "node-22.strace", "node-24.strace", "node-26.strace"]);
  for (const log of recordedLogs()) assert.not.match(log, /"\/(?!proc\/|")/);
});

test("the recorded traces are read without loss, and every Node asks for the same calls beside its noise", () => {
  const sets = recordedLogs().map((log) => {
    const alone: Observation = { kind: "recorded", logs: [log], reason: "" };
    const { report } = learnChild(alone, "x86_64");
    assert.is(report.counts.unreadable, 0);
    assert.is(report.taken.pids.length, 1);
    return own(alone);
  });
  for (const set of sets) assert.equal(set, sets[0]);
  assert.ok(sets[0]?.includes("getdents64") && sets[0]?.includes("shutdown"));
});

test("the policy allows the noise of Node by its group and repeats none of it", () => {
  const { policy } = learnChild(recorded(""), "x86_64");
  assert.equal(policy.default, { kind: "kill_process" });
  assert.equal(policy.rules[1]?.syscalls, ["@node-runtime/engine"]);
  for (const name of own(recorded(""))) assert.not.ok(noise.has(name), name);
});

test("nothing of the server, and nothing from before the filter, is in the policy", () => {
  for (const name of ["accept4", "listen", "bind", "socket", "execve", "clone3", "seccomp", "prctl"])
    assert.not.ok(own(recorded("")).includes(name), name);
});

const live = (await whyNoFilter()) === undefined ? await observe() : recorded("no filter can be installed");
if (live.kind === "recorded") console.log(`skipped: nothing can be watched here: ${live.reason}`);
const onKernel = live.kind === "watched" ? test : test.skip;

onKernel("what is watched here asks for no call that the recorded traces lack", () => {
  const known = new Set(own(recorded("")));
  assert.equal(
    own(live, native().abi).filter((name) => !known.has(name)),
    [],
  );
});

onKernel("what is watched here holds four children, each to its end", () => {
  const { report } = learnChild(live, native().abi);
  assert.is(report.taken.pids.length, 4);
  assert.is(report.syscalls.find(({ call }) => call === "exit_group")?.count, 4);
});

test.run();
