import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SyscallName } from "../../arch/index.ts";
import { encode } from "../../src/bpf/codec.ts";
import { whyNoFilter } from "../../src/cli/randomcat/guard.ts";
import { compile } from "../../src/compile/index.ts";
import { spawnFiltered } from "../../src/enforce/index.ts";
import { native } from "../../src/enforce/native.ts";
import { readPolicy } from "../../src/formats/index.ts";
import { readTestFile, runTests } from "../../src/testing/index.ts";

const test = suite("the story of randomcat");
const reason = await whyNoFilter();
if (reason !== undefined) console.log(`skipped in part, no filter can be installed: ${reason}`);
const onKernel = reason === undefined ? test : test.skip;
const teller = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "tell.ts" : "tell.js", import.meta.url),
);

/** What a telling came to. */
interface Told {
  readonly code: number | null;
  readonly text: string;
  readonly errors: string;
}

/** An empty folder for temporary files and for the working directory, gone afterwards. */
async function inFolder<T>(body: (place: string) => Promise<T>): Promise<T> {
  const place = mkdtempSync(`${tmpdir()}/seccat-story-`);
  try {
    return await body(place);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** Starts the teller as the leader of a process group of its own. */
function start(place: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn(process.execPath, [teller, ...args], {
    cwd: place,
    env: { ...process.env, TMPDIR: place, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
}

/** Waits for the teller's end, and up to five seconds for whatever it started. */
async function finish(child: ChildProcess): Promise<Told> {
  let text = "";
  let errors = "";
  child.stdout?.on("data", (part) => (text += part));
  child.stderr?.on("data", (part) => (errors += part));
  const [code] = await once(child, "close");
  for (let i = 0; i < 500 && groupLives(child.pid); i++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  assert.not.ok(groupLives(child.pid), "something of the story still runs");
  return { code, text, errors };
}

function groupLives(pid: number | undefined): boolean {
  try {
    return process.kill(-(pid ?? 0), 0);
  } catch {
    return false;
  }
}

test("in a pipe it is plain, fits 80 columns, and leaves only what it is asked to keep", async () => {
  await inFolder(async (place) => {
    const keep = `${place}/a/b`;
    const { code, text, errors } = await finish(start(place, [keep]));
    assert.is(errors, "");
    assert.is(code, 0, text);
    assert.not.ok(text.includes("\x1b"), "an escape sequence in a pipe");
    for (const line of text.split("\n")) if (!line.includes(keep)) assert.ok(line.length <= 80, line);
    assert.match(text, /Told to the end\.\n$/);
    assert.equal(readdirSync(place), ["a"]);
    if (reason === undefined) checkKernelActs(text);
    checkKept(keep);
  });
});

/** Each misdeed is done without the filter, and under it stopped and named. */
function checkKernelActs(text: string): void {
  assert.is(text.match(/GET \/randomcat +200 +image\/png/g)?.length, 6);
  assert.match(text, /spawn a shell +done +a shell answers/);
  assert.match(text, /open an outward socket +done +got as far as port \d+/);
  assert.match(text, /spawn a shell +killed +execve\("\/bin\/sh", \.\.\.\)\n/);
  assert.match(text, /open an outward socket +killed +socket\(AF_INET, SOCK_STREAM, 0\)\n/);
  assert.match(text, /ptrace its parent +killed +ptrace\(PTRACE_SEIZE, \d+, \.\.\.\)\n/);
}

/** The policy compiles to the program and passes the tests. */
function checkKept(keep: string): void {
  const names = readdirSync(keep).filter((name) => !/^server.*\.(json|strace)$/.test(name));
  assert.equal(names.sort(), ["listing.txt", "policy.yaml", "program.bpf", "tests.yaml"]);
  assert.ok(readdirSync(keep).length > names.length, "no trace was kept");
  const { policy } = readPolicy(readFileSync(`${keep}/policy.yaml`, "utf8"), {});
  const program = Buffer.from(encode(compile(policy).program));
  assert.ok(program.equals(readFileSync(`${keep}/program.bpf`)), "the program is another policy's");
  const { results } = runTests(readTestFile(readFileSync(`${keep}/tests.yaml`, "utf8")), [policy]);
  assert.ok(results.length > 10);
  assert.equal(
    results.filter(({ ok }) => !ok),
    [],
  );
}

test("a folder that cannot be made is said before anything is played", async () => {
  await inFolder(async (place) => {
    writeFileSync(`${place}/file`, "");
    const { code, text, errors } = await finish(start(place, [`${place}/file/keep`]));
    assert.is(code, 1);
    assert.is(text, "");
    assert.match(errors, /cannot make the folder/);
  });
});

// An empty choice is the shim's own, which is ffi-napi where npm kept it.
for (const choice of ["", "koffi"])
  test(`it needs no strace, nor anything else in PATH${choice && `, over ${choice}`}`, async () => {
    await inFolder(async (place) => {
      const { code, text } = await finish(start(place, [], { PATH: place, SECCAT_FFI: choice }));
      assert.is(code, 0, text);
      if (reason === undefined) assert.match(text, /\$ seccat trace --only child/);
      assert.equal(readdirSync(place), []);
    });
  });

/** Tells the story where the kernel refuses `syscalls` with EPERM, as a container may. */
function tellWithout(syscalls: readonly SyscallName[], check: (told: Told) => void): Promise<void> {
  const { program } = compile({
    arches: [native().abi],
    default: { kind: "allow" },
    rules: [{ action: { kind: "errno", errno: "EPERM" }, syscalls }],
  });
  return inFolder(async (place) => {
    const { child } = await spawnFiltered([program], [process.execPath, teller], {
      cwd: place,
      env: { ...process.env, TMPDIR: place },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const told = await finish(child);
    assert.is(told.code, 0, told.text);
    assert.equal(readdirSync(place), []);
    check(told);
  });
}

onKernel(
  "where no listener can be taken, it takes the recorded traces, and children are stopped without a name",
  async () => {
    await tellWithout(["ptrace", "pidfd_getfd"], ({ text }) => {
      assert.match(
        text.replace(/\s+/g, " "),
        /traces that the project recorded .*\(.*pidfd_getfd answers EPERM/,
      );
      assert.match(text, /ptrace its parent +failed +no control over \d+: errno 1\n/);
      assert.match(text, /spawn a shell +killed +by a call without a name\n/);
      assert.match(text.replace(/\s+/g, " "), /does not let a supervisor in.*pidfd_getfd answers EPERM/);
    });
  },
);

onKernel("where the kernel refuses filters, the rest is played and the reason given", async () => {
  await tellWithout(["seccomp"], ({ text }) => {
    assert.match(text, /skipped\n/);
    assert.match(text.replace(/\s+/g, " "), /No filter can be installed here: .*EPERM/);
    assert.not.match(text, /killed|done/);
    assert.match(text, /Tested without a kernel/);
  });
});

onKernel("an interrupt in the middle of the trace leaves nothing behind", async () => {
  await inFolder(async (place) => {
    const child = start(place);
    const told = finish(child);
    while (readdirSync(place).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill("SIGINT");
    assert.is((await told).code, 130);
    assert.equal(readdirSync(place), []);
  });
});

test.run();
