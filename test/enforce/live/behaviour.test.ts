/** Programs do under the notify engine what they do without it. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { record } from "../../../src/enforce/live/record.ts";
import { canRestart } from "../../../src/enforce/live/restart.ts";
import { native } from "../../../src/enforce/native.ts";
import type { WatchedProcess } from "../../../src/trace/watched.ts";
import { skip, whyNotHere } from "../programs.ts";
import { build, byListener, countsOf, whyNoGcc } from "./programs.ts";

const test = suite("enforce/live/behaviour");
const folder = mkdtempSync(join(tmpdir(), "seccat-test-"));
test.after(() => rmSync(folder, { recursive: true, force: true }));
const why = (await whyNotHere()) ?? whyNoGcc();

/** A test that needs a kernel and a compiler. */
function here(name: string, work: () => Promise<void>): void {
  test(name, async () => (why === undefined ? work() : skip(name, why)));
}

/** Runs a command; what was seen of each process, and the status. */
async function watch(command: readonly string[]): Promise<{ status: number; processes: WatchedProcess[] }> {
  const processes: WatchedProcess[] = [];
  const result = await record(command, {
    each: (process) => processes.push(process),
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (result.kind !== "ended") throw new Error("the command did not run to its end");
  return { status: result.status, processes };
}

for (const [how, count] of [
  ["timer", 30_000],
  ["fork", 100],
] as const)
  here(`no signal makes a call fail that nothing interrupts: ${how}`, async () => {
    if (!canRestart()) return skip(how, "calls can be begun again on x86_64 only");
    const { status } = await watch([build("signals", folder), how, String(count)]);
    assert.is(status, 0);
  });

here("500 forks are followed, each with its maker, and end", async () => {
  const { status, processes } = await watch([
    "sh",
    "-c",
    "i=0; while [ $i -lt 500 ]; do (exit 7) & i=$((i+1)); done; wait; exit 9",
  ]);
  assert.is(status, 9);
  assert.is(processes.length, 501);
  const [command] = processes.filter(({ parent }) => parent === undefined);
  assert.is(processes.filter(({ parent }) => parent === command?.pid).length, 500);
});

here("a process that stops itself is stopped, and goes on when it is told to", async () => {
  const script = `
    sh -c 'kill -STOP $$; exit 5' & child=$!
    while ! grep -q '^State:.T' /proc/$child/status; do sleep 0.01; done
    kill -CONT $child; wait $child; exit $?`;
  assert.is((await watch(["sh", "-c", script])).status, 5);
});

here("a process that traces another goes on to do so", async () => {
  if (spawnSync("strace", ["-o", "/dev/null", "true"]).status !== 0)
    return skip("ptrace", "strace does not work");
  const log = join(folder, "log");
  const { status } = await watch(["strace", "-f", "-o", log, "sh", "-c", "(exit 3); exit 4"]);
  assert.is(status, 4);
  assert.match(readFileSync(log, "utf8"), /exit_group\(4\)/);
});

here("an alarm interrupts a read, and a program without handlers dies of it", async () => {
  const python = `
import os, signal, sys
class Late(Exception): pass
def late(*words): raise Late
signal.signal(signal.SIGALRM, late)
signal.setitimer(signal.ITIMER_REAL, 0.2)
r, w = os.pipe()
try: os.read(r, 1)
except Late: sys.exit(6)`;
  if (spawnSync("python3", ["--version"]).status === 0)
    assert.is((await watch(["python3", "-c", python])).status, 6);
  assert.is((await watch(["sh", "-c", "(sleep 0.2; kill -ALRM $$) & sleep 10 & wait"])).status, 128 + 14);
});

here(
  "threads count for their process, and a thread that executes another program is it from then on",
  async () => {
    const { status, processes } = await watch([build("threads", folder)]);
    assert.is(status, 0);
    assert.is(processes.length, 1);
    const [process] = processes;
    assert.is(process?.tids.length, 5);
    assert.equal(
      process?.cuts.map(({ image }) => image?.comm),
      ["threads", "true"],
    );
  },
);

here("a process whose maker has ended is its maker's child, and its calls are waited for", async () => {
  const { processes } = await watch(["sh", "-c", "(sleep 0.3; echo late) & exit 0"]);
  const [command] = processes.filter(({ parent }) => parent === undefined);
  const late = processes.find(({ calls }) => calls.some(({ name }) => name === "write"));
  assert.is(late?.parent, command?.pid);
});

here("a program that asks for a listener of its own is refused, and that is told", async () => {
  const result = await record([build("filtered", folder), "listener"], {
    each: () => undefined,
    stdio: ["ignore", "ignore", "inherit"],
  });
  assert.is(result.account.listeners, 1);
});

here("a call of the 32-bit ABI is told as such", async () => {
  if (native().abi !== "x86_64") return skip("32 bits", "the program is one of x86_64");
  const { learned, status } = await byListener([build("mixed", folder)]);
  if (status !== 0) return skip("32 bits", "this kernel has no 32-bit calls");
  assert.equal(learned.policy.arches, ["x86_64", "x86"]);
  assert.equal(learned.report.syscalls.find(({ call }) => call === "getpid")?.abis, ["x86"]);
});

here("a call that sleeps for long keeps nobody from ending, and is counted", async () => {
  const ran = await byListener(["sleep", "0.6"]);
  assert.is(countsOf(ran).get("clock_nanosleep"), 1);
});

here("a killed command is told as such", async () => {
  assert.is((await watch(["sh", "-c", "kill -KILL $$"])).status, 137);
});

here("this process can end while it watches", async () => {
  const module = new URL("../../../src/enforce/live/record.js", import.meta.url).href;
  const script = `
    import { record } from ${JSON.stringify(module)};
    setTimeout(() => process.exit(3), 700);
    await record(["sh", "-c", "sleep 20"], { each() {}, stdio: "ignore" });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" });
  const begun = performance.now();
  const code = await new Promise((resolve) => child.once("exit", resolve));
  assert.is(code, 3);
  assert.ok(performance.now() - begun < 19_000);
});

test.run();
