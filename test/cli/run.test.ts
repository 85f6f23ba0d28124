import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { assembleProgram } from "../../src/bpf/text.ts";
import { launch } from "../../src/enforce/index.ts";
import { seccat, seccatArgs, withFiles } from "./seccat.ts";

const test = suite("seccat run");

/** Denies what `mkdir` needs and nothing else. */
const policy = `default: allow
rules:
  - action: { errno: EPERM }
    syscalls: [mkdir, mkdirat]
`;
const killing = policy.replace("{ errno: EPERM }", "kill_process");

const probe = await launch([assembleProgram("ret #0x7fff0000\n")], ["true"], { stdio: "ignore" });
const noFilter = probe.kind === "started" ? "" : `no filter can be installed here: ${probe.error.message}`;

/** A test that needs a kernel that takes filters. */
function live(name: string, work: () => void | Promise<void>): void {
  test(name, async () => {
    if (noFilter !== "") console.log(`skipped: ${noFilter}`);
    else await work();
  });
}

function run(words: readonly string[], text = policy, options: readonly string[] = []) {
  return withFiles({ "p.yaml": text }, (folder) =>
    seccat(["run", "--policy", "p.yaml", ...options, "--", ...words], { cwd: folder, input: "meow\n" }),
  );
}

live("a Node that may only do what Node needs gets ENOSYS for a ring, and lives", () => {
  const shim = new URL(`../../shim/index.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url)
    .href;
  const code = `import { loadShim } from ${JSON.stringify(shim)}; import { Worker } from "node:worker_threads";
    new Worker("", { eval: true }).on("exit", (code) => {
      console.log(code, loadShim("koffi").syscall(425, 1, new Uint8Array(120)).name); });`;
  const words = [process.execPath, "--no-warnings", "--input-type=module", "-e", code];
  const allowing = (...names: string[]) =>
    `default: kill_process\nrules:\n  - action: allow\n    syscalls: ${JSON.stringify(names)}\n`;
  const node = run(words, allowing("@node-runtime/start", "@node-runtime/worker_threads"));
  assert.is(node.stdout, "0 ENOSYS\n", node.stderr);
  assert.is(node.stderr, "");
  const all = run(words, allowing("@known").replace("default", "# the group holds io_uring_setup\ndefault"));
  assert.not.match(all.stdout, /ENOSYS/, "what a policy allows by itself stays allowed");
});

live("the command has our streams and its exit code is ours", () => {
  const { code, stdout, stderr } = run(["sh", "-c", "cat; echo purr >&2; exit 7"]);
  assert.is(code, 7);
  assert.is(stdout, "meow\n");
  assert.is(stderr, "purr\n");
});

live("what the policy denies fails in the command", () => {
  const { code, stderr } = run(["mkdir", "d"]);
  assert.is(code, 1);
  assert.match(stderr, /Operation not permitted/);
});

live("a command that its filter kills ends as 128 + SIGSYS, and that is told", () => {
  const { code, stderr } = run(["mkdir", "d"], killing);
  assert.is(code, 128 + 31);
  assert.match(
    stderr,
    /^seccat: killed: the command (called mkdir(at)?, which|made a call that) p\.yaml does not allow \(SIGSYS\)\n/,
  );
});

live("--explain names the denied call with its arguments", () => {
  const { code, stderr } = run(["mkdir", "d"], killing, ["--explain"]);
  assert.is(code, 128 + 31);
  assert.match(
    stderr,
    /^seccat: denied: [\d:.]+ mkdir\[\d+\]: mkdir\(pathname="d"<.*\/d>, mode=0777\): kill_process\n/,
  );
});

live("--json tells the end as one line on stderr", () => {
  const { code, stdout, stderr } = run(["cat"], policy, ["--json"]);
  assert.is(code, 0);
  assert.is(stdout, "meow\n");
  assert.equal(JSON.parse(stderr), { event: "ended", status: 0, signal: null });
});

live("a command that does not exist exits 127", () => {
  const { code, stdout, stderr } = run(["no-such-command"]);
  assert.is(code, 127);
  assert.is(stdout, "");
  assert.match(stderr, /^seccat: error: .*no-such-command/);
});

live("a file that is no program exits 126", () => {
  const { code, stderr } = withFiles({ "p.yaml": policy, f: "text" }, (folder) =>
    seccat(["run", "--policy", "p.yaml", "--", "./f"], { cwd: folder }),
  );
  assert.is(code, 126);
  assert.match(stderr, /^(seccat|\.\/f).*: error: /);
});

live("a policy under which nothing could start exits 125, and nothing starts", () => {
  const { code, stdout, stderr } = run(["echo", "ran"], "default: kill_process\nrules: []\n");
  assert.is(code, 125);
  assert.is(stdout, "");
  assert.match(
    stderr,
    /^seccat: error: the command could never start: the filter answers execve with kill_process\n/,
  );
});

live("a directory that was deleted is no hindrance, as it is none for env", () => {
  withFiles({ "p.yaml": policy }, (folder) => {
    const words = [process.execPath, ...seccatArgs, "run", "--policy", join(folder, "p.yaml"), "--"];
    const line = 'mkdir here && cd here && rmdir ../here && "$@" echo ran && "$@" ./nothing; echo $?';
    const { stdout, stderr } = spawnSync("sh", ["-c", line, "sh", ...words], {
      cwd: folder,
      encoding: "utf8",
    });
    assert.is(stdout, "ran\n127\n", stderr);
    assert.match(stderr, /command not found: "\.\/nothing" does not exist/);
  });
});

live("a signal that comes to seccat comes to the command", async () => {
  await withFilesAsync(async (folder) => {
    const child = spawn(
      process.execPath,
      [
        ...seccatArgs,
        "run",
        "--policy",
        "p.yaml",
        "--",
        "sh",
        "-c",
        "trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done",
      ],
      { cwd: folder, stdio: ["ignore", "pipe", "inherit"] },
    );
    await once(child.stdout, "data");
    child.kill("SIGTERM");
    const [code] = await once(child, "exit");
    assert.is(code, 9);
  });
});

test("a policy that is wrong exits 125: the command never started", () => {
  const { code, stdout, stderr } = run(["echo", "ran"], "default: allow\nruels: []\n");
  assert.is(code, 125);
  assert.is(stdout, "");
  assert.match(stderr, /^p\.yaml:\d+:\d+: error: /);
});

test("without a command or a policy it is refused", () => {
  assert.is(seccat(["run", "--policy", "p.yaml"]).code, 125);
  const { code, stderr } = seccat(["run", "--", "true"]);
  assert.is(code, 125);
  assert.is(
    stderr,
    "seccat: error: --policy is missing\n  expected: seccat run --policy POLICY -- CMD [ARG…]\n",
  );
});

async function withFilesAsync(work: (folder: string) => Promise<void>): Promise<void> {
  const { mkdtemp, rm, writeFile } = await import("node:fs/promises");
  const folder = await mkdtemp("/tmp/seccat-test-");
  try {
    await writeFile(`${folder}/p.yaml`, policy);
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test.run();
