import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { root } from "../root.ts";
import { seccat, seccatArgs, withFiles } from "./seccat.ts";

const test = suite("cli/merge");

const randomcat = readFileSync(`${root}test/data/trace/randomcat.strace`, "utf8");

/** A log of 900 lines: threads that interrupt each other, children of children, pids that come again. */
function busyLog(): string {
  const lines = ['100 execve("/bin/server", ["server"], 0x1 /* 2 vars */) = 0', "100 listen(3, 128) = 0"];
  for (let i = 0; lines.length < 900; i++) {
    const child = 101 + (i % 40);
    lines.push(
      "100 clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD <unfinished ...>",
      `${child} set_robust_list(0x1, 24) = 0`,
      `100 <... clone resumed>, child_tidptr=0x2) = ${child}`,
      "100 accept(3, <unfinished ...>",
      ...Array.from(
        { length: 4 + (i % 9) },
        (_, j) => `${child} ${["read", "openat", "fstat"][j % 3]}(${j}) = ${j % 2 ? 0 : "-1 ENOENT (No)"}`,
      ),
      `${child} ${["getpid", "uname", "sysinfo", "umask"][i % 4]}( <unfinished ...>`,
      "100 <... accept resumed>NULL, NULL) = 4",
      `${child} <... ${["getpid", "uname", "sysinfo", "umask"][i % 4]} resumed>) = 1`,
      `${child} exit_group(0) = ?`,
      `${child} +++ exited with 0 +++`,
      "100 --- SIGCHLD {si_signo=SIGCHLD} ---",
    );
  }
  return `${lines.join("\n")}\n`;
}

/** Calls seccat again and again, each time in a process of its own. */
async function seccatMany(calls: readonly (readonly string[])[], cwd: string): Promise<void> {
  for (const call of calls) {
    const child = spawn(process.execPath, [...seccatArgs, ...call], { cwd, stdio: "ignore" });
    const [code] = await once(child, "exit");
    assert.is(code, 0, call.join(" "));
  }
}

test("a log in 64 parts, condensed by 64 processes and merged in any order, gives the bytes of one run", async () => {
  const text = busyLog();
  const lines = text.trimEnd().split("\n");
  // Cut at uneven places, so that halves of calls and births are torn apart.
  const cuts = Array.from({ length: 65 }, (_, i) =>
    Math.round((lines.length * (i + (i % 3 === 1 ? 0.37 : 0))) / 64),
  );
  cuts[64] = lines.length;
  const files = Object.fromEntries(
    cuts.slice(1).map((cut, i) => [`part.${i + 1}`, `${lines.slice(cuts[i], cut).join("\n")}\n`]),
  );
  const folder = mkdtempSync(join(tmpdir(), "seccat-test-"));
  for (const [name, data] of Object.entries({
    ...files,
    "server.strace": text,
  }))
    writeFileSync(join(folder, name), data);
  try {
    const calls = cuts.slice(1).map((_, i) => {
      const piece = `server.strace:${i + 1}/64`;
      return [
        "trace",
        "--from",
        `part.${i + 1}`,
        "--partial",
        "--piece",
        piece,
        "-o",
        `${i + 1}.json`,
        "--arch",
        "x86_64",
      ];
    });
    await Promise.all(
      [0, 1, 2, 3].map((who) =>
        seccatMany(
          calls.filter((_, i) => i % 4 === who),
          folder,
        ),
      ),
    );
    const partials = calls.map((_, i) => readFileSync(join(folder, `${i + 1}.json`), "utf8"));
    for (const options of [
      [],
      ["--only", "child"],
      ["--split", "process", "--json"],
      ["--only", "103,104", "--json"],
    ]) {
      const arch = ["--arch", "x86_64"];
      const one = seccat(["trace", "--from", "server.strace", ...options, ...arch], { cwd: folder });
      const many = seccat(["merge", "-", ...options], {
        cwd: folder,
        input: partials.toReversed().join(""),
      });
      assert.is(one.code, 0);
      assert.is(many.stdout, one.stdout);
      assert.is(many.stderr, one.stderr);
    }
    const half = seccat(["merge", "--partial", "-"], {
      cwd: folder,
      input: partials.slice(20, 50).join(""),
    });
    writeFileSync(join(folder, "half.json"), half.stdout);
    const rest = partials.filter((_, i) => i % 2 === 0 || i < 30 || i > 40).join("");
    const again = seccat(["merge", "-", "half.json"], {
      cwd: folder,
      input: rest,
    });
    assert.is(
      again.stdout,
      seccat(["trace", "--from", "server.strace", "--arch", "x86_64"], {
        cwd: folder,
      }).stdout,
    );
    const few = seccat(["merge", "-"], {
      cwd: folder,
      input: partials.slice(2).join(""),
    });
    assert.match(few.stderr, "of the 64 parts of server.strace some are missing: 1, 2");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("whole logs are told apart by what they hold: one that comes twice counts once", () => {
  withFiles(
    {
      "a.strace": randomcat,
      "b.strace": "7 sysinfo(0x1) = 0\n",
      "c.strace": randomcat,
    },
    (cwd) => {
      const part = (log: string) =>
        seccat(["trace", "--from", log, "--partial", "--arch", "x86_64"], {
          cwd,
        }).stdout;
      const [a, b] = [part("a.strace"), part("b.strace")];
      const both = seccat(["merge", "-"], { cwd, input: `${b}${a}${a}` });
      const one = seccat(["trace", "--from", "a.strace", "--from", "b.strace", "--arch", "x86_64"], { cwd });
      assert.is(both.stdout, one.stdout);
      assert.is(both.stderr, one.stderr);
    },
  );
});

test("what begins a phase is told to the parts", () => {
  withFiles({ "a.strace": randomcat }, (cwd) => {
    const options = ["--after", "listen", "--arch", "x86_64"];
    const part = seccat(["trace", "--from", "a.strace", "--partial", ...options], { cwd });
    const one = seccat(["trace", "--from", "a.strace", "--only", "child", ...options], { cwd });
    assert.is(seccat(["merge", "-", "--only", "child"], { cwd, input: part.stdout }).stdout, one.stdout);
    const phases = seccat(["merge", "-", "--split", "phase", "--json"], {
      cwd,
      input: part.stdout,
    });
    assert.is(phases.code, 2);
    assert.match(phases.stderr, "tell no phases apart");
  });
});

const closer =
  "default: kill_process\narches: [x86_64]\nrules:\n  - {action: allow, syscalls: [close, read]}\n";
const writer =
  "default: kill_process\narches: [x86_64]\nrules:\n  - {action: allow, syscalls: [write, close], when: fd == 1}\n";

test("policies are merged in any order to the same bytes, which both refine", () => {
  withFiles({ "a.yaml": closer, "b.yaml": writer }, (cwd) => {
    const ab = seccat(["merge", "a.yaml", "b.yaml", "-o", "ab.yaml"], { cwd });
    assert.is(ab.code, 0);
    const ba = seccat(["merge", "b.yaml", "a.yaml", "a.yaml"], { cwd });
    assert.is(ba.stdout, readFileSync(join(cwd, "ab.yaml"), "utf8"));
    assert.is(seccat(["merge", "-"], { cwd, input: ba.stdout }).stdout, ba.stdout);
    for (const policy of ["a.yaml", "b.yaml"])
      assert.is(seccat(["prove", "--refines", policy, "ab.yaml"], { cwd }).code, 0, policy);
  });
});

test("a policy and partial profiles are merged to a policy of both", () => {
  withFiles({ "a.yaml": closer, log: '7 sysinfo(0x1) = 0\n7 read(3, "", 1) = 0\n' }, (cwd) => {
    const part = seccat(["trace", "--from", "log", "--partial", "--arch", "x86_64"], { cwd }).stdout;
    const both = seccat(["merge", "a.yaml", "-"], { cwd, input: part });
    assert.match(both.stdout, /syscalls: \[close, read, sysinfo\]/);
    assert.is(seccat(["merge", "--partial", "a.yaml", "-"], { cwd, input: part }).code, 2);
  });
});

const wrong: readonly (readonly [name: string, args: readonly string[], says: string])[] = [
  ["a part without number", ["trace", "--from", "log", "--partial", "--piece", "log"], "NAME:N"],
  ["a part beyond the last", ["trace", "--from", "log", "--partial", "--piece", "log:3/2"], "from 1 to 2"],
  [
    "one part of two logs",
    ["trace", "--from", "log", "--from", "log", "--partial", "--piece", "x:1"],
    "several logs",
  ],
  ["a part that is none", ["trace", "--from", "log", "--piece", "log:1"], "--partial"],
  [
    "a choice that a part cannot make",
    ["trace", "--from", "log", "--partial", "--only", "child"],
    "seccat merge",
  ],
  ["a partial profile of a command", ["trace", "--partial", "--", "true"], "--from LOG"],
  ["stdin twice", ["merge", "-", "-"], "once only"],
  ["a broken partial profile", ["merge", "broken"], "wrong log"],
  ["a log instead of its profile", ["merge", "log"], ""],
];
for (const [name, args, says] of wrong)
  test(`${name} is refused`, () => {
    withFiles({ log: "7 sysinfo(0x1) = 0\n", broken: '{"partial":1,"log":3}\n' }, (cwd) => {
      const { code, stdout, stderr } = seccat(args, { cwd });
      assert.is(code, 2, stderr);
      assert.is(stdout, "");
      assert.match(stderr, says);
    });
  });

test.run();
