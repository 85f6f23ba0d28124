import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SeccatError } from "../../src/abi/error.ts";
import { readArg, splitArgs } from "../../src/trace/argument.ts";
import type { StraceEvent } from "../../src/trace/event.ts";
import { learn } from "../../src/trace/learn.ts";
import { readStrace } from "../../src/trace/reader.ts";
import { formatReport } from "../../src/trace/report.ts";
import { root } from "../root.ts";
import { Random, seedOf } from "../seed.ts";

const fuzzing = suite("trace/fuzz");
const rounds = Number(process.env.SECCAT_ROUNDS ?? 400);

const lines = [
  ...readFileSync(`${root}test/data/trace/randomcat.strace`, "utf8").split("\n"),
  `7175  1795488889.968471 [  59] [00007f8320ad8ad7] execve("/bin/sh", ["sh"], 0x7 /* 3 vars */) = 0 <0.000309>`,
  "clone(child_stack=NULL, flags=SIGCHLDstrace: Process 9659 attached",
  ", child_tidptr=0x7f40) = 9659",
  "vfork( <unfinished ...>",
  "[pid  9658] <... vfork resumed>)        = 9658",
  "5 clone3({flags=CLONE_VM|CLONE_THREAD} => {parent_tid=[6]}, 88) = 6",
  "[ Process PID=9779 runs in 32 bit mode. ]",
  "5 +++ superseded by execve in pid 6 +++",
  '5 write(3<TCP:[127.0.0.1:80->127.0.0.1:5]>, "a"..., 9) = 9</tmp/x>',
  "5 syscall_0x3e7(0x1) = -1 ENOSYS (Function not implemented)",
  "--- SIGCHLD {si_signo=SIGCHLD} ---",
  " > /lib/x.so(f+0x1) [0x2]",
  "% time     seconds  usecs/call     calls    errors syscall",
  "------ ----------- ----------- --------- --------- ----------------",
  " 24.78    0.000143           4        34        13 openat",
];
const pieces = [
  '"',
  "\\",
  "(",
  ")",
  "[",
  "]",
  "{",
  "}",
  "<",
  ">",
  "/*",
  "*/",
  " = ",
  "?",
  "-1",
  "[pid 7] ",
  "<unfinished ...>",
  "<... read resumed>",
  "\n",
  "\r",
  "\t",
  "\0",
  "€",
  "\ud800",
  "5 ",
  "fork() = 5\n",
  "= 5",
  ",",
  "0x",
  "syscall_0x",
  "+++ ",
  "--- ",
];

/** Some lines of the corpus, spoilt. */
function spoilt(random: Random): string {
  let text = Array.from({ length: 1 + random.below(12) }, () => random.pick(lines)).join("\n");
  for (let edits = random.below(10); edits > 0; edits--) {
    const at = random.below(text.length + 1);
    const to = random.once(2) ? at : Math.min(text.length, at + random.below(12));
    text = text.slice(0, at) + (random.once(3) ? "" : random.pick(pieces)) + text.slice(to);
  }
  return text;
}

function cut(random: Random, bytes: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + random.below(40);
    parts.push(bytes.subarray(at, at + size));
    at += size;
  }
  return parts;
}

/** Fails unless every line is accounted for. */
function balanced(events: readonly StraceEvent[], lineCount: number, text: string): void {
  const end = events.at(-1);
  if (end?.kind !== "end") throw new Error(`no end: ${JSON.stringify(text)}`);
  const { counts } = end;
  assert.is(counts.lines, lineCount, JSON.stringify(text));
  assert.is(counts.read + counts.blank + counts.unreadable, counts.lines, JSON.stringify(text));
  const told = events.filter((event) => event.kind === "noise" && event.what === "unreadable");
  assert.ok(told.length >= counts.unreadable, JSON.stringify(text));
  for (const event of events) assert.ok(event.line >= 0 && event.line <= counts.lines, JSON.stringify(text));
}

fuzzing(
  `${rounds} spoilt logs are read to the last line, in any pieces, and refused properly at worst`,
  () => {
    const random = new Random(seedOf("trace/fuzz"));
    for (let i = 0; i < rounds; i++) {
      const text = spoilt(random);
      const bytes = new TextEncoder().encode(text);
      const events = [...readStrace([bytes])];
      balanced(events, text === "" ? 0 : text.split("\n").length - (text.endsWith("\n") ? 1 : 0), text);
      assert.equal([...readStrace(cut(random, bytes))], events, JSON.stringify(text));
      for (const event of events)
        if (event.kind === "call") for (const arg of splitArgs(event.args)) readArg(arg);
      const only = random.pick(["child", "all"] as const);
      try {
        const after = random.once(4) ? { after: "read" } : {};
        formatReport(learn(events, { native: "x86_64", only, ...after }).report);
      } catch (error) {
        assert.instance(error, SeccatError, JSON.stringify(text));
      }
    }
  },
);

fuzzing("random bytes are read to the last line", () => {
  const random = new Random(seedOf("trace/fuzz bytes"));
  for (let i = 0; i < rounds; i++) {
    const bytes = Uint8Array.from({ length: random.below(400) }, () => random.below(256));
    const events = [...readStrace([bytes])];
    const feeds = bytes.filter((byte) => byte === 10).length;
    balanced(events, feeds + (bytes.length === 0 || bytes.at(-1) === 10 ? 0 : 1), String(bytes));
    assert.equal([...readStrace(cut(random, bytes))], events, String(bytes));
  }
});

fuzzing.run();
