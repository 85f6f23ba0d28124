import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { skip, whyNotHere } from "../enforce/programs.ts";
import { type Given, seccat, seccatArgs, withFiles } from "./seccat.ts";

const test = suite("seccat supervise");

const handlers = `
  import { openSync } from "node:fs";
  const mkdir = (call) => {
    if (call.path("pathname").endsWith("fault")) throw new Error("a fault in the handler");
    return { errno: "EROFS" };
  };
  export default {
    mkdir,
    mkdirat: mkdir,
    openat: (call) =>
      call.path("pathname", "dirfd") === "/virtual" ? { descriptor: openSync(new URL("shown", import.meta.url), "r") } : { continue: true },
  };`;
const policy = "default: allow\nrules:\n  - action: user_notif\n    syscalls: [mkdir, mkdirat, openat]\n";

interface Supervision extends Given {
  readonly file?: string;
  readonly name?: string;
  readonly options?: readonly string[];
  readonly more?: Readonly<Record<string, string>>;
}

function supervise(
  line: string,
  { file = handlers, name = "h.mjs", options = [], more = {}, ...given }: Supervision = {},
) {
  return withFiles({ [name]: file, shown: "what the handler shows\n", ...more }, (folder) => {
    const ended = seccat(["supervise", "--handlers", name, ...options, "--", "sh", "-c", line], {
      ...given,
      cwd: folder,
    });
    return { ...ended, started: existsSync(join(folder, "started")) };
  });
}

test("handlers decide, the command has our streams, and its exit code is ours", () => {
  const { code, stdout, stderr } = supervise("cat; cat /virtual; mkdir x; exit 7", { input: "meow\n" });
  assert.is(code, 7);
  assert.is(stdout, "meow\nwhat the handler shows\n");
  assert.match(stderr, /Read-only file system\n$/);
});

test("what handlers print does not make the command's pipes non-blocking", () => {
  const file = `const mkdir = () => { console.log("out"); console.error("err"); return { errno: "EROFS" }; };
    export default { mkdir, mkdirat: mkdir };`;
  const { stdout } = supervise("mkdir x; grep -h ^flags /proc/self/fdinfo/1 /proc/self/fdinfo/2", { file });
  const [out, ...flags] = stdout.trimEnd().split("\n");
  assert.is(out, "out");
  assert.is(flags.length, 2);
  for (const line of flags) assert.is(Number.parseInt(line.split("\t")[1] ?? "", 8) & 0o4000, 0, line);
});

test("a policy may hand the calls over", () => {
  const { code, stdout } = supervise("cat /virtual", {
    options: ["-p", "p.yaml"],
    more: { "p.yaml": policy },
  });
  assert.is(stdout, "what the handler shows\n");
  assert.is(code, 0);
});

test("a fault of a handler is told with its call, denies, and is no end", () => {
  const { code, stderr } = supervise("mkdir fault; mkdir other; exit 3");
  assert.match(stderr, /^seccat: failed: the handler of mkdir(at)?, pid \d+: a fault in the handler\n/m);
  assert.match(stderr, /Operation not permitted\n.*Read-only file system/);
  assert.is(code, 3);
});

test("many faults are summed up", () => {
  const { stderr } = supervise(
    "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23; do mkdir fault; done",
  );
  assert.is(stderr.match(/^seccat: failed/gm)?.length, 20);
  assert.match(stderr, /^seccat: 3 more failures of handlers$/m);
});

test("--json tells faults and the end as lines of JSON", () => {
  const { code, stderr } = supervise("mkdir fault 2>/dev/null; exit 3", { options: ["--json"] });
  const [fault, end, ...more] = stderr
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.is(fault.event, "failed");
  assert.match(fault.syscall, /^mkdir(at)?$/);
  assert.is(fault.message, "a fault in the handler");
  assert.equal(end, { event: "ended", status: 3, signal: null, failures: 1 });
  assert.equal(more, []);
  assert.is(code, 3);
});

const slow = "const mkdir = () => new Promise(() => {}); export default { mkdir, mkdirat: mkdir };";

test("what the command leaves behind is not waited for, and gets ENOSYS", () => {
  const { code, stdout, more } = withFiles({ "h.mjs": slow }, (folder) => {
    const line = "(sleep 1; mkdir late 2> told) >/dev/null 2>&1 & exit 4";
    const ended = seccat(["supervise", "--handlers", "h.mjs", "--", "sh", "-c", line], { cwd: folder });
    const end = performance.now() + 30_000;
    const told = () => (existsSync(join(folder, "told")) ? readFileSync(join(folder, "told"), "utf8") : "");
    while (told() === "" && performance.now() < end)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    return { ...ended, more: told() };
  });
  assert.is(code, 4);
  assert.is(stdout, "");
  assert.match(more, /Function not implemented/);
});

test("a handler that takes too long is overtaken", () => {
  const { code, stderr } = supervise("mkdir x", { file: slow, options: ["--timeout", "50"] });
  assert.match(stderr, /took longer than 50 ms/);
  assert.match(stderr, /Operation not permitted/);
  assert.is(code, 1);
});

test("what keeps the command from being supervised ends with 125, and nothing of it ran", () => {
  const refused: readonly (readonly [RegExp, Supervision])[] = [
    [
      /^h\.mjs: error: there are no handlers: the module has no default export/,
      { file: "export const x = 1;" },
    ],
    [/^h\.mjs: error: these are no handlers/, { file: "export default 5;" }],
    [
      /^h\.mjs: error: there is no system call opennat to handle(.|\n)*did you mean openat/,
      { file: "export default { opennat() {} };" },
    ],
    [/^h\.mjs: error: the handler of openat is no function/, { file: "export default { openat: 1 };" }],
    [/^h\.mjs: error: the handlers cannot be loaded: SyntaxError/, { file: "export default {" }],
    [
      /^h\.mjs(:\d+:\d+)?: error: the handlers cannot be loaded: Error: while loading/,
      { file: "throw new Error('while loading');" },
    ],
    [/^h\.mjs: error: unknown key timout/, { file: `${handlers} export const options = { timout: 1 };` }],
    [/never be asked/, { options: ["-p", "p.yaml"], more: { "p.yaml": policy.replace(", openat", "") } }],
    [
      /hands over rmdir, and there is no handler/,
      { options: ["-p", "p.yaml"], more: { "p.yaml": policy.replace("[", "[rmdir, ") } },
    ],
    [/no handler is for a call/, { file: "export default {};" }],
    [/--timeout needs milliseconds/, { options: ["--timeout", "soon"] }],
    [/none\.yaml/, { options: ["--policy", "none.yaml"] }],
    [/no FFI backend is named "none"/, { env: { SECCAT_FFI: "none" } }],
  ];
  for (const [words, supervision] of refused) {
    const { code, stderr, started } = supervise("touch started", supervision);
    assert.match(stderr, words);
    assert.is(code, 125, stderr);
    assert.not(started, stderr);
    assert.not.match(stderr, /^ +at /m);
  }
});

test("TypeScript is run where Node does that, and refused in words elsewhere", () => {
  const file =
    "const mkdir = (call: object): { errno: string } => ({ errno: 'EMLINK' }); export default { mkdir, mkdirat: mkdir };";
  const { code, stderr, started } = supervise("touch started; mkdir x", { file, name: "h.ts" });
  if (Reflect.get(process.features, "typescript")) {
    assert.match(stderr, /Too many links/);
    assert.is(code, 1);
  } else {
    assert.match(stderr, /^h\.ts: error: this Node does not run TypeScript: v\d+/);
    assert.is(code, 125);
    assert.not(started);
  }
});

test("an error that no handler caught ends the command", async () => {
  const file =
    "const mkdir = () => { setTimeout(() => { throw new Error('stray'); }); return new Promise(() => {}); }; export default { mkdir, mkdirat: mkdir };";
  const { code, stderr, started } = supervise("mkdir x && touch started", { file });
  assert.is(code, 125);
  assert.match(stderr, /h\.mjs: error: an error that no handler caught: stray/);
  assert.not(started);
});

test("signals go to the command, and its end by one is told as by a shell", async () => {
  await withFolder(async (folder) => {
    const child = spawn(
      process.execPath,
      [...seccatArgs, "supervise", "--handlers", "h.mjs", "--", "sh", "-c", "echo $$; exec sleep 20"],
      {
        cwd: folder,
        stdio: ["ignore", "pipe", "inherit"],
        timeout: 25_000,
      },
    );
    const exited = new Promise((resolve) => child.once("exit", resolve));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const pid = Number((await lines.next()).value);
    child.kill("SIGTERM");
    assert.is(await exited, 128 + 15);
    assert.not(existsSync(`/proc/${pid}`));
  });
});

test("when seccat is killed, the kernel kills the command", async () => {
  await withFolder(async (folder) => {
    const child = spawn(
      process.execPath,
      [...seccatArgs, "supervise", "--handlers", "h.mjs", "--", "sh", "-c", "echo $$; exec sleep 20"],
      {
        cwd: folder,
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    const exited = new Promise((resolve) => child.once("exit", resolve));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const pid = Number((await lines.next()).value);
    child.kill("SIGKILL");
    await exited;
    const end = performance.now() + 30_000;
    const runs = () =>
      existsSync(`/proc/${pid}`) && !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, "latin1"));
    while (runs() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.not(runs());
  });
});

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "seccat-test-"));
  try {
    writeFileSync(join(folder, "h.mjs"), handlers);
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const why = await whyNotHere();
if (why) skip("seccat supervise", why);
else test.run();
