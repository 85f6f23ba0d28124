import { readFileSync } from "node:fs";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SeccatError } from "../../src/abi/error.ts";
import { condenser } from "../../src/trace/condense.ts";
import { type LearnOptions, learn, newLearner } from "../../src/trace/index.ts";
import type { Piece } from "../../src/trace/piece.ts";
import { readStrace } from "../../src/trace/reader.ts";
import { restore } from "../../src/trace/restore.ts";
import { scalarsApart } from "../../src/trace/scalar.ts";
import { root } from "../root.ts";
import { seedOf } from "../seed.ts";

const test = suite("trace/condense");
const seed = seedOf("trace/condense");

function condensed(lines: readonly string[], options: Partial<LearnOptions>): Piece {
  const part = condenser(options.args ? { ...options, apart: scalarsApart("x86_64") } : options);
  part.push(lines.map((line) => `${line}\n`).join(""));
  return part.end();
}

/** What is learned, or why nothing is. */
function outcome(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    if (error instanceof SeccatError) return error.message;
    throw error;
  }
}

/** Cuts a log behind these lines, and learns from its condensed parts as from the whole. */
function assertSame(log: readonly string[], cuts: readonly number[], more: Partial<LearnOptions>): void {
  const options: LearnOptions = { native: "x86_64", name: "log", ...more };
  const ends = [...new Set(cuts)].sort((a, b) => a - b);
  const parts = [0, ...ends].map((from, i) => log.slice(from, ends[i] ?? log.length));
  const pieces = parts.map((part): Piece => JSON.parse(JSON.stringify(condensed(part, more))));
  const whole = outcome(() => learn(readStrace([log.map((line) => `${line}\n`).join("")]), options));
  const restored = outcome(() => {
    const learner = newLearner(options);
    restore(pieces, learner.see);
    return learner.finish();
  });
  assert.equal(restored, whole, `cut at ${ends.join(", ")}:\n${log.join("\n")}`);
}

const options: readonly Partial<LearnOptions>[] = [
  {},
  { only: "child" },
  { pids: [11, 12] },
  { after: "listen" },
  { after: "read", only: "child" },
  { until: "write", after: "listen" },
  { phases: ["accept", "read", "exec"], split: "phase" },
  { phases: ["read"], split: "process" },
  { afterMark: "x", markFd: 3, split: "exe" },
  { after: "clone" },
  { after: "write", markFd: 4 },
  { after: "execve", until: "exit_group" },
  { args: true },
  { args: true, only: "child", after: "write" },
];

const pid = fc.constantFrom(10, 11, 12, 13);
const prefix = fc.oneof(
  { weight: 8, arbitrary: pid.map((id) => `[pid ${id}] `) },
  { weight: 2, arbitrary: pid.map((id) => `${id} `) },
  { weight: 1, arbitrary: fc.constant("") },
);
const name = fc.constantFrom(
  "read",
  "write",
  "openat",
  "listen",
  "mmap",
  "newfstatat",
  "syscall_0x1d9",
  "nocall",
  "accept",
);
const end = fc.constantFrom(
  " = 0",
  " = 3",
  " = -1 ENOENT (No such file)",
  " <unfinished ...>",
  "",
  " = ?",
  " = 0 tail",
);
const call = fc
  .tuple(prefix, name, end)
  .map(([who, what, how]) => `${who}${what}(3, "x"${how.startsWith(" <") ? "," : ")"}${how}`);
const socketCall = fc
  .tuple(prefix, fc.constantFrom("read", "recvfrom"), fc.constantFrom("4", "3<socket:[7]>"))
  .map(([who, what, fd]) => `${who}${what}(${fd}, "x") = 1`);
const argsCall = fc
  .tuple(
    prefix,
    fc.constantFrom("fcntl(3, F_GETFL", "fcntl(3, F_SETFD, 1", "fcntl64(3, 0x4", "fcntl(3, WHAT"),
    fc.constantFrom(") = 0", " <unfinished ...>"),
  )
  .map(([who, what, how]) => `${who}${what}${how}`);
const copyCall = fc
  .tuple(
    prefix,
    fc.constantFrom("dup2(3, 4) = 4", "dup2(4, 3) = 3", "close(4) = 0", "fcntl(4, F_DUPFD, 3) = 3"),
  )
  .map(([who, what]) => `${who}${what}`);
const birth = fc
  .tuple(
    prefix,
    fc.constantFrom("clone", "fork", "clone3"),
    fc.constantFrom("flags=SIGCHLD", "flags=CLONE_THREAD"),
    pid,
    fc.constantFrom(`done`, `unfinished`),
  )
  .map(
    ([who, what, flags, id, how]) =>
      `${who}${what}(${flags}${how === "done" ? `) = ${id}` : " <unfinished ...>"}`,
  );
const resumed = fc
  .tuple(
    prefix,
    fc.constantFrom("read", "write", "clone", "execve", "openat"),
    fc.constantFrom(" = 0", " = 12", " = 13", " <unfinished ...>"),
  )
  .map(([who, what, how]) => `${who}<... ${what} resumed>)${how}`);
const other = fc.oneof(
  prefix.map((who) => `${who}+++ exited with 0 +++`),
  prefix.map((who) => `${who}exit_group(0) = ?`),
  fc.tuple(pid, pid).map(([a, b]) => `[pid ${a}] +++ superseded by execve in pid ${b} +++`),
  prefix.map((who) => `${who}execve("/bin/x", ["x"], 0x1) = 0`),
  prefix.map((who) => `${who}--- SIGCHLD {si_signo=SIGCHLD} ---`),
  pid.map((id) => `strace: Process ${id} attached`),
  pid.map((id) => `strace: Process ${id} detached`),
  pid.map((id) => `[ Process PID=${id} runs in 32 bit mode. ]`),
  fc.constantFrom(
    "",
    "  ",
    "what the program printed",
    "hello) = 5",
    " = 7",
    ") = 6",
    " > /lib/libc.so(read+0x1) [0x2]",
    "12",
    '26  [pid 11] write(1, "x", 1) = 1',
    "% time     seconds  usecs/call     calls    errors syscall",
    " 76.08    0.000951         190         5         2 wait4",
    '[pid 10] read(3, "a"[pid 11] write(1, "b", 1) = 1',
  ),
);
const line = fc.oneof(
  { weight: 6, arbitrary: call },
  { weight: 1, arbitrary: socketCall },
  { weight: 2, arbitrary: argsCall },
  { weight: 2, arbitrary: copyCall },
  { weight: 2, arbitrary: birth },
  { weight: 3, arbitrary: resumed },
  { weight: 3, arbitrary: other },
);

/** Logs of such lines, cut anywhere, tell the same in parts. */
function assertAlways(some: fc.Arbitrary<string>, numRuns: number): void {
  const isWithin = (log: readonly string[]) => (cut: number) => cut > 0 && cut < log.length;
  fc.assert(
    fc.property(
      fc.array(some, { maxLength: 40 }),
      fc.array(fc.nat(40), { maxLength: 6 }),
      fc.constantFrom(...options),
      (log, cuts, more) => assertSame(log, cuts.filter(isWithin(log)), more),
    ),
    { seed, numRuns },
  );
}

test("a log that is cut at any lines and condensed tells what the whole log tells", () => {
  assertAlways(line, 3000);
});

test("what is no log at all tells the same in parts: noise, torn characters, lines without end", () => {
  const noise = fc.oneof(
    line,
    fc.string({ maxLength: 30 }).map((text) => text.replaceAll("\n", " ")),
    fc
      .uint8Array({ maxLength: 30 })
      .map((bytes) => Buffer.from(bytes).toString("latin1").replaceAll("\n", "")),
    line.map((text) => text.slice(0, text.length / 2)),
    fc.constantFrom("\ufeff", "\ufeff10 read(3) = 1", "\r", "10 read(3) = 1\r", "\0"),
  );
  assertAlways(noise, 1000);
});

test("the seed's listing, cut behind every line, tells the same", () => {
  const log = readFileSync(`${root}test/data/trace/randomcat.strace`, "utf8").trimEnd().split("\n");
  for (const more of options) assertSame(log, log.map((_, i) => i).slice(1), more);
});

test("what is kept of a long log is one call of each kind by each process", () => {
  const calls = Array.from({ length: 1000 }, (_, i) => `[pid ${10 + (i % 3)}] read(3, "x", ${i}) = 1`);
  const { kept, lines, skipped } = condensed([...calls, "[pid 10] +++ exited with 0 +++"], {});
  assert.equal([lines, skipped.lines, kept.length], [1001, 994, 7]);
});

test.run();
