import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readStrace, straceReader } from "../../src/trace/reader.ts";
import { root } from "../root.ts";
import { account, events, show } from "./show.ts";

const reading = suite("trace/reader");

const logs: readonly (readonly [title: string, log: readonly string[], expected: readonly string[]])[] = [
  [
    "an interrupted call is told when it is resumed, with its first line",
    [
      "5 accept(3,  <unfinished ...>",
      "6 close(4) = 0",
      "5 <... accept resumed>{sa_family=AF_INET}, [16]) = 7",
    ],
    ["5 accept(3,  begins", "6 close(4) = 0", "5 accept(3, {sa_family=AF_INET}, [16]) = 7"],
  ],
  [
    "strace before 5.2 puts a space behind resumed>",
    ["5 read(3,  <unfinished ...>", `5 <... read resumed> "a", 1) = 1`],
    ["5 read(3,  begins", `5 read(3, "a", 1) = 1`],
  ],
  [
    "a resumed call without further arguments is closed",
    ["5 futex(0x7f, FUTEX_WAIT, 2, NULL <unfinished ...>", "5 <... futex resumed>) = 0"],
    ["5 futex(0x7f, FUTEX_WAIT, 2, NULL begins", "5 futex(0x7f, FUTEX_WAIT, 2, NULL) = 0"],
  ],
  [
    "two processes may be interrupted in the same call",
    [
      "5 wait4(-1,  <unfinished ...>",
      "6 wait4(-2,  <unfinished ...>",
      "5 <... wait4 resumed>NULL) = 1",
      "6 <... wait4 resumed>NULL) = 2",
    ],
    ["5 wait4(-1,  begins", "6 wait4(-2,  begins", "5 wait4(-1, NULL) = 1", "6 wait4(-2, NULL) = 2"],
  ],
  [
    "a call may be interrupted again",
    [
      "5 read(3,  <unfinished ...>",
      "5 <... read resumed> <unfinished ...>",
      `5 <... read resumed>"", 1) = 0`,
    ],
    ["5 read(3,  begins", "5 read(3,  begins", `5 read(3, "", 1) = 0`],
  ],
  [
    "a call that is never resumed counts as made, at the end of the log",
    ["5 accept(3, <unfinished ...>", "6 close(4) = 0"],
    ["5 accept(3, begins", "6 close(4) = 0", "5 accept(3,) unfinished"],
  ],
  [
    "a call that is never resumed counts as made, at the exit of its process",
    ["5 read(3, <unfinished ...>", "5 +++ killed by SIGKILL +++", "6 close(4) = 0"],
    ["5 read(3, begins", "5 read(3,) unfinished", "5 killed SIGKILL", "6 close(4) = 0"],
  ],
  [
    "a call that is never resumed counts as made, at the next call of its process",
    ["5 read(3, <unfinished ...>", "5 close(4) = 0"],
    ["5 read(3, begins", "5 read(3,) unfinished", "5 close(4) = 0"],
  ],
  [
    "an end of another name does not end the call",
    ["5 read(3, <unfinished ...>", "5 <... write resumed>) = 1"],
    ["5 read(3, begins", "5 read(3,) unfinished", "5 write() = 1"],
  ],
  [
    "a detached call stays unfinished",
    ["5 wait4(-1,  <detached ...>"],
    ["5 wait4(-1,  begins", "5 wait4(-1, ) unfinished"],
  ],
  [
    "the execve of a thread goes on under the pid of its process",
    [
      "5 pause( <unfinished ...>",
      `9 execve("/a", [], NULL <unfinished ...>`,
      "5 <... pause resumed>) = ?",
      "5 +++ superseded by execve in pid 9 +++",
      "5 <... execve resumed>) = 0",
    ],
    [
      "5 pause( begins",
      `9 execve("/a", [], NULL begins`,
      "5 pause() = ?",
      "5 superseded 9",
      `5 execve("/a", [], NULL) = 0`,
    ],
  ],
  [
    "a pid that appears while the call is interrupted is that of the call",
    [
      "vfork(strace: Process 6 attached",
      " <unfinished ...>",
      `[pid     6] execve("/a", [], NULL <unfinished ...>`,
      "[pid     5] <... vfork resumed>)        = 6",
      "[pid     6] <... execve resumed>)       = 0",
    ],
    [
      "6 attach",
      "- vfork( begins",
      `6 execve("/a", [], NULL begins`,
      "5 vfork() = 6",
      `6 execve("/a", [], NULL) = 0`,
    ],
  ],
  [
    "a pid that is gone when the call is resumed is that of the call",
    [
      "[pid  5] wait4(-1,  <unfinished ...>",
      "[pid  6] +++ exited with 0 +++",
      "<... wait4 resumed>NULL, 0, NULL) = 6",
    ],
    ["5 wait4(-1,  begins", "6 exited 0", "5 wait4(-1, NULL, 0, NULL) = 6"],
  ],
  [
    "a message in the middle of a call is told apart",
    ["clone(child_stack=NULL, flags=SIGCHLDstrace: Process 9659 attached", ", child_tidptr=0x7f40) = 9659"],
    ["9659 attach", "- clone(child_stack=NULL, flags=SIGCHLD, child_tidptr=0x7f40) = 9659"],
  ],
  [
    "so is that of a strace called by its path",
    ["vfork(/opt/a/strace: Process 9659 attached", ") = 9659"],
    ["9659 attach", "- vfork() = 9659"],
  ],
  [
    "what the traced program printed in the middle of a call is part of its line",
    [`[pid  5] write(1, "hello\\n", 6hello`, ")      = 6"],
    [`5 write(1, "hello\\n", 6hello) = 6`],
  ],
  [
    "more lines of the program are not strace's, and the call still ends",
    [`write(1, "a\\nb\\nc", 5a`, "b", "c)      = 5"],
    ["unreadable: strace does not print such a line", `- write(1, "a\\nb\\nc", 5ac) = 5`],
  ],
  [
    "a result on the next line belongs to the call before",
    ["[pid 5] brk(0)", "                      = 0x169f000", "[pid 5] close(3) = 0"],
    ["5 brk(0) = 0x169f000", "5 close(3) = 0"],
  ],
  [
    "a result finds its call over blank lines and page numbers",
    ["[pid 5] brk(0)", "", "10", " = 0x169f000"],
    ["unreadable: a number alone", "5 brk(0) = 0x169f000"],
  ],
  [
    "a result does not find a call behind another line of strace",
    ["[pid 5] brk(0)", "[pid 5] --- SIGCHLD {} ---", " = 0x169f000"],
    ["5 brk(0) missing", "5 signal SIGCHLD {}", "unreadable: a result without a call"],
  ],
  [
    "a table of strace -c is recognised",
    [
      "5 close(3) = 0",
      "% time     seconds  usecs/call     calls    errors syscall",
      "------ ----------- ----------- --------- --------- ----------------",
      " 24.78    0.000143           4        34        13 openat",
      "  0.35    0.000002           2         1           rseq",
      "100.00    0.000577           4       144        19 total",
    ],
    ["5 close(3) = 0", "summary", "summary", "summary", "summary", "summary"],
  ],
];

for (const [title, log, expected] of logs)
  reading(title, () => {
    assert.equal(events(log.join("\n")), [...expected]);
    const { counts } = account(`${log.join("\n")}\n`);
    assert.is(counts.read + counts.blank + counts.unreadable, log.length);
  });

reading("the second half of a call carries the line and the number of the first", () => {
  const log = "5 [  0] read(3,  <unfinished ...>\n\n5 [  0] <... read resumed>NULL, 0) = 0";
  const call = [...readStrace([log])].find((event) => event.kind === "call");
  assert.equal(call, {
    kind: "call",
    line: 1,
    pid: 5,
    name: "read",
    nr: 0,
    args: "3, NULL, 0",
    result: "0",
    end: "returned",
  });
});

reading("lines without a pid can be given one", () => {
  const log = ["close(3) = 0\n", "[pid 6] close(4) = 0\n", "--- SIGCHLD {} ---\n", "+++ exited with 0 +++\n"];
  const shown = [...readStrace(log, { pid: 9 })].map(show);
  assert.equal(shown, ["9 close(3) = 0", "6 close(4) = 0", "9 signal SIGCHLD {}", "9 exited 0", "end"]);
});

const seed = readFileSync(`${root}test/data/trace/randomcat.strace`);

/** Every event of a log fed in pieces. */
function fed(pieces: Iterable<string | Uint8Array>): string {
  return JSON.stringify([...readStrace(pieces)]);
}

function* cut(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const mixed = Buffer.from(
  [
    `5 openat(AT_FDCWD</tmp/ä€𝄞>, "ä€𝄞", O_RDONLY) = 3</tmp/ä€𝄞>`,
    ` > /tmp/ünïcode(𝄞+0x1) [0x2]`,
    "",
    "zwölf",
    `write(1, "a\\n", 2a`,
    ")   = 2",
    "6 read(3,  <unfinished ...>",
    `6 <... read resumed>"€", 3) = 3`,
  ].join("\r\n"),
);

for (const [name, bytes] of [
  ["the seed listing", seed],
  ["a log of several scripts", mixed],
] as const) {
  const whole = fed([bytes]);
  for (const size of [1, 2, 3, 7, 64])
    reading(`${name} reads the same in pieces of ${size} bytes`, () => {
      assert.is(fed(cut(bytes, size)), whole);
    });
  reading(`${name} reads the same as text`, () => {
    assert.is(fed([bytes.toString("utf8")]), whole);
  });
  reading(`${name} reads the same character by character`, () => {
    assert.is(fed(bytes.toString("utf8").split("")), whole);
  });
}

reading("a carriage return in front of a line feed is part of the line's end", () => {
  const text = seed.toString("utf8");
  assert.is(fed([text.replaceAll("\n", "\r\n")]), fed([text]));
});

reading("the mark that some editors put in front of UTF-8 is not text", () => {
  for (const mark of ["\ufeff", Buffer.from([0xef, 0xbb, 0xbf])])
    assert.is(fed([mark, "5 close(3) = 0\n"]), fed(["5 close(3) = 0\n"]));
});

reading("bytes that are no UTF-8 are read as replacement characters", () => {
  const log = Buffer.concat([
    Buffer.from(`5 close(3</tmp/`),
    Buffer.from([0xff, 0xfe]),
    Buffer.from(">) = 0\n"),
  ]);
  assert.equal([...readStrace([log])].map(show), ["5 close(3</tmp/\ufffd\ufffd>) = 0", "end"]);
});

reading("a last line without a line feed is read", () => {
  assert.equal(events("5 close(3) = 0\n5 close(4) = 0"), ["5 close(3) = 0", "5 close(4) = 0"]);
});

reading("a log of nothing has no lines", () => {
  for (const log of ["", "\n\n  \n\t\r\n"]) {
    const { counts } = account(log);
    assert.is(counts.lines, counts.blank);
    assert.is(counts.read + counts.unreadable, 0);
  }
});

reading("a line of a million characters is read", () => {
  const text = "x".repeat(1_000_000);
  assert.equal(events(`5 write(1, "${text}", 1000000) = 1000000`), [
    `5 write(1, "${text}", 1000000) = 1000000`,
  ]);
});

reading("a longer line than allowed is read at its beginning, however it comes, and said so", () => {
  const log = Buffer.from(`5 write(1, "${"x".repeat(500)}", 500) = 500\n5 close(3) = 0\n`);
  const whole = [...readStrace([log], { longest: 100 })];
  for (const size of [1, 99, 100, 101, 300])
    assert.equal([...readStrace(cut(log, size), { longest: 100 })], whole, `pieces of ${size}`);
  assert.equal(
    whole.map(show).map((text) => text.slice(0, 20)),
    ['5 write(1, "xxxxxxxx', "5 close(3) = 0", "end"],
  );
  const end = whole.at(-1);
  if (end?.kind !== "end") return assert.unreachable();
  assert.ok(end.doubtful.some(({ reason }) => reason === "only 100 bytes of the line were read"));
});

reading("loose marks in a long line do not make it slow", () => {
  const started = Date.now();
  for (const piece of ["a<", '"', "(", ") = 1 ", "[pid ", "/*", "\\"])
    events(`5 write(1, ${piece.repeat(300_000 / piece.length)}`);
  assert.ok(Date.now() - started < 5000, `took ${Date.now() - started} ms`);
});

reading("only the first notes are kept, all are counted", () => {
  const end = [...readStrace(["what\n".repeat(100), "5 close(3)\n".repeat(50)], { keep: 3 })].at(-1);
  if (end?.kind !== "end") return assert.unreachable();
  assert.equal([end.counts.unreadable, end.unreadable.length], [100, 3]);
  assert.equal([end.counts.doubtful, end.doubtful.length], [50, 3]);
  assert.equal(
    end.doubtful.map(({ line }) => line),
    [101, 102, 103],
  );
});

reading("a reader gives each event once", () => {
  const reader = straceReader();
  assert.equal(reader.push("5 close(3) = 0\n5 clo").map(show), ["5 close(3) = 0"]);
  assert.equal(reader.push("se(4) = 0\n").map(show), ["5 close(4) = 0"]);
  assert.equal(reader.push("").map(show), []);
  assert.equal(reader.end().map(show), ["end"]);
});

reading.run();
