import { existsSync, mkdtempSync, openSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SeccatError } from "../src/abi/error.ts";
import { native } from "../src/enforce/native.ts";
import {
  attach,
  constant,
  type Handlers,
  policy,
  rule,
  type Supervisable,
  type SuperviseOptions,
  supervise,
} from "../src/index.ts";
import { sacrifice } from "./enforce/child.ts";
import { denyOnly, ret, skip, whyNotHere } from "./enforce/programs.ts";

const test = suite("supervise");
const folder = mkdtempSync(join(tmpdir(), "seccat-test-"));
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** What a shell line says under handlers, how it ends, and what went wrong with the handlers. */
async function shell(
  line: string,
  handlers: Handlers,
  options: SuperviseOptions = {},
  filter?: Supervisable,
) {
  const { child, exited, supervisor } = await supervise(
    filter,
    handlers,
    ["sh", "-c", `exec 2>&1; ${line}`],
    {
      stdio: ["ignore", "pipe", "inherit"],
      cwd: folder,
      ...options,
    },
  );
  const stdout = child.stdout ? await text(child.stdout) : "";
  const ending = await exited;
  const failure = await supervisor.done.then(
    () => undefined,
    (error) => (error instanceof Error ? error.message : String(error)),
  );
  return { ...ending, stdout, failure };
}

test("arguments come by name, as the kernel reads them, and paths are read from the caller", async () => {
  const seen: unknown[] = [];
  const note: Handlers["mkdirat"] = (call) => {
    seen.push(call.path("pathname"), call.args.mode, call.name);
    return { errno: "ENOSPC" };
  };
  const { stdout, failure } = await shell("mkdir -m 0123 ../called", {
    mkdir: (call) => {
      seen.push(call.path("pathname"), call.args.mode, call.name);
      return { errno: "ENOSPC" };
    },
    mkdirat: note,
  });
  assert.match(stdout, /No space left on device/);
  assert.is(failure, undefined);
  assert.equal(seen.slice(0, 2), [join(folder, "../called"), 0o123]);
  assert.match(String(seen[2]), /^mkdir(at)?$/);
});

test("a file is opened in the caller's place, and nothing of the answer stays open here", async () => {
  writeFileSync(join(folder, "real"), "what the supervisor shows\n");
  const before = openDescriptors();
  const seen = new Set<number>();
  const { stdout, failure } = await shell("cat /virtual/file; cat /virtual/file", {
    openat: (call) => {
      if (call.path("pathname", "dirfd") !== "/virtual/file") return { continue: true };
      assert.is(call.args.dirfd, -100);
      const descriptor = openSync(join(folder, "real"), "r");
      seen.add(descriptor);
      return { descriptor, cloexec: (call.args.flags & Number(constant(native().abi, "O_CLOEXEC"))) !== 0 };
    },
  });
  assert.is(failure, undefined);
  assert.is(stdout, "what the supervisor shows\n".repeat(2));
  assert.equal(openDescriptors(), before);
  assert.ok(seen.size > 0);
});

test("a descriptor can be given a number, before the answer or with it", async () => {
  writeFileSync(join(folder, "numbered"), "nine\n");
  const { stdout } = await shell(
    "mkdir x; cat <&9; mkdir y; cat <&8",
    {
      ...both((call) => {
        const descriptor = openSync(join(folder, "numbered"), "r");
        if (call.path("pathname").endsWith("y")) return { descriptor, newfd: 8 };
        assert.is(call.inject(descriptor, { newfd: 9 }), 9);
        return { errno: "EEXIST" };
      }),
    },
    {},
    denyOnly(ret.user_notif, "mkdir", "mkdirat"),
  );
  assert.match(stdout, /File exists/);
});

test("what a call fills is written to its caller, laid out as there", async () => {
  const { stdout, failure } = await shell("sysctl() { :; }; uname -n", {
    uname: (call) => {
      const part = (value: string) => Buffer.from(value.padEnd(65, "\0"));
      call.write("buf", Buffer.concat(["Linux", "elsewhere", "1", "2", "m", "d"].map(part)));
      return { value: 0 };
    },
  });
  assert.is(failure, undefined);
  assert.is(stdout, "elsewhere\n");
});

test("a pointer to nothing gets the caller EFAULT, as from the kernel, and is no failure of the handler", async () => {
  const { stdout, failure } = await python(
    "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\nprint(libc.mkdir(ctypes.c_void_p(8), 0), ctypes.get_errno())",
    both((call) => (call.string("pathname") === "" ? { value: 0 } : { value: 1 })),
  );
  assert.is(stdout, "-1 14\n");
  assert.is(failure, undefined);
});

test("texts that are too long or no UTF-8 are errors of the caller", async () => {
  const { stdout } = await python(
    "import os\nfor name in (b'a' * 5000, b'\\xff'):\n  try: os.mkdir(name)\n  except OSError as e: print(e.errno)",
    both((call) => (call.string("pathname") === "" ? { value: 0 } : { value: 1 })),
  );
  assert.is(stdout, "36\n84\n");
});

test("a handler that throws denies, others go on, and the first fault is told at the end", async () => {
  const { stdout, failure } = await shell(
    "mkdir a; mkdir b",
    both((call) => {
      if (call.path("pathname").endsWith("a")) throw new Error("a fault in the handler");
      return { errno: "EROFS" };
    }),
  );
  assert.match(stdout, /a\S*: Operation not permitted\n.*b\S*: Read-only file system/);
  assert.is(failure, "a fault in the handler");
});

test("a handler that fails the command's own start is told as the reason", async () => {
  const error = await supervise(undefined, { execve: () => Promise.reject(new Error("broken")) }, [
    "true",
  ]).then(
    () => assert.unreachable(),
    (thrown: unknown) => thrown,
  );
  assert.instance(error, SeccatError);
  if (!(error instanceof SeccatError)) return;
  assert.match(error.message, /^command not executable: .*EPERM$/);
  assert.is(error.received, "a handler failed: broken");
});

test("failures are answered as configured, and heard of one by one", async () => {
  const heard: string[] = [];
  const { stdout, failure } = await shell(
    "mkdir a; mkdir b",
    both(() => Promise.reject(new Error("no"))),
    {
      failure: { errno: "EIO" },
      onFailure: (error, call) =>
        heard.push(`${call.path("pathname").at(-1)} ${error instanceof Error && error.message}`),
    },
  );
  assert.match(stdout, /Input\/output error\n.*Input\/output error\n/);
  assert.equal(heard, ["a no", "b no"]);
  assert.is(failure, undefined);
});

test("failures can be the end of the caller", async () => {
  const { signal } = await shell(
    "ulimit -c 0; exec mkdir a",
    both(() => Promise.reject(new Error("no"))),
    { failure: { kill: true } },
  );
  assert.is(signal, "SIGSYS");
});

test("a handler that takes too long is overtaken, and what it says then is thrown away with its descriptor", async () => {
  const before = openDescriptors();
  let late: (() => void) | undefined;
  const { stdout, failure } = await shell(
    "mkdir slow",
    both(async () => {
      await new Promise<void>((resolve) => {
        late = resolve;
      });
      return { descriptor: openSync("/dev/null", "r") };
    }),
    { timeout: 60 },
  );
  assert.match(stdout, /Operation not permitted/);
  assert.match(failure ?? "", /took longer than 60 ms/);
  late?.();
  await sleep(20);
  assert.equal(openDescriptors(), before);
});

test("what is no answer denies and is told", async () => {
  for (const [answer, shown] of [
    [undefined, "undefined"],
    [{}, "an object with nothing"],
    [{ errno: 1, value: 1n }, "errno, value"],
    [{ value: 1.5 }, "value"],
    [{ errno: 5000 }, "5000"],
  ] as const) {
    const { stdout, failure } = await shell(
      "mkdir x",
      // @ts-expect-error: as from JavaScript
      both(() => answer),
    );
    assert.match(stdout, /Operation not permitted/, shown);
    assert.match(failure ?? "", /a handler gave no answer|no such errno/, shown);
  }
});

test("a caller that dies while it is decided about is no failure", async () => {
  const { stdout, failure } = await shell("timeout -s KILL 0.1 mkdir dies; echo went on", {
    ...both(async (call) => {
      await sleep(400);
      assert.not(call.isWaiting());
      return { errno: call.path("pathname") === "" ? "EIO" : "EROFS" };
    }),
  });
  assert.match(stdout, /went on\n$/);
  assert.is(failure, undefined);
});

test("calls without a handler get ENOSYS where that was asked for, or what otherwise says", async () => {
  const filter = denyOnly(ret.user_notif, "mkdir", "mkdirat", "rmdir", "unlinkat");
  const names: unknown[] = [];
  const { stdout } = await shell(
    "mkdir x; rmdir y",
    both(() => ({ errno: "EROFS" })),
    {
      otherwise: (call) => {
        names.push(call.name);
        return { errno: "EMLINK" };
      },
    },
    filter,
  );
  assert.match(stdout, /Read-only file system\n.*Too many links/);
  assert.equal(names, ["rmdir"]);
});

test("a policy of this machine is compiled; conditions decide what is handed over", async () => {
  const own = policy({ arches: [native().abi], default: "allow" }, [
    rule("user_notif", "mkdirat", "mkdir").if("mode == 0o700 || mode == 0o77"),
  ]);
  const { stdout } = await shell(
    "mkdir -m 0700 one; mkdir -m 0750 two; ls",
    both(() => ({ errno: "EROFS" })),
    {},
    own,
  );
  assert.match(stdout, /one.*Read-only file system/);
  assert.match(stdout, /^two$/m);
});

test("a policy and handlers that do not fit are refused before anything starts", async () => {
  const mark = join(folder, "started");
  const refused = async (handlers: Handlers, filter: Supervisable, options: SuperviseOptions = {}) => {
    try {
      await supervise(filter, handlers, ["touch", mark], options);
      return "started";
    } catch (error) {
      return error instanceof SeccatError
        ? `${error.code}: ${error.issues.map(({ message }) => message).join("; ")}`
        : String(error);
    }
  };
  const mkdirs = denyOnly(ret.user_notif, "mkdir");
  assert.is(
    await refused({ unlinkat: () => ({ errno: 1 }) }, mkdirs),
    "policy: the handler of unlinkat would never be asked: the policy does not hand that call over; the policy hands over mkdir, and there is no handler for it",
  );
  assert.match(await refused({}, undefined), /^policy: no handler is for a call/);
  assert.match(
    await refused(JSON.parse('{"opennat": 1}'), undefined),
    /^name: there is no system call opennat to handle/,
  );
  assert.match(
    await refused(JSON.parse('{"openat": 1}'), undefined),
    /^schema: the handler of openat is no function/,
  );
  assert.match(await refused(JSON.parse("[]"), undefined), /^schema: these are no handlers/);
  assert.match(
    await refused({ mkdir: () => ({ errno: 1 }) }, mkdirs, { timeout: 0 }),
    /^schema: this is no time/,
  );
  assert.match(
    await refused({ mkdir: () => ({ errno: 1 }) }, mkdirs, JSON.parse('{"timout": 5}')),
    /^schema: unknown key timout/,
  );
  assert.not(existsSync(mark));
});

test("a signal does not take a call away that is decided about", async () => {
  const { stdout, failure } = await python(
    "import os, signal\nran = []\nsignal.signal(signal.SIGALRM, lambda *_: ran.append(1))\nsignal.setitimer(signal.ITIMER_REAL, 0.1)\ntry: os.mkdir('x')\nexcept OSError as e: print(e.errno, ran)\nprint(ran)",
    both(async () => {
      await sleep(400);
      return { errno: "EROFS" };
    }),
  );
  assert.match(stdout, /^30 \[1?\]\n\[1\]\n$/);
  assert.is(failure, undefined);
});

test("nobody waits for a handler whose caller is gone with all others", async () => {
  const { signal, failure } = await shell(
    "exec timeout -s KILL 0.2 mkdir dies",
    both(() => new Promise(() => {})),
    { timeout: Number.POSITIVE_INFINITY },
  );
  assert.is(signal, "SIGKILL"); // timeout does as it does to its command
  assert.is(failure, undefined);
});

test("a process that installed its filter itself is attached to, by its descriptor or without", async () => {
  for (const named of [true, false]) {
    const child = sacrifice(
      `const { listener } = install(programs.original, { listener: true });
       say({ listener });
       say(attempt(() => fs.mkdirSync("/attached")).code);
       process.exit(0);`,
      { original: denyOnly(ret.user_notif, "mkdir", "mkdirat") },
    );
    const { listener } = JSON.parse(await child.line());
    const paths: string[] = [];
    const supervisor = await attach(
      child.pid,
      both((call) => {
        paths.push(call.path("pathname"));
        return { errno: "EMLINK" };
      }),
      named ? { listener } : {},
    );
    const { lines } = await child.ended;
    await supervisor.done;
    assert.is(lines[1], '"EMLINK"');
    assert.equal(paths, ["/attached"]);
  }
});

test("attaching where nothing can be attached to is refused in words", async () => {
  const refused = (pid: number, options = {}) =>
    attach(pid, {}, options).then(
      () => "attached",
      (error) => (error instanceof SeccatError ? error.message : String(error)),
    );
  assert.is(await refused(process.pid), `process ${process.pid} has no seccomp listener`);
  assert.match(
    await refused(process.pid, { listener: 999_999 }),
    /cannot be taken: pidfd_getfd answers EBADF/,
  );
  assert.is(await refused(process.pid, { listner: 4 }), "unknown key listner");
});

/** Handlers for mkdir by either of its calls. */
function both(handler: NonNullable<Handlers["mkdir"]>): Handlers {
  return { mkdir: handler, mkdirat: (call) => Reflect.apply(handler, undefined, [call]) };
}

function python(code: string, handlers: Handlers) {
  return shell(`exec python3 -c "$CODE"`, handlers, { env: { ...process.env, CODE: code } });
}

/** Files that this process has open, besides what Node opens for itself. */
function openDescriptors(): readonly string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const link = readlinkSync(`/proc/self/fd/${fd}`);
      return link.startsWith("/") && !link.startsWith("/proc") ? [link] : [];
    } catch {
      return []; // the directory's own
    }
  });
}

const why = await whyNotHere();
if (why) skip("supervising commands", why);
else test.run();
