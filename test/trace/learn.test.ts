import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SeccatError } from "../../src/abi/error.ts";
import { type Learned, type LearnOptions, learn } from "../../src/trace/index.ts";
import { readStrace } from "../../src/trace/reader.ts";
import { formatReport } from "../../src/trace/report.ts";
import { root } from "../root.ts";

const learning = suite("trace/learn");

function learned(log: string | readonly string[], options: Partial<LearnOptions> = {}): Learned {
  const text = typeof log === "string" ? log : log.join("\n");
  return learn(readStrace([text]), { native: "x86_64", ...options });
}

/** The calls of the learned policy's only rule. */
function calls(log: string | readonly string[], options: Partial<LearnOptions> = {}): string {
  return (learned(log, options).policy.rules[0]?.syscalls ?? []).join(" ");
}

function refusal(log: string | readonly string[], options: Partial<LearnOptions> = {}): SeccatError {
  try {
    learned(log, options);
  } catch (error) {
    if (error instanceof SeccatError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

const seed = readFileSync(`${root}test/data/trace/randomcat.strace`, "utf8");
const eleven = "close read write open fstat fcntl brk getdents openat shutdown exit_group";

learning("the child of the seed listing makes exactly its eleven calls, in their order", () => {
  const { policy, report } = learned(seed, { only: "child", name: "strace.txt" });
  assert.equal(policy, {
    name: "strace.txt",
    arches: ["x86_64"],
    default: { kind: "kill_process" },
    rules: [{ action: { kind: "allow" }, syscalls: eleven.split(" ") }],
  });
  assert.equal(report.taken, { pids: [16266], unnamed: false, calls: 26 });
  assert.equal(report.left, { pids: [16218], unnamed: false, calls: 2 });
  assert.match(report.chosen, "every process but the one with the lowest pid, 16218");
});

learning(
  "the same eleven come by pid, and from the escaped quote and the numbered lines nothing is lost",
  () => {
    const { policy, report } = learned(seed, { pids: [16266] });
    assert.is(policy.rules[0]?.syscalls.join(" "), eleven);
    assert.equal(
      report.syscalls.map(({ call, count }) => `${call} ${count}`),
      "close 3,read 7,write 4,open 1,fstat 1,fcntl 2,brk 3,getdents 2,openat 1,shutdown 1,exit_group 1".split(
        ",",
      ),
    );
  },
);

learning("both processes of the seed listing make twelve calls, accept being the parent's", () => {
  assert.is(calls(seed), "close accept read write open fstat fcntl brk getdents openat shutdown exit_group");
  assert.is(calls(seed, { pids: [16218] }), "close accept");
});

learning("the report of the seed listing names what could not be read", () => {
  const { report } = learned(seed, { only: "child" });
  assert.equal(report.counts, { lines: 37, read: 33, blank: 2, unreadable: 2, doubtful: 12, summary: 0 });
  assert.equal(
    report.unreadable.map(({ line, text }) => `${line}: ${text}`),
    ["11: 10", "13: 11"],
  );
  assert.equal(
    report.doubtful.map(({ line }) => line),
    [1, 2, 4, 5, 8, 26, 28, 31, 32, 33],
  );
  const text = formatReport(report).join("\n");
  assert.match(text, "37 lines: 33 read, 2 blank, 2 not readable");
  assert.match(text, "taken: 26 calls of pid 16266; left: 2 calls of pid 16218");
  assert.match(text, "  line 11: a number alone: 10");
  assert.match(text, `line 28: quotes or brackets do not pair: [pid 16266] write(4, "\\377`);
  assert.match(text, "  and 2 more");
});

learning("the report says what today's libc calls instead", () => {
  const { report } = learned(seed, { only: "child" });
  assert.equal(
    report.notes.map((note) => note.split(":")[0]),
    ["open", "fstat", "getdents"],
  );
  assert.match(report.notes[0] ?? "", "openat instead (the policy has it)");
  assert.match(report.notes[1] ?? "", "newfstatat or statx instead: glibc 2.33 to 2.38");
  assert.match(report.notes[2] ?? "", "getdents64 instead");
});

learning("a newfstatat of a descriptor is noted, one of a path is not", () => {
  assert.equal(learned(`newfstatat(AT_FDCWD, "x", {...}, 0) = 0`).report.notes, []);
  const { notes } = learned(`newfstatat(3, "", {...}, AT_EMPTY_PATH) = 0`).report;
  assert.is(notes.length, 1);
  assert.match(notes[0] ?? "", "newfstatat: other libcs call fstat instead");
});

const shell = [
  `10 execve("/bin/sh", ["sh"], 0x7 /* 3 vars */) = 0`,
  "10 clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD <unfinished ...>",
  "11 getpid() = 11",
  "10 <... clone resumed>, child_tidptr=0x7f) = 11",
  "10 wait4(-1,  <unfinished ...>",
  "11 vfork( <unfinished ...>",
  "12 dup(1) = 3",
  "12 exit_group(0) = ?",
  "12 +++ exited with 0 +++",
  "11 <... vfork resumed>) = 12",
  "11 exit_group(0) = ?",
  "11 +++ exited with 0 +++",
  "10 <... wait4 resumed>NULL, 0, NULL) = 11",
  "10 exit_group(0) = ?",
];

learning(
  "children are those whose pids a clone, fork or vfork returned, however the lines interleave",
  () => {
    assert.is(calls(shell, { only: "child" }), "getpid vfork dup exit_group");
    assert.is(calls(shell, { only: "all" }), "execve clone getpid wait4 vfork dup exit_group");
    assert.is(calls(shell), calls(shell, { only: "all" }));
  },
);

learning("without its beginning the same log still tells children by what clone returned", () => {
  const { report } = learned(shell.slice(1), { only: "child" });
  assert.equal(report.taken.pids, [11, 12]);
  assert.match(report.chosen, "their pids were returned by fork, vfork or clone");
});

learning("a lower pid is a child too when clone returned it", () => {
  const log = ["900 dup(1) = 3", "900 fork() = 7", "7 getpid() = 7", "900 close(3) = 0"];
  assert.is(calls(log, { only: "child" }), "getpid");
});

learning("children that appear before the log says so are found, even when they are gone by then", () => {
  const log = [
    "9 getpid() = 9",
    "9 exit_group(0) = ?",
    "9 +++ exited with 0 +++",
    "5 fork() = 9",
    "5 dup(1) = 3",
  ];
  assert.is(calls(log, { only: "child" }), "getpid exit_group");
});

learning("threads belong to the process that made them", () => {
  const thread = "CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD";
  const log = [
    `5 execve("/a", [], NULL) = 0`,
    `5 clone3({flags=${thread}, stack=0x1} <unfinished ...>`,
    "6 getcpu(NULL, NULL, NULL) = 0",
    "5 <... clone3 resumed> => {parent_tid=[6]}, 88) = 6",
    `5 clone(child_stack=0x1, flags=${thread}, parent_tid=[7]) = 7`,
    "7 sched_yield() = 0",
    "5 clone(child_stack=NULL, flags=SIGCHLD) = 8",
    "8 getpid() = 8",
    `8 clone(child_stack=0x1, flags=${thread}) = 9`,
    "9 gettid() = 9",
  ];
  const { policy, report } = learned(log, { only: "child" });
  assert.is(policy.rules[0]?.syscalls.join(" "), "getpid clone gettid");
  assert.equal(report.taken.pids, [8]);
  assert.equal(report.left.pids, [5]);
  assert.is(calls(log, { pids: [8] }), "getpid clone gettid");
  assert.is(calls(log, { pids: [9] }), "gettid");
});

learning("threads are known by -X raw and -X verbose too", () => {
  for (const flags of ["0x50f00", "0x50f00 /* CLONE_VM|... */"]) {
    const log = [
      `5 execve("/a", [], NULL) = 0`,
      `5 clone(child_stack=0x1, flags=${flags}) = 6`,
      "6 gettid() = 6",
    ];
    assert.is(refusal(log, { only: "child" }).code, "trace", flags);
  }
  const log = [
    `5 execve("/a", [], NULL) = 0`,
    "5 clone(child_stack=NULL, flags=0x1200011) = 6",
    "6 gettid() = 6",
  ];
  assert.is(calls(log, { only: "child" }), "gettid");
});

learning("the execve of a thread keeps its process", () => {
  const log = [
    "5 getpid() = 5",
    "5 clone(child_stack=0x1, flags=CLONE_VM|CLONE_THREAD) = 6",
    `6 execve("/b", [], NULL <unfinished ...>`,
    "5 +++ superseded by execve in pid 6 +++",
    "5 <... execve resumed>) = 0",
    "5 dup(1) = 3",
  ];
  assert.is(calls(log, { pids: [5] }), "getpid clone execve dup");
  assert.equal(learned(log).report.taken.pids, [5]);
});

const terminal = [
  `execve("/bin/sh", ["sh"], 0x7 /* 3 vars */) = 0`,
  "getppid() = 1",
  "clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLDstrace: Process 11 attached",
  ", child_tidptr=0x7f) = 11",
  "[pid    11] getpid() = 11",
  "[pid    10] wait4(-1,  <unfinished ...>",
  "[pid    11] exit_group(0) = ?",
  "[pid    11] +++ exited with 0 +++",
  "<... wait4 resumed>NULL, 0, NULL) = 11",
  "uname({...}) = 0",
];

learning("lines without a pid are the first process's, before it has company and after", () => {
  assert.is(calls(terminal, { only: "child" }), "getpid exit_group");
  const { report } = learned(terminal, { pids: [10] });
  assert.is(report.syscalls.map(({ call }) => call).join(" "), "execve getppid clone wait4 uname");
  assert.equal(report.taken, { pids: [10], unnamed: false, calls: 5 });
});

learning("lines without a pid are the child's when it alone is left", () => {
  const log = [
    "fork() = 11",
    "[pid 10] dup(1) = 3",
    "[pid 11] getpid() = 11",
    "[pid 10] exit_group(0) = ?",
    "[pid 10] +++ exited with 0 +++",
    "uname({...}) = 0",
  ];
  assert.is(calls(log, { only: "child" }), "getpid uname");
  const silent = log.filter((line) => !line.includes("+++"));
  assert.is(calls(silent, { only: "child" }), "getpid uname", "strace -qq shows no exits");
});

learning("a log of one process has no child", () => {
  const error = refusal("5 close(3) = 0\n5 dup(1) = 3", { only: "child" });
  assert.is(error.code, "trace");
  assert.match(error.message, "no child to learn from");
  assert.match(error.fix ?? "", "strace -f");
});

learning("a pid that is not in the log is refused with those that are", () => {
  const error = refusal(seed, { pids: [4711] });
  assert.is(error.code, "trace");
  assert.match(error.message, "4711");
  assert.is(error.received, "the log has pid 16218, 16266");
});

learning("a phase begins after the first call of its name, in each process", () => {
  const log = [
    "5 dup(1) = 3",
    "5 accept4(3) = 4",
    "5 read(4) = 1",
    "5 accept4(3) = 4",
    "6 dup(1) = 3",
    "6 write(1) = 1",
  ];
  assert.is(calls(log, { after: "accept4" }), "read accept4");
  assert.is(calls(log, { after: "dup" }), "accept4 read write");
});

learning("a phase begins where the call was entered, if it was interrupted", () => {
  const log = [
    "5 accept4(3, <unfinished ...>",
    "6 dup(1) = 3",
    "5 <... accept4 resumed>) = 4",
    "5 read(4) = 1",
  ];
  assert.is(calls(log, { after: "accept4" }), "read");
});

learning(
  "a child of a process in the phase is in it, as a filter is inherited; an earlier child is not",
  () => {
    const log = [
      "5 dup(1) = 3",
      "5 fork() = 6",
      "5 seccomp(SECCOMP_SET_MODE_FILTER, 0, NULL) = 0",
      "6 getppid() = 5",
      "5 fork( <unfinished ...>",
      "7 getpid() = 7",
      "5 <... fork resumed>) = 7",
      "7 fork() = 8",
      "8 uname({...}) = 0",
    ];
    assert.is(calls(log, { after: "seccomp" }), "fork getpid uname");
    assert.is(calls(log, { after: "seccomp", pids: [7, 8] }), "getpid fork uname");
  },
);

learning("a phase that no process reaches is refused", () => {
  const error = refusal(seed, { after: "seccomp" });
  assert.is(error.code, "trace");
  assert.match(error.message, "never made a call after seccomp");
});

learning("a phase after no call at all is refused with the nearest name", () => {
  const error = refusal(seed, { after: "acept4" });
  assert.equal([error.code, error.received, error.fix], ["name", "acept4", "did you mean accept4?"]);
});

const modes = [
  "5 getpid() = 5",
  "[ Process PID=5 runs in 32 bit mode. ]",
  "5 _llseek(3, 0, [0], SEEK_SET) = 0",
  "5 clone(child_stack=NULL, flags=SIGCHLD) = 6",
  '6 stat64("/x", {...}) = 0',
  "[ Process PID=5 runs in 64 bit mode. ]",
  "5 getppid() = 1",
];

learning("calls in 32 bit mode bring their architecture, and a child inherits the mode", () => {
  const { policy, report } = learned(modes);
  assert.equal(policy.arches, ["x86_64", "x86"]);
  assert.equal(
    report.syscalls.map(({ call, abis }) => `${call} ${abis.join("+")}`),
    ["getpid x86_64", "_llseek x86", "clone x86", "stat64 x86", "getppid x86_64"],
  );
  assert.ok(report.warnings.some((warning) => warning.includes("calls were made in the mode of x86")));
});

learning("the 32 bit mode of another machine is that machine's", () => {
  const log = ["5 getpid() = 5", "[ Process PID=5 runs in 32 bit mode. ]", "5 _llseek(3, 0, [0], 0) = 0"];
  for (const [native, other] of [
    ["aarch64", "arm"],
    ["ppc64", "ppc"],
    ["s390x", "s390"],
    ["mips64", "mips"],
  ] as const)
    assert.equal(learned(log, { native }).policy.arches, [native, other]);
  const { policy, report } = learned(log, { native: "loongarch64" });
  assert.equal(policy.arches, ["loongarch64"]);
  assert.ok(report.warnings.length > 0);
});

learning("without a word about modes, the number that -n shows tells the architecture", () => {
  const log = [
    "5 [  39] getpid() = 5",
    "5 [  20] getpid() = 5",
    "5 [1073741863] getpid() = -1 ENOSYS (x)",
    "5 [ 102] socketcall(99, NULL) = -1 EINVAL (x)",
  ];
  const { policy, report } = learned(log);
  assert.equal(policy.arches, ["x86_64", "x86", "x32"]);
  assert.equal(policy.rules[0]?.syscalls, ["getpid", "socketcall"]);
  assert.equal(report.syscalls[0]?.abis, ["x86_64", "x86", "x32"]);
});

learning("a sub-call of socketcall is told by its number, or by its absence as a call of its own", () => {
  assert.is(calls("5 [ 102] socket(AF_UNIX, SOCK_STREAM, 0) = 3", { native: "x86" }), "socketcall");
  assert.is(calls("5 [ 359] socket(AF_UNIX, SOCK_STREAM, 0) = 3", { native: "x86" }), "socket");
  assert.is(calls("5 accept(3, NULL, NULL) = 4", { native: "x86" }), "socketcall");
  assert.is(calls("5 semop(3, NULL, 4) = 4", { native: "s390x" }), "ipc");
  const { policy, report } = learned("5 socket(AF_UNIX, SOCK_STREAM, 0) = 3", { native: "x86" });
  assert.equal(policy.rules[0]?.syscalls, ["socket"]);
  assert.match(report.warnings[0] ?? "", "may have gone through socketcall");
  assert.equal(learned("5 socket(AF_UNIX, SOCK_STREAM, 0) = 3").report.warnings, []);
});

learning("a number without a name stays a number, with a warning", () => {
  const { policy, report } = learned("5 syscall_0x3e7(0x1) = -1 ENOSYS (x)\n5 close(3) = 0");
  assert.equal(policy.rules[0]?.syscalls, [999, "close"]);
  assert.match(report.warnings[0] ?? "", "allows the number 999");
});

learning("a number that only strace does not know gets its name", () => {
  assert.is(calls("5 syscall_0x1d2(0x1) = 0"), "removexattrat");
  assert.is(calls("5 syscall_0x27() = 5\n5 close(3) = 0"), "getpid close");
});

learning("straces of long ago have other spellings", () => {
  assert.is(calls("5 SYS_318(0x1) = 0\n5 SYS_999() = 0\n5 _exit(0) = ?"), "getrandom 999 exit");
  assert.is(calls("5 old_mmap(NULL) = 0x1", { native: "x86" }), "mmap");
});

learning("a log of ltrace is known by what every program begins with", () => {
  const log = ["__libc_start_main(0x80484a4, 1, 0xbffff7b4 <unfinished ...>", "geteuid() = 2003"];
  assert.match(learned(log).report.warnings[0] ?? "", "looks like one of ltrace");
});

learning("a mode that is announced without a pid in front belongs to the pid that it names", () => {
  const log = [
    "[pid 5] getpid() = 5",
    "[pid 6] dup(1) = 3",
    "[ Process PID=6 runs in 32 bit mode. ]",
    "[pid 5] getppid() = 1",
    "[pid 6] _llseek(3) = 0",
  ];
  assert.equal(
    learned(log).report.syscalls.map(({ call, abis }) => `${call} ${abis}`),
    ["getpid x86_64", "dup x86_64", "getppid x86_64", "_llseek x86"],
  );
});

learning("a mode tells the pid of the single process", () => {
  const log = [`execve("/a", [], NULL) = 0`, "[ Process PID=5 runs in 32 bit mode. ]", "_llseek(3) = 0"];
  assert.equal(learned(log).report.taken.pids, [5]);
  assert.is(calls(log, { pids: [5] }), "execve _llseek");
});

learning("pids of another namespace are told by strace's comment", () => {
  const log = [
    "700 dup(1) = 3",
    "700 clone(child_stack=NULL, flags=CLONE_NEWPID|SIGCHLD) = 2 /* 801 in strace's PID NS */",
    "801 getpid() = 2",
  ];
  const { report } = learned(log.slice(1), { only: "child" });
  assert.equal([report.taken.pids, report.left.pids], [[801], [700]]);
  assert.match(report.chosen, "returned by fork, vfork or clone");
});

learning("the number -1 is no call", () => {
  const { policy, report } = learned("5 syscall_0xffffffffffffffff(0x3) = -1 ENOSYS (x)\n5 close(3) = 0");
  assert.equal(policy.rules[0]?.syscalls, ["close"]);
  assert.match(report.warnings[0] ?? "", "number -1");
});

learning("x32 numbers carry their bit", () => {
  const log = [
    "5 close(3) = 0",
    "[ Process PID=5 runs in x32 mode. ]",
    "5 syscall_0x3e7(0x1) = -1 ENOSYS (x)",
  ];
  assert.equal(learned(log).policy.rules[0]?.syscalls, ["close", 0x400003e7]);
});

learning("names that strace spells differently get the architecture's", () => {
  assert.is(calls('5 umount("/x") = 0'), "umount2");
  assert.is(calls('5 umount("/x") = 0', { native: "x86" }), "umount");
  assert.is(calls("5 sync_file_range2(3, 0, 0, 0) = 0", { native: "arm" }), "arm_sync_file_range");
});

learning("a name of another architecture is left out, with a warning", () => {
  const { policy, report } = learned(seed, { only: "child", native: "aarch64" });
  assert.is(
    policy.rules[0]?.syscalls.join(" "),
    "close read write fstat fcntl brk openat shutdown exit_group",
  );
  assert.is(report.warnings.length, 2);
  assert.match(report.warnings[0] ?? "", "open is no call of aarch64 and was left out");
});

learning("a name of no architecture is left out, with the nearest", () => {
  const { policy, report } = learned("5 close(3) = 0\n5 c1ose(3) = 0");
  assert.equal(policy.rules[0]?.syscalls, ["close"]);
  assert.match(
    report.warnings[0] ?? "",
    "c1ose is a call of no architecture and was left out: did you mean close?",
  );
});

learning("a future call whose number -n shows is kept by number", () => {
  assert.equal(learned("5 [ 998] frobnicate(3) = 0").policy.rules[0]?.syscalls, [998]);
});

learning("calls are counted, and those that failed or have no end", () => {
  const { report } = learned([
    '5 open("a") = -1 ENOENT (x)',
    '5 open("b") = 3',
    "5 read(3, <unfinished ...>",
  ]);
  assert.equal(report.syscalls, [
    { call: "open", count: 2, failed: 1, line: 1, abis: ["x86_64"] },
    { call: "read", count: 1, failed: 0, line: 3, abis: ["x86_64"] },
  ]);
  assert.is(report.unfinished, 1);
});

learning("calls stand in the order in which they were entered, not told", () => {
  const log = ["5 accept(3, <unfinished ...>", "6 dup(1) = 3", "5 <... accept resumed>) = 4"];
  assert.is(calls(log), "accept dup");
});

learning("several logs are learned from in turn, as strace -ff writes them", () => {
  const options: LearnOptions = { native: "x86_64", only: "child" };
  const parent = ['execve("/a", [], NULL) = 0', "fork() = 6", "exit_group(0) = ?"].join("\n");
  const child = ["getpid() = 6", "exit_group(0) = ?", "+++ exited with 0 +++"].join("\n");
  const logs = [
    [readStrace([parent], { pid: 5, continues: true }), readStrace([child], { pid: 6 })],
    [readStrace([child], { pid: 6, continues: true }), readStrace([parent], { pid: 5 })],
  ];
  for (const [first, second] of logs) {
    if (!first || !second) continue;
    const { policy, report } = learn(
      (function* () {
        yield* first;
        yield* second;
      })(),
      options,
    );
    assert.equal(policy.rules[0]?.syscalls, ["getpid", "exit_group"]);
    assert.is(report.counts.lines, 6);
    assert.is(report.runs, 1);
  }
});

/** What is learned from the children in logs of one run each. */
function children(...logs: readonly (readonly string[])[]): Learned {
  return learn(
    (function* () {
      for (const log of logs) yield* readStrace([log.join("\n")]);
    })(),
    { native: "x86_64", only: "child" },
  );
}

learning("logs of several runs have a first process each, whatever the pids are in the others", () => {
  const first = [
    '900 execve("/a", [], NULL) = 0',
    "900 fork() = 905",
    "905 getpid() = 905",
    "900 dup(1) = 3",
  ];
  const second = [
    '40 execve("/a", [], NULL) = 0',
    "40 fork() = 905",
    "40 dup2(1, 2) = 2",
    "905 getuid() = 0",
  ];
  const { policy, report } = children(first, second);
  assert.equal(policy.rules[0]?.syscalls, ["getpid", "getuid"]);
  assert.equal([report.runs, report.left.pids], [2, [40, 900]]);
  assert.match(report.chosen, "every process but the first process, 900, with which the log begins");
  assert.match(report.chosen, "in the other logs by the same rules");
});

learning("what strace follows alone is no child, in one log or in several", () => {
  const alone = ['execve("/a", [], NULL) = 0', "dup(1) = 3", "exit_group(0) = ?", "+++ exited with 0 +++"];
  for (const logs of [[alone], [alone, alone]])
    assert.throws(
      () => children(...logs),
      (error: unknown) =>
        error instanceof SeccatError && error.message.startsWith("the trace has one process only"),
    );
});

learning("another default is taken over", () => {
  const { policy } = learned(seed, { default: { kind: "errno", errno: "EPERM" } });
  assert.equal(policy.default, { kind: "errno", errno: "EPERM" });
});

learning("a log of twenty thousand processes is sorted", () => {
  const lines: string[] = [];
  for (let pid = 101; pid < 20_000; pid++)
    lines.push(`${pid} getpid() = ${pid}`, `${pid} +++ exited with 0 +++`);
  const log = ["100 dup(1) = 3", ...lines, "100 close(3) = 0"];
  assert.is(calls(log, { only: "child" }), "getpid");
  const { report } = learned(log, { only: "child" });
  assert.equal([report.taken.pids.length, report.left.pids], [19_899, [100]]);
});

for (const [title, log, message] of [
  ["nothing", "", "the trace is empty"],
  ["blank lines", "\n\n  \n", "the trace is empty"],
  ["prose", "Dear all,\nplease find attached\n", "no line of the trace is a system call"],
  [
    "signals only",
    "5 --- SIGCHLD {} ---\n5 +++ exited with 0 +++\n",
    "no line of the trace is a system call",
  ],
  [
    "a summary",
    "% time     seconds  usecs/call     calls    errors syscall\n------ ----------- ----------- --------- --------- ----------------\n 24.78    0.000143           4        34        13 openat\n",
    "this is a summary (strace -c), which tells neither the processes nor the order of calls",
  ],
  ["calls of no name", "5 foo() = 3", "no call in the trace has a name or number that a policy can hold"],
  ["zeros", "\0\0\0\0", "no line of the trace is a system call"],
] as const)
  learning(`a trace of ${title} is refused`, () => {
    const error = refusal(log);
    assert.equal([error.code, error.message], ["trace", message]);
  });

learning("a trace without a call is refused with its first line", () => {
  const error = refusal("\nDear all,\n");
  assert.equal([error.received, error.where], ["Dear all,", { line: 2 }]);
  assert.match(error.fix ?? "", "strace -f -o FILE");
});

learning.run();
