import { suite } from "uvu";
import * as assert from "uvu/assert";
import { syscallName } from "../../arch/index.ts";
import type { CallEvent, StraceEvent } from "../../src/trace/event.ts";
import { formatOf, logReader } from "../../src/trace/format.ts";
import { newLearner } from "../../src/trace/learn.ts";
import { Random, seedOf } from "../seed.ts";
import { show } from "./show.ts";
import { cut, spoilt } from "./spoil.ts";

const formats = suite("trace/format");
/** SECCAT_ROUNDS=100000 for the long form. */
const rounds = Number(process.env.SECCAT_ROUNDS ?? 300);

function eventsOf(log: string | Uint8Array, pieces?: Iterable<Uint8Array>): StraceEvent[] {
  const reader = logReader({ native: "x86_64" });
  const events = [...(pieces ?? [Buffer.from(log)])].flatMap((piece) => reader.push(piece));
  return [...events, ...reader.end()];
}

const seccomp = (front: string, pid: number, arch: string, nr: number) =>
  `${front}auid=0 uid=0 gid=0 ses=1 subj=kernel pid=${pid} comm="cat" exe="/bin/cat" sig=31 arch=${arch} syscall=${nr} compat=0 ip=0x7f code=0x80000000`;

const audit = [
  seccomp("type=SECCOMP msg=audit(1364481363.243:24287): ", 2913, "c000003e", 105),
  "type=PROCTITLE msg=audit(1364481363.243:24287): proctitle=636174",
  seccomp("[   12.345678] audit: type=1326 audit(1364481363.243:24288): ", 2914, "40000003", 5),
  seccomp("Nov 27 05:46:42 host kernel: audit: type=1326 audit(1.2:3): ", 2914, "c000003e", 0),
  seccomp("Nov 27 05:46:42 host audit[2915]: SECCOMP ", 2915, "c000003e", 0x40000001),
  "Nov 27 05:46:42 host sshd[1]: Accepted publickey for ann",
  "type=SYSCALL msg=audit(03/02/18 10:00:00.123:77) : arch=x86_64 syscall=openat success=no exit=ENOENT(No such file or directory) a0=0xffffff9c a1=0x7 a2=O_RDONLY a3=0x0 items=1 ppid=1 pid=55 auid=unset comm=a syscall=ptrace pid=1 exe=/bin/x",
  'type=SYSCALL msg=audit(1.2:3): arch=c000003e syscall=3 success=no exit=-9 a0=7 a1=7f a2=0 a3=0 items=0 ppid=1 pid=56 comm="x"',
  seccomp("type=SECCOMP msg=audit(1.2:3): ", 2913, "c000003e", 9999),
  'type=SECCOMP msg=audit(1.2:3): auid=0 pid=7 comm="cat" sig=31 arch=c000003e',
];
const perf = [
  "         ? (         ): cat/12345  ... [continued]: execve())                       = 0",
  '     0.052 ( 0.010 ms): cat/12345 openat(dfd: CWD, filename: "/a) = 7", flags: RDONLY|CLOEXEC) = 3',
  "     0.070 (         ): cat/12345 read(fd: 0, buf: 0x7f00, count: 131072)          ...",
  "     0.080 ( 0.001 ms): Web Content/77 close(fd: 3</etc/passwd>)        = -1 EBADF (Bad file descriptor)",
  "     9.301 ( 9.231 ms): cat/12345  ... [continued]: read())                 = 5",
  "     9.302 ( 0.231 ms): kworker/0:1/9 clone(clone_flags: CHILD_CLEARTID|0x11) = 12346 (cat)",
  "     9.303 (         ): sched:sched_switch(prev_comm: cat)",
  "     9.400 (         ): exit_group()                                        = ?",
  "cat: a: No such file or directory",
];
const ftrace = [
  "# tracer: nop",
  "             cat-1234    [000] ..... 12345.678901: sys_openat(dfd: ffffff9c, filename: 7ffe2, flags: 80000, mode: 0)",
  "             cat-1234    [000] ..... 12345.678905: sys_openat -> 0xfffffffffffffffe",
  "  Web Content-977     [001] .... 123.4: sys_enter: NR 257 (ffffff9c, 7f00, 80000, 0, 0, 0)",
  "  a-b-978  (    978) [001] d..1 123.4: sys_enter: NR 999 (1, 2, 3, 4, 5, 6)",
  "  Web Content-977     [001] .... 123.5: sys_exit: NR 257 = 3",
  "             cat  1234 [000] 12345.678: syscalls:sys_enter_newfstat: fd: 0x00000003, statbuf: 0x7ffe2",
  "             cat  1234 [000] 12345.679: syscalls:sys_exit_newfstat: 0x0",
  "             cat-5  [000] 12.5: sched_switch: prev_comm=x",
  "             cat-5  [000] 12.5: sys_enter: NR x",
];

const tables: readonly (readonly [name: string, log: readonly string[], expected: readonly string[]])[] = [
  [
    "audit",
    audit,
    [
      "2913 setuid() = ? #105",
      "message",
      "2914 mode 32",
      "2914 open() = ? #5",
      "2914 mode 64",
      "2914 read() = ? #0",
      "2915 mode x32",
      "2915 write() = ? #1073741825",
      "message",
      "55 openat() = -1 ENOENT #257",
      "56 close(0x7) = -1 EBADF #3",
      "2913 syscall_0x270f() = ? #9999",
      "unreadable: the record has no system call",
      "end",
    ],
  ],
  [
    "perf trace",
    perf,
    [
      "12345 execve() = 0",
      "12345 openat() = 3",
      "12345 read(fd=0, buf=0x7f00, count=131072 begins",
      "77 close(fd=3) = -1 EBADF (Bad file descriptor)",
      "12345 read(fd=0, buf=0x7f00, count=131072) = 5",
      "9 clone() = 12346 (cat)",
      "message",
      "- exit_group() = ?",
      "unreadable: perf trace does not print such a line",
      "end",
    ],
  ],
  [
    "ftrace",
    ftrace,
    [
      "message",
      "1234 openat(dfd=0xffffff9c, filename=0x7ffe2, flags=0x80000, mode=0x0 begins",
      "1234 openat(dfd=0xffffff9c, filename=0x7ffe2, flags=0x80000, mode=0x0) = -1 ENOENT",
      "977 openat(0xffffff9c, 0x7f00, 0x80000, 0x0 begins",
      "978 syscall_0x3e7(0x1, 0x2, 0x3, 0x4, 0x5, 0x6 begins",
      "977 openat(0xffffff9c, 0x7f00, 0x80000, 0x0) = 3",
      "1234 fstat(fd=0x00000003, statbuf=0x7ffe2 begins",
      "1234 fstat(fd=0x00000003, statbuf=0x7ffe2) = 0",
      "message",
      "unreadable: the tracer does not write a system call so",
      "978 syscall_0x3e7(0x1, 0x2, 0x3, 0x4, 0x5, 0x6) unfinished",
      "end",
    ],
  ],
];

for (const [name, log, expected] of tables)
  formats(`${name} is found by its lines, and its records are calls`, () => {
    const events = eventsOf(log.join("\n"));
    assert.equal(events.map(show), expected);
    const end = events.at(-1);
    assert.is(end?.kind === "end" && end.format, name);
    assert.is(formatOf(log), name);
  });

formats("what is none of them is read as strace's, and none of its lines is a call", () => {
  const [noise, end] = eventsOf("2026-01-01 INFO server started\n");
  assert.is(noise?.kind === "noise" && noise.what, "unreadable");
  assert.is(end?.kind === "end" && end.format, "strace");
});

formats("strings of another format in a strace log do not change what it is", () => {
  const text = seccomp("type=SECCOMP msg=audit(1.2:3): ", 7, "c000003e", 1).replaceAll('"', '\\"');
  const lines = [`5 write(1, "${text}", 9) = 9`, "5 close(1) = 0"];
  assert.is(formatOf(lines), "strace");
});

formats("a policy is learned from each, and the report says from what", () => {
  const said = tables.map(([, log]) => {
    const learner = newLearner({ native: "x86_64" });
    for (const event of eventsOf(log.join("\n"))) learner.see(event);
    const { report } = learner.finish();
    return [report.formats, report.syscalls.map(({ call }) => call)];
  });
  assert.equal(said, [
    [["audit"], ["setuid", "open", "read", "write", "openat", "close", 9999]],
    [["perf trace"], ["execve", "openat", "read", "close", "clone", "exit_group"]],
    [["ftrace"], ["openat", 999, "fstat"]],
  ]);
});

const abis = ["x86_64", "x86", "x32"] as const;

/** Whether `number` stands in the text, and is no part of a longer one. */
function hasNumber(text: string, number: number): boolean {
  return new RegExp(`(?<!\\d)0*${number}(?!\\d)`).test(text);
}

/** Whether the text names the call, or has its number on some ABI of the machine. */
function hasCall(text: string, name: string): boolean {
  if (text.includes(name)) return true;
  const numbers = (text.match(/-?\d+/g) ?? []).map((digits) => Number(digits) >>> 0);
  return numbers.some((nr) =>
    [...abis.map((abi) => syscallName(abi, nr)), `syscall_0x${nr.toString(16)}`].includes(name),
  );
}

/** What about a call is not in the log; "" when all of it is. */
function invented(
  { line, name, pid }: Pick<CallEvent, "line" | "name" | "pid">,
  log: readonly string[],
): string {
  const text = log[line - 1] ?? "";
  if (!hasCall(text, name)) return `line ${line} does not have the call ${name}`;
  // The second half of a call, or the end of a thread that called execve, can be the first that has a pid.
  const later = log.slice(line).filter((one) => /resumed>|superseded by|\[continued\]/.test(one));
  return pid === undefined || [text, ...later].some((one) => hasNumber(one, pid))
    ? ""
    : `line ${line} does not have the pid ${pid}`;
}

formats("a call that a log does not have would be noticed", () => {
  for (const [name, log] of tables) {
    const events = eventsOf(log.join("\n"));
    const end = events.at(-1);
    if (end?.kind !== "end") return assert.unreachable();
    for (const event of events) {
      if (event.kind !== "call") continue;
      assert.is(invented(event, log), "", name);
      for (const other of [
        { pid: 4194303 },
        { pid: 29 },
        { name: "io_uring_setup" },
        { name: "syscall_0x3e8" },
        { line: 0 },
      ])
        assert.is.not(invented({ ...event, ...other }, log), "", JSON.stringify([event, other]));
    }
  }
});

formats(
  `of ${rounds} spoilt logs of each, every line is accounted for and no call or pid is invented`,
  () => {
    const random = new Random(seedOf("trace/format"));
    for (let i = 0; i < rounds; i++)
      for (const [, log] of tables) {
        const bytes = Buffer.from(spoilt(random, log, 30));
        const lines = bytes.toString().split("\n");
        const events = eventsOf(bytes);
        assert.equal(eventsOf(bytes, cut(random, bytes)), events, bytes.toString());
        const end = events.at(-1);
        if (end?.kind !== "end") return assert.unreachable();
        const { counts } = end;
        assert.is(counts.read + counts.blank + counts.unreadable, counts.lines, bytes.toString());
        const calls = events.filter((event) => event.kind === "call");
        // A line of strace's can have the records of two processes; the others write one.
        if (end.format !== "strace")
          assert.is(new Set(calls.map(({ line }) => line)).size, calls.length, bytes.toString());
        for (const call of calls) assert.is(invented(call, lines), "", bytes.toString());
      }
  },
);

/** The long form is for SECCAT_ROUNDS from 1000 on. */
const megabytes = rounds >= 1000 ? 100 : 20;

formats(`${megabytes} MB without a line feed are one line, soon read and no call`, () => {
  const start = Date.now();
  for (const text of ["x", "\0", "5 read(", '"', "a<", "[pid 7] ", "type=SECCOMP "]) {
    const piece = Buffer.alloc(1 << 18, text);
    const reader = logReader({ native: "x86_64" });
    const calls: StraceEvent[] = [];
    const see = (event: StraceEvent) => {
      if (event.kind === "call" && event.end === "returned") calls.push(event);
    };
    for (let bytes = 0; bytes < megabytes * 1_000_000; bytes += piece.length) reader.read(piece, see);
    const end = reader.end();
    end.forEach(see);
    assert.equal(calls, [], text);
    const last = end.at(-1);
    assert.is(last?.kind === "end" && last.counts.lines, 1);
  }
  assert.ok(Date.now() - start < 60_000, `took ${Date.now() - start} ms`);
});

formats.run();
