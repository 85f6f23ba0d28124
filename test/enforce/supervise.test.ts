import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { syscallName } from "../../arch/index.ts";
import { backendNames, loadShim } from "../../shim/index.ts";
import { formatAction } from "../../src/abi/action.ts";
import { SeccatError } from "../../src/abi/error.ts";
import { takeListener } from "../../src/enforce/attach.ts";
import { spawnFiltered } from "../../src/enforce/launch.ts";
import { native } from "../../src/enforce/native.ts";
import type { Call } from "../../src/enforce/notify.ts";
import { type CallHandler, serve } from "../../src/enforce/serve.ts";
import { sacrifice } from "./child.ts";
import { type allowAll, computed, denyOnly, ret, skip, whyNotHere } from "./programs.ts";

const mkdir = denyOnly(ret.user_notif, "mkdir", "mkdirat");
const folder = mkdtempSync(join(tmpdir(), "seccat-test-"));
const nameOf = (call: Call) => syscallName(native().abi, call.nr);

/** Runs a shell line under `mkdir` handed over to `onCall`. */
async function shell(line: string, onCall: CallHandler) {
  const { child, exited, supervisor } = await spawnFiltered([mkdir], ["sh", "-c", `exec 2>&1; ${line}`], {
    onCall,
    stdio: ["ignore", "pipe", "inherit"],
    cwd: folder,
  });
  const stdout = child.stdout && (await text(child.stdout));
  const ending = await exited;
  return { ...ending, stdout, supervisor };
}

function tests(backend: string): void {
  const test = suite(`supervise over ${backend}`);
  const before = process.env.SECCAT_FFI;
  test.before(() => {
    process.env.SECCAT_FFI = backend;
  });
  test.after(() => {
    if (before === undefined) delete process.env.SECCAT_FFI;
    else process.env.SECCAT_FFI = before;
  });

  test("hands over a call with its number, arguments and thread", async () => {
    const calls: Call[] = [];
    const result = await shell("exec mkdir -m 0123 called", (call) => {
      calls.push(call);
      assert.match(readFileSync(`/proc/${call.pid}/comm`, "utf8"), /^mkdir$/m);
      return { errno: "ENOSPC" };
    });
    assert.match(result.stdout ?? "", /No space left on device/);
    assert.is(result.status, 1);
    assert.is(calls.length, 1);
    const [call] = calls;
    if (!call) return;
    assert.is(call.arch, native().auditArch);
    const name = nameOf(call);
    assert.ok(name === "mkdir" || name === "mkdirat");
    assert.is(call.args[name === "mkdir" ? 1 : 2], 0o123n);
    assert.ok(call.args.every((arg) => arg >= 0n));
    assert.ok((call.instructionPointer ?? 0n) > 0n);
    assert.not(existsSync(join(folder, "called")));
  });

  test("lets a call happen, or pretends that it did", async () => {
    await shell("mkdir made", () => ({ continue: true }));
    assert.ok(existsSync(join(folder, "made")));
    rmSync(join(folder, "made"), { recursive: true });
    const pretended = await shell("mkdir pretended && echo fine", () => ({ value: 0n }));
    assert.is(pretended.stdout, "fine\n");
    assert.not(existsSync(join(folder, "pretended")));
  });

  test("takes its time: other processes and this one go on meanwhile", async () => {
    let ticks = 0;
    const ticking = setInterval(() => ticks++, 5);
    const { stdout } = await shell("mkdir slow & echo first; wait", async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      return { errno: 28 };
    });
    clearInterval(ticking);
    assert.match(stdout ?? "", /^first\n.*No space left/);
    assert.ok(ticks >= 10, `${ticks} ticks`);
  });

  test("answers many calls of many processes, in any order", async () => {
    const waiting: (() => void)[] = [];
    const { stdout } = await shell(
      "for i in 1 2 3 4 5 6 7 8; do mkdir many$i & done; wait",
      () =>
        new Promise((resolve) => {
          waiting.push(() => resolve({ errno: "EROFS" }));
          if (waiting.length === 8) for (const answer of waiting.reverse()) answer();
        }),
    );
    assert.is((stdout ?? "").match(/Read-only file system/g)?.length, 8);
  });

  test("kills by SIGSYS, as the kernel would", async () => {
    const { signal } = await shell("ulimit -c 0; exec mkdir killed", () => ({ kill: true }));
    assert.is(signal, "SIGSYS");
    assert.not(existsSync(join(folder, "killed")));
  });

  test("kills by SIGKILL a process that would survive SIGSYS", async () => {
    const { signal } = await shell("trap '' SYS; exec mkdir killed", () => ({ kill: true }));
    assert.is(signal, "SIGKILL");
    assert.not(existsSync(join(folder, "killed")));
  });

  test("denies when a handler throws, and tells in the end", async () => {
    const result = await shell("mkdir thrown", () => {
      throw new Error("a fault in the handler");
    });
    assert.match(result.stdout ?? "", /Operation not permitted/);
    const failure = await result.supervisor?.done.then(
      () => "none",
      (error) => error.message,
    );
    assert.is(failure, "a fault in the handler");
  });

  test("denies when a handler's answer makes no sense", async () => {
    const result = await shell("mkdir thrown", () => ({ errno: 5000 }));
    assert.match(result.stdout ?? "", /Operation not permitted/);
    const failure = await result.supervisor?.done.catch((error) => error);
    assert.ok(failure instanceof SeccatError && failure.code === "usage");
  });

  test("is done when nobody is left under the filter", async () => {
    const started = performance.now();
    const { supervisor } = await shell("mkdir one; (sleep 0.2; mkdir two) >/dev/null & exit", () => ({
      errno: 1,
    }));
    await supervisor?.done;
    assert.ok(performance.now() - started >= 190, "the process in the background counts");
  });

  test("after close(), the kernel answers ENOSYS", async () => {
    const { child, exited, supervisor } = await spawnFiltered(
      [mkdir],
      ["sh", "-c", "read x; mkdir late 2>&1"],
      {
        onCall: () => ({ continue: true }),
        cwd: folder,
      },
    );
    supervisor?.close();
    await supervisor?.done;
    child.stdin?.end("go\n");
    assert.match((child.stdout && (await text(child.stdout))) ?? "", /Function not implemented/);
    assert.is((await exited).status, 1);
  });

  test("supervises a process that put itself under its filter", async () => {
    const child = sacrifice(
      `const { listener } = install(notifyDenials(programs.original), { listener: true });
       say({ listener });
       say(attempt(() => fs.mkdirSync("/tmp/seccat-never")).code);
       process.exit(0);`,
      { original: denyOnly(ret.errno(28), "mkdir", "mkdirat") },
      { SECCAT_FFI: backend },
    );
    const names: (string | undefined)[] = [];
    const listener = await takeListener(child.pid, { wait: 10_000 });
    const supervisor = serve(listener, (call) => {
      names.push(nameOf(call));
      return { errno: "EXDEV" };
    });
    const { status, lines } = await child.ended;
    await supervisor.done;
    assert.is(status, 0);
    assert.is(lines[1], '"EXDEV"');
    assert.is(names.length, 1);
  });

  test("serves many listeners at once", async () => {
    const results = await Promise.all(
      Array.from({ length: 12 }, (_, i) => shell(`mkdir listener${i}`, () => ({ errno: "EMLINK" }))),
    );
    for (const { stdout } of results) assert.match(stdout ?? "", /Too many links/);
  });

  test("refuses a process without a listener, and one that does not exist", async () => {
    const refused = async (pid: number) => {
      try {
        serve(await takeListener(pid), () => ({ continue: true }));
      } catch (error) {
        return error instanceof SeccatError ? `${error.code}: ${error.message}` : String(error);
      }
      return "supervised";
    };
    // Not this process, which may still hold the listener that it served last.
    const plain = spawn("sleep", ["60"], { stdio: "ignore" });
    assert.is(await refused(plain.pid ?? 0), `enforce: process ${plain.pid} has no seccomp listener`);
    plain.kill();
    const gone = spawnSync("true").pid;
    assert.is(await refused(gone), `enforce: there is no process ${gone}`);
  });

  test("leaves no descriptor open", async () => {
    for (let i = 0; i < 5; i++) await (await shell("mkdir again", () => ({ errno: 1 }))).supervisor?.done;
    const links = spawnSync("ls", ["-l", `/proc/${process.pid}/fd`], { encoding: "utf8" }).stdout;
    assert.not(/seccomp notify|pidfd/.test(links), links);
    assert.not(/seccat-\w+\/status/.test(links), links);
  });

  test.run();
}

const denials = suite("onDenied");

/** Runs a shell line under a program whose denials are named. */
async function denied(program: ReturnType<typeof allowAll>, line: string) {
  const names: string[] = [];
  const { child, exited, supervisor } = await spawnFiltered(
    [program],
    ["sh", "-c", `exec 2>&1; ulimit -c 0; ${line}`],
    {
      onDenied: ({ call, action }) => names.push(`${nameOf(call)} ${formatAction(action)}`),
      stdio: ["ignore", "pipe", "inherit"],
      cwd: folder,
    },
  );
  const stdout = child.stdout && (await text(child.stdout));
  const ending = await exited;
  await supervisor?.done;
  return { ...ending, stdout: stdout ?? "", names };
}

denials("names a call before its errno comes back", async () => {
  const { stdout, names } = await denied(denyOnly(ret.errno(28), "mkdir", "mkdirat"), "mkdir named; echo $?");
  assert.match(stdout, /No space left on device\n1\n$/);
  assert.match(names.join(), /^mkdir(at)? errno\(28\)$/);
});

denials("names a call that its process dies of", async () => {
  for (const kill of [ret.kill_process, ret.kill_thread]) {
    const { signal, names } = await denied(denyOnly(kill, "mkdir", "mkdirat"), "exec mkdir named");
    assert.is(signal, "SIGSYS");
    assert.match(
      names.join(),
      kill === ret.kill_process ? /^mkdir(at)? kill_process$/ : /^mkdir(at)? kill_thread$/,
    );
  }
});

denials("errno 0 stays a success that did nothing", async () => {
  const { stdout, names } = await denied(
    denyOnly(ret.errno(0), "mkdir", "mkdirat"),
    "mkdir nothing && echo fine",
  );
  assert.is(stdout, "fine\n");
  assert.match(names.join(), /errno\(0\)$/);
  assert.not(existsSync(join(folder, "nothing")));
});

denials("leaves trap to the kernel", async () => {
  const { signal, names } = await denied(denyOnly(ret.trap, "mkdir", "mkdirat"), "exec mkdir trapped");
  assert.is(signal, "SIGSYS");
  assert.equal(names, []);
});

denials("answers ENOSYS where the program itself asks for a supervisor, as without one", async () => {
  const { stdout, names } = await denied(mkdir, "mkdir notified");
  assert.match(stdout, /Function not implemented/);
  assert.match(names.join(), /user_notif$/);
});

denials(
  "a program that computes its answers is refused, not run without its denials being heard",
  async () => {
    const mark = join(folder, "computed");
    writeFileSync(mark, "");
    try {
      await denied(computed(), `rm ${mark}`);
      assert.unreachable("it was started");
    } catch (error) {
      assert.ok(
        error instanceof SeccatError && error.code === "program" && error.where?.pc === 1,
        String(error),
      );
    }
    assert.ok(existsSync(mark));
  },
);

denials("a supervised command is refused like any other when the filter denies execve", async () => {
  try {
    await denied(denyOnly(ret.errno(13), "execve"), "true");
    assert.unreachable("it was started");
  } catch (error) {
    assert.ok(error instanceof SeccatError && error.fix === "allow execve", String(error));
  }
});

const why = await whyNotHere();
if (why) {
  rmSync(folder, { recursive: true, force: true });
  skip("supervising processes", why);
} else {
  for (const backend of backendNames) {
    try {
      loadShim(backend);
    } catch (error) {
      skip(`supervise over ${backend}`, error instanceof Error ? error.message : String(error));
      continue;
    }
    tests(backend);
  }
  denials.after(() => rmSync(folder, { recursive: true, force: true }));
  denials.run();
}
