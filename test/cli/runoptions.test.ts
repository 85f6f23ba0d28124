import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { skip, whyNotHere } from "../enforce/programs.ts";
import { type Given, seccat, seccatArgs } from "./seccat.ts";

const test = suite("seccat run options");
const folder = mkdtempSync(join(tmpdir(), "seccat-test-"));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const denying = (errno: string, call: string) =>
  `default: allow\narches: [native]\nrules: [{ action: { errno: ${errno} }, syscalls: [${call}] }]\n`;
writeFileSync(join(folder, "dirs.yaml"), denying("EPERM", "mkdir, mkdirat"));
writeFileSync(join(folder, "links.yaml"), denying("EMLINK", "symlink, symlinkat"));
writeFileSync(join(folder, "calls.yaml"), denying("EDOM", "seccomp, prctl, mkdir, mkdirat"));
writeFileSync(
  join(folder, "kill.yaml"),
  denying("EPERM", "mkdir, mkdirat").replace("{ errno: EPERM }", "kill_process"),
);

const run = (options: readonly string[], words: readonly string[], given: Given = {}) =>
  seccat(["run", ...options, "--", ...words], { cwd: folder, ...given });
const dirs = ["-p", "dirs.yaml"];

test("several policies are stacked, and a call must pass them all", () => {
  const script = "grep Seccomp_filters /proc/self/status; mkdir d; ln -s a b";
  const { stdout, stderr } = run([...dirs, "-p", "links.yaml"], ["sh", "-c", script]);
  assert.is(stdout, "Seccomp_filters:\t2\n");
  assert.match(stderr, /mkdir.*Operation not permitted\n.*ln.*Too many links\n$/);
});

test("of two that answer an errno the newer is heard, and it may deny what installing took", () => {
  const { stderr } = run([...dirs, "-p", "calls.yaml"], ["mkdir", "d"]);
  assert.match(stderr, /Numerical argument out of domain/);
});

test("--log denies nothing, not even what would kill", () => {
  const made = join(folder, "logged");
  const { code, stderr } = run(["-p", "kill.yaml", "-p", "dirs.yaml", "--log"], ["mkdir", made]);
  assert.equal([code, stderr, existsSync(made)], [0, "", true]);
});

const environments: readonly (readonly [
  options: readonly string[],
  given: Record<string, string>,
  lines: readonly string[],
])[] = [
  [["--env", "A=1", "--env", "B=x=y", "--env", "C="], { A: "0" }, ["A=1", "B=x=y", "C="]],
  [["--unset-env", "A", "--unset-env", "NEVER_SET"], { A: "0", B: "2" }, ["B=2"]],
  [["--clear-env", "--env", "B", "--env", "NEVER_SET", "--env", "C=3"], { A: "0", B: "2" }, ["B=2", "C=3"]],
  [["--unset-env", "A", "--env", "A=again"], { A: "0" }, ["A=again"]],
  [["--env=A=new\nline"], {}, ["A=new", "line"]],
];

for (const [options, given, lines] of environments)
  test(`${options.join(" ")} with ${Object.keys(given).join(", ") || "nothing"} set`, () => {
    const { stdout } = run([...dirs, ...options], ["/usr/bin/env"], { env: given });
    const whole = options.includes("--clear-env");
    const seen = stdout
      .trimEnd()
      .split("\n")
      .filter((line) => whole || /^([ABC]=|line$)/.test(line));
    assert.equal(seen.sort(), lines);
  });

test("a command is looked for in the PATH that it gets", () => {
  writeFileSync(join(folder, "meow"), "#!/bin/sh\necho purr\n", { mode: 0o755 });
  assert.is(run([...dirs, "--env", `PATH=${folder}:/bin`], ["meow"]).stdout, "purr\n");
  assert.is(run([...dirs, "--clear-env"], ["meow"]).code, 127);
});

test("--chdir starts in a directory, and finds a command from there", () => {
  assert.is(run([...dirs, "--chdir", "/usr"], ["pwd"]).stdout, "/usr\n");
  assert.is(
    run(["-p", join(folder, "dirs.yaml"), "--chdir", folder], ["./meow"], { cwd: "/" }).stdout,
    "purr\n",
  );
});

test("--preserve-fd passes descriptors on under their numbers, and nothing between them", async () => {
  const file = openSync(join(folder, "dirs.yaml"), "r");
  const words = ["run", ...dirs, "--preserve-fd", "40", "--preserve-fd", "20", "--", "ls", "/proc/self/fd"];
  const stdio = Array.from({ length: 45 }, (_, fd) => (fd < 3 ? "pipe" : fd % 5 === 0 ? file : "ignore"));
  const child = spawn(process.execPath, [...seccatArgs, ...words], { cwd: folder, stdio: [...stdio] });
  let stdout = "";
  child.stdout?.on("data", (data) => {
    stdout += data;
  });
  await once(child, "close");
  const fds = stdout.trim().split("\n").map(Number);
  assert.equal(
    fds.sort((a, b) => a - b),
    [0, 1, 2, 3, 20, 40],
  ); // 3 is the directory that ls reads
});

test("--dry-run tells what would be run, and starts nothing", () => {
  const proof = join(folder, "dry");
  const options = [...dirs, "-p", "links.yaml", "--chdir", "/", "--dry-run"];
  const { code, stdout, stderr } = run(
    ["-p", join(folder, "kill.yaml"), ...options, "--json"],
    ["touch", proof, "a b"],
    {
      env: { PATH: "/usr/bin" },
    },
  );
  assert.equal([code, stderr, existsSync(proof)], [0, "", false]);
  const { path, argv, cwd, user, descriptors, mode, filters } = JSON.parse(stdout);
  assert.equal([path, argv, cwd], ["/usr/bin/touch", ["touch", proof, "a b"], "/"]);
  assert.equal([user, descriptors, mode], [null, [0, 1, 2], "enforce"]);
  assert.equal(
    filters.map(({ name, actions }: { name: string; actions: string[] }) => [
      name.split("/").at(-1),
      actions,
    ]),
    [
      ["kill.yaml", ["allow", "kill_process"]],
      ["dirs.yaml", ["allow", "errno EPERM", "kill_process"]],
      ["links.yaml", ["allow", "errno EMLINK", "kill_process"]],
    ],
  );
  const words = run(options, ["touch", "a b", "it's"]).stdout;
  assert.match(words, /^would run touch 'a b' 'it'\\''s'\n {2}file {8}\S*\/touch\n {2}directory {3}\/\n/);
  assert.match(words, / {2}filter 1 {4}dirs\.yaml: \d+ instructions: allow, errno EPERM, kill_process\n/);
});

test("--dry-run exits as the run would where nothing could start", () => {
  assert.is(run([...dirs, "--dry-run", "--env", "PATH=/bin"], ["no-such-command"]).code, 127);
  assert.is(run([...dirs, "--dry-run"], [folder]).code, 126);
  assert.is(run(["-p", "calls.yaml", ...dirs, "--dry-run"], ["true"]).code, 125);
});

test("--log is told by a dry run", () => {
  const { mode, filters } = JSON.parse(
    run(["-p", "kill.yaml", "--log", "--dry-run", "--json"], ["true"]).stdout,
  );
  assert.equal([mode, filters[0].actions], ["log", ["allow", "log"]]);
});

/** A command that tells its pid and then stays, under seccat under a shell that tells seccat's. */
async function staying(options: readonly string[], wrap: (words: readonly string[]) => readonly string[]) {
  const words = [
    process.execPath,
    ...seccatArgs,
    "run",
    ...dirs,
    ...options,
    "--",
    "sh",
    "-c",
    "echo $$; exec sleep 60",
  ];
  const [command = "", ...rest] = wrap(words);
  const child = spawn(command, rest, { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(child.stdout, "data");
  return { child, pid: Number(String(line).trim()) };
}

async function isGone(pid: number, limit = 5000): Promise<boolean> {
  for (let waited = 0; waited < limit; waited += 20) {
    const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, "latin1") : "";
    if (stat === "" || / Z /.test(stat)) return true;
    await sleep(20);
  }
  return false;
}

const as = process.getuid?.() === 0 ? [[], ["--user", "65534:65534"]] : [[]];
for (const user of as)
  test(`--kill-on-parent-exit ${user.join(" ")}: the command dies with seccat, which it outlives else`, async () => {
    const bound = await staying(["--kill-on-parent-exit", ...user], (words) => words);
    bound.child.kill("SIGKILL");
    assert.ok(await isGone(bound.pid));
    const free = await staying(user, (words) => words);
    free.child.kill("SIGKILL");
    assert.not(await isGone(free.pid, 200));
    process.kill(free.pid, "SIGKILL");
  });

test("--kill-on-parent-exit: seccat dies with the process that started it, and the command with seccat", async () => {
  const { child, pid } = await staying(["--kill-on-parent-exit"], (words) => [
    "sh",
    "-c",
    '"$@"; :',
    "sh",
    ...words,
  ]);
  child.kill("SIGKILL");
  assert.ok(await isGone(pid));
});

if (process.getuid?.() === 0) {
  test("--user changes all ids and groups and leaves no way back and no capability", () => {
    const back =
      "import os\nfor way in (os.setuid, os.setgid, lambda id: os.setgroups([id])):\n  try: way(0); print('back')\n  except PermissionError: pass";
    const script = `grep -E '^(Uid|Gid|Groups|Cap(Inh|Prm|Eff|Amb)):' /proc/self/status; echo $HOME $USER $LOGNAME; exec python3 -c "$1"`;
    const { stdout, stderr } = run([...dirs, "--user", "daemon:42"], ["sh", "-c", script, "sh", back]);
    const none = ["Inh", "Prm", "Eff", "Amb"].map((set) => `Cap${set}:\t${"0".repeat(16)}`);
    assert.equal(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.trimEnd()),
      ["Uid:\t1\t1\t1\t1", "Gid:\t42\t42\t42\t42", "Groups:", ...none, "/usr/sbin daemon daemon"],
      stderr,
    );
  });

  test("--user works with --explain and --no-root, and --env has the last word", () => {
    const { stdout, stderr, code } = run(
      [...dirs, "--user", "daemon", "--no-root", "--explain", "--env", "HOME=/tmp"],
      ["sh", "-c", "id -u; echo $HOME $USER; mkdir d"],
    );
    assert.equal([code, stdout], [1, "1\n/tmp daemon\n"]);
    assert.match(stderr, /^seccat: denied: [\d:.]+ mkdir\[\d+\]: mkdir\(.*: errno EPERM\n/);
  });
} else skip("changes of user", "this is not root");

const why = await whyNotHere();
if (why) {
  rmSync(folder, { recursive: true, force: true });
  skip("seccat run options", why);
} else test.run();
