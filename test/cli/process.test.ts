/** `pid:N` as a FILTER, on sacrificial processes: as root, since the kernel shows filters to nobody else. */
import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encode } from "../../src/bpf/codec.ts";
import type { Program } from "../../src/bpf/program.ts";
import { spawnFiltered } from "../../src/enforce/launch.ts";
import { whyNoRight } from "../../src/enforce/target.ts";
import { denyOnly, here, ret, skip, whyNotHere } from "../enforce/programs.ts";
import { seccat, seccatArgs, withFiles } from "./seccat.ts";

const test = suite("a running process as a FILTER");

const [oldest, middle, newest] = [
  denyOnly(ret.errno(1), "ptrace", "reboot"),
  denyOnly(ret.errno(13), "reboot", "mount"),
  denyOnly(ret.errno(38), "mount"),
];
const stack = [oldest, middle, newest];
const insnsOf = ({ insns }: Program) => insns.map((insn) => ({ ...insn }));

const running: ChildProcess[] = [];

async function target(programs: readonly Program[]): Promise<number> {
  const { child } = await spawnFiltered(programs, ["sleep", "60"], { stdio: "ignore" });
  running.push(child);
  return child.pid ?? 0;
}

test.after.each(() => {
  for (const child of running.splice(0)) child.kill("SIGKILL");
});

test("there is no process 4194305: told, exit code 2", () => {
  const { code, stdout, stderr } = seccat(["disasm", "pid:4194305"]);
  assert.equal([code, stdout], [2, ""]);
  assert.is(
    stderr,
    [
      "seccat: error: there is no process or thread 4194305",
      "  expected: the number of a running one, as ps shows it",
      "  fix: for a file of that name, ./pid:4194305",
      "",
    ].join("\n"),
  );
});

const why = (await whyNotHere()) ?? whyNoRight()?.message;
if (why !== undefined || !here) skip("pid:N", why ?? "this is no Linux");
else {
  test("disasm lists all of them, the newest last, each with its flags", async () => {
    const pid = await target(stack);
    const { code, stdout, stderr } = seccat(["disasm", `pid:${pid}`]);
    assert.equal([code, stderr], [0, ""]);
    const heads = stdout.split("\n").filter((line) => line.includes("; process"));
    assert.equal(heads, [
      `; process ${pid} (sleep): filter 0 of 3, the oldest, flags: none`,
      `; process ${pid} (sleep): filter 1 of 3, flags: none`,
      `; process ${pid} (sleep): filter 2 of 3, the newest, flags: none`,
    ]);
    assert.equal(stdout.match(/ERRNO\(\d+\)/g), ["ERRNO(1)", "ERRNO(13)", "ERRNO(38)"]);
  });

  test("disasm --json says which each is, its flags and its instructions", async () => {
    const pid = await target(stack);
    const said = JSON.parse(seccat(["disasm", `pid:${pid}`, "--json"]).stdout);
    assert.equal([said.pid, said.tid, said.name, said.mode, said.others], [pid, pid, "sleep", "filter", []]);
    assert.is(said.filters.length, 3);
    stack.forEach((program, index) => {
      const { index: place, flags, instructions } = said.filters[index];
      assert.equal([place, flags], [index, []]);
      assert.equal(
        instructions.map(({ code, jt, jf, k }: Record<string, number>) => ({ code, jt, jf, k })),
        insnsOf(program),
      );
    });
  });

  test("pid:N:I is one of them, whose listing asm turns back into its bytes", async () => {
    const pid = await target(stack);
    for (const [index, program] of stack.entries())
      withFiles({}, (cwd) => {
        const { stdout } = seccat(["disasm", `pid:${pid}:${index}`]);
        assert.is(seccat(["asm", "-", "-o", "out"], { cwd, input: stdout }).code, 0);
        assert.equal(readFileSync(join(cwd, "out")), Buffer.from(encode(program)));
      });
    const { code, stderr } = seccat(["disasm", `pid:${pid}:3`]);
    assert.is(code, 2);
    assert.match(
      stderr,
      new RegExp(`process ${pid} \\(sleep\\) has no filter 3\n {2}expected: 0, the oldest, to 2`),
    );
  });

  test("explain tells each, and how they work together", async () => {
    const pid = await target(stack);
    const { code, stdout } = seccat(["explain", `pid:${pid}`]);
    assert.is(code, 0);
    assert.match(stdout, new RegExp(`^process ${pid} \\(sleep\\) is under 3 filters\\. The kernel asks`));
    assert.match(
      stdout,
      new RegExp(`^pid:${pid}:1: \\d+ instructions, little-endian, filter 1 of 3, flags: none$`, "m"),
    );
    assert.ok(stdout.split("\n").every((line) => line.length <= 100));
    const said = JSON.parse(seccat(["explain", `pid:${pid}`, "--json"]).stdout);
    assert.equal(
      said.filters.map(({ index, flags }: { index: number; flags: unknown }) => [index, flags]),
      [
        [0, []],
        [1, []],
        [2, []],
      ],
    );
  });

  test("emulate gives the verdict of the stack: the strictest, and of equals the newest", async () => {
    const pid = await target([...stack, denyOnly(ret.kill_process, "swapon")]);
    const rows = [
      ["ptrace", "errno EPERM", 0, 1],
      ["reboot", "errno EACCES", 1, 1],
      ["mount", "errno ENOSYS", 2, 1],
      ["swapon", "kill_process", 3, 1],
      ["read", "allow", 3, 0],
    ] as const;
    for (const [call, verdict, decides, exit] of rows) {
      const { code, stdout } = seccat(["emulate", `pid:${pid}`, call, "--json"]);
      const said = JSON.parse(stdout);
      assert.equal([said.verdict, said.decides, code], [verdict, decides, exit], call);
      assert.is(said.filters.length, 4);
    }
    const input = rows.map(([call]) => call).join("\n");
    assert.equal(seccat(["emulate", `pid:${pid}`, "-"], { input }), {
      code: 1,
      signal: null,
      stdout: rows.map(([call, verdict], i) => `${i + 1}\t${call}\t${verdict}\n`).join(""),
      stderr: "5 calls: 1 errno EPERM, 1 errno EACCES, 1 errno ENOSYS, 1 kill_process, 1 allow\n",
    });
    const { stdout } = seccat(["emulate", `pid:${pid}`, "reboot"]);
    assert.match(
      stdout,
      new RegExp(`\nby filter 1 of 4, flags: none, of process ${pid} \\(sleep\\); the path`),
    );
    assert.match(stdout, /\nthe others: filter 0: errno EPERM; filters 2, 3: allow\n$/);
  });

  test("prove and diff take it as a side, alone and in a stack", async () => {
    const pid = await target(stack);
    const one = await target([middle]);
    const files = { "0.bpf": encode(oldest), "1.bpf": encode(middle), "2.bpf": encode(newest) };
    withFiles(files, (cwd) => {
      const same = seccat(["prove", `pid:${pid}`, "2.bpf,1.bpf,0.bpf"], { cwd });
      assert.is(same.code, 0, same.stdout + same.stderr);
      assert.match(same.stdout, new RegExp(`A {2}pid:${pid}:2: .* on pid:${pid}:1: .* on pid:${pid}:0: `));
      assert.is(seccat(["prove", `pid:${one}`, "1.bpf", "--exact"], { cwd }).code, 0);
      assert.is(seccat(["prove", `2.bpf,pid:${one},0.bpf`, `pid:${pid}`], { cwd }).code, 0);
      assert.is(seccat(["prove", `pid:${pid}:0`, `pid:${one}`], { cwd }).code, 1);
      const unlike = JSON.parse(seccat(["diff", `pid:${pid}`, "2.bpf,1.bpf", "--json"], { cwd }).stdout);
      assert.equal(unlike.a, [`pid:${pid}:2`, `pid:${pid}:1`, `pid:${pid}:0`]);
      assert.equal(unlike.groups.length, 1);
      assert.match(JSON.stringify(unlike.groups[0].names), /ptrace/);
    });
  });

  test("a test file can name it, and --generate writes one", async () => {
    const pid = await target(stack);
    const tests = [
      `policy: pid:${pid}`,
      "tests:",
      "  - allows: [read]",
      "  - { call: reboot, gives: { errno: EACCES } }",
      "  - { call: mount, gives: { errno: ENOSYS } }",
      "",
    ].join("\n");
    withFiles({ "p.test.yaml": tests }, (cwd) => {
      const { code, stdout } = seccat(["test", "p.test.yaml"], { cwd });
      assert.is(code, 0, stdout);
      const edges = seccat(["test", "p.test.yaml", "--generate"], { cwd }).stdout;
      for (const index of [0, 1, 2]) assert.match(edges, new RegExp(`edges of pid:${pid}:${index} `));
      const written = seccat(["test", "--generate", `pid:${pid}`, "-o", "g.test.yaml"], { cwd });
      assert.is(written.code, 0, written.stderr);
      const again = seccat(["test", "g.test.yaml"], { cwd });
      assert.is(again.code, 0, again.stdout + again.stderr);
      assert.match(readFileSync(join(cwd, "g.test.yaml"), "utf8"), new RegExp(`pid:${pid}`));
    });
  });

  test("run puts a command under one of them, and asks which where there are several", async () => {
    const pid = await target(stack);
    const refused = seccat(["run", "--policy", `pid:${pid}`, "--", "true"]);
    assert.is(refused.code, 125);
    assert.match(refused.stderr, new RegExp(`there are 3 filters in pid:${pid}, and one is asked for`));
    const words = ["run", "--policy", `pid:${pid}:1`, "--", "grep", "Seccomp_filters", "/proc/self/status"];
    assert.match(seccat(words).stdout, /^Seccomp_filters:\s*1$/m);
  });

  test("a process under no filter is told so, exit code 2", () => {
    const { code, stderr } = seccat(["explain", `pid:${process.pid}`]);
    assert.is(code, 2);
    assert.match(stderr, new RegExp(`^seccat: error: process ${process.pid} \\(.*\\) is under no filter\n$`));
  });

  test("who has no right to it is told so, exit code 3", async () => {
    const pid = await target(stack);
    const words = ["disasm", `pid:${pid}`];
    withFiles({ "allow.yaml": "default: allow\nrules: []\n" }, (cwd) => {
      const inner = seccat(
        ["run", "--policy", "allow.yaml", "--", process.execPath, ...seccatArgs, ...words],
        { cwd },
      );
      assert.is(inner.code, 3, inner.stdout + inner.stderr);
      assert.match(inner.stderr, /the kernel shows filters only to processes that are under none/);
    });
  });
}

test.run();
