/** Faults around a supervisor, and the clear state that each must end in. */
import { spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import * as assert from "uvu/assert";
import { type Aftermath, play } from "./faults.ts";

/** A fault that is played; throws where it does not end in its clear state. */
export interface Fault {
  readonly name: string;
  /** Whether more scale means one longer play, rather than more plays. */
  readonly long?: boolean;
  /** `scale` is 1 in a test, and more where there is time. Gives what is worth telling. */
  play(scale: number): Promise<string>;
  /** Why it cannot be played here. */
  readonly missing?: string | undefined;
}

const asks = `const mkdir = (call) => { say("ASKED " + call.pid); return new Promise(() => {}); };
  export default { mkdir, mkdirat: mkdir };`;
const slowly = `const mkdir = async (call) => {
    say("ASKED " + call.pid);
    await new Promise((resolve) => setTimeout(resolve, 300));
    return { errno: "EROFS" };
  };
  export default { mkdir, mkdirat: mkdir };`;
const readOnly = `const mkdir = (call) => (call.path("pathname"), { errno: "EROFS" });
  export default { mkdir, mkdirat: mkdir };`;

/** Children that all make the call at once; tells how often each errno came. */
const bomb = (children: number) => `exec python3 -c '
import os, collections
got, put = os.pipe()
for i in range(${children}):
  if os.fork() == 0:
    try: os.mkdir("x%d" % i); code = 0
    except OSError as error: code = error.errno
    os.write(put, bytes([code])); os._exit(0)
os.close(put)
codes = b""
while True:
  part = os.read(got, 4096)
  if not part: break
  codes += part
for i in range(${children}): os.wait()
print("CODES", sorted(collections.Counter(codes).items()))
'`;

const bwrap =
  spawnSync("bwrap", ["--dev-bind", "/", "/", "true"]).status === 0 ? undefined : "bwrap does not run here";

/** Checks that nobody is left, the exit code, and that the scene said these words, in whatever order its processes wrote them. */
function clear(aftermath: Aftermath, code: Aftermath["code"], ...words: readonly RegExp[]): string {
  const { stdout, stderr, stray, ms } = aftermath;
  assert.equal(stray, []);
  assert.is(aftermath.code, code, `${stdout}\n${stderr}`);
  for (const word of words) assert.match(stdout + stderr, word, `${word}: ${stdout}\n${stderr}`);
  return `${ms.toFixed(0)} ms`;
}

/** All of them. */
export const faults: readonly Fault[] = [
  {
    name: "the supervisor is killed while a call waits: the command ends with it",
    play: async () => {
      const after = await play({
        handlers: asks,
        line: "mkdir x && sleep 60", // mkdir may hear ENOSYS a moment before the kernel kills its parent
        harm: async ({ seccat, said }) => {
          await said("ASKED");
          seccat.kill("SIGKILL");
        },
      });
      return clear(after, "SIGKILL");
    },
  },
  {
    name: "the supervisor is killed while calls of many processes wait: all of them end",
    play: async () => {
      const after = await play({
        handlers: asks,
        line: bomb(100),
        harm: async ({ seccat, said }) => {
          await said("ASKED");
          await sleep(300);
          seccat.kill("SIGKILL");
        },
      });
      return clear(after, "SIGKILL");
    },
  },
  {
    name: "the caller is killed while its call waits: its parent goes on",
    play: async () => {
      const after = await play({
        handlers: slowly,
        line: "mkdir x; echo WENT ON; exit 5",
        harm: async ({ said }) => void process.kill(Number(await said("ASKED")), "SIGKILL"),
      });
      return clear(after, 5, /WENT ON/);
    },
  },
  {
    name: "the caller is stopped and continued while its call waits: it gets its answer",
    play: async () => {
      const after = await play({
        handlers: slowly,
        line: "mkdir x; exit 5",
        harm: async ({ said }) => {
          const pid = Number(await said("ASKED"));
          process.kill(pid, "SIGSTOP");
          await sleep(600);
          process.kill(pid, "SIGCONT");
        },
      });
      return clear(after, 5, /Read-only file system/);
    },
  },
  {
    name: "the supervisor is stopped and continued: callers wait for it",
    play: async () => {
      const after = await play({
        handlers: slowly,
        line: "mkdir x; mkdir y; exit 5",
        harm: async ({ seccat, said }) => {
          await said("ASKED");
          seccat.kill("SIGSTOP");
          await sleep(600);
          seccat.kill("SIGCONT");
        },
      });
      return clear(after, 5, /(Read-only file system[\s\S]*){2}/);
    },
  },
  {
    name: "500 children call at once under one listener: each gets its answer",
    play: fiveHundred,
  },
  {
    name: "calls come as fast as they can for long: none is lost, and memory stays",
    long: true,
    play: async (scale) => {
      const calls = 30_000 * scale;
      const after = await play({
        handlers: `let calls = 0; let first = 0;
          process.once("exit", () => say("GREW " + calls + " " + Math.round((process.memoryUsage().rss - first) / 2 ** 20)));
          export default { write: ({ args }) => {
            if (++calls === 10_000) first = process.memoryUsage().rss;
            return args.fd === 1 ? { value: args.count } : { continue: true };
          } };`,
        line: `exec dd if=/dev/zero bs=1 count=${calls} status=none`,
        limit: 60_000 + 10_000 * scale,
      });
      const [, count = 0, grown = 0] = (/GREW (\d+) (-?\d+)/.exec(after.stdout) ?? []).map(Number);
      assert.ok(count >= calls, `${count} of ${calls} calls were seen`);
      assert.ok(grown < 100, `${grown} MB more`);
      clear(after, 0);
      const rate = Math.round((calls / after.ms) * 1000);
      return `${count} calls in ${(after.ms / 1000).toFixed(1)} s, start and end included: ${rate} a second; ${grown} MB more`;
    },
  },
  {
    name: "the supervisor has no descriptor left: reading goes on, a handler that opens is a failure that is told",
    play: async () => {
      const after = await play({
        handlers: `const held = [];
          const mkdir = (call) => {
            const path = call.path("pathname");
            if (path === "/hoard") {
              try { for (;;) held.push(fs.openSync("/dev/null", "r")); } catch { return { errno: "ENOSPC" }; }
            }
            if (path === "/open") for (;;) held.push(fs.openSync("/dev/null", "r"));
            return { errno: "EROFS" };
          };
          export default { mkdir, mkdirat: mkdir };`,
        line: "mkdir /hoard; mkdir /read; mkdir /open; mkdir /read; exit 6",
        within: ["prlimit", "--nofile=200:200"],
      });
      return clear(
        after,
        6,
        /No space left/,
        /(Read-only[\s\S]*){2}/,
        /failed: .*EMFILE/,
        /Operation not permitted/,
      );
    },
  },
  {
    name: "there is no /proc: memory is read all the same, and what needs /proc is a failure that is told",
    missing: bwrap,
    play: async () => {
      const after = await play({
        handlers: readOnly,
        line: "mkdir /absolute; mkdir relative; exit 6",
        within: ["bwrap", "--dev-bind", "/", "/", "--tmpfs", "/proc"],
      });
      return clear(after, 6, /Read-only/, /failed: .*cannot be seen/, /Operation not permitted/);
    },
  },
  {
    name: "/tmp is read-only: the command is started from elsewhere",
    missing: bwrap,
    play: async () => {
      const after = await play({
        handlers: readOnly,
        line: "mkdir x; exit 6",
        within: ["bwrap", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev"],
      });
      return clear(after, 6, /Read-only/);
    },
  },
  {
    name: "nothing can be written anywhere: the command does not start",
    missing: bwrap,
    play: async () => {
      const within = [
        "bwrap",
        "--ro-bind",
        "/",
        "/",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "--remount-ro",
        "/dev",
      ];
      const after = await play({
        handlers: readOnly,
        line: "echo STARTED",
        within: [...within, "--tmpfs", "/dev/shm", "--remount-ro", "/dev/shm"],
      });
      assert.not.match(after.stdout, /STARTED/);
      return clear(after, 125, /could not be started from any directory/);
    },
  },
  {
    name: "no FFI package loads: the command does not start",
    play: async () => {
      const after = await play({ handlers: readOnly, line: "echo STARTED", env: { SECCAT_FFI: "none" } });
      assert.not.match(after.stdout, /STARTED/);
      return clear(after, 125);
    },
  },
  {
    name: "the supervisor's memory limit is hit while a call waits: both end",
    play: async () => {
      const after = await play({
        handlers: `const held = []; const mkdir = () => { for (;;) held.push(new Array(100_000).fill(held.length + 0.5)); };
          export default { mkdir, mkdirat: mkdir };`,
        line: "mkdir x; echo WENT ON",
        within: ["prlimit", "--core=0"],
        node: ["--max-old-space-size=60"],
      });
      assert.not.match(after.stdout, /WENT ON/);
      return clear(after, "SIGABRT");
    },
  },
];

async function fiveHundred(): Promise<string> {
  const after = await play({
    handlers: `const mkdir = async (call) => {
        call.path("pathname");
        await new Promise(setImmediate);
        return { errno: "EROFS" };
      };
      export default { mkdir, mkdirat: mkdir };`,
    line: bomb(500),
  });
  return clear(after, 0, /^CODES \[\(30, 500\)\]$/m);
}
