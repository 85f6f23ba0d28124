import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { traceLog } from "../../bench/tracelog.ts";
import { logFiles } from "../../src/cli/logs.ts";
import { seccat, withFiles } from "./seccat.ts";

const test = suite("cli/logs");

const set = {
  "t.1001": 'read(3, "GET", 4096) = 3\nwrite(1, "x", 1) = 1\nexit_group(0) = ?\n+++ exited with 0 +++\n',
  "t.999":
    'execve("/bin/x", ["x"], 0x7f /* 3 vars */) = 0\nclone(child_stack=NULL, flags=SIGCHLD) = 1001\nexit_group(0) = ?\n',
  "t.log": "close(3) = 0\n",
};
const arch = ["--arch", "x86_64"];

test("a pattern and a list of a -ff set are read as one log, each file by its pid, makers first", () => {
  withFiles(set, (cwd) => {
    for (const logs of [
      ["t.1???", "t.9??"],
      ["t.1001", "t.999"],
    ]) {
      const { code, stdout, stderr } = seccat(
        ["trace", ...logs.flatMap((log) => ["--from", log]), "--only", "child", "--json", ...arch],
        { cwd },
      );
      assert.is(code, 0, stderr);
      const { policy, report } = JSON.parse(stdout);
      assert.equal(policy.rules[0].syscalls, ["read", "write", "exit_group"]);
      assert.equal([report.taken.pids, report.left.pids], [[1001], [999]]);
    }
  });
});

test("files of a set are ordered by pid, packed or not, others stay where they are", () => {
  assert.equal(logFiles(["b", "t.1001.gz", "u.7", "t.999", "a"]), ["b", "t.999", "t.1001.gz", "u.7", "a"]);
});

test("a set and a packed log tell in parts what they tell whole", () => {
  withFiles(set, (cwd) => {
    writeFileSync(`${cwd}/log.gz`, gzipSync(set["t.999"]));
    const written = (args: readonly string[], input = "") => {
      const { code, stdout, stderr } = seccat(args, { cwd, input });
      assert.is(code, 0, stderr);
      return stdout;
    };
    const both = ["--from", "t.1001", "--from", "t.999"];
    for (const [logs, options] of [
      [["--from", "log.gz"], []],
      [both, []],
      [both, ["--only", "child"]],
      [both, ["--pid", "999"]],
    ] as const) {
      const whole = written(["trace", ...logs, ...options, ...arch]);
      const part = written(["trace", ...logs, "--partial", ...arch]);
      assert.is(written(["merge", "-", ...options], part), whole);
    }
    const children = written(["trace", ...both, "--only", "child", ...arch]);
    assert.match(children, /^name: "t\.\*"[\s\S]*\[read, write, exit_group\]/);
  });
});

test("the files of a set are one run, other files a run each", () => {
  withFiles(set, (cwd) => {
    for (const [logs, runs] of [
      [["t.999", "t.1001"], 1],
      [["t.999", "t.log"], 2],
    ] as const) {
      const told = seccat(["trace", "--json", ...arch, ...logs.flatMap((log) => ["--from", log])], { cwd });
      assert.is(JSON.parse(told.stdout).report.runs, runs);
    }
  });
});

test("what is packed in another way is refused by its name", () => {
  withFiles({ b: "BZh91AY" }, (cwd) => {
    writeFileSync(`${cwd}/a`, Buffer.from("fd377a585a00", "hex"));
    for (const [file, by] of [
      ["a", "xz"],
      ["b", "bzip2"],
    ] as const) {
      const { code, stderr } = seccat(["trace", "--from", file, ...arch], { cwd });
      assert.is(code, 2);
      assert.match(stderr, `${file} is packed by ${by}, and only gzip and zstd are unpacked here`);
    }
  });
});

test("a pattern that the shell took apart is to be put in quotes", () => {
  withFiles(set, (cwd) => {
    const { code, stderr } = seccat(["trace", "--from", "t.1001", "t.999", ...arch], { cwd });
    assert.is(code, 2);
    assert.match(stderr, /t\.999 stands where an option should[\s\S]*quotes around a pattern of files/);
  });
});

test("a pattern that fits no file says so", () => {
  withFiles({}, (cwd) => {
    const { code, stderr } = seccat(["trace", "--from", "t.*", ...arch], { cwd });
    assert.is(code, 2);
    assert.match(stderr, /no file matches t\.\*/);
  });
});

test("gz and zst are known by their first bytes and read as what is in them, from a file or standard input", () => {
  const log = [...traceLog(1, 700_000)].join("");
  withFiles({ plain: log }, (cwd) => {
    const told = (args: readonly string[], input?: Buffer) => {
      const done = seccat(["trace", "--json", ...arch, ...args], { cwd, ...(input ? { input } : {}) });
      assert.is(done.code, 0, done.stderr);
      const { report } = JSON.parse(done.stdout);
      return JSON.stringify(report);
    };
    const expected = told(["--from", "plain"]);
    writeFileSync(`${cwd}/a`, gzipSync(log));
    assert.is(told(["--from", "a"]), expected);
    assert.is(told(["--from", "-"], readFileSync(`${cwd}/a`)), expected);
    assert.is(spawnSync("zstd", ["-q", "plain", "-o", "b"], { cwd }).status, 0);
    assert.is(told(["--from", "b"]), expected);
    assert.is(told(["--from", "-"], readFileSync(`${cwd}/b`)), expected);
  });
});

test("a packed log that is cut off or damaged is refused", () => {
  const packed = gzipSync([...traceLog(1, 300_000)].join(""));
  withFiles({}, (cwd) => {
    writeFileSync(`${cwd}/cut`, packed.subarray(0, 9000));
    writeFileSync(`${cwd}/bad`, Buffer.from(packed).fill(7, 3000, 3100));
    const cut = seccat(["trace", "--from", "cut", ...arch], { cwd });
    assert.is(cut.code, 2);
    assert.match(cut.stderr, /cannot unpack cut: it ends too early/);
    assert.is(cut.stdout, "");
    const bad = seccat(["trace", "--from", "bad", ...arch], { cwd });
    assert.is(bad.code, 2);
    assert.match(bad.stderr, /cannot unpack bad: /);
  });
});

test("what is no log of a known format is refused with its first line", () => {
  withFiles({ log: "2026-01-01 INFO server started\n" }, (cwd) => {
    const { code, stderr } = seccat(["trace", "--from", "log", ...arch], { cwd });
    assert.is(code, 2);
    assert.match(
      stderr,
      /log:1: error: no line of the trace is a system call\n {2}received: 2026-01-01 INFO server started/,
    );
  });
});

test("another format than strace's is told", () => {
  const record =
    'type=SECCOMP msg=audit(1.2:3): auid=0 pid=7 comm="x" exe="/x" sig=0 arch=c000003e syscall=41 compat=0 ip=0x7f code=0x7ffc0000\n';
  withFiles({ log: record }, (cwd) => {
    const { stdout, stderr } = seccat(["trace", "--from", "log", ...arch], { cwd });
    assert.match(stderr, /^1 line of an audit log: 1 read/);
    assert.match(stdout, /syscalls: \[socket\]/);
    const part = seccat(["trace", "--from", "log", "--partial", ...arch], { cwd });
    assert.equal([part.code, part.stdout], [2, ""]);
    assert.match(part.stderr, /log: error: partial profiles are of logs of strace alone/);
  });
});

test.run();
