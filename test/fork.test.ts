import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nativeAbi } from "../arch/index.ts";
import { type SandboxedForkOptions, sandboxedFork } from "../src/fork.ts";
import { allow, deny, policy } from "../src/policy/builder.ts";
import { compile } from "../src/proof.ts";
import { skip, whyNotHere } from "./enforce/programs.ts";

const test = suite("sandboxedFork");
const folder = mkdtempSync(join(tmpdir(), "seccat-fork-"));
const arch = nativeAbi(process.arch, "LE") ?? "x86_64";
/** What loading a module takes, and a call that is answered so that it shows. */
const loading = policy({ default: "kill_process", arches: [arch] }, [
  deny("ENOSPC", "mkdir", "mkdirat"),
  allow("@node-runtime/modules"),
]);

/** Writes a module; gives its path. */
function put(name: string, code: string): string {
  writeFileSync(join(folder, name), code);
  return join(folder, name);
}

/** A module that says in its first line what it may do, and of what it is told. */
const teller = put(
  "teller.mjs",
  `import fs from "node:fs";
   const field = (status, name) => new RegExp("^" + name + ":\\\\s*(.*)$", "m").exec(status)?.[1];
   const attempt = (call) => { try { call(); return "done"; } catch (error) { return error.code; } };
   process.send({
     made: attempt(() => fs.mkdirSync(${JSON.stringify(join(folder, "made"))})),
     threads: fs.readdirSync("/proc/self/task").map((tid) => fs.readFileSync("/proc/self/task/" + tid + "/status", "latin1"))
       .map((status) => field(status, "Seccomp") + " " + field(status, "Seccomp_filters")),
     links: fs.readdirSync("/proc/self/fd").flatMap((fd) => {
       try { return fs.readlinkSync("/proc/self/fd/" + fd).replace(/\\[\\d+\\]/, ""); } catch { return []; } }),
     argv: process.argv.slice(1), execArgv: process.execArgv, env: process.env, cwd: process.cwd(),
   });
   process.on("message", (message) => { if (message === "end") process.exit(7); else process.send(message); });
   process.on("disconnect", () => process.exit(8));`,
);

interface Told {
  readonly made: string;
  readonly threads: string[];
  readonly links: string[];
  readonly argv: string[];
  readonly execArgv: string[];
  readonly env: Record<string, string>;
  readonly cwd: string;
}

async function said<T = unknown>(child: ChildProcess): Promise<T> {
  const [message] = await Promise.race([once(child, "message"), early(child)]);
  return message;
}

async function early(child: ChildProcess): Promise<never> {
  const how = await once(child, "exit");
  throw new Error(`the child ended first: ${how}`);
}

/** Forks the teller with more options; gives it and the first thing that it said. */
async function tell(more: Partial<SandboxedForkOptions> = {}): Promise<{ child: ChildProcess; told: Told }> {
  const child = await sandboxedFork(teller, { policy: loading, execArgv: [], ...more });
  return { child, told: await said<Told>(child) };
}

async function ended(child: ChildProcess): Promise<unknown> {
  child.send("end");
  return (await once(child, "exit"))[0];
}

/** What a call throws: its code or name, and its words. */
async function thrown(call: () => Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await call();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { code: "code" in error ? String(error.code) : error.name, message: error.message };
  }
  throw new Error("nothing was thrown");
}

/** A module whose first act is to make a file. */
const marked = join(folder, "mark");
const marker = put(
  "marker.cjs",
  `require("node:fs").writeFileSync(${JSON.stringify(marked)}, ""); setInterval(() => {}, 1000);`,
);

test("a module is under its filter on all threads before its first line", async () => {
  const { child, told } = await tell();
  assert.is(told.made, "ENOSPC");
  assert.ok(told.threads.length >= 5, `${told.threads.length} threads`);
  assert.equal([...new Set(told.threads)], ["2 2"], "the filter, and the one that answers for rings");
  assert.is(await ended(child), 7);
});

test("a module has no io_uring, and no descriptor that child_process.fork() would not give it", async () => {
  const kinds = (links: string[]) =>
    links.filter((link) => !link.startsWith("anon_inode:") && !/^(pipe:|\/proc)/.test(link)).sort();
  const usual = fork(teller, [], { execArgv: [] });
  const expected = kinds((await said<Told>(usual)).links);
  await ended(usual);
  const { child, told } = await tell();
  assert.equal(kinds(told.links), expected);
  assert.not.ok(told.links.some((link) => link.includes("io_uring")));
  await ended(child);
});

test("the channel carries messages both ways, and closes as fork's does", async () => {
  const { child } = await tell();
  assert.ok(child.connected);
  child.send({ a: [1, "two", null] });
  assert.equal(await said(child), { a: [1, "two", null] });
  const exited = once(child, "exit");
  child.disconnect();
  assert.is((await exited)[0], 8);
});

test("the channel carries structured clones when asked", async () => {
  const { child } = await tell({ serialization: "advanced" });
  const message = { big: 2n ** 70n, map: new Map([["k", new Date(5)]]) };
  child.send(message);
  assert.equal(await said(child), message);
  await ended(child);
});

test("arguments, environment, folder and Node's options are the module's, without a trace of the preload", async () => {
  const { child, told } = await tell({
    args: ["one", "--two"],
    env: { PATH: process.env.PATH, ONLY: "this" },
    cwd: folder,
    execArgv: ["--no-warnings"],
  });
  assert.equal(told.argv, [teller, "one", "--two"]);
  assert.equal(told.execArgv, ["--no-warnings"]);
  assert.equal(Object.keys(told.env).sort(), ["ONLY", "PATH"]);
  assert.is(told.cwd, folder);
  await ended(child);
});

test("standard streams can be pipes, and a module can be named by URL or from the folder", async () => {
  const speaker = put("speaker.mjs", `console.log("to " + process.argv[2]); process.disconnect();`);
  const named = [
    { module: pathToFileURL(speaker), args: ["url"] },
    { module: "speaker.mjs", cwd: folder, args: ["folder"] },
  ];
  for (const { module, ...more } of named) {
    const child = await sandboxedFork(module, { policy: loading, execArgv: [], stdio: "pipe", ...more });
    assert.is(child.stdout && (await text(child.stdout)), `to ${more.args}\n`);
  }
});

test("a module that does what its policy kills for is killed", async () => {
  const kill = policy({ default: "kill_process", arches: [arch] }, [allow("@node-runtime/modules")]);
  const child = await sandboxedFork(teller, { policy: kill, execArgv: [] });
  assert.equal(await once(child, "exit"), [null, "SIGSYS"]);
});

test("a compiled program is as good as a policy", async () => {
  const { child, told } = await tell({ policy: compile(loading).program });
  assert.is(told.made, "ENOSPC");
  await ended(child);
});

test("what the module forks is under the filter too, and meets no preload; so are workers", async () => {
  const parent = put(
    "parent.mjs",
    `import { fork } from "node:child_process"; import { Worker } from "node:worker_threads"; import { once } from "node:events";
     import fs from "node:fs";
     const worker = new Worker('require("node:worker_threads").parentPort.postMessage(1)', { eval: true });
     const [fromWorker] = await once(worker, "message");
     const child = fork(${JSON.stringify(teller)});
     const [{ made, threads, execArgv }] = await once(child, "message");
     process.send({ fromWorker, made, threads: [...new Set(threads)], execArgv });
     child.send("end"); await once(child, "exit"); process.disconnect();`,
  );
  const starting = policy({ default: "kill_process", arches: [arch] }, [
    deny("ENOSPC", "mkdir", "mkdirat"),
    allow("@node-runtime/start", "@node-runtime/child_process", "@node-runtime/worker_threads"),
  ]);
  const child = await sandboxedFork(parent, { policy: starting, execArgv: [] });
  assert.equal(await said(child), { fromWorker: 1, made: "ENOSPC", threads: ["2 2"], execArgv: [] });
  assert.equal(await once(child, "exit"), [0, null]);
});

/** What keeps a filter from being installed, and what is told of it. */
const failures: readonly (readonly [
  what: string,
  more: Partial<SandboxedForkOptions>,
  code: string,
  message: RegExp,
])[] = [
  [
    "no FFI backend loads in the child",
    { env: { SECCAT_FFI: "none" } },
    "host",
    /^no FFI backend is named "none"/,
  ],
  [
    "the program is for another machine",
    { policy: compile(policy({ default: "kill_process", arches: ["s390x"] }, [allow("read")])).program },
    "enforce",
    /big-endian machine/,
  ],
  [
    "the policy denies what the child needs to say so",
    { policy: policy({ default: "kill_thread", arches: [arch] }, [allow("read", "mmap", "futex")]) },
    "enforce",
    /answers write with kill_thread/,
  ],
  [
    "the program that runs is no Node",
    { execPath: "true" },
    "enforce",
    /^the child ended with status 0 before its filter/,
  ],
  ["there is no such program", { execPath: "/no/such/node" }, "file", /no such file|not found/i],
  [
    "Node does not know an option",
    { execArgv: ["--no-such-option"], stdio: "ignore" },
    "enforce",
    /ended with status 9 before/,
  ],
  [
    "a module would be preloaded before the filter",
    { execArgv: ["--require", marker] },
    "usage",
    /^--require in execArgv/,
  ],
  [
    "a module would be preloaded, spelt otherwise",
    { execArgv: [`--experimental_loader=${marker}`] },
    "usage",
    /not under the filter/,
  ],
  [
    "the environment has one preloaded",
    { env: { NODE_OPTIONS: `--no-warnings --import=${marker}` } },
    "usage",
    /NODE_OPTIONS/,
  ],
  [
    "the environment has one required, with quotes within the word",
    { env: { NODE_OPTIONS: `--re"qui\\\\re"=${marker}` } },
    "usage",
    /NODE_OPTIONS/,
  ],
  [
    "the environment has one required",
    { env: { NODE_OPTIONS: `--no-warnings "-r" ${marker}` } },
    "usage",
    /NODE_OPTIONS/,
  ],
  [
    "a file of the environment could have one required",
    { execArgv: ["--env-file=.env"] },
    "usage",
    /--env-file/,
  ],
  ...[
    "--build-snapshot",
    "inspect",
    "--watch",
    "--watch-path=.",
    "--test",
    "--run=x",
    "--snapshot-blob=x",
  ].map(
    (option) =>
      [
        `Node would run the module by itself, or run something else: ${option}`,
        { execArgv: [option] },
        "usage",
        /not under the filter/,
      ] as const,
  ),
  ["an option is unknown", { ...JSON.parse('{"silent":true}') }, "schema", /silent/],
  ["the policy is none", { ...JSON.parse('{"policy":"allow"}') }, "schema", /no policy/],
];

for (const [what, more, code, message] of failures)
  test(`nothing of the module runs, and the parent learns why, when ${what}`, async () => {
    const error = await thrown(() => sandboxedFork(marker, { policy: loading, execArgv: [], ...more }));
    assert.is(error.code, code, error.message);
    assert.match(error.message, message);
    assert.not.ok(existsSync(marked), "the module's first act was not done");
  });

test("the marker's first act is done when it may run", async () => {
  const writing = policy({ default: "kill_process", arches: [arch] }, [allow("@node-runtime/fs")]);
  const child = await sandboxedFork(marker, { policy: writing, execArgv: [] });
  while (!existsSync(marked)) await new Promise((resolve) => setTimeout(resolve, 10));
  rmSync(marked);
  child.kill("SIGKILL");
  assert.equal(await once(child, "exit"), [null, "SIGKILL"]);
});

test("an abort kills the child; one from before starts none", async () => {
  const controller = new AbortController();
  const { child } = await tell({ signal: controller.signal, killSignal: "SIGKILL" });
  const [error, [, signal]] = await Promise.all([
    once(child, "error").then(([error]) => error),
    new Promise<[number | null, string | null]>((resolve) => {
      child.once("exit", (...how) => resolve(how));
    }),
    controller.abort(),
  ]);
  assert.is(error.name, "AbortError");
  assert.is(signal, "SIGKILL");
  const refused = await thrown(() => tell({ signal: AbortSignal.abort() }));
  assert.ok(["AbortError", "20"].includes(refused.code), refused.code);
});

test("an abort in the middle of the start ends the child and is told as one", async () => {
  for (const wait of [0, 5, 20, 50]) {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), wait);
    const slow = sandboxedFork(marker, { policy: loading, execArgv: [], signal: controller.signal });
    const error = await thrown(() => slow);
    assert.match(error.message, /abort/i, error.code);
    assert.not.ok(existsSync(marked));
  }
});

test.after(() => rmSync(folder, { recursive: true, force: true }));

const why = await whyNotHere();
if (why) skip("forking into a sandbox", why);
else test.run();
