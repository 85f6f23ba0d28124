import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SeccatError } from "../../src/abi/error.ts";
import { type Learned, type LearnOptions, newLearner } from "../../src/trace/index.ts";
import { readStrace } from "../../src/trace/reader.ts";
import { droppedAfterStart } from "../../src/trace/report.ts";
import type { WatchedCall, WatchedProcess } from "../../src/trace/watched.ts";

const test = suite("trace/phase");

/** A server that forks for each of its connections, the second of them for a program of its own. */
const server = `
10 execve("/usr/bin/server", ["server"], 0x7ffc) = 0
10 openat(AT_FDCWD, "/etc/server.conf", O_RDONLY) = 3
10 socket(AF_INET, SOCK_STREAM, 0) = 3
10 listen(3, 5) = 0
10 write(9, "ready\\n", 6) = 6
10 accept(3, NULL, NULL) = 4
10 clone(child_stack=NULL, flags=SIGCHLD) = 11
11 close(3) = 0
11 read(4, "GET", 64) = 3
11 sendto(4, "cat", 3, 0, NULL, 0) = 3
11 exit_group(0) = ?
10 accept(3, NULL, NULL) = 4
10 clone(child_stack=NULL, flags=SIGCHLD) = 12
12 dup2(4, 0) = 0
12 execve("/usr/bin/cgi", ["cgi"], 0x7ffc) = 0
12 read(0, "GET", 64) = 3
12 uname({sysname="Linux"}) = 0
12 exit_group(0) = ?
10 exit_group(0) = ?
`;

function learned(options: Partial<LearnOptions>, log = server): Learned {
  const learner = newLearner({ native: "x86_64", ...options });
  for (const event of readStrace([log.trimStart()])) learner.see(event);
  return learner.finish();
}

/** The calls of the policy of all that was taken. */
const calls = (options: Partial<LearnOptions>) => learned(options).policy.rules[0]?.syscalls.join(" ");

/** `NAME: CALLS` of each part. */
const parts = (options: Partial<LearnOptions>, log = server) =>
  learned(options, log).parts.map(({ name, policy }) => `${name}: ${policy.rules[0]?.syscalls.join(" ")}`);

/** What shells do to write to a descriptor: `echo ready >&9`, after which 1 is the terminal again. */
const shell = `
10 execve("/bin/sh", ["sh"], 0x7ffc) = 0
10 fcntl(1, F_DUPFD, 10) = 10
10 fcntl(10, F_SETFD, FD_CLOEXEC) = 0
10 dup2(9, 1) = 1
10 write(1, "ready\\n", 6) = 6
10 dup2(10, 1) = 1
10 write(1, "no mark\\n", 8) = 8
10 clone(child_stack=NULL, flags=SIGCHLD) = 11
11 dup2(9, 1) = 1
11 dup3(1, 5, O_CLOEXEC) = 5
11 getuid() = 0
11 write(5, "child", 5) = 5
11 execve("/bin/a", ["a"], 0x7ffc) = 0
11 getgid() = 0
11 write(5, "no mark", 7) = -1 EBADF (Bad file descriptor)
11 write(1, "more", 4) = 4
11 getpid() = 11
11 close(1) = 0
11 write(1, "no mark", 7) = -1 EBADF (Bad file descriptor)
11 exit_group(0) = ?
10 close(9) = 0
10 exit_group(0) = ?
`;

const choices: readonly (readonly [title: string, options: Partial<LearnOptions>, expected: string])[] = [
  ["after a call", { after: "listen" }, "write accept clone close read sendto exit_group dup2 execve uname"],
  ["up to a call, in every process of its own", { until: "listen" }, "execve openat socket listen"],
  [
    "children alone, after a call of theirs",
    { only: "child", after: "dup2" },
    "execve read uname exit_group",
  ],
  ["what one program does", { program: /cgi$/ }, "read uname exit_group"],
  [
    "after a mark",
    { markFd: 9, afterMark: "ready", only: "child" },
    "close read sendto exit_group dup2 execve uname",
  ],
  ["before a mark", { markFd: 9, untilMark: "ready" }, "execve openat socket listen write"],
  ["between two calls", { after: "openat", until: "write" }, "socket listen write"],
];

for (const [title, options, expected] of choices)
  test(`learns from ${title}`, () => assert.is(calls(options), expected));

const splits: readonly (readonly [
  title: string,
  options: Partial<LearnOptions>,
  expected: readonly string[],
])[] = [
  [
    "process",
    { split: "process" },
    [
      "10: execve openat socket listen write accept clone exit_group",
      "11: close read sendto exit_group",
      "12: dup2 execve read uname exit_group",
    ],
  ],
  [
    "program",
    { split: "exe" },
    [
      "/usr/bin/server: execve openat socket listen write accept clone close read sendto exit_group dup2",
      "/usr/bin/cgi: read uname exit_group",
    ],
  ],
  [
    "the first accept, and what is read first of a connection",
    { split: "phase", phases: ["accept", "read"] },
    [
      "start: execve openat socket listen write",
      "accept: accept clone close dup2 execve read uname exit_group",
      "read: read sendto exit_group",
    ],
  ],
  [
    "exec",
    { split: "phase", phases: ["exec"] },
    [
      "start: execve",
      "exec: openat socket listen write accept clone close read sendto exit_group dup2 execve uname",
    ],
  ],
  [
    "mark",
    { split: "phase", markFd: 9 },
    [
      "start: execve openat socket listen write",
      "mark:ready: accept clone close read sendto exit_group dup2 execve uname",
    ],
  ],
];

for (const [title, options, expected] of splits)
  test(`splits by ${title}`, () => assert.equal(parts(options), expected));

test("a write to a copy of the descriptor of marks is a mark, as long as it is a copy", () =>
  assert.equal(parts({ split: "phase", markFd: 9 }, shell), [
    "start: execve fcntl dup2 write",
    "mark:ready: dup2 write clone dup3 getuid",
    "mark:child: execve getgid write",
    "mark:more: getpid close write exit_group",
  ]));

test("tells the calls that only the start needs", () => {
  const { parts: phases } = learned({ split: "phase", phases: ["accept"] });
  assert.equal(droppedAfterStart(phases), ["openat", "socket", "listen", "write"]);
  assert.is(droppedAfterStart(learned({ split: "process" }).parts), undefined);
});

test("a mark from outside begins behind what was read so far", () => {
  const learner = newLearner({ native: "x86_64", afterMark: "now" });
  const events = [...readStrace([server.trimStart()])];
  for (const event of events.slice(0, 4)) learner.see(event);
  learner.mark("now");
  for (const event of events.slice(4)) learner.see(event);
  assert.is(learner.finish().policy.rules[0]?.syscalls[0], "write");
});

test("strace -y tells connections that no accept of the log returned", () => {
  const log = `
10 execve("/s", ["s"], 0x7ffc) = 0
10 listen(3<socket:[1]>, 5) = 0
10 clone(child_stack=NULL, flags=SIGCHLD) = 11
11 read(0</etc/passwd>, "root", 64) = 3
11 read(0<socket:[2]>, "GET", 64) = 3
11 exit_group(0) = ?
`;
  const learner = newLearner({ native: "x86_64", split: "phase", phases: ["read"], only: "child" });
  for (const event of readStrace([log.trimStart()])) learner.see(event);
  assert.equal(
    learner.finish().parts.map(({ name, syscalls }) => `${name} ${syscalls.map(({ count }) => count)}`),
    ["start 1", "read 1,1"],
  );
});

test("what is never there is told as such", () => {
  const refusal = (options: Partial<LearnOptions>) => {
    try {
      learned(options);
    } catch (error) {
      if (error instanceof SeccatError) return `${error.message}; ${error.received}; ${error.fix}`;
    }
    return "";
  };
  assert.match(refusal({ afterMark: "never" }), "made no call after the mark never; the log has no mark");
  assert.match(
    refusal({ markFd: 9, afterMark: "redy" }),
    "the mark redy; the log has the marks ready; did you mean ready?",
  );
  assert.match(refusal({ program: /nginx/ }), "none of the processes taken ran a program");
  assert.match(refusal({ until: "opn" }), "no system call has the name that ends what is learned from");
});

test("an end that never came is told with what was taken", () => {
  const choice = (options: Partial<LearnOptions>) => learned(options).report.chosen;
  assert.is(choice({ until: "mkdir" }), "took every process; none called mkdir, which was to end it");
  assert.is(choice({ markFd: 9, untilMark: "redy" }), "took every process; no mark redy came to end it");
  assert.is(choice({ markFd: 9, untilMark: "ready", until: "listen" }), "took every process");
});

const call = (name: string, nr: number, stretch: number, first: number): WatchedCall => {
  return { stretch, name, nr, mode: undefined, count: 2, first, told: false };
};
const none = { exe: "", comm: "" };

/** A command that serves, and a child of it. */
const watched: readonly WatchedProcess[] = [
  {
    pid: 11,
    parent: 10,
    tids: [11, 12],
    image: { exe: "/bin/s", comm: "s" },
    reached: ["accept"],
    cuts: [{ from: 20, phase: "read" }],
    calls: [call("close", 3, 0, 19), call("read", 0, 1, 20)],
  },
  {
    pid: 10,
    parent: undefined,
    tids: [10],
    image: none,
    reached: [],
    cuts: [
      { from: 2, image: { exe: "/bin/s", comm: "s" } },
      { from: 8, phase: "accept" },
    ],
    calls: [call("execve", 59, 0, 1), call("listen", 50, 1, 5), call("accept", 43, 2, 8)],
  },
];

function learnedLive(options: Partial<LearnOptions>): Learned {
  const learner = newLearner({ native: "x86_64", ...options });
  for (const process of watched) learner.take(process);
  return learner.finish();
}

test("what was watched is learned in the order in which it was called, whoever ended first", () => {
  const { policy, report } = learnedLive({});
  assert.equal(policy.rules[0]?.syscalls, ["execve", "listen", "accept", "close", "read"]);
  assert.equal(report.watched, { calls: 10, processes: 2, threads: 3 });
  assert.equal(
    report.syscalls.map(({ line }) => line),
    [1, 5, 8, 19, 20],
  );
});

test("of what was watched too, children, threads, programs and phases can be taken", () => {
  const of = (options: Partial<LearnOptions>) => learnedLive(options).policy.rules[0]?.syscalls.join(" ");
  assert.is(of({ only: "child" }), "close read");
  assert.is(of({ pids: [12] }), "close read");
  assert.is(of({ program: /^s$/ }), "execve listen accept close read");
  assert.equal(
    learnedLive({ split: "phase" }).parts.map(({ name }) => name),
    ["start", "accept", "read"],
  );
  assert.match(learnedLive({ only: "child" }).report.chosen, "every process but 10, the command's own");
});

test.run();
