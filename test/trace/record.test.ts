import { spawn, spawnSync } from "node:child_process";
import { chmodSync, closeSync, openSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SeccatError } from "../../src/abi/error.ts";
import { findCommand } from "../../src/trace/command.ts";
import type { StraceEvent } from "../../src/trace/event.ts";
import { type Recorded, type RecordOptions, recordStrace } from "../../src/trace/record.ts";
import { inFolder, whyNoStrace } from "./here.ts";

const recording = suite("trace/record");

const why = whyNoStrace();
const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
const recorder = fileURLToPath(new URL(`./recorder.${extension}`, import.meta.url));

interface Run extends Recorded {
  readonly events: readonly StraceEvent[];
  readonly out: string;
  readonly err: string;
}

/** Records a command whose streams are files in `folder`, which is the temporary folder too. */
async function record(
  folder: string,
  command: readonly string[],
  options: Partial<RecordOptions> = {},
): Promise<Run> {
  const events: StraceEvent[] = [];
  writeFileSync(join(folder, "in"), "some input\n");
  const input = openSync(join(folder, "in"), "r");
  const out = openSync(join(folder, "out"), "w");
  const err = openSync(join(folder, "err"), "w");
  const before = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  try {
    const each = (event: StraceEvent) => void events.push(event);
    const recorded = await recordStrace(command, { each, stdio: [input, out, err], ...options });
    const read = (name: string) => readFileSync(join(folder, name), "utf8");
    return { ...recorded, events, out: read("out"), err: read("err") };
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    for (const fd of [input, out, err]) closeSync(fd);
    assert.equal(
      readdirSync(folder).filter((name) => name.startsWith("seccat-")),
      [],
      "something is left",
    );
  }
}

async function refusal(work: () => Promise<unknown>): Promise<SeccatError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof SeccatError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

function names(events: readonly StraceEvent[]): string[] {
  return events.flatMap((event) => (event.kind === "call" ? [event.name] : []));
}

function pids(events: readonly StraceEvent[]): number[] {
  return [
    ...new Set(events.flatMap((event) => ("pid" in event && event.pid !== undefined ? [event.pid] : []))),
  ];
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie whose parent is gone is reaped by somebody soon.
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "latin1"));
  } catch {
    return false;
  }
}

function live(title: string, test: (folder: string) => Promise<void>): void {
  recording(title, async () => {
    if (why !== "") return console.log(`\nskipped: ${why}`);
    await inFolder(test);
  });
}

live("the command has its streams for itself, and its exit code comes back", async (folder) => {
  const run = await record(folder, ["sh", "-c", "cat; echo to stderr >&2; (exit 4) & wait; exit 7"]);
  assert.equal([run.code, run.signal, run.out, run.err], [7, undefined, "some input\n", "to stderr\n"]);
  assert.is(names(run.events)[0], "execve");
  assert.ok(pids(run.events).length >= 3);
  const end = run.events.at(-1);
  assert.ok(end?.kind === "end" && end.counts.unreadable === 0 && end.counts.doubtful === 0);
});

live("a signal that ends the command comes back", async (folder) => {
  const run = await record(folder, ["sh", "-c", "kill -TERM $$"]);
  assert.equal([run.code, run.signal], [undefined, "SIGTERM"]);
});

live("the command inherits no descriptor but its three", async (folder) => {
  const command = ["ls", "/proc/self/fd"] as const;
  const bare = spawnSync(command[0], [command[1]], { stdio: ["ignore", "pipe", "ignore"], encoding: "utf8" });
  assert.is((await record(folder, command)).out, bare.stdout);
});

live("folder and environment are the command's", async (folder) => {
  const env = { ...process.env, GREETING: "good day" };
  const run = await record(folder, ["sh", "-c", 'pwd; echo "$GREETING"'], { cwd: "/", env });
  assert.is(run.out, "/\ngood day\n");
});

live("events come while the command runs", async (folder) => {
  const stop = new AbortController();
  const each = () => stop.abort();
  const run = await record(folder, ["sleep", "100"], { each, signal: stop.signal });
  assert.is(run.signal, "SIGKILL");
});

live("when it is aborted, nothing of the command runs on", async (folder) => {
  const stop = new AbortController();
  const events: StraceEvent[] = [];
  const each = (event: StraceEvent) => {
    events.push(event);
    if (names(events).filter((name) => name === "clock_nanosleep" || name === "execve").length >= 3)
      stop.abort();
    if (event.kind === "begin" && event.name === "clock_nanosleep") stop.abort();
  };
  const run = await record(folder, ["sh", "-c", "trap '' TERM; sleep 100 & (setsid sleep 100) & sleep 100"], {
    each,
    signal: stop.signal,
  });
  assert.is(run.signal, "SIGKILL");
  assert.equal(pids(events).filter(alive), []);
});

live("a recording that was aborted before it began ends", async (folder) => {
  const run = await record(folder, ["sleep", "100"], { signal: AbortSignal.abort() }).catch((error) => error);
  assert.ok(run instanceof SeccatError || run.signal === "SIGKILL", String(run));
});

live("what the receiver of events throws comes out, and nothing of the command runs on", async (folder) => {
  const events: StraceEvent[] = [];
  const each = (event: StraceEvent) => {
    events.push(event);
    if (events.length === 40) throw new RangeError("enough");
  };
  try {
    await record(folder, ["sh", "-c", "sleep 100 & sleep 100"], { each });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, RangeError);
  }
  assert.equal(pids(events).filter(alive), []);
});

live("a command that does not exist is refused as that", async (folder) => {
  for (const command of ["seccat-no-such-command", "/nonexistent/command", "./nothing", ""]) {
    const error = await refusal(() => record(folder, [command]));
    assert.equal([error.code, error.received], ["file", "ENOENT"], command);
  }
});

live("a command that cannot be executed is refused as that", async (folder) => {
  const file = join(folder, "plain");
  writeFileSync(file, "no program\n");
  chmodSync(file, 0o644);
  for (const [command, received] of [
    [file, "EACCES"],
    [folder, "EACCES"],
  ] as const) {
    const error = await refusal(() => record(folder, [command]));
    assert.equal([error.code, error.received], ["file", received], command);
  }
  chmodSync(file, 0o755);
  const error = await refusal(() => record(folder, [file]));
  assert.equal([error.code, error.received], ["file", "ENOEXEC"]);
});

live("no command is a wrong call", async (folder) => {
  assert.is((await refusal(() => record(folder, []))).code, "usage");
});

recording("a missing strace is the host's fault, with how to install it", async () => {
  await inFolder(async (folder) => {
    const error = await refusal(() => record(folder, ["true"], { strace: join(folder, "strace") }));
    assert.equal([error.code, error.message], ["host", "strace is not installed"]);
    assert.match(error.fix ?? "", "apt-get install strace");
  });
});

/** A program that does as a strace does which may not trace. */
function forbidden(folder: string): string {
  const file = join(folder, "strace");
  writeFileSync(
    file,
    `#!/bin/sh\n[ "$1" = --help ] && exit 0\necho "strace: ptrace(PTRACE_TRACEME, ...): Operation not permitted" >&2\nexit 1\n`,
  );
  chmodSync(file, 0o755);
  return file;
}

recording("a strace that may not trace is the host's fault, with its own words", async () => {
  await inFolder(async (folder) => {
    const error = await refusal(() => record(folder, ["true"], { strace: forbidden(folder) }));
    assert.equal(
      [error.code, error.received],
      ["host", "strace: ptrace(PTRACE_TRACEME, ...): Operation not permitted"],
    );
    assert.match(error.fix ?? "", "SYS_PTRACE");
  });
});

live("so is one inside another strace", async () => {
  const inner = spawnSync("strace", ["-f", "-o", "/dev/null", process.execPath, recorder, "true"], {
    encoding: "utf8",
  });
  assert.match(inner.stderr, "strace could not trace the command");
  assert.match(inner.stderr, "Operation not permitted");
});

for (const [sent, ended] of [
  ["SIGTERM", "SIGTERM"],
  ["SIGHUP", "SIGHUP"],
] as const)
  live(`${sent} goes to the command, and the recorder lives to tell`, async () => {
    const child = spawn(process.execPath, [recorder, "sleep", "100"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      if (line.startsWith("running ")) child.kill(sent);
    }
    assert.equal(JSON.parse(lines.at(-1) ?? "{}"), { signal: ended, left: [] });
    assert.not(alive(Number(lines[0]?.split(" ")[1])));
  });

live("SIGINT from the terminal is the command's to answer", async () => {
  const child = spawn(process.execPath, [recorder, "sh", "-c", "trap 'exit 9' INT; sleep 100; exit 1"], {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line.startsWith("running ") && child.pid !== undefined) process.kill(-child.pid, "SIGINT");
  }
  assert.equal(JSON.parse(lines.at(-1) ?? "{}"), { code: 9, left: [] });
});

live("a recorder that is killed by its own exit leaves nothing behind", async (folder) => {
  const code = `
    const { recordStrace } = await import(${JSON.stringify(new URL(`../../src/trace/record.${extension}`, import.meta.url).href)});
    recordStrace(["sleep", "100"], { each: (event) => {
      if (event.kind !== "begin" && !(event.kind === "call" && event.name === "execve")) return;
      console.log(event.pid);
      process.exit(0);
    } });`;
  const { stdout, status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", code], {
    encoding: "utf8",
    env: { ...process.env, TMPDIR: folder },
  });
  assert.is(status, 0, stderr);
  assert.equal(
    readdirSync(folder).filter((name) => name.startsWith("seccat-")),
    [],
  );
  const pid = Number(stdout.trim());
  assert.ok(pid > 1, stdout);
  const until = Date.now() + 3000;
  while (alive(pid) && Date.now() < until) await new Promise((done) => setTimeout(done, 20));
  assert.not(alive(pid));
});

live("when strace itself is killed, the command goes too", async (folder) => {
  const events: StraceEvent[] = [];
  const each = (event: StraceEvent) => {
    events.push(event);
    if (event.kind !== "call" || event.name !== "execve") return;
    const status = readFileSync(`/proc/${event.pid}/status`, "latin1");
    process.kill(Number(/^TracerPid:\s*(\d+)/m.exec(status)?.[1]), "SIGKILL");
  };
  const error = await refusal(() => record(folder, ["sleep", "100"], { each }));
  assert.equal([error.code, error.message], ["host", "strace ended before the command, which was killed"]);
  const until = Date.now() + 3000;
  while (pids(events).some(alive) && Date.now() < until) await new Promise((done) => setTimeout(done, 20));
  assert.equal(pids(events).filter(alive), []);
});

live("a strace that ends at once is not waited for, however often", async (folder) => {
  const strace = forbidden(folder);
  for (let i = 0; i < 30; i++)
    assert.is((await refusal(() => record(folder, ["true"], { strace }))).code, "host");
});

recording("a command is found as execvp finds it", async () => {
  await inFolder((folder) => {
    const file = join(folder, "tool");
    writeFileSync(file, "#!/bin/sh\n");
    chmodSync(file, 0o755);
    assert.is(findCommand("tool", { env: { PATH: `/nonexistent:${folder}` } }), file);
    assert.is(findCommand("./tool", { cwd: folder }), file);
    assert.throws(() => findCommand("tool", { env: { PATH: "/nonexistent" } }), /there is no command tool/);
    assert.throws(
      () => findCommand("tool", { cwd: folder, env: { PATH: "/nonexistent" } }),
      /there is no command/,
    );
  });
});

recording.run();
