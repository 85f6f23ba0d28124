import { spawn, spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SeccatError } from "../../src/abi/error.ts";
import type { Program } from "../../src/bpf/program.ts";
import type { Environment, Text } from "../../src/enforce/command.ts";
import { launch, spawnFiltered } from "../../src/enforce/launch.ts";
import type { SpawnOptions } from "../../src/enforce/prepare.ts";
import {
  allowAll,
  allowOnly,
  byName,
  compileStatic,
  denyOnly,
  here,
  ret,
  skip,
  whyNotHere,
} from "./programs.ts";

const test = suite("launch");
const folder = mkdtempSync(join(tmpdir(), "seccat-test-"));
test.after(() => rmSync(folder, { recursive: true, force: true }));

interface Output {
  readonly status: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command under programs to its end. */
async function output(
  programs: readonly Program[],
  argv: readonly Text[],
  options: SpawnOptions = {},
  input = "",
): Promise<Output> {
  const { child, exited } = await spawnFiltered(programs, argv, options);
  child.stdin?.on("error", () => {}); // the command may have ended already
  child.stdin?.end(input);
  const [stdout, stderr] = await Promise.all(
    [child.stdout, child.stderr].map((stream) => (stream ? text(stream) : "")),
  );
  return { ...(await exited), stdout: stdout ?? "", stderr: stderr ?? "" };
}

/** Why a command was not started: status, code and words. */
async function refusal(programs: readonly Program[], argv: readonly Text[], options: SpawnOptions = {}) {
  const launched = await launch(programs, argv, options);
  if (launched.kind === "started") {
    launched.child.kill("SIGKILL");
    throw new Error("the command was started");
  }
  return {
    status: launched.status,
    code: launched.error.code,
    message: launched.error.message,
    error: launched.error,
  };
}

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

test("says that arguments are too long, and starts nothing", async () => {
  const { status, message } = await refusal([allowAll()], ["true", "x".repeat(200_000)]);
  assert.is(status, 126);
  assert.match(message, /its arguments and environment are too long/);
});

test("starts in the directory that it is told", async () => {
  assert.is((await output([allowAll()], ["pwd"], { cwd: "/usr" })).stdout, "/usr\n");
});

test("refuses a directory that does not exist", async () => {
  const { status, code, message } = await refusal([allowAll()], ["true"], { cwd: join(folder, "nowhere") });
  assert.equal([status, code], [125, "file"]);
  assert.match(message, /ENOENT/);
});

test("finds a command relative to its directory", async () => {
  writeFileSync(join(folder, "here.sh"), "#!/bin/sh\necho found $0\n", { mode: 0o755 });
  assert.is((await output([allowAll()], ["./here.sh"], { cwd: folder })).stdout, "found ./here.sh\n");
  const inPath = await output([allowAll()], ["here.sh"], { cwd: folder, env: { PATH: "/nowhere::/bin" } });
  assert.is(inPath.stdout, "found ./here.sh\n", "an empty entry of PATH is the current directory");
});

test("a command that does not exist is 127", async () => {
  for (const command of [
    "seccat-no-such-command",
    "/seccat/no/such/command",
    "./no-such",
    "/etc/passwd/x",
    "",
  ]) {
    const { status, code, message } = await refusal([allowAll()], [command]);
    assert.equal([status, code], [127, "file"], command);
    assert.match(message, /^command not found: /);
  }
});

test("a command that cannot be executed is 126", async () => {
  const plain = join(folder, "plain");
  writeFileSync(plain, "#!/bin/sh\n", { mode: 0o644 });
  for (const [command, words] of [
    [plain, /no permission/],
    [folder, /is a directory/],
  ] as const) {
    const { status, code, message } = await refusal([allowAll()], [command]);
    assert.equal([status, code], [126, "file"]);
    assert.match(message, words);
  }
  const env = { PATH: folder };
  assert.is(
    (await refusal([allowAll()], ["plain"], { env })).status,
    126,
    "found in PATH, and not executable",
  );
});

test("a file that the kernel does not execute is 126, and a missing interpreter 127", async () => {
  const noFormat = join(folder, "no-format");
  const noInterpreter = join(folder, "no-interpreter");
  writeFileSync(noFormat, "echo never\n", { mode: 0o755 });
  writeFileSync(noInterpreter, "#!/seccat/no/such/interpreter\n", { mode: 0o755 });
  const first = await refusal([allowAll()], [noFormat]);
  assert.is(first.status, 126);
  assert.match(first.message, /in no format that this kernel executes/);
  const second = await refusal([allowAll()], [noInterpreter]);
  assert.is(second.status, 127);
  assert.match(second.message, /its interpreter does not exist/);
});

test("tells a failed execve even when the filter allows nothing else", async () => {
  const noFormat = join(folder, "silent");
  writeFileSync(noFormat, "echo never\n", { mode: 0o755 });
  for (const program of [allowOnly("execve"), byName(["execve"], ret.allow, ret.errno(1))]) {
    const { status, message } = await refusal([program], [noFormat]);
    assert.is(status, 126);
    assert.match(message, /in no format/);
  }
});

/** A command that leaves a file behind if it ever runs. */
function proof(name: string): { readonly argv: string[]; readonly ran: () => boolean } {
  const path = join(folder, name);
  return { argv: ["sh", "-c", `echo ran > ${path}`], ran: () => existsSync(path) };
}

test("a filter that the kernel refuses is 125, and the command never runs", async () => {
  const { argv, ran } = proof("refused");
  // ld M[0] of a cell that nothing was stored in: the one thing that the interpreter runs and the kernel refuses
  const unchecked = JSON.stringify({
    endian: here?.endian,
    insns: [{ code: 0x60, jt: 0, jf: 0, k: 0 }, ...allowAll().insns],
  });
  const broken: Program = JSON.parse(unchecked);
  const { status, code, message } = await refusal([allowAll(), broken], argv);
  assert.equal([status, code], [125, "enforce"]);
  assert.match(message, /the kernel refused the filter with EINVAL/);
  assert.not(ran());
});

test("filters that are too long together are 125, and the command never runs", async () => {
  const { argv, ran } = proof("too-long");
  const { status, code, message } = await refusal(Array(4).fill(allowAll(4096)), argv);
  assert.equal([status, code], [125, "enforce"]);
  assert.match(message, /ENOMEM: .*longer than 32768/);
  assert.not(ran());
});

test("refuses beforehand a filter that does not allow execve", async () => {
  const { argv, ran } = proof("no-execve");
  for (const [denial, words] of [
    [ret.kill_process, "kill_process"],
    [ret.errno(13), "errno(13)"],
    [ret.trap, "trap(0)"],
    [ret.user_notif, "user_notif"],
    [ret.trace, "trace(0)"],
  ] as const) {
    const { status, code, error } = await refusal([denyOnly(denial, "execve")], argv);
    assert.equal([status, code, error.fix, error.received], [125, "enforce", "allow execve", words]);
  }
  assert.not(ran());
});

test("refuses beforehand a filter of another architecture", async () => {
  const other = byName(["ptrace"], ret.errno(1), ret.allow, here?.abi === "aarch64" ? "x86_64" : "aarch64");
  const { status, message } = await refusal([other], ["true"]);
  assert.is(status, 125);
  assert.match(message, /denies every call of/);
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

test("refuses beforehand a stack whose earlier filters deny seccomp(2)", async () => {
  const { status, error } = await refusal([denyOnly(ret.errno(1), "seccomp"), allowAll()], ["true"]);
  assert.is(status, 125);
  assert.match(
    error.message,
    /^filter 2 could never be installed: those before it answer seccomp with errno\(1\)/,
  );
  assert.is((await output([allowAll(), denyOnly(ret.errno(1), "seccomp")], ["true"])).status, 0);
});

test("takes a program of 4096 instructions", async () => {
  assert.is((await output([allowAll(4096)], ["true"])).status, 0);
});

/** Runs `body` while launchers are written to `directory`. */
async function withTemporary<T>(directory: string, body: () => Promise<T>): Promise<T> {
  const before = process.env.TMPDIR;
  process.env.TMPDIR = directory;
  try {
    return await body();
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
}

test("leaves nothing in the temporary directory", async () => {
  const directory = join(folder, "temporary");
  mkdirSync(directory);
  await withTemporary(directory, async () => {
    const { stdout } = await output([allowAll()], ["ls", "-a", directory]);
    assert.is(stdout, ".\n..\n", "the launcher's file is gone before the command starts");
    await refusal([denyOnly(ret.kill_process, "execve")], ["true"]);
    await refusal(Array(4).fill(allowAll(4096)), ["true"]);
  });
  assert.equal(readdirSync(directory), []);
});

test("takes another directory where the temporary one cannot be written to", async () => {
  for (const directory of ["/proc", join(folder, "missing")])
    await withTemporary(directory, async () => {
      assert.is((await output([allowAll()], ["true"])).status, 0, directory);
    });
});

test("takes another directory where the temporary one is mounted noexec", async () => {
  const mounted = join(folder, "noexec");
  mkdirSync(mounted);
  const script = `
    const { spawnFiltered } = await import(${JSON.stringify(sourceUrl("src/enforce/launch"))});
    const { readProgram } = await import(${JSON.stringify(sourceUrl("src/bpf/codec"))});
    const program = readProgram(Buffer.from("06000000" + "0000ff7f", "hex"), "little");
    const { exited } = await spawnFiltered([program], ["echo", "started"], { stdio: "inherit" });
    await exited;
    console.log((await import("node:fs")).readdirSync(${JSON.stringify(mounted)}).length);`;
  const commands = `mount -t tmpfs -o noexec none ${mounted} || exit 77; TMPDIR=${mounted} exec "$@"`;
  const argv = ["-m", "sh", "-c", commands, "sh", process.execPath, "--input-type=module", "-e", script];
  const child = spawnSync("unshare", argv, { encoding: "utf8", timeout: 30_000 });
  if (child.error || child.status === 77 || /unshare failed/.test(child.stderr))
    return skip("a launch from a noexec directory", child.error?.message ?? child.stderr.trim());
  assert.is(child.stdout, "started\n0\n", child.stderr);
});

test("refuses to start nothing, and words with NUL bytes", async () => {
  const codes: string[] = [];
  for (const [programs, argv, env] of [
    [[allowAll()], [], {}],
    [[], ["true"], {}],
    [[allowAll()], ["true", "a\0b"], {}],
    [[allowAll()], ["true"], { A: "a\0b" }],
  ] as const)
    try {
      await launch(programs, argv, { env: { PATH: process.env.PATH, ...env } });
    } catch (error) {
      codes.push(error instanceof SeccatError ? error.code : String(error));
    }
  assert.equal(codes, ["usage", "usage", "usage", "usage"]);
});

test("starts many commands at once", async () => {
  const directory = join(folder, "many");
  mkdirSync(directory);
  const endings = await withTemporary(directory, () =>
    Promise.all(
      Array.from({ length: 20 }, (_, i) => output([allowAll()], ["sh", "-c", `echo ${i}; exit ${i}`])),
    ),
  );
  assert.equal(
    endings.map(({ status, stdout }) => [status, stdout]),
    endings.map((_, i) => [i, `${i}\n`]),
  );
  assert.equal(readdirSync(directory), []);
});

/** A program that makes write and exit_group and no other call. */
const bareSource = `
  static long call(long nr, long a, long b, long c) {
  #if defined(__x86_64__)
    long r;
    __asm__ volatile("syscall" : "=a"(r) : "a"(nr), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return r;
  #elif defined(__aarch64__)
    register long x8 __asm__("x8") = nr, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
  #endif
  }
  #if defined(__x86_64__)
  enum { WRITE = 1, EXIT_GROUP = 231 };
  #else
  enum { WRITE = 64, EXIT_GROUP = 94 };
  #endif
  void _start(void) {
    call(WRITE, 1, (long)"alive\\n", 6);
    call(EXIT_GROUP, 42, 0, 0);
    __builtin_unreachable();
  }`;

function sourceUrl(path: string): string {
  return new URL(`../../${path}.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url).href;
}

const why = await whyNotHere();
if (why) {
  rmSync(folder, { recursive: true, force: true });
  skip("starting commands under filters", why);
} else {
  const bare = join(folder, "bare");
  const notBuilt = compileStatic(bareSource, bare);
  if (notBuilt) skip("200 launches under a filter of three calls", notBuilt);
  else
    test("never dies of its own filter: 200 launches under execve, write and exit_group alone", async () => {
      const program = allowOnly("execve", "write", "exit_group");
      for (let i = 0; i < 200; i++)
        assert.equal(await output([program], [bare]), {
          status: 42,
          signal: undefined,
          stdout: "alive\n",
          stderr: "",
        });
    });
  test.run();
}
