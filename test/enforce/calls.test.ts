/** Starting a command by FFI calls, which machines do that have no launcher, done on this one. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Program } from "../../src/bpf/program.ts";
import { launch } from "../../src/enforce/launch.ts";
import type { SpawnOptions } from "../../src/enforce/prepare.ts";
import * as launched from "./launched.ts";
import { bareSource, launchApart } from "./launches.ts";
import { allowAll, allowOnly, compileStatic, denyOnly, here, ret, skip, whyNotHere } from "./programs.ts";

const test = suite("starting by FFI calls");
const folder = mkdtempSync(join(tmpdir(), "seccat-test-"));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const output = (programs: readonly Program[], argv: readonly string[], options: SpawnOptions = {}) =>
  launched.output(programs, argv, options, "", "calls");
const refusal = (programs: readonly Program[], argv: readonly string[], options: SpawnOptions = {}) =>
  launched.refusal(programs, argv, options, "calls");

test("the command is under the filters, with signals and descriptors as if nothing had been between", async () => {
  const programs = [denyOnly(ret.errno(28), "mkdir", "mkdirat"), allowAll(4096)];
  const pattern = "^(Seccomp|NoNewPrivs|Sig(Blk|Ign|Pnd)|Groups|Threads)";
  const status = ["grep", "-E", pattern, "/proc/self/status"];
  const plain = await launched.output(programs, status);
  assert.match(plain.stdout, /^Seccomp_filters:\t2$/m);
  assert.equal(await output(programs, status), plain);
  const { stdout, stderr } = await output(programs, ["sh", "-c", `ls /proc/self/fd; mkdir ${folder}/no`]);
  assert.is(stdout, "0\n1\n2\n3\n"); // 3 is the directory that ls itself reads
  assert.match(stderr, /No space left on device/);
});

test("passes status and signal through, words, environment and directory", async () => {
  for (const status of [0, 3, 125, 255])
    assert.is((await output([allowAll()], ["sh", "-c", `exit ${status}`])).status, status);
  assert.is((await output([allowAll()], ["sh", "-c", "kill -TERM $$"])).signal, "SIGTERM");
  const options = {
    cwd: "/usr",
    env: { PATH: "/usr/bin:/bin", A: "b c", EMPTY: "" },
    openFiles: { soft: 77n, hard: 99n },
  };
  const { stdout } = await output(
    [allowAll()],
    [
      "/bin/sh",
      "-c",
      'pwd; ulimit -Sn; ulimit -Hn; echo "$A,$NODE_CHANNEL_FD,$1"; env | grep -c EMPTY',
      "",
      "\n",
    ],
    options,
  );
  assert.is(stdout, "/usr\n77\n99\nb c,,\n\n1\n");
  assert.is((await output([allowAll()], ["sh", "-c", "cat; echo $#"], { stdio: ["ignore"] })).stdout, "0\n");
});

test("the environment is the command's alone: its NODE_OPTIONS run nothing before the filter", async () => {
  const early = join(folder, "early.cjs");
  writeFileSync(early, `require("fs").writeFileSync(${JSON.stringify(join(folder, "ran"))}, "")`);
  const env = { PATH: process.env.PATH, NODE_OPTIONS: `--require ${early}` };
  assert.is((await output([allowAll()], ["true"], { env })).status, 0);
  assert.not(existsSync(join(folder, "ran")));
});

test("a Node that it starts gets a channel that nobody has read from", async () => {
  const script = `process.on("message", (said) => { process.send([said]); process.disconnect(); })`;
  const stdio = ["ignore", "ignore", "inherit", "ipc"] as const;
  const started = await launch([allowAll()], [process.execPath, "-e", script], { stdio }, "calls");
  assert.is(started.kind, "started");
  if (started.kind !== "started") return;
  started.child.send("hello");
  const answer = await new Promise((resolve) => started.child.once("message", resolve));
  assert.equal([answer, (await started.exited).status], [["hello"], 0]);
});

test("the kernel kills it with its parent where that is asked for", async () => {
  const script = `
    const { launch } = await import(${JSON.stringify(launched.sourceUrl("src/enforce/launch"))});
    const { readProgram } = await import(${JSON.stringify(launched.sourceUrl("src/bpf/codec"))});
    const program = readProgram(Buffer.from("06000000" + "0000ff7f", "hex"), "little");
    const started = await launch([program], ["sleep", "60"], { stdio: "ignore", killOnParentExit: true }, "calls");
    console.log(started.pid);
    process.exit();`;
  const done = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
    timeout: 60_000,
  });
  const pid = Number(done.stdout);
  assert.ok(pid > 0, done.stderr);
  const isGone = () =>
    !existsSync(`/proc/${pid}`) || /\) Z/.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  const deadline = performance.now() + 5000;
  while (!isGone() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
  const gone = isGone();
  if (!gone) process.kill(pid, "SIGKILL");
  assert.ok(gone);
});

if (process.getuid?.() === 0)
  test("becomes another user for good", async () => {
    const options = { user: { uid: 65534, gid: 7, groups: [8, 9] } };
    const words = ["grep", "-E", "^(Uid|Gid|Groups|Cap(Prm|Eff|Inh|Amb))", "/proc/self/status"];
    const plain = await launched.output([allowAll()], words, options);
    assert.match(plain.stdout, /^Uid:\t65534\t65534\t65534\t65534\nGid:\t7\t7\t7\t7\nGroups:\t8 9 \n/);
    assert.equal(await output([allowAll()], words, options), plain);
  });

/** A command that leaves a file behind if it ever runs. */
const path = join(folder, "proof");
const proof = ["sh", "-c", `echo ran > ${path}`];
const noInterpreter = join(folder, "no-interpreter");
writeFileSync(noInterpreter, "#!/seccat/no/such/interpreter\n", { mode: 0o755 });
/** ld M[0] of a cell that nothing was stored in: the one thing that the interpreter runs and the kernel refuses. */
const unchecked = JSON.stringify({
  endian: here?.endian,
  insns: [{ code: 0x60, jt: 0, jf: 0, k: 0 }, ...allowAll().insns],
});
const broken: Program = JSON.parse(unchecked);

const failures: readonly [
  what: string,
  programs: readonly Program[],
  argv: readonly string[],
  status: number,
  words: RegExp,
][] = [
  ["no such command", [allowAll()], ["seccat-no-such-command"], 127, /is in no directory of PATH/],
  ["a directory", [allowAll()], [folder], 126, /is a directory/],
  [
    "a missing interpreter, told though the filter allows nothing but execve",
    [allowOnly("execve")],
    [noInterpreter],
    127,
    /its interpreter does not exist/,
  ],
  ["arguments too long", [allowAll()], ["true", "x".repeat(200_000)], 126, /are too long/],
  ["a program that the kernel refuses", [broken], proof, 125, /the kernel refused the filter with EINVAL/],
  ["a second program that it refuses", [allowAll(), broken], proof, 125, /refused the filter with EINVAL/],
  [
    "a stack whose first program denies seccomp",
    [denyOnly(ret.errno(1), "seccomp"), allowAll()],
    proof,
    125,
    /^filter 2 could never be installed/,
  ],
  ["a stack that is too long", Array(4).fill(allowAll(4096)), proof, 125, /4 stacked filters are longer/],
  ["a program that denies execve", [denyOnly(ret.errno(1), "execve")], proof, 125, /could never start/],
];

for (const [what, programs, argv, status, words] of failures)
  test(`nothing of a command runs: ${what}`, async () => {
    const answer = await refusal(programs, argv);
    assert.is(answer.status, status);
    assert.match(answer.message, words);
    assert.not(existsSync(path));
  });

test("nothing of a command runs: a Node that ends before it is one", async () => {
  const { execPath } = process;
  try {
    process.execPath = "/bin/false";
    const early = await refusal([allowAll()], proof);
    assert.equal([early.status, early.code], [125, "enforce"]);
    assert.match(early.message, /ended with status 1 before it could share the status page/);
    process.execPath = join(folder, "nowhere");
    assert.match((await refusal([allowAll()], proof)).message, /Node could not be started/);
  } finally {
    process.execPath = execPath;
  }
  assert.not(existsSync(path));
});

test("where calls are to be answered or named it says that it cannot", async () => {
  const asked: SpawnOptions[] = [
    { onCall: () => ({ continue: true }) },
    { onDenied: () => {} },
    {
      onListener: () => {
        throw new Error("there is a listener");
      },
    },
  ];
  for (const options of asked) {
    const { status, code, message } = await refusal([allowAll()], proof, options);
    assert.equal([status, code], [125, "host"]);
    assert.match(message, /cannot be answered or named .*: it is started by FFI calls/);
  }
  assert.not(existsSync(path));
});

const why = await whyNotHere();
if (why) {
  rmSync(folder, { recursive: true, force: true });
  skip("starting commands by FFI calls", why);
} else {
  const bare = join(folder, "bare");
  const notBuilt = compileStatic(bareSource, bare);
  if (notBuilt) skip("launches by FFI calls under a filter of three calls", notBuilt);
  else
    test("does not die of the filter in 100 launches under execve, write and exit_group alone (koffi)", async () => {
      const { launches, deaths } = await launchApart({
        backend: "koffi",
        bare,
        launches: 100,
        churn: false,
        way: "calls",
      });
      assert.equal([launches, deaths], [100, []]);
    });
  test.run();
}
