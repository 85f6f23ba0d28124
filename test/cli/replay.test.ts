import { suite } from "uvu";
import * as assert from "uvu/assert";
import { seccat, withFiles } from "./seccat.ts";

const test = suite("seccat replay");

const log = `[pid 100] socket(AF_INET, SOCK_STREAM, 0) = 3
[pid 100] clone(child_stack=NULL, flags=SIGCHLD) = 101
[pid 101] read(3,  <unfinished ...>
[pid 100] read(5, "x", 1) = 1
[pid 101] <... read resumed>"GET", 4096) = 3
[pid 101] socket(AF_UNIX, SOCK_STREAM, 0) = 4
[pid 101] socket(AF_INET, SOCK_STREAM, 0) = 5
[pid 101] socket(AF_INET, SOCK_DGRAM, 0) = 6
[pid 101] mprotect(0x7f0000, 4096, PROT_READ) = 0
[pid 101] exit_group(0) = ?
`;
const policy = `default: kill_process
arches: [x86_64]
rules:
  - action: allow
    syscalls: [read, clone, exit_group, mprotect]
  - action: { errno: EACCES }
    syscalls: [socket]
    when: domain == AF_INET
    why: no network
  - action: allow
    syscalls: [socket]
`;
const files = { "p.yaml": policy, log };
const arch = ["--arch", "x86_64"];

test("it tells the denied calls by name, process and answer, with their number, first line and rule", () => {
  withFiles(files, (cwd) => {
    const { code, stdout, stderr } = seccat(["replay", "p.yaml", "log", ...arch], { cwd });
    assert.is(code, 1, stderr);
    assert.is(
      stdout,
      `would have been denied
  log:1  pid 100  socket  once     errno EACCES by rule 2 (line 6): no network
  log:7  pid 101  socket  2 times  errno EACCES by rule 2 (line 6): no network
9 calls: 3 denied
`,
    );
    assert.match(stderr, /^10 lines: 10 read/);
  });
});

test("a choice of processes counts for it as for trace, and nothing denied is exit code 0", () => {
  withFiles(
    { ...files, "all.yaml": policy.replace("kill_process", "allow").replace("EACCES", "EPERM") },
    (cwd) => {
      const one = seccat(["replay", "p.yaml", "log", "--only", "child", "--json", ...arch], { cwd });
      const { findings, report } = JSON.parse(one.stdout);
      assert.is(one.code, 1);
      assert.equal(
        findings.map(({ line, pid, count, syscall, verdict }: Record<string, unknown>) => [
          line,
          pid,
          count,
          syscall,
          verdict,
        ]),
        [[7, 101, 2, "socket", "errno EACCES"]],
      );
      assert.is(report.taken.calls, 6);
      const after = seccat(["replay", "p.yaml", "log", "--after", "mprotect", ...arch], { cwd });
      assert.is(after.code, 0, after.stderr);
      assert.is(after.stdout, "1 call: 0 denied\n");
    },
  );
});

test("lines are counted in their own log when there are several", () => {
  withFiles(
    { ...files, more: "[pid 9] read(0, 0x0, 0) = 0\n[pid 9] ptrace(PTRACE_TRACEME) = 0\n" },
    (cwd) => {
      const { code, stdout } = seccat(["replay", "p.yaml", "log", "more", "--pid", "9", ...arch], { cwd });
      assert.is(code, 1);
      assert.match(stdout, "more:2  pid 9  ptrace  once  kill_process by the default");
    },
  );
});

test("--since tells what the older policy answered, and fails only for what it let pass", () => {
  withFiles({ ...files, "new.yaml": policy.replace("domain == AF_INET", "type == SOCK_STREAM") }, (cwd) => {
    const worse = seccat(["replay", "new.yaml", "--since", "p.yaml", "log", ...arch], { cwd });
    assert.is(worse.code, 1, worse.stderr);
    assert.match(
      worse.stdout,
      "denied now, and not before\n  log:6  pid 101  socket  once  errno EACCES by rule 2",
    );
    assert.match(worse.stdout, "denied before, and not now\n  log:8  pid 101  socket  once  allow by rule 3");
    const better = seccat(["replay", "p.yaml", "--since", "p.yaml", "log", ...arch], { cwd });
    assert.is(better.code, 0);
    assert.is(better.stdout, "9 calls: 0 calls denied that p.yaml let pass\n");
  });
});

test("a verdict that hangs on what the log does not tell is neither yes nor no", () => {
  withFiles({ "p.yaml": policy, log: "[pid 5] socket(..., SOCK_STREAM, 0) = 3\n" }, (cwd) => {
    const { code, stdout } = seccat(["replay", "p.yaml", "log", ...arch], { cwd });
    assert.is(code, 3);
    assert.match(stdout, "not known\n  log:1  pid 5  socket  once  the verdict depends on domain");
  });
});

test("a log without calls, two standard inputs and a missing log are wrong input", () => {
  withFiles({ ...files, empty: "" }, (cwd) => {
    for (const args of [["p.yaml", "empty"], ["-", "-"], ["p.yaml", "none"], ["p.yaml"]]) {
      const { code, stdout } = seccat(["replay", ...args], { cwd });
      assert.is(code, 2, args.join(" "));
      assert.is(stdout, "");
    }
  });
});

test("what trace learns from a log, replay of that log does not deny", () => {
  withFiles({ log }, (cwd) => {
    for (const only of [[], ["--only", "child"]]) {
      assert.is(seccat(["trace", "--from", "log", "-o", "own.yaml", ...only, ...arch], { cwd }).code, 0);
      assert.is(seccat(["replay", "own.yaml", "log", ...only, ...arch], { cwd }).code, 0);
    }
  });
});

test.run();
