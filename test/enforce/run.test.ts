import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { run } from "../../src/enforce/run.ts";
import { allowAll, denyOnly, ret, skip, whyNotHere } from "./programs.ts";

const test = suite("run");
const folder = mkdtempSync(join(tmpdir(), "seccat-test-"));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const url = (path: string) =>
  JSON.stringify(
    new URL(`../../${path}.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url).href,
  );

/** A program that puts its command line under a filter that allows everything, and ends as the command does. */
const wrapper = join(folder, "wrapper.mjs");
writeFileSync(
  wrapper,
  `const { run } = await import(${url("src/enforce/run")});
   const { inheritedWords } = await import(${url("src/enforce/command")});
   const { readProgram } = await import(${url("src/bpf/codec")});
   const program = readProgram(Buffer.from("06000000" + "0000ff7f", "hex"), "little");
   const result = await run(program, inheritedWords(process.argv.slice(2)));
   if (result.error) console.error(result.error.message);
   process.exitCode = result.status;`,
);
const env = { ...process.env, NODE_NO_WARNINGS: "1" };

/** The wrapper with a command, as a process. */
const wrapped = (...argv: string[]) => spawn(process.execPath, [wrapper, ...argv], { env, timeout: 30_000 });

test("ends as the command does, with 128 and the signal's number when one ended it", async () => {
  const quiet = { stdio: "ignore" as const };
  const ending = async (...argv: string[]) => {
    const result = await run([allowAll()], argv, quiet);
    return result.kind === "ended" ? [result.status, result.signal, result.pid > 0] : [result.kind];
  };
  assert.equal(await ending("sh", "-c", "exit 7"), [7, undefined, true]);
  assert.equal(await ending("sh", "-c", "kill -TERM $$"), [143, "SIGTERM", true]);
  const killed = await run(
    denyOnly(ret.kill_process, "mkdir", "mkdirat"),
    ["mkdir", join(folder, "never")],
    quiet,
  );
  assert.is(killed.kind === "ended" && killed.status, 159);
  assert.is(killed.kind === "ended" && killed.signal, "SIGSYS");
});

test("gives 127, 126 and 125 with the reason instead of throwing", async () => {
  const statuses: unknown[] = [];
  for (const [program, command] of [
    [allowAll(), "seccat-no-such-command"],
    [allowAll(), folder],
    [denyOnly(ret.errno(1), "execve"), "true"],
  ] as const) {
    const result = await run(program, [command]);
    statuses.push(result.kind === "not-started" ? [result.status, result.error.code] : result);
  }
  assert.equal(statuses, [
    [127, "file"],
    [126, "file"],
    [125, "enforce"],
  ]);
});

test("hands its own stdin, stdout and stderr to the command", async () => {
  const child = wrapped("sh", "-c", "cat; echo error >&2; exit 3");
  child.stdin.end("piped");
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  assert.equal([stdout, stderr, child.exitCode], ["piped", "error\n", 3]);
});

test("keeps bytes of its command line and environment that are no UTF-8", () => {
  const line = `exec "$0" "$1" sh -c 'printf "%s|%s" "$1" "$ODD"' sh "$(printf 'a\\377\\tb')"`;
  const shell = spawnSync(
    "sh",
    ["-c", `ODD="$(printf '\\376\\303x')" ; export ODD; ${line}`, process.execPath, wrapper],
    {
      env,
      timeout: 30_000,
    },
  );
  assert.equal(
    shell.stdout,
    Buffer.from([0x61, 0xff, 0x09, 0x62, 0x7c, 0xfe, 0xc3, 0x78]),
    shell.stderr.toString(),
  );
});

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const)
  test(`passes ${signal} on to the command, and waits for it to end`, async () => {
    const name = signal.slice(3);
    const child = wrapped(
      "sh",
      "-c",
      `trap 'echo got ${name}; exit 9' ${name}; echo ready; while :; do sleep 0.05; done`,
    );
    const output = text(child.stdout);
    const closed = once(child, "close");
    await new Promise((resolve) => child.stdout.once("data", resolve));
    child.kill(signal);
    assert.match(await output, new RegExp(`got ${name}\n$`));
    assert.equal(await closed, [9, null]);
  });

test("no key on the terminal reaches the command twice", () => {
  const counter = `let n = 0; process.on("SIGINT", () => n++);
    require("node:fs").writeFileSync("${folder}/listening", "");
    setTimeout(() => console.log("got " + n + " of them"), 1200);`;
  const words = [process.execPath, wrapper, process.execPath, "-e", counter];
  const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  // script(1) runs its command on a terminal of its own and types its input there
  const typing = `(while ! [ -e ${folder}/listening ]; do sleep 0.05; done; 
      for i in 1 2 3 4 5; do printf '\\003'; sleep 0.1; done; sleep 1) |
    script -qefc "exec $COMMAND" ${folder}/typed >/dev/null`;
  if (spawnSync("script", ["--version"]).error) return skip("a key on the terminal", "there is no script(1)");
  spawnSync("sh", ["-c", typing], { env: { ...env, COMMAND: quoted.join(" ") }, timeout: 30_000 });
  const typed = readFileSync(join(folder, "typed"), "utf8");
  assert.match(typed, /got [1-5] of them/);
});

test("gives the command the limit of open files that it was started with, which Node raised", () => {
  const shell = spawnSync(
    "bash",
    ["-c", `ulimit -Sn 123; "$0" "$1" sh -c "ulimit -Sn"; :`, process.execPath, wrapper],
    {
      encoding: "utf8",
      env,
      timeout: 30_000,
    },
  );
  assert.is(shell.stdout, "123\n", shell.stderr);
});

test("leaves the command running under its filter when it is killed itself", async () => {
  const mark = join(folder, "survived");
  const child = wrapped(
    "sh",
    "-c",
    `echo ready; sleep 0.3; grep Seccomp: /proc/self/status > ${mark}.new; mv ${mark}.new ${mark}`,
  );
  await new Promise((resolve) => child.stdout.once("data", resolve));
  child.kill("SIGKILL");
  for (let i = 0; i < 200 && !existsSync(mark); i++) await sleep(20);
  assert.match(readFileSync(mark, "utf8"), /^Seccomp:\s2$/m);
});

test("a signal that comes while the command is being started is the command's, not the launcher's", async () => {
  for (let i = 0; i < 20; i++) {
    const running = run([allowAll(4096)], ["sleep", "20"], { stdio: "ignore" });
    process.kill(process.pid, "SIGUSR1");
    const result = await running;
    assert.equal([result.kind, result.status], ["ended", 138], `launch ${i}`);
  }
});

test("leaves no signal handler behind", async () => {
  const count = () => process.listenerCount("SIGTERM") + process.listenerCount("SIGINT");
  const before = count();
  await run(allowAll(), ["true"], { stdio: "ignore" });
  await run(allowAll(), ["seccat-no-such-command"]);
  assert.is(count(), before);
});

const why = await whyNotHere();
if (why) {
  rmSync(folder, { recursive: true, force: true });
  skip("running commands under filters", why);
} else test.run();
