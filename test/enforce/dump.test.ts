/** Filters read back from sacrificial processes: as root, since the kernel shows them to nobody else. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AbiName, type SyscallName, syscallNr } from "../../arch/index.ts";
import { backendNames, loadShim } from "../../shim/index.ts";
import { SeccatError } from "../../src/abi/error.ts";
import { encode } from "../../src/bpf/codec.ts";
import type { Program } from "../../src/bpf/program.ts";
import { readProcess } from "../../src/cli/process.ts";
import { compile } from "../../src/compile/index.ts";
import { filterNotShown, readFilters, whileStopped } from "../../src/enforce/dump.ts";
import { spawnFiltered } from "../../src/enforce/launch.ts";
import { lookAt, whyNoRight } from "../../src/enforce/target.ts";
import { statusField } from "../../src/enforce/threads.ts";
import { sacrifice, sacrificed } from "./child.ts";
import { sourceUrl } from "./launched.ts";
import { allowAll, denyOnly, here, ret, skip, whyNotHere } from "./programs.ts";

const test = suite("dump");

const first = denyOnly(ret.errno(1), "ptrace");
const second = denyOnly(ret.errno(2), "mount", "umount2");
const third = denyOnly(ret.kill_process, "reboot");

/** The bytes of programs, to compare. */
const bytesOf = (programs: readonly Program[]) =>
  programs.map((program) => Buffer.from(encode(program)).toString("hex"));
const readBytes = (pid: number) => bytesOf(readFilters(pid).filters.map(({ program }) => program));
const status = (pid: number, field: string) =>
  statusField(readFileSync(`/proc/${pid}/status`, "latin1"), field);

/** What `work` throws. */
function refusal(work: () => unknown): SeccatError {
  try {
    work();
  } catch (error) {
    if (error instanceof SeccatError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500; turn++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`it never came to be: ${what}`);
}

/** What `work` returns for a folder that is gone afterwards. */
async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "seccat-dump-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const running: ChildProcess[] = [];

/** A command under filters that is killed at the end of the test, and its pid. */
async function target(programs: readonly Program[], ...argv: readonly string[]) {
  const command = argv.length > 0 ? argv : ["sleep", "30"];
  const started = await spawnFiltered(programs, command, { stdio: ["pipe", "pipe", "ignore"] });
  running.push(started.child);
  const { pid } = started.child;
  assert.ok(pid);
  const lines = started.child.stdout && createInterface({ input: started.child.stdout });
  const iterator = lines?.[Symbol.asyncIterator]();
  return { ...started, pid, line: async () => String((await iterator?.next())?.value) };
}

test.after.each(() => {
  for (const child of running.splice(0)) child.kill("SIGKILL");
});

const why = (await whyNotHere()) ?? whyNoRight()?.message;
if (why !== undefined || !here) skip("filters of running processes", why ?? "this is no Linux");
else register(here.abi);

function register(abi: AbiName): void {
  for (const programs of [[first], [first, second], [third, first, second]])
    test(`${programs.length} filters come back as they were installed, byte by byte, oldest first`, async () => {
      const { pid } = await target(programs);
      const read = readFilters(pid);
      assert.is(read.mode, "filter");
      assert.equal([read.pid, read.tid, read.name], [pid, pid, "sleep"]);
      assert.equal(
        read.filters.map(({ index }) => index),
        programs.map((_, index) => index),
      );
      assert.equal(bytesOf(read.filters.map(({ program }) => program)), bytesOf(programs));
    });

  for (const name of backendNames) {
    let missing: string | undefined;
    try {
      loadShim(name);
    } catch (error) {
      missing = error instanceof Error ? error.message : String(error);
    }
    if (missing !== undefined) skip(`reading through ${name}`, missing);
    else
      test(`${name} reads them`, async () => {
        const { pid } = await target([first, second]);
        const { filters } = readFilters(pid, { ffi: name });
        assert.equal(bytesOf(filters.map(({ program }) => program)), bytesOf([first, second]));
      });
  }

  test("the log flag is told, of the filter that has it", async () => {
    const child = sacrifice(
      `install(programs.first); install(programs.second, { log: true }); install(programs.third, { specAllow: true });
      say("ready"); await told(); process.exit(0);`,
      { first, second, third },
    );
    await child.line();
    const { filters } = readFilters(child.pid);
    assert.equal(
      filters.map(({ flags }) => flags),
      [[], ["log"], []],
    );
    assert.equal(bytesOf(filters.map(({ program }) => program)), bytesOf([first, second, third]));
    child.tell("go");
    assert.is((await child.ended).status, 0);
  });

  test("the longest program and a hundred short ones come back too", async () => {
    const many = [
      allowAll(4096),
      ...Array.from({ length: 100 }, (_, i) => denyOnly(ret.errno(i + 1), "reboot")),
    ];
    const { pid } = await target(many);
    assert.equal(readBytes(pid), bytesOf(many));
  });

  test("a stack as systemd makes it: one filter per setting, each for the arch and a few calls", async () => {
    const stack = systemdStack(abi);
    assert.is(stack.length, 12);
    const { pid } = await target(stack);
    assert.equal(readBytes(pid), bytesOf(stack));
  });

  test("what a live bwrap --seccomp put on its command", () =>
    inFolder(async (folder) => {
      const file = join(folder, "F");
      writeFileSync(file, encode(second));
      const fd = openSync(file, "r");
      const words = [
        "--die-with-parent",
        "--ro-bind",
        "/",
        "/",
        "--seccomp",
        "3",
        "sh",
        "-c",
        "echo ready; sleep 30",
      ];
      const child = spawn("bwrap", words, {
        stdio: ["ignore", "pipe", "ignore", fd],
        env: { PATH: "/usr/bin:/bin" },
      });
      running.push(child);
      closeSync(fd);
      const failed = await Promise.race([
        once(child.stdout ?? child, "data").then(() => undefined),
        once(child, "error").then(([error]) => String(error)),
        once(child, "exit").then(([code]) => `bwrap ended with ${code}`),
      ]);
      if (failed !== undefined) return skip("a live bwrap --seccomp", failed);
      const { pid = 0 } = child;
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim().split(" ");
      const filtered = [pid, ...children.map(Number)].filter((one) => status(one, "Seccomp") === "2");
      assert.ok(filtered.length > 0, "bwrap's own child is under it");
      for (const one of filtered) assert.equal(readBytes(one), bytesOf([second]));
    }));

  test("a process under no filter has none, and is not touched", () => {
    const child = spawn("sleep", ["30"]);
    running.push(child);
    const { pid = 0 } = child;
    const read = readFilters(pid);
    assert.equal([read.mode, read.filters], ["none", []]);
    assert.equal(readFilters(process.pid).filters, [], "which holds for the reader, too");
  });

  test("a process in strict mode has no filters, and its mode is told", async () => {
    const prctl = syscallNr(abi, "prctl");
    const code = `$| = 1; print "ready\\n"; syscall(${prctl}, 22, 1, 0, 0, 0); sysread(STDIN, $x, 1);`;
    const child = spawn("perl", ["-e", code], { stdio: ["pipe", "pipe", "ignore"] });
    running.push(child);
    const failed = await Promise.race([
      once(child.stdout, "data").then(() => undefined),
      once(child, "error").then(([error]) => String(error)),
    ]);
    if (failed !== undefined) return skip("a process in strict mode", failed);
    const { pid = 0 } = child;
    await until("strict", () => status(pid, "Seccomp") === "1");
    const { mode, filters } = readFilters(pid);
    assert.equal([mode, filters], ["strict", []]);
    assert.match(
      refusal(() => readProcess({ pid })).message,
      new RegExp(`^process ${pid} \\(perl\\) is in strict mode, which has no program$`),
    );
  });

  test("a process goes on afterwards, as if nothing had been", async () => {
    const { pid, child, line, exited } = await target([first], "sh", "-c", "while read x; do echo $x; done");
    for (let i = 0; i < 50; i++) {
      assert.equal(readBytes(pid), bytesOf([first]));
      child.stdin?.write(`${i}\n`);
      assert.is(await line(), String(i));
    }
    assert.is(status(pid, "TracerPid"), "0");
    child.stdin?.end();
    assert.equal(await exited, { status: 0, signal: undefined });
  });

  test("a process that computes without any call goes on too", async () => {
    const { pid } = await target([first], "sh", "-c", "while :; do :; done");
    assert.equal(readBytes(pid), bytesOf([first]));
    assert.match(status(pid, "State") ?? "", /^R/);
  });

  test("signals that come meanwhile arrive, each", async () => {
    const loop = `trap 'echo got' USR1; echo ready; while :; do sleep 0.001; done`;
    const { pid, line } = await target([first], "sh", "-c", loop);
    assert.is(await line(), "ready");
    for (let i = 0; i < 100; i++) {
      process.kill(pid, "SIGUSR1");
      assert.equal(readBytes(pid), bytesOf([first]));
      assert.is(await line(), "got");
    }
  });

  test("a process that SIGSTOP stopped stays stopped, and SIGCONT wakes it", async () => {
    const { pid, child, line } = await target([first, third], "sh", "-c", "while read x; do echo $x; done");
    process.kill(pid, "SIGSTOP");
    await until("stopped", () => status(pid, "State")?.startsWith("T") === true);
    for (let i = 0; i < 20; i++) assert.equal(readBytes(pid), bytesOf([first, third]));
    await until("no longer traced", () => status(pid, "TracerPid") === "0");
    await until("stopped again", () => status(pid, "State") === "T (stopped)");
    child.stdin?.write("on\n");
    process.kill(pid, "SIGCONT");
    assert.is(await line(), "on");
  });

  /** A process that waits in vfork, where no stop reaches it, and its child; undefined where no C can be compiled. */
  async function vforking(folder: string) {
    const source = `#include <unistd.h>
      int main(void) { if (vfork() == 0) { sleep(30); _exit(0); } return 7; }`;
    const file = join(folder, "vforks");
    const gcc = spawnSync("gcc", ["-x", "c", "-o", file, "-"], { input: source, encoding: "utf8" });
    if (gcc.status !== 0) return skip("a process in vfork", gcc.error?.message ?? gcc.stderr);
    const { line } = await target([first], "sh", "-c", `"$0" & echo $!; wait $!; echo $?`, file);
    const pid = Number(await line());
    const childOf = () => Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1"));
    await until("in vfork", () => childOf() > 0 && status(pid, "State")?.startsWith("D") === true);
    const child = childOf();
    return { pid, line, release: () => process.kill(child, "SIGKILL") };
  }

  test("a process in vfork cannot be stopped, which is told, and it is not touched", () =>
    inFolder(async (folder) => {
      const vfork = await vforking(folder);
      if (!vfork) return;
      const { code, message } = refusal(() => readFilters(vfork.pid, { timeout: 30 }));
      assert.is(code, "host");
      assert.match(message, /^process \d+ waits where the kernel cannot stop it \(state D\)/);
      assert.is(status(vfork.pid, "TracerPid"), "0");
      vfork.release();
      assert.is(await vfork.line(), "7");
    }));

  test("a process that stops only after the time is up is let go then", () =>
    inFolder(async (folder) => {
      const vfork = await vforking(folder);
      if (!vfork) return;
      const deadline = performance.now() + 30;
      const { code, message } = refusal(() => whileStopped(loadShim(), lookAt(vfork.pid), deadline, () => 0));
      assert.equal(
        [code, message],
        ["host", `process ${vfork.pid} did not stop in time, so its filters were not read`],
      );
      vfork.release();
      assert.is(await vfork.line(), "7");
    }));

  test("processes that are killed while they are read: each is told, and each end reaches its parent", async () => {
    const codes = new Set<string>();
    for (let i = 0; i < 40; i++) {
      const { pid, exited } = await target([first], "sh", "-c", `sleep 0.00${i % 10}; kill -9 $$`);
      try {
        // With a pause, since a fork that is interrupted is begun again, and would be for ever.
        for (;;) {
          assert.is(readFilters(pid).filters.length, 1);
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      } catch (error) {
        if (!(error instanceof SeccatError)) throw error;
        codes.add(`${error.code}: ${error.message.replaceAll(/\d+/g, "N")}`);
      }
      const { status, signal } = await exited;
      assert.equal([status, signal], [undefined, "SIGKILL"]);
    }
    for (const code of codes)
      assert.match(code, /^usage: (there is no process or thread N|process N (has ended and|ended while))/);
  });

  test("also when they are somebody else's children", async () => {
    const loop = "for i in 1 2 3 4 5 6 7 8; do sleep 0.02 & echo $!; wait $!; echo $?; done";
    const { line } = await target([first], "sh", "-c", loop);
    for (let i = 0; i < 8; i++) {
      const pid = Number(await line());
      const { message } = refusal(() => {
        for (;;) readFilters(pid);
      });
      assert.match(message, /there is no process|has ended|ended while/);
      assert.is(await line(), "0");
    }
  });

  test("a zombie is told, and nothing waits for it", async () => {
    const { line } = await target([first], "sh", "-c", "sleep 0.3 & echo $!; exec sleep 30");
    const pid = Number(await line());
    await until("a zombie", () => status(pid, "State")?.startsWith("Z") === true);
    const error = refusal(() => readFilters(pid));
    assert.is(error.message, `process ${pid} has ended and holds no filters any more`);
  });

  test("a thread has filters of its own, and the process tells which one has", async () => {
    const child = sacrifice(
      `install(programs.first);
      const tid = await inWorker(\`const { parentPort, workerData } = require("node:worker_threads");
        (async () => {
          const { install } = await import(workerData.install);
          const { readProgram } = await import(workerData.codec);
          install(readProgram(workerData.bytes), { tsync: false, ffi: "koffi" });
          parentPort.postMessage(Number(require("node:fs").readlinkSync("/proc/thread-self").split("/").pop()));
          setInterval(() => {}, 1000);
        })();\`, { install: ${JSON.stringify(sourceUrl("src/enforce/install"))},
          codec: ${JSON.stringify(sourceUrl("src/bpf/codec"))}, bytes: new Uint8Array(${JSON.stringify([...encode(third)])}) });
      say(tid); await told(); process.exit(0);`,
      { first },
    );
    const tid = Number(await child.line());
    const whole = readFilters(child.pid);
    assert.equal(bytesOf(whole.filters.map(({ program }) => program)), bytesOf([first]));
    assert.equal(
      whole.others.map((other) => [other.tid, other.filters]),
      [[tid, 2]],
    );
    const one = readFilters(tid);
    assert.equal([one.pid, one.tid], [child.pid, tid]);
    assert.equal(bytesOf(one.filters.map(({ program }) => program)), bytesOf([first, third]));
    child.tell("go");
    assert.is((await child.ended).status, 0);
  });

  test("a process that is traced already is told with its tracer", async () => {
    const { pid } = await target([first]);
    const strace = spawn("strace", ["-p", String(pid)], { stdio: "ignore" });
    const failed = await Promise.race([
      once(strace, "error").then(([error]) => String(error)),
      until("traced", () => status(pid, "TracerPid") !== "0").then(() => undefined),
    ]);
    if (failed !== undefined) return skip("a process under strace", failed);
    running.push(strace);
    assert.match(
      refusal(() => readFilters(pid)).message,
      new RegExp(`^process ${pid} is traced already, by process ${strace.pid} \\(strace\\)`),
    );
  });

  test("a process cannot read its own, nor any while it is under one", async () => {
    const { pid } = await target([first]);
    const { said } = await sacrificed(
      `const { readFilters } = await import(${JSON.stringify(sourceUrl("src/enforce/dump"))});
      install(programs.first);
      say(attempt(() => readFilters(process.pid))); say(attempt(() => readFilters(${pid})));`,
      { first },
    );
    assert.match(
      JSON.stringify(said[0]),
      /"usage","message":"a process cannot read the filters of its own threads"/,
    );
    assert.match(
      JSON.stringify(said[1]),
      /"host","message":"the kernel shows filters only to processes that are under none/,
    );
  });

  test("who is not root is told so, and the process is not touched", async () => {
    const { pid } = await target([first]);
    const { said } = await sacrificed(
      `const { readFilters } = await import(${JSON.stringify(sourceUrl("src/enforce/dump"))});
      process.setgid(65534); process.setuid(65534);
      say(attempt(() => readFilters(${pid})));`,
    );
    assert.match(JSON.stringify(said[0]), /"host","message":"the kernel shows filters to CAP_SYS_ADMIN only/);
    assert.match(JSON.stringify(said[0]), /"fix":"read as root: sudo"/);
  });

  for (const pid of [0, -1, 0.5, Number.NaN, 4194305, 2 ** 40])
    test(`there is no process ${pid}`, () => {
      const error = refusal(() => readFilters(pid));
      assert.equal([error.code, error.message], ["usage", `there is no process or thread ${pid}`]);
    });

  for (const [name, words] of [
    [
      "EACCES",
      /^the kernel does not show filter 2 of process \d+ \(EACCES\): it does so only for CAP_SYS_ADMIN/,
    ],
    ["EINVAL", /CONFIG_CHECKPOINT_RESTORE$/],
    ["EMEDIUMTYPE", /keeps no classic program/],
    ["EIO", /does not know the request/],
    ["ENOENT", /says that there is none/],
    ["ESRCH", /ended while its filters were read$/],
    ["EBADF", /does not document/],
  ] as const)
    test(`${name} has words of its own`, () => {
      assert.match(filterNotShown(lookAt(process.pid), 2, { name }).message, words);
    });
}

/** Filters in the shape of systemd's: RestrictRealtime=, LockPersonality=, SystemCallFilter=~@group and so on, each one apart. */
function systemdStack(abi: AbiName): Program[] {
  const deny = (...syscalls: readonly SyscallName[]) =>
    compile({
      arches: [abi],
      badArch: { kind: "allow" },
      default: { kind: "allow" },
      rules: [{ action: { kind: "errno", errno: "EPERM" }, syscalls }],
    }).program;
  return [
    deny("personality"),
    deny("sched_setscheduler", "sched_setattr"),
    deny("keyctl", "add_key", "request_key"),
    deny("syslog"),
    deny("init_module", "finit_module", "delete_module"),
    deny("unshare", "setns"),
    deny("settimeofday", "clock_settime", "adjtimex"),
    deny("swapon", "swapoff"),
    deny("reboot", "kexec_load"),
    deny("mount", "umount2", "pivot_root"),
    deny("bpf", "perf_event_open", "userfaultfd"),
    deny("acct", "quotactl"),
  ];
}

test.run();
