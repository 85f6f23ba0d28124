import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readPolicy } from "../../src/formats/index.ts";
import { skip, whyNotHere } from "../enforce/programs.ts";
import { whyNoStrace } from "../trace/here.ts";
import { seccat, seccatArgs, withFiles } from "./seccat.ts";

const test = suite("seccat trace");

const log = `[pid 100] socket(AF_INET, SOCK_STREAM, 0) = 3
[pid 100] clone(child_stack=NULL, flags=SIGCHLD) = 101
[pid 101] read(3, "GET", 4096) = 3
not a line of strace
[pid 101] write(3, "cat", 3) = 3
[pid 100] accept(3, NULL, NULL) = 4
[pid 101] exit_group(0) = ?
[pid 101] +++ exited with 0 +++
`;

test("from a log it writes the child's calls, and tells what it could not read", () => {
  withFiles({ "log.txt": log }, (folder) => {
    const { code, stdout, stderr } = seccat(
      ["trace", "--from", "log.txt", "--only", "child", "--arch", "x86_64", "-o", "p.yaml"],
      { cwd: folder },
    );
    assert.is(code, 0, stderr);
    assert.is(stdout, "");
    assert.match(stderr, /^8 lines: 7 read, 0 blank, 1 not readable\n/);
    assert.match(stderr, /line 4: .*not a line of strace/);
    assert.match(stderr, /\nwrote p\.yaml\n$/);
    const { policy } = readPolicy(readFileSync(`${folder}/p.yaml`, "utf8"));
    assert.is(policy.name, "log.txt");
    assert.equal(policy.default, { kind: "kill_process" });
    assert.equal(
      policy.rules.map(({ syscalls }) => syscalls),
      [["read", "write", "exit_group"]],
    );
  });
});

test("the policy goes to stdout when no file is named, and what is said to stderr", () => {
  const { code, stdout, stderr } = seccat(["trace", "--from", "-", "--arch", "x86_64"], { input: log });
  assert.is(code, 0, stderr);
  assert.ok(readPolicy(stdout).policy.rules[0]?.syscalls.includes("accept"));
  assert.match(stderr, /^8 lines/);
});

test("--json prints policy and report", () => {
  const { stdout, stderr } = seccat(["trace", "--from", "-", "--arch", "x86_64", "--json"], { input: log });
  assert.is(stderr, "");
  const { policy, report } = JSON.parse(stdout);
  assert.equal(policy.arches, ["x86_64"]);
  assert.is(report.counts.unreadable, 1);
  assert.is(report.taken.calls, 6);
});

test("--split phase tells what only start-up needs, or why that is not known", () => {
  const told = (input: string, ...options: readonly string[]) => {
    const words = [
      "trace",
      "--from",
      "-",
      "--arch",
      "x86_64",
      "--split",
      "phase",
      "-o",
      "p.yaml",
      ...options,
    ];
    return withFiles({}, (cwd) => seccat(words, { cwd, input }).stderr);
  };
  const again = 'read(3, "", 1) = 0\nwrite(9, "go", 2) = 2\nread(3, "", 1) = 0\nwrite(1, "", 0) = 0\n';
  assert.match(
    told(log, "--phases", "accept"),
    "only start-up needs 5, which can be denied afterwards: socket, clone, read, write, ",
  );
  assert.match(
    told(log, "--phases", "exec"),
    "no phase began behind the start, so what only start-up needs is not known",
  );
  assert.match(told(again, "--marker-fd", "9"), "start-up needs no call that is not needed afterwards too");
});

test("--pid, --after and --default choose the process, the phase and the default", () => {
  const args = [
    "trace",
    "--from",
    "-",
    "--arch",
    "x86_64",
    "--pid",
    "101",
    "--after",
    "read",
    "--default",
    "errno:EPERM",
  ];
  const { policy } = readPolicy(seccat(args, { input: log }).stdout);
  assert.equal(policy.default, { kind: "errno", errno: "EPERM" });
  assert.equal(
    policy.rules.map(({ syscalls }) => syscalls),
    [["write", "exit_group"]],
  );
});

test("an output with the ending .json is JSON", () => {
  withFiles({ log }, (folder) => {
    assert.is(
      seccat(["trace", "--from", "log", "--arch", "x86_64", "-o", "p.json"], { cwd: folder }).code,
      0,
    );
    assert.is(JSON.parse(readFileSync(`${folder}/p.json`, "utf8")).default, "kill_process");
  });
});

/** Calls that are wrong, and all that is said about them. */
const bad: readonly (readonly [args: readonly string[], input: string, stderr: readonly string[]])[] = [
  [
    [],
    "",
    [
      "seccat: error: nothing to trace",
      "  expected: -- CMD [ARG…], or --from LOG",
      "  fix: seccat trace -o p.yaml -- ls -l",
    ],
  ],
  [
    ["--from", "-", "--", "ls"],
    "",
    ["seccat: error: a log and a command at once", "  fix: give --from LOG, or -- CMD"],
  ],
  [
    ["--from", "-"],
    "",
    ["(standard input): error: the trace is empty", "  fix: record one with: strace -f -o FILE -- COMMAND"],
  ],
  [["--from", "/nonexistent"], "", ["seccat: error: cannot read /nonexistent: no such file or directory"]],
  [
    ["--from", "-", "--only", "chlid"],
    log,
    [
      "seccat: error: --only cannot be chlid",
      "  expected: child, all, process numbers, or /REGEX/ for the name or path of a program",
      "  received: chlid",
      "  fix: did you mean child?",
    ],
  ],
  [["--from", "-", "--pid", "x"], log, ["seccat: error: --pid is no process number", "  received: x"]],
  [
    ["--from", "-", "--pid", "7"],
    log,
    ["(standard input): error: no call of pid 7 is in the trace", "  received: the log has pid 100, 101"],
  ],
  [
    ["--from", "-", "--after", "reed"],
    log,
    [
      "seccat: error: no system call has the name that the phase begins after",
      "  received: reed",
      "  fix: did you mean read?",
    ],
  ],
  [
    ["--from", "-", "--default", "errno:EPRM"],
    log,
    [
      "seccat: error: --default is no action",
      "  expected: errno:NAME, or errno:1 to errno:4095",
      "  received: errno:EPRM",
      "  fix: did you mean EPERM?",
    ],
  ],
  [
    ["--from", "-", "--default", "kil_process"],
    log,
    [
      "seccat: error: --default is no action",
      "  expected: kill_process, kill_thread, trap, user_notif, trace, log, allow, errno:NAME or errno:N",
      "  received: kil_process",
      "  fix: did you mean kill_process?",
    ],
  ],
  [
    ["ls"],
    "",
    [
      "seccat: error: ls stands where an option should",
      "  expected: seccat trace [OPTIONS] [-- CMD [ARG…]]",
      "  fix: put -- before the command to start",
    ],
  ],
];

for (const [args, input, expected] of bad) {
  test(`trace ${args.join(" ")}${input === "" ? " with an empty log" : ""} is refused with exit code 2`, () => {
    withFiles({ "p.yaml": "old" }, (folder) => {
      const { code, stdout, stderr } = seccat(["trace", "--arch", "x86_64", "-o", "p.yaml", ...args], {
        input,
        cwd: folder,
      });
      assert.is(code, 2);
      assert.is(stdout, "");
      assert.equal(stderr.split("\n"), [...expected, ""]);
      assert.is(readFileSync(`${folder}/p.yaml`, "utf8"), "old");
      assert.equal(readdirSync(folder), ["p.yaml"]);
    });
  });
}

test("what a log holds cannot steer the terminal", () => {
  const esc = String.fromCharCode(27);
  const input = `${esc}[2Jboo\n${log}`;
  const { code, stderr } = seccat(["trace", "--from", "-", "--arch", "x86_64", "-o", "/dev/null"], { input });
  assert.is(code, 0);
  assert.not.ok(stderr.includes(esc));
  assert.match(stderr, /\[2Jboo/);
  const binary = seccat(["trace", "--from", "-"], { input: `${esc}]0;boo\u0007\n` });
  assert.is(binary.code, 2);
  assert.not.ok(binary.stderr.includes(esc));
  assert.match(binary.stderr, /^\(standard input\):1: error: /);
});

test("a missing strace is told with the way to install it, exit code 3", () => {
  const { code, stderr } = seccat(["trace", "--engine", "strace", "--", "/bin/true"], {
    env: { PATH: "/nonexistent" },
  });
  assert.is(code, 3);
  assert.match(
    stderr,
    /^seccat: error: strace is not installed\n(.*\n)* {2}fix: install it \(Debian, Ubuntu: apt-get install strace\)/,
  );
});

const noListener = `
default: allow
rules:
  - action: { errno: EPERM }
    syscalls: [pidfd_getfd]
`;

const reasons = {
  notify: await whyNotHere(),
  strace: spawnSync("strace", ["-f", "true"]).status === 0 ? undefined : "strace does not work here",
} as const;

/** A test of either engine, as far as it works here. */
function live(name: string, work: (engine: string) => void): void {
  for (const engine of ["notify", "strace"] as const)
    test(`${name} (${engine})`, () => {
      const reason = reasons[engine];
      if (reason === undefined) work(engine);
      else skip(name, reason);
    });
}

live("a command is watched, its output left alone, and its policy lets it run again", (engine) => {
  withFiles({}, (folder) => {
    const args = ["trace", "--engine", engine, "-o", "p.yaml", "--", "cat", "-"];
    const traced = seccat(args, { cwd: folder, input: "meow\n" });
    assert.is(traced.code, 0, traced.stderr);
    assert.is(traced.stdout, "meow\n");
    assert.equal(readdirSync(folder), ["p.yaml"]);
    const again = seccat(["run", "-p", "p.yaml", "--", "cat", "-"], { cwd: folder, input: "meow\n" });
    assert.is(again.stdout, "meow\n", again.stderr);
    assert.is(seccat(["emulate", "p.yaml", "ptrace"], { cwd: folder }).code, 1);
  });
});

live("with the policy on stdout, the command's output goes to stderr", (engine) => {
  const { code, stdout, stderr } = seccat(["trace", "--engine", engine, "--", "echo", "meow"]);
  assert.is(code, 0);
  assert.match(stderr, /^meow\n/);
  assert.ok(readPolicy(stdout).policy.rules.length > 0);
});

live("a command that does not exist is told as such, exit code 127", (engine) => {
  const { code, stdout, stderr } = seccat(["trace", "--engine", engine, "--", "no-such-command"]);
  assert.is(code, 127);
  assert.is(stdout, "");
  assert.match(stderr, /^seccat: error: .*no-such-command/);
});

live("a file that cannot be executed is told as such, exit code 126", (engine) => {
  withFiles({ "plain.txt": "text" }, (folder) => {
    const { code } = seccat(["trace", "--engine", engine, "--", "./plain.txt"], { cwd: folder });
    assert.is(code, 126);
  });
});

live("a command's own status is told, and how it was ended", (engine) => {
  withFiles({}, (folder) => {
    const ended = (script: string) =>
      seccat(["trace", "--engine", engine, "-o", "p.yaml", "--", "sh", "-c", script], { cwd: folder });
    assert.match(ended("exit 3").stderr, /\nnote: the command itself ended with 3\n/);
    assert.match(ended("kill -TERM $$").stderr, /\nnote: the command itself ended with 143\n/);
  });
});

live("each program of a script has its own policy beside that of all", (engine) => {
  withFiles({}, (folder) => {
    const args = ["trace", "--engine", engine, "--split", "exe", "-o", "p.yaml"];
    const script = "cat /dev/null; ls / > /dev/null; true";
    const { code, stderr } = seccat([...args, "--", "sh", "-c", script], { cwd: folder });
    assert.is(code, 0, stderr);
    const files = readdirSync(folder);
    for (const name of ["p.yaml", "p.cat.yaml", "p.ls.yaml"])
      assert.ok(files.includes(name), files.join(" "));
    const callsOf = (name: string) =>
      readPolicy(readFileSync(join(folder, name), "utf8")).policy.rules[0]?.syscalls;
    assert.ok(callsOf("p.ls.yaml")?.includes("getdents64"));
    assert.not.ok(callsOf("p.cat.yaml")?.includes("getdents64"));
  });
});

test("calls that traces miss are added when asked for, and behind what was learned", () => {
  const args = ["trace", "--from", "-", "--arch", "x86_64", "--add", "signal,exit", "--json"];
  const { code, stdout } = seccat(args, { input: log });
  assert.is(code, 0);
  const { rules } = JSON.parse(stdout).policy;
  assert.equal(
    rules.slice(1).map(({ syscalls }: { syscalls: string[] }) => syscalls.join(" ")),
    ["rt_sigreturn", "restart_syscall", "exit"],
  );
  assert.is(seccat(["trace", "--from", "-", "--add", "signals"], { input: log }).code, 2);
});

live("conditions are learned, and the policy lets the command run again", (engine) => {
  withFiles({}, (folder) => {
    const script = "echo meow | cat; ls / > /dev/null; kill -0 $$";
    const args = ["trace", "--engine", engine, "--args", "-o", "p.yaml", "--", "sh", "-c", script];
    assert.is(seccat(args, { cwd: folder }).code, 0);
    const policy = readFileSync(join(folder, "p.yaml"), "utf8");
    assert.match(policy, /syscalls: \[kill\]\n {4}when: sig == 0\n/);
    assert.match(policy, /syscalls: \[openat\]\n {4}when: flags & ~\(/);
    const again = seccat(["run", "-p", "p.yaml", "--", "sh", "-c", script], { cwd: folder });
    assert.is(again.stdout, "meow\n", again.stderr);
    assert.is(seccat(["emulate", "p.yaml", "kill", "1", "SIGKILL"], { cwd: folder }).code, 1);
  });
});

test("both engines learn the same conditions", () => {
  const missing = reasons.notify ?? reasons.strace;
  if (missing !== undefined) return skip("both engines learn the same conditions", missing);
  const [one, other] = ["notify", "strace"].map((engine) => {
    const script = "echo meow | cat > /dev/null; ls / > /dev/null; kill -0 $$";
    const { stdout } = seccat(["trace", "--engine", engine, "--args", "--json", "--", "sh", "-c", script]);
    const { rules } = JSON.parse(stdout).policy;
    return rules.flatMap(({ syscalls, when }: { syscalls: string[]; when?: string }) =>
      when === undefined ? [] : [`${syscalls.join(" ")}: ${when}`],
    );
  });
  assert.equal(one.sort(), other.sort());
  assert.ok(one.length > 5);
});

live("a command is run until that shows nothing new, and what any run did is learned", (engine) => {
  const script = "read n < n; n=$((n + 1)); echo $n > n; if [ $n -eq 3 ]; then umask 077; fi";
  withFiles({ n: "0\n" }, (folder) => {
    const args = ["trace", "--engine", engine, "--until-stable", "2", "--json", "--", "sh", "-c", script];
    const { code, stdout, stderr } = seccat(args, { cwd: folder });
    assert.is(code, 0, stderr);
    const { policy, report } = JSON.parse(stdout);
    assert.match(stderr, /^run 3: new: umask$/m);
    assert.match(stderr, /nothing new\n.*nothing new\n$/);
    assert.ok(policy.rules[0].syscalls.includes("umask"));
    assert.ok(report.runs >= 5);
    assert.not.ok(report.once.includes("execve"));
    assert.is(readFileSync(join(folder, "n"), "utf8"), `${report.runs}\n`);
  });
});

test("a number of runs needs a command, and is a number", () => {
  for (const args of [
    ["--until-stable", "2", "--from", "-"],
    ["--until-stable", "no", "--", "true"],
  ])
    assert.is(seccat(["trace", ...args], { input: log }).code, 2);
});

live("only the programs asked for are learned from", (engine) => {
  const args = ["trace", "--engine", engine, "--only", "/ls$/", "--json"];
  const { stdout } = seccat([...args, "--", "sh", "-c", "cat /dev/null; ls / > /dev/null; true"]);
  const { policy, report } = JSON.parse(stdout);
  assert.ok(policy.rules[0].syscalls.includes("getdents64"));
  assert.not.ok(policy.rules[0].syscalls.includes("wait4"));
  assert.is(report.taken.pids.length, 1);
});

test("where calls cannot be handed over it says so and takes strace, or fails when told to", () => {
  const reason = reasons.notify ?? reasons.strace;
  if (reason !== undefined) return skip("the fall-back", reason);
  withFiles({ "no.yaml": noListener }, (folder) => {
    const traced = (...options: string[]) => {
      const words = ["trace", ...options, "-o", "p.yaml", "--", "true"];
      return seccat(["run", "-p", "no.yaml", "--", process.execPath, ...seccatArgs, ...words], {
        cwd: folder,
      });
    };
    const { code, stderr } = traced();
    assert.is(code, 0, stderr);
    assert.match(stderr, /^note: traced with strace, as .*pidfd_getfd answers EPERM\n/);
    assert.ok(existsSync(`${folder}/p.yaml`));
    const forced = traced("--engine", "notify");
    assert.is(forced.code, 3);
    assert.match(forced.stderr, /pidfd_getfd answers EPERM/);
  });
});

test("it works through ffi-napi too", () => {
  if (reasons.notify !== undefined) return skip("ffi-napi", reasons.notify);
  const { code, stderr } = seccat(["trace", "-o", "/dev/null", "--engine", "notify", "--", "true"], {
    env: { SECCAT_FFI: "ffi-napi" },
  });
  if (/ffi-napi does not load/.test(stderr)) return skip("ffi-napi", "it is not installed");
  assert.is(code, 0, stderr);
  assert.match(stderr, /calls of 1 process/);
});

live("an output that cannot be written is found out before the command runs", () => {
  withFiles({}, (folder) => {
    const { code, stderr } = seccat(["trace", "-o", "/nonexistent/p.yaml", "--", "touch", "ran"], {
      cwd: folder,
    });
    assert.is(code, 2);
    assert.is(stderr, "seccat: error: cannot write /nonexistent/p.yaml: no such file or directory\n");
    assert.not.ok(existsSync(`${folder}/ran`));
  });
});

for (const engine of ["notify", "strace"])
  test(`SIGINT without a terminal goes to the command, and the policy is written: ${engine}`, async () => {
    const why = (await whyNotHere()) ?? (engine === "strace" ? whyNoStrace() || undefined : undefined);
    if (why !== undefined) return skip(engine, why);
    const args = ["trace", "--engine", engine, "-o", "/dev/null", "--", "sh", "-c", "echo on; exec sleep 60"];
    const child = spawn(process.execPath, [...seccatArgs, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      detached: true, // a group of its own, so that no terminal's is meant
    });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    child.stdout.once("data", () => child.kill("SIGINT"));
    const [code] = await once(child, "close");
    assert.is(code, 0, said);
    assert.match(said, "note: the command itself ended with 130");
  });

test("who outlasts the command is told on one line, whatever its name is", async () => {
  const why = await whyNotHere();
  if (why !== undefined) return skip("what is left", why);
  withFiles({}, (cwd) => {
    copyFileSync("/bin/sleep", join(cwd, "a\nb"));
    chmodSync(join(cwd, "a\nb"), 0o755);
    const script = "(setsid './a\nb' 2 > /dev/null 2>&1 < /dev/null &); exit 0";
    const { code, stderr } = seccat(["trace", "-o", "p.yaml", "--", "sh", "-c", script], { cwd });
    assert.is(code, 0, stderr);
    assert.match(
      stderr,
      /^note: the command has ended, what it left has not: pid \d+ \(a\\nb\); Ctrl-C stops watching$/m,
    );
  });
});

test.run();
