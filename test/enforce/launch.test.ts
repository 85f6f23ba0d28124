import { spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { backendNames } from "../../shim/index.ts";
import type { Environment } from "../../src/enforce/command.ts";
import { spawnFiltered } from "../../src/enforce/launch.ts";
import { serve } from "../../src/enforce/serve.ts";
import { output, sourceUrl } from "./launched.ts";
import { bareSource, launchApart } from "./launches.ts";
import { allowAll, compileStatic, denyOnly, ret, skip, whyNotHere } from "./programs.ts";

const test = suite("launch");
const folder = mkdtempSync(join(tmpdir(), "seccat-test-"));
test.after(() => rmSync(folder, { recursive: true, force: true }));

test("runs the command under the filter, with no_new_privs", async () => {
  const { status, stdout } = await output(
    [allowAll()],
    ["grep", "-E", "^(Seccomp|NoNewPrivs)", "/proc/self/status"],
  );
  assert.is(status, 0);
  assert.equal(stdout.replaceAll("\t", "").split("\n"), [
    "NoNewPrivs:1",
    "Seccomp:2",
    "Seccomp_filters:1",
    "",
  ]);
});

test("leaves the process that starts it unfiltered", async () => {
  await output([allowAll()], ["true"]);
  assert.match(readFileSync("/proc/self/status", "latin1"), /^Seccomp:\t0$/m);
});

test("makes the kernel deny what the program denies", async () => {
  const target = join(folder, "denied");
  const { status, stderr } = await output([denyOnly(ret.errno(28), "mkdir", "mkdirat")], ["mkdir", target]);
  assert.is(status, 1);
  assert.match(stderr, /No space left on device/);
  assert.not(existsSync(target));
});

test("passes the exit status through", async () => {
  for (const status of [0, 1, 125, 126, 127, 255]) {
    const ending = await output([allowAll()], ["sh", "-c", `exit ${status}`]);
    assert.equal([ending.status, ending.signal], [status, undefined]);
  }
});

test("passes the signal through that ends the command", async () => {
  for (const signal of ["TERM", "KILL", "SEGV"]) {
    const ending = await output([allowAll()], ["sh", "-c", `ulimit -c 0; kill -${signal} $$`]);
    assert.equal([ending.status, ending.signal], [undefined, `SIG${signal}`]);
  }
});

test("a command that the filter kills dies of SIGSYS", async () => {
  const { signal } = await output(
    [denyOnly(ret.kill_process, "mkdir", "mkdirat")],
    ["mkdir", join(folder, "killed")],
  );
  assert.is(signal, "SIGSYS");
});

test("connects stdin, stdout and stderr", async () => {
  const { stdout, stderr } = await output(
    [allowAll()],
    ["sh", "-c", "cat; echo to stderr >&2"],
    {},
    "through a pipe",
  );
  assert.equal([stdout, stderr], ["through a pipe", "to stderr\n"]);
});

test("gives a command further descriptors on request", async () => {
  const path = join(folder, "fourth");
  const fd = openSync(path, "w");
  await output([allowAll()], ["sh", "-c", "echo written >&3"], { stdio: ["ignore", "ignore", "ignore", fd] });
  closeSync(fd);
  assert.is(readFileSync(path, "utf8"), "written\n");
});

test("leaves a command no descriptor that it was not given", async () => {
  const script = `
    const { spawnFiltered } = await import(${JSON.stringify(sourceUrl("src/enforce/launch"))});
    const { readProgram } = await import(${JSON.stringify(sourceUrl("src/bpf/codec"))});
    const program = readProgram(Buffer.from("06000000" + "0000ff7f", "hex"), "little");
    const { exited } = await spawnFiltered([program], ["ls", "/proc/self/fd"], { stdio: "inherit" });
    await exited;`;
  const node = [process.execPath, "--input-type=module", "-e", script].map((word) => `'${word}'`).join(" ");
  const opened = spawnSync("bash", ["-c", `exec 7</dev/null 19</dev/null 200</dev/null; exec ${node}`], {
    encoding: "utf8",
    timeout: 30_000,
  });
  // 3 is the directory that ls itself reads
  assert.equal(opened.stdout.trim().split("\n").sort(), ["0", "1", "2", "3"], opened.stderr);
});

test("restores the limit of open files", async () => {
  const options = { openFiles: { soft: 77n, hard: 99n } };
  const { stdout } = await output([allowAll()], ["sh", "-c", "ulimit -Sn; ulimit -Hn"], options);
  assert.is(stdout, "77\n99\n");
});

test("starts with default signals and none blocked", async () => {
  process.on("SIGUSR2", () => {});
  const { stdout } = await output([allowAll()], ["grep", "-E", "^Sig(Blk|Ign|Cgt)", "/proc/self/status"]);
  process.removeAllListeners("SIGUSR2");
  assert.match(stdout, /^SigBlk:\t0+\nSigIgn:\t0+\n/);
});

test("gives blocking descriptors to a command that inherits a pipe", async () => {
  const script = `
    process.stdin.resume(); process.stdout.write("");
    const { run } = await import(${JSON.stringify(sourceUrl("src/enforce/run"))});
    const { readProgram } = await import(${JSON.stringify(sourceUrl("src/bpf/codec"))});
    process.stdin.pause();
    await run(readProgram(Buffer.from("06000000" + "0000ff7f", "hex"), "little"),
      ["grep", "-h", "^flags", "/proc/self/fdinfo/0", "/proc/self/fdinfo/1"]);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { timeout: 30_000 });
  const flags = (await text(child.stdout)).trim().split("\n");
  child.stdin.end();
  assert.is(flags.length, 2);
  for (const line of flags) assert.is(Number.parseInt(line.split("\t")[1] ?? "", 8) & 0o4000, 0, line);
});

test("the launcher has no page that is both writable and executable", async () => {
  let maps = "";
  const started = await spawnFiltered([allowAll()], ["true"], {
    stdio: "ignore",
    onListener: (listener) => {
      const children = readFileSync(`/proc/self/task/${process.pid}/children`, "latin1").trim().split(" ");
      const named = (pid: string) =>
        readFileSync(`/proc/${pid}/cmdline`, "latin1").startsWith("seccat-launcher");
      maps = readFileSync(`/proc/${children.find(named)}/maps`, "latin1");
      return serve(listener, () => ({ continue: true }));
    },
  });
  await started.exited;
  const rights = maps.split("\n").flatMap((line) => line.split(" ")[1] ?? []);
  assert.ok(rights.includes("r-xp") && rights.some((each) => each.startsWith("rw-")), maps);
  assert.not.ok(
    rights.some((each) => /w.?x/.test(each)),
    maps,
  );
});

/** The pid of a launcher that waits for a process which ends by `end` instead of letting it go on. */
function launcherLeftBy(end: string): { readonly pid: number; readonly signal: string | null } {
  const script = `
    const { readFileSync, writeSync } = await import("node:fs");
    const { launch } = await import(${JSON.stringify(sourceUrl("src/enforce/launch"))});
    const { notifyAll } = await import(${JSON.stringify(sourceUrl("src/enforce/live/record"))});
    await launch([notifyAll()], ["true"], {
      onListener() {
        writeSync(1, readFileSync("/proc/self/task/" + process.pid + "/children", "utf8"));
        ${end}
      },
    });`;
  const done = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
    timeout: 60_000,
  });
  const pid = Number(done.stdout.trim());
  assert.ok(pid > 0, done.stdout + done.stderr);
  return { pid, signal: done.signal };
}

test("a launcher whose supervisor is killed before it lets it go on is gone soon after", async () => {
  const { pid, signal } = launcherLeftBy('process.kill(process.pid, "SIGKILL");');
  assert.is(signal, "SIGKILL");
  // All of its calls are handed over, exit too, and its own descriptor keeps the listener open.
  const deadline = performance.now() + 120_000;
  while (existsSync(`/proc/${pid}`) && performance.now() < deadline) await sleep(100);
  const left = existsSync(`/proc/${pid}`);
  if (left) process.kill(pid, "SIGKILL");
  assert.not.ok(left);
});

test("a launcher whose supervisor exits before it lets it go on is ended by it", () => {
  const { pid } = launcherLeftBy("process.exit(9);");
  let status = "State: X";
  try {
    status = readFileSync(`/proc/${pid}/status`, "latin1");
  } catch {
    // It is gone already; else it is as good as dead.
  }
  assert.match(status, /^State:\s*[XZ]|^(Sig|Shd)Pnd:\s*[0-9a-f]+1[0-9a-f]{2}$/m);
});

test("loses no output of a command that ends before anyone listens", async () => {
  for (let i = 0; i < 5; i++) {
    const launching = spawnFiltered([allowAll()], ["echo", "early"]);
    for (let turn = 0; turn < 50; turn++) await null; // until it waits for the command to start
    const until = performance.now() + 40;
    while (performance.now() < until); // and now its start and its end are one turn of the event loop
    const { child } = await launching;
    assert.is(child.stdout && (await text(child.stdout)), "early\n");
  }
});

const odd = Buffer.from([0x66, 0xff, 0xfe, 0x0a, 0x27, 0x01, 0xc3]); // no UTF-8, a newline, a quote

test("passes words of any bytes", async () => {
  const words = ["", " ", "a b", "ü", "\u{1f408}", "new\nline", "--", odd];
  const { child, exited } = await spawnFiltered([allowAll()], ["printf", "%s\\0", ...words]);
  const chunks: Buffer[] = [];
  child.stdout?.on("data", (chunk) => chunks.push(chunk));
  await exited;
  const expected = Buffer.concat(words.map((word) => Buffer.concat([Buffer.from(word), Buffer.alloc(1)])));
  assert.equal(Buffer.concat(chunks), expected);
});

test("passes an environment of any bytes, and nothing else", async () => {
  const env: Environment = { PATH: process.env.PATH, EMPTY: "", EQUALS: "a=b", ODD: odd, LATER: undefined };
  const { child, exited } = await spawnFiltered([allowAll()], ["env", "-0"], { env });
  const chunks: Buffer[] = [];
  child.stdout?.on("data", (chunk) => chunks.push(chunk));
  await exited;
  const expected = [`PATH=${process.env.PATH}\0EMPTY=\0EQUALS=a=b\0ODD=`, odd, "\0"].map((part) =>
    Buffer.from(part),
  );
  assert.equal(Buffer.concat(chunks), Buffer.concat(expected));
});

test("inherits the environment with changes made in this process", async () => {
  process.env.SECCAT_TEST_CHANGED = "yes";
  const { stdout } = await output([allowAll()], ["sh", "-c", "echo $SECCAT_TEST_CHANGED $HOME"]);
  delete process.env.SECCAT_TEST_CHANGED;
  assert.is(stdout, `yes ${process.env.HOME}\n`);
});

test("passes a megabyte of arguments", async () => {
  const words = Array.from({ length: 20 }, (_, i) => String(i % 10).repeat(50_000));
  const { stdout } = await output([allowAll()], ["sh", "-c", "shift 18; echo $# $2 | wc -c", "sh", ...words]);
  assert.is(stdout, "50003\n");
});

test("starts in the directory that it is told", async () => {
  assert.is((await output([allowAll()], ["pwd"], { cwd: "/usr" })).stdout, "/usr\n");
});

test("finds a command relative to its directory", async () => {
  writeFileSync(join(folder, "here.sh"), "#!/bin/sh\necho found $0\n", { mode: 0o755 });
  assert.is((await output([allowAll()], ["./here.sh"], { cwd: folder })).stdout, "found ./here.sh\n");
  const inPath = await output([allowAll()], ["here.sh"], { cwd: folder, env: { PATH: "/nowhere::/bin" } });
  assert.is(inPath.stdout, "found ./here.sh\n", "an empty entry of PATH is the current directory");
});

test("installs several filters, each in its turn", async () => {
  const { stdout, signal } = await output(
    [
      denyOnly(ret.errno(28), "mkdir", "mkdirat"),
      allowAll(),
      denyOnly(ret.kill_process, "symlinkat", "symlink"),
    ],
    [
      "sh",
      "-c",
      `grep Seccomp_filters /proc/self/status; mkdir ${folder}/stacked 2>&1; exec ln -s a ${folder}/link`,
    ],
  );
  assert.match(stdout, /^Seccomp_filters:\t3\nmkdir: .*No space left on device\n$/);
  assert.is(signal, "SIGSYS");
});

test("takes a program of 4096 instructions", async () => {
  assert.is((await output([allowAll(4096)], ["true"])).status, 0);
});

const why = await whyNotHere();
if (why) {
  rmSync(folder, { recursive: true, force: true });
  skip("starting commands under filters", why);
} else {
  const bare = join(folder, "bare");
  const notBuilt = compileStatic(bareSource, bare);
  if (notBuilt) skip("launches under a filter of three calls", notBuilt);
  else
    for (const backend of backendNames)
      for (const churn of [false, true])
        test(`never dies of its own filter: 50 launches under execve, write and exit_group alone${churn ? ", the collector at work" : ""} (${backend})`, async () => {
          const { launches, deaths, ffi } = await launchApart({ backend, bare, launches: 50, churn });
          if (ffi !== backend) return skip(`launches with ${backend}`, ffi);
          assert.equal([launches, deaths], [50, []]);
        });
  test.run();
}
