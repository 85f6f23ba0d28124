// The installed strace, with the options that people use, on a command that forks, runs programs and fails at
// some calls. With -C strace counts the calls that it prints, and we count what we read.

import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { endianness } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nativeAbi, syscallName } from "../../arch/index.ts";
import type { CallEvent, EndEvent, StraceEvent } from "../../src/trace/event.ts";
import { learn } from "../../src/trace/learn.ts";
import { readStrace } from "../../src/trace/reader.ts";
import { inFolder, straceHas, whyNoStrace } from "./here.ts";

const living = suite("trace/live");

const why = whyNoStrace();
const native = nativeAbi(process.arch, endianness());
const script = `(true) & ls -l / >/dev/null 2>&1; cat /nonexistent 2>/dev/null; wait; exit 3`;

interface Counted {
  readonly calls: number;
  readonly errors: number;
}

/** The rows of the table that strace -C appends, by call. */
function summaryOf(log: string): Map<string, Counted> {
  const rows = new Map<string, Counted>();
  const [, table = ""] = log.split(/^% time.*$/m);
  for (const line of table.split("\n")) {
    const [, , , calls, ...rest] = line.trim().split(/\s+/);
    const name = rest.at(-1);
    if (!name || !/^[a-z]/.test(name) || name === "total") continue;
    rows.set(name, { calls: Number(calls), errors: rest.length > 1 ? Number(rest[0]) : 0 });
  }
  return rows;
}

/** What strace counts: calls that came back. */
function countOf(events: readonly StraceEvent[]): Map<string, Counted> {
  const rows = new Map<string, Counted>();
  for (const event of events) {
    if (event.kind !== "call" || event.result === undefined || event.result.trim() === "?") continue;
    const had = rows.get(event.name) ?? { calls: 0, errors: 0 };
    const failed = event.result.startsWith("-1 E") || event.result.startsWith("? E");
    rows.set(event.name, { calls: had.calls + 1, errors: had.errors + (failed ? 1 : 0) });
  }
  return rows;
}

function endOf(events: readonly StraceEvent[]): EndEvent {
  const end = events.at(-1);
  if (end?.kind !== "end") throw new Error("a log must close with its account");
  return end;
}

function callsOf(events: readonly StraceEvent[]): CallEvent[] {
  return events.flatMap((event) => (event.kind === "call" ? [event] : []));
}

function sorted(rows: Map<string, Counted>): string[] {
  return [...rows].map(([name, { calls, errors }]) => `${name} ${calls} ${errors}`).sort();
}

const combinations: readonly (readonly string[])[] = [
  [],
  ["-t"],
  ["-tt"],
  ["-ttt"],
  ["-r"],
  ["-t", "-r"],
  ["-T"],
  ["-i"],
  ["-n"],
  ["-y"],
  ["-yy"],
  ["-x"],
  ["-xx"],
  ["-v"],
  ["-s", "0"],
  ["-s", "3"],
  ["-s", "100000"],
  ["-X", "raw"],
  ["-X", "verbose"],
  ["-e", "raw=all"],
  ["-e", "abbrev=none"],
  ["-e", "verbose=none"],
  ["-a", "1"],
  ["-a", "100"],
  ["-e", "read=3", "-e", "write=1,2"],
  ["-e", "trace=openat,clone,vfork,clone3,execve"],
  ["-e", "inject=access:error=EPERM"],
  ["-qq"],
  ["-e", "quiet=none"],
  ["-k"],
  ["-Y"],
  ["--absolute-timestamps=unix,s"],
  ["--absolute-timestamps=time,ns"],
  ["--relative-timestamps=s"],
  ["--relative-timestamps=ns"],
  ["-tt", "-T", "-i", "-n", "-yy", "-X", "verbose"],
  ["-ttt", "-r", "-T", "-i", "-n", "-y", "-X", "raw", "-Y", "-v", "-s", "9"],
];

for (const options of combinations)
  living(`strace -f ${options.join(" ")} -o FILE is read to the last line`, async () => {
    const missing = lacks(options);
    if (missing) return console.log(`\nskipped -f ${options.join(" ")}: ${missing}`);
    await inFolder((folder) => {
      const file = join(folder, "log");
      const ran = spawnSync("strace", ["-f", "-C", ...options, "-o", file, "--", "sh", "-c", script]);
      assert.is(ran.status, 3, String(ran.stderr));
      const log = readFileSync(file);
      const events = [...readStrace([log])];
      const end = endOf(events);
      assert.equal(end.unreadable, []);
      assert.equal(end.doubtful, []);
      assert.equal(sorted(countOf(events)), sorted(summaryOf(log.toString("utf8"))));
      assert.ok(callsOf(events).every((call) => call.pid !== undefined));
      assert.is(callsOf(events).filter(({ end }) => end === "missing").length, 0);
    });
  });

/** Why the options cannot be tried; "" when they can. */
function lacks(options: readonly string[]): string {
  if (why !== "") return why;
  if (options.includes("-k") && !/stack-trace=lib/.test(execFileSync("strace", ["-V"], { encoding: "utf8" })))
    return "strace was built without stack traces";
  const long = options.find((option) => option.startsWith("--"))?.split("=")[0];
  if (long !== undefined && !straceHas(long)) return `this strace has no ${long}`;
  const letters = ["-X", "-n", "-Y"].filter((option) => options.includes(option));
  const absent = letters.find((option) => !straceHas(`\n  ${option}`));
  return absent === undefined ? "" : `this strace has no ${absent}`;
}

living("strace -f to the terminal is read, with what the command prints in the middle of it", async () => {
  if (why !== "") return console.log(`\nskipped: ${why}`);
  await inFolder((folder) => {
    const file = join(folder, "log");
    const both = `exec 2>"$0"; exec strace -f -C sh -c '(echo one; echo two) & ls /; printf "a\\nb"; wait' >"$0" 2>&1`;
    assert.is(spawnSync("sh", ["-c", both, file]).status, 0);
    const log = readFileSync(file, "utf8");
    const events = [...readStrace([log])];
    const summary = summaryOf(log);
    const counted = countOf(events);
    assert.equal(sorted(counted), sorted(summary));
    const { counts } = endOf(events);
    assert.is(counts.read + counts.blank + counts.unreadable, counts.lines);
  });
});

living("strace -f to standard error tells the children from their parent", async () => {
  if (why !== "" || native === undefined) return console.log(`\nskipped: ${why || "no ABI"}`);
  const inner = "(true) & (cd /; exec ls >/dev/null) & wait";
  const { stderr } = spawnSync("strace", ["-f", "sh", "-c", inner], { encoding: "utf8" });
  const events = [...readStrace([stderr])];
  assert.equal(endOf(events).unreadable, []);
  assert.equal(endOf(events).doubtful, []);
  const { policy, report } = learn(events, { native, only: "child" });
  const names = policy.rules[0]?.syscalls ?? [];
  assert.ok(names.includes("getdents64") && names.includes("chdir"), names.join(" "));
  assert.not(names.includes("wait4"));
  assert.is(report.taken.pids.length, 2);
  const parent = learn(events, { native, pids: report.left.pids }).policy.rules[0]?.syscalls ?? [];
  assert.ok(parent.includes("wait4") && !parent.includes("getdents64"), parent.join(" "));
});

living("strace -ff writes one log for each process, and they are learned from together", async () => {
  if (why !== "" || native === undefined) return console.log(`\nskipped: ${why || "no ABI"}`);
  await inFolder((folder) => {
    const inner = "(cd /; ls >/dev/null; true) & wait";
    spawnSync("strace", ["-ff", "-o", join(folder, "log"), "sh", "-c", inner]);
    const files = readdirSync(folder).sort();
    assert.is(files.length, 3);
    const events = files.flatMap((file) => {
      const options = { pid: Number(file.split(".")[1]), continues: file !== files.at(-1) };
      return [...readStrace([readFileSync(join(folder, file))], options)];
    });
    const names = learn(events, { native, only: "child" }).policy.rules[0]?.syscalls ?? [];
    assert.ok(names.includes("chdir") && names.includes("execve"));
    assert.is(learn(events, { native, only: "child" }).report.taken.pids.length, 2);
  });
});

living("threads of a program are no children", async () => {
  if (why !== "" || native === undefined) return console.log(`\nskipped: ${why || "no ABI"}`);
  await inFolder((folder) => {
    const file = join(folder, "log");
    const code = `require("fs").readFile("/etc/hosts", () => require("child_process").execFileSync("true"))`;
    const ran = spawnSync("strace", ["-f", "-o", file, process.execPath, "-e", code], { encoding: "utf8" });
    assert.is(ran.status, 0, ran.stderr);
    const events = [...readStrace([readFileSync(file)])];
    assert.equal(endOf(events).unreadable, []);
    const { report } = learn(events, { native, only: "child" });
    assert.is(report.taken.pids.length, 1);
    assert.is(report.left.pids.length, 1);
    assert.ok(new Set(callsOf(events).map(({ pid }) => pid)).size > 4);
  });
});

living("the numbers of strace -n are those of our tables", async () => {
  if (why !== "" || native === undefined || !straceHas("--syscall-number"))
    return console.log(`\nskipped: ${why || "this strace has no -n"}`);
  const { stderr } = spawnSync("strace", ["-n", "ls", "/"], { encoding: "utf8" });
  const calls = callsOf([...readStrace([stderr])]);
  assert.ok(calls.length > 20);
  for (const { name, nr } of calls) assert.is(syscallName(native, nr ?? -1), name);
});

const program = `#include <sys/syscall.h>
#include <unistd.h>
int main(void) {
  long r;
  __asm__ volatile("int $0x80" : "=a"(r) : "a"(20) : "memory");
  __asm__ volatile("int $0x80" : "=a"(r) : "a"(102), "b"(99), "c"(0) : "memory");
  syscall(0x40000000 | 39);
  syscall(0x3e7, 1, 2, 3);
  return 0;
}
`;

living("a program that changes modes has its calls taken for those of each architecture", async () => {
  if (why !== "" || native !== "x86_64") return console.log(`\nskipped: ${why || "not an x86_64"}`);
  await inFolder((folder) => {
    writeFileSync(join(folder, "modes.c"), program);
    const built = spawnSync("cc", ["-o", join(folder, "modes"), join(folder, "modes.c")]);
    if (built.status !== 0) return console.log("\nskipped: no C compiler");
    const bare = spawnSync(join(folder, "modes"));
    if (bare.status !== 0) return console.log("\nskipped: this kernel has no 32 bit mode");
    const { stderr } = spawnSync("strace", [join(folder, "modes")], { encoding: "utf8" });
    const { policy, report } = learn(readStrace([stderr]), { native });
    assert.equal(policy.arches, ["x86_64", "x86", "x32"]);
    const abis = new Map(report.syscalls.map(({ call, abis }) => [call, abis]));
    assert.equal(abis.get("getpid"), ["x86", "x32"]);
    assert.equal(abis.get("socketcall"), ["x86"]);
    assert.equal(abis.get(999), ["x86_64"]);
  });
});

living.run();
