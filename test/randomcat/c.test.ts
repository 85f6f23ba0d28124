import type { ChildProcess } from "node:child_process";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { whyNoFilter } from "../../src/cli/randomcat/guard.ts";
import { compile } from "../../src/compile/index.ts";
import { spawnFiltered } from "../../src/enforce/index.ts";
import { newRecording, notifyAll } from "../../src/enforce/live/record.ts";
import { native } from "../../src/enforce/native.ts";
import type { Policy } from "../../src/policy/types.ts";
import { newLearner, type WatchedProcess } from "../../src/trace/index.ts";
import { root } from "../root.ts";
import { fetchUrl, pictureOf } from "./client.ts";

const test = suite("a server in C, traced and put under its own policy");
const place = mkdtempSync(`${tmpdir()}/seccat-c-`);
const binary = `${place}/randomcat`;
const folder = `${root}src/cli/randomcat`;

/** Builds the server; says why not. */
function whyNotBuilt(): string | undefined {
  const source = `${root}test/data/randomcat/randomcat.c`;
  const gcc = spawnSync("gcc", ["-O2", "-Wall", "-Wextra", "-Werror", "-o", binary, source], {
    encoding: "utf8",
  });
  if (gcc.error) return "gcc is not installed";
  return gcc.status === 0 ? undefined : gcc.stderr;
}

const unbuilt = whyNotBuilt();
if (unbuilt === "gcc is not installed") console.log(`skipped: ${unbuilt}`);
else assert.is(unbuilt, undefined);
const reason = unbuilt ?? (await whyNoFilter());
if (reason !== undefined && reason !== unbuilt) console.log(`skipped: ${reason}`);
const onKernel = reason === undefined ? test : test.skip;

/** Waits for the port, asks for two cats and for something else, and ends the server with its process group. */
async function visit(server: ChildProcess): Promise<{ statuses: (number | string)[]; names: unknown[] }> {
  const ended = once(server, "close");
  const [line] = await once(server.stdout ?? server, "data");
  const statuses: (number | string)[] = [];
  const names: unknown[] = [];
  try {
    for (const path of ["/randomcat", "/randomcat", "/"]) {
      const answer = await fetchUrl(`http://127.0.0.1:${Number.parseInt(String(line), 10)}${path}`).catch(
        (error: NodeJS.ErrnoException) => error,
      );
      statuses.push(answer instanceof Error ? (answer.code ?? answer.message) : answer.status);
      if (!(answer instanceof Error) && answer.status === 200) names.push(pictureOf(answer.body));
    }
    // the last child still has to end, and a trace to show it
    await new Promise((resolve) => setTimeout(resolve, 200));
  } finally {
    process.kill(-(server.pid ?? 0), "SIGTERM");
    await ended;
  }
  return { statuses, names };
}

/** What the server and its children call, told by a listener. */
async function watchServer(): Promise<WatchedProcess[]> {
  const processes: WatchedProcess[] = [];
  const { onListener } = newRecording({ each: (process) => processes.push(process) });
  const { child, supervisor } = await spawnFiltered([notifyAll()], [binary], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
    onListener,
  });
  assert.equal((await visit(child)).statuses, [200, 200, 404]);
  await supervisor?.done;
  return processes;
}

/** The policy of what was watched. */
function policyOf(processes: readonly WatchedProcess[], only: "all" | "child"): Policy {
  const learner = newLearner({ native: native().abi, only });
  for (const process of processes) learner.take(process);
  return learner.finish().policy;
}

/** What the server answers under `policy`. */
async function visitUnder(policy: Policy) {
  const { child } = await spawnFiltered([compile(policy).program], [binary], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  return visit(child);
}

let learned: Policy | undefined;
let watched: readonly WatchedProcess[] = [];

onKernel("its trace gives a policy that kills by default and has no call of Node's", async () => {
  watched = await watchServer();
  learned = policyOf(watched, "all");
  const calls = learned.rules.flatMap(({ syscalls }) => syscalls.map(String));
  assert.is(learned.default.kind, "kill_process");
  for (const name of ["execve", "accept", "getdents64", "openat", "shutdown"])
    assert.ok(calls.includes(name), name);
  for (const name of ["epoll_pwait", "io_uring_enter", "ptrace"]) assert.not.ok(calls.includes(name), name);
});

onKernel("the serving children's own policy comes out when children are asked for, and nothing else", () => {
  const calls = policyOf(watched, "child").rules.flatMap(({ syscalls }) => syscalls.map(String));
  for (const name of ["read", "write", "openat", "getdents64", "close", "shutdown", "exit_group"])
    assert.ok(calls.includes(name), name);
  for (const name of [
    "execve",
    "accept",
    "socket",
    "bind",
    "listen",
    "clone",
    "wait4",
    "arch_prctl",
    "pread64",
  ])
    assert.not.ok(calls.includes(name), name);
  assert.ok(calls.length < 20, calls.join(" "));
});

onKernel("under that policy it serves whole cats and refuses the rest, as before", async () => {
  assert.ok(learned);
  const { statuses, names } = await visitUnder(learned);
  assert.equal(statuses, [200, 200, 404]);
  for (const name of names) assert.type(name, "string");
});

onKernel(
  "without getdents64 in it, the children that look for cats are killed and the server goes on",
  async () => {
    assert.ok(learned);
    const rules = learned.rules.map((rule) => ({
      ...rule,
      syscalls: rule.syscalls.filter((name) => name !== "getdents64"),
    }));
    const { statuses } = await visitUnder({ ...learned, rules });
    assert.equal(statuses, ["ECONNRESET", "ECONNRESET", 404]);
  },
);

test.after(() => rmSync(place, { recursive: true, force: true }));
test.run();
