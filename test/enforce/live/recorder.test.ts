import { suite } from "uvu";
import * as assert from "uvu/assert";
import { abi, type SyscallName, syscallNr, X32_BIT } from "../../../arch/index.ts";
import type { Look } from "../../../src/enforce/live/look.ts";
import { Recorder, type RecorderOptions } from "../../../src/enforce/live/recorder.ts";
import { notifWords } from "../../../src/enforce/notify.ts";
import type { WatchedProcess } from "../../../src/trace/watched.ts";

const test = suite("enforce/live/recorder");
const { auditArch } = abi("x86_64");

/** A small world: who each thread belongs to, what each process executes, who is alive. */
class World implements Look {
  readonly pids = new Map<number, { pid: number; ppid: number }>();
  readonly stamps = new Map<number, string>();
  readonly dead = new Set<number>();
  ids(tid: number) {
    return this.pids.get(tid) ?? { pid: 0, ppid: 0 };
  }
  image(pid: number) {
    return { exe: `/bin/${this.stamp(pid)}`, comm: this.stamp(pid) };
  }
  stamp(pid: number) {
    return this.stamps.get(pid) ?? "sh";
  }
  isAlive(tid: number) {
    return !this.dead.has(tid);
  }
  isSocket(_tid: number, fd: number) {
    return fd > 3;
  }
}

interface Scene {
  readonly world: World;
  readonly recorder: Recorder;
  readonly ended: WatchedProcess[];
  call(tid: number, name: SyscallName, ...args: number[]): void;
  process(pid: number, ppid: number): void;
}

function scene(options: Partial<RecorderOptions> = {}): Scene {
  const world = new World();
  const ended: WatchedProcess[] = [];
  const recorder = new Recorder({
    native: "x86_64",
    look: world,
    words: notifWords("little"),
    each: (process) => ended.push(process),
    ...options,
  });
  const words = new Uint32Array(20);
  const process = (pid: number, ppid: number) => void world.pids.set(pid, { pid, ppid });
  process(10, 1);
  return {
    world,
    recorder,
    ended,
    process,
    call(tid, name, ...args) {
      words.fill(0);
      words[2] = tid;
      words[4] = syscallNr("x86_64", name) ?? 0;
      words[5] = auditArch;
      args.forEach((arg, i) => {
        words[8 + 2 * i] = arg;
      });
      recorder.see(words);
    },
  };
}

/** `NAME COUNT` of each call, with the number of its stretch where there are several. */
const told = ({ calls }: WatchedProcess) =>
  calls.map(({ name, count, stretch }) => `${stretch} ${name} ${count}`);

test("counts calls by process, with the order of the first", () => {
  const { recorder, ended, call } = scene();
  for (const name of ["read", "write", "read"] as const) call(10, name);
  recorder.finish();
  assert.equal(ended.map(told), [["0 read 2", "0 write 1"]]);
  assert.equal(
    ended[0]?.calls.map(({ first }) => first),
    [1, 2],
  );
});

test("a thread counts for its process, a child is a process of its own", () => {
  const { world, recorder, ended, call, process } = scene();
  world.pids.set(11, { pid: 10, ppid: 1 });
  process(12, 10);
  call(10, "clone");
  call(11, "futex");
  call(12, "getpid");
  recorder.finish();
  assert.equal(
    ended.map(({ pid, parent, tids }) => ({ pid, parent, tids })),
    [
      { pid: 10, parent: undefined, tids: [10, 11] },
      { pid: 12, parent: 10, tids: [12] },
    ],
  );
});

test("a child whose maker ended before its first call is still that one's", () => {
  const { recorder, ended, call, process } = scene();
  process(11, 10);
  process(12, 1);
  call(10, "fork");
  call(11, "fork");
  call(11, "exit_group");
  call(12, "getpid");
  recorder.finish();
  assert.is(ended.find(({ pid }) => pid === 12)?.parent, 11);
});

test("an execve that fails begins nothing, one that comes off a stretch of another program", () => {
  const { world, recorder, ended, call } = scene();
  call(10, "execve");
  call(10, "getpid");
  call(10, "execve");
  world.stamps.set(10, "ls");
  call(10, "brk");
  recorder.finish();
  assert.equal(ended.map(told), [["0 getpid 1", "0 execve 2", "1 brk 1"]]);
  assert.equal(ended[0]?.cuts, [{ from: 4, image: { exe: "/bin/ls", comm: "ls" } }]);
});

test("an execve by another thread than the first is found at the first one's next call", () => {
  const { world, recorder, ended, call } = scene();
  world.pids.set(11, { pid: 10, ppid: 1 });
  call(10, "getpid");
  call(11, "execve");
  call(10, "gettid");
  world.stamps.set(10, "ls");
  call(10, "brk");
  recorder.finish();
  assert.equal(
    ended[0]?.cuts.map(({ from }) => from),
    [4],
  );
});

test("a process that has ended is handed on by a sweep, one that leaves by the second", () => {
  const { world, recorder, ended, call, process } = scene();
  process(11, 10);
  process(12, 10);
  for (const pid of [10, 11, 12]) call(pid, "getpid");
  call(12, "exit_group");
  world.dead.add(11);
  recorder.sweep();
  assert.equal(
    ended.map(({ pid }) => pid),
    [11],
  );
  recorder.sweep();
  assert.equal(
    ended.map(({ pid }) => pid),
    [11, 12],
  );
});

test("a pid that is used again is another process", () => {
  const { recorder, ended, call, process } = scene();
  process(11, 10);
  call(10, "fork");
  call(11, "exit_group");
  call(11, "getpid");
  recorder.finish();
  assert.equal(
    ended.filter(({ pid }) => pid === 11).map((one) => told(one).join()),
    ["0 exit_group 1", "0 getpid 1"],
  );
});

test("phases begin with what they are told by, and children begin in those of their maker", () => {
  const { recorder, ended, call, process } = scene({ phases: ["accept", "read"], after: "listen" });
  process(11, 10);
  call(10, "listen");
  call(10, "accept", 3);
  call(10, "fork");
  call(11, "read", 3);
  call(11, "read", 4);
  recorder.finish();
  const [parent, child] = ended;
  assert.equal(parent?.cuts, [
    { from: 2, phase: "after" },
    { from: 2, phase: "accept" },
  ]);
  assert.equal(child?.reached, ["after", "accept"]);
  assert.equal(child?.cuts, [{ from: 5, phase: "read" }]);
  assert.equal(child && told(child), ["0 read 1", "1 read 1"]);
});

test("a mark begins in every process, and in those that come", () => {
  const { recorder, ended, call, process } = scene({ markFd: 9, markName: () => "ready" });
  process(11, 10);
  process(12, 1);
  call(10, "getpid");
  call(11, "write", 9);
  call(10, "getpid");
  call(12, "getpid");
  recorder.finish();
  assert.equal(
    ended.map((one) => told(one).join(", ")),
    ["0 getpid 1, 1 getpid 1", "0 write 1", "0 getpid 1"],
  );
  assert.equal(ended[2]?.reached, ["mark:ready"]);
});

test("calls of other ABIs are told with their mode, unknown numbers as strace does", () => {
  const { recorder, ended } = scene();
  const see = (nr: number, arch: number) => {
    const words = new Uint32Array(20);
    words.set([10, 0, nr, arch], 2);
    recorder.see(words);
  };
  see(20, abi("x86").auditArch);
  see((X32_BIT | 1) >>> 0, auditArch);
  see(460_000, auditArch);
  recorder.finish();
  assert.equal(
    ended[0]?.calls.map(({ name, nr, mode }) => `${name} ${nr} ${mode}`),
    ["getpid 20 32", "write 1 x32", "syscall_0x704e0 460000 undefined"],
  );
});

test.run();
