import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { boundaryOutcome } from "../../src/cli/generate.ts";
import { policyText } from "./policies.ts";
import { seccat, withFiles } from "./seccat.ts";

const test = suite("seccat test");

const passing = `policy: p.yaml
tests:
  - allows: [read, write]
  - denies: [execve]
    with: kill_process
`;
const failing = `${passing}  - name: nobody traces
    call: ptrace
    gives: { errno: EACCES }
`;

test("passing tests exit 0 and tell what of the policy they reached", () => {
  withFiles({ "p.yaml": policyText, "t.yaml": passing }, (folder) => {
    const { code, stdout, stderr } = seccat(["test", "t.yaml"], { cwd: folder });
    assert.is(code, 0, stderr);
    assert.match(stdout, /^t\.yaml\n {2}ok {3}read\(\) passes \(x86_64\)\n/);
    assert.match(stdout, /\n {2}reached: 1 of 3 rules, \d+ of \d+ instructions, \d+ of \d+ branches\n/);
    assert.match(stdout, /\n3 passed\n$/);
  });
});

test("a failing test exits 1, with its place and the path through the program", () => {
  withFiles({ "p.yaml": policyText, "t.yaml": failing }, (folder) => {
    const { code, stdout } = seccat(["test", "t.yaml"], { cwd: folder });
    assert.is(code, 1);
    assert.match(
      stdout,
      /\n {2}FAIL nobody traces \(x86_64\)\n {7}t\.yaml:7:\d+: expected errno EACCES, got errno EPERM\n {7}by rule 3 \(p\.yaml:10:5\)\n {7}no other arguments would get errno EACCES\n {7}0000 {2}A = arch/,
    );
    assert.match(stdout, /\n1 of 4 failed\n$/);
  });
});

test("the policy is found beside the test file, wherever that is", () => {
  withFiles({ "p.yaml": policyText, "t.yaml": passing }, (folder) => {
    assert.is(seccat(["test", `${folder}/t.yaml`], { cwd: "/" }).code, 0);
  });
});

test("--json has every outcome", () => {
  withFiles({ "p.yaml": policyText, "t.yaml": failing }, (folder) => {
    const { code, stdout } = seccat(["test", "t.yaml", "--json"], { cwd: folder });
    assert.is(code, 1);
    const data = JSON.parse(stdout);
    assert.is(data.failed, 1);
    assert.is(data.files[0].results.length, 4);
  });
});

test("a file with a fault exits 2, and the faults of all files are told", () => {
  withFiles(
    {
      "p.yaml": policyText,
      "a.yaml": passing.replace("tests", "tsets"),
      "b.yaml": passing.replace("p.yaml", "q.yaml"),
    },
    (folder) => {
      const { code, stdout, stderr } = seccat(["test", "a.yaml", "b.yaml"], { cwd: folder });
      assert.is(code, 2);
      assert.is(stdout, "");
      assert.match(stderr, /^a\.yaml:2:1: error: .*tsets/m);
      assert.match(stderr, /cannot read q\.yaml: no such file or directory$/m);
    },
  );
});

const edgy = `default: kill_process
arches: [x86_64]
rules:
  - action: allow
    syscalls: [read, socket]
  - action: { errno: EPERM }
    syscalls: [lseek]
    when: offset > 4096
`;

test("--generate asks the calls at the edges of the policy too, and tells what they got", () => {
  withFiles({ "p.yaml": edgy, "t.yaml": passing.replace("write", "socket") }, (folder) => {
    const { code, stdout, stderr } = seccat(["test", "--generate", "t.yaml"], { cwd: folder });
    assert.is(code, 0, stderr);
    const told =
      /\n {2}ok {3}(\d+) calls at the edges of p\.yaml, its program answers as it says \(allow \d+, errno EPERM \d+, kill_process \d+\)\n/.exec(
        stdout,
      );
    assert.ok(Number(told?.[1]) > 100, stdout);
    assert.match(stdout, /\n4 passed\n$/);
    const { files, failed } = JSON.parse(
      seccat(["test", "--generate", "t.yaml", "--json"], { cwd: folder }).stdout,
    );
    assert.is(failed, 0);
    assert.is(files[0].boundaries[0].calls, Number(told?.[1]));
    assert.equal(files[0].boundaries[0].mismatches, []);
    assert.not(
      "boundaries" in JSON.parse(seccat(["test", "t.yaml", "--json"], { cwd: folder }).stdout).files[0],
    );
  });
});

test("--generate writes the answers of a policy or a program as a test file, which passes until one changes", () => {
  withFiles({ "p.yaml": edgy }, (folder) => {
    assert.is(seccat(["compile", "p.yaml", "-o", "p.bpf"], { cwd: folder }).code, 0);
    for (const filter of ["p.yaml", "p.bpf"]) {
      const { code, stdout, stderr } = seccat(["test", "--generate", filter, "-o", "t.yaml"], {
        cwd: folder,
      });
      assert.is(code, 0, stderr);
      assert.is(stdout, "");
      assert.match(stderr, /^t\.yaml: \d+ answers of p\.(yaml|bpf)\n$/);
      assert.is(
        seccat(["test", "--generate", filter], { cwd: folder }).stdout,
        readFileSync(`${folder}/t.yaml`, "utf8"),
      );
      const run = seccat(["test", "t.yaml"], { cwd: folder });
      assert.is(run.code, 0, run.stdout);
      assert.match(run.stdout, /lseek\(offset=4096\) gets kill_process \(x86_64\)/);
      assert.match(run.stdout, /lseek\(offset=4097\) gets errno EPERM \(x86_64\)/);
    }
    const pinned = readFileSync(`${folder}/t.yaml`, "utf8").replace("p.bpf", "q.yaml");
    writeFileSync(`${folder}/t.yaml`, pinned);
    for (const [before, after] of [
      ["4096", "4095"],
      ["offset >", "offset s>"],
      ["[read,", "[read, kexec_load,"],
      ["EPERM", "EACCES"],
      ["allow", "log"],
    ] as const) {
      writeFileSync(`${folder}/q.yaml`, edgy.replace(before, after));
      assert.is(seccat(["test", "t.yaml"], { cwd: folder }).code, 1, `${before} turned into ${after}`);
    }
  });
});

test("a generated test file elsewhere finds its filter; --json prints the tests", () => {
  withFiles({ "p.yaml": edgy }, (folder) => {
    mkdirSync(`${folder}/tests`);
    assert.is(seccat(["test", "--generate", "p.yaml", "-o", "tests/t.yaml"], { cwd: folder }).code, 0);
    assert.is(seccat(["test", "tests/t.yaml"], { cwd: folder }).code, 0);
    const { tests, complete } = JSON.parse(
      seccat(["test", "--generate", "p.yaml", "--json"], { cwd: folder }).stdout,
    );
    assert.ok(complete);
    const pinned = {
      abi: "x86_64",
      call: "lseek",
      args: { offset: "0x1001" },
      action: { kind: "errno", data: 1 },
    };
    assert.ok(tests.some((one: unknown) => JSON.stringify(one) === JSON.stringify(pinned)));
  });
});

test("a disagreement between a policy and its program is told call by call", () => {
  const call = { nr: 8, arch: 0xc000003e, args: [0n, 4097n, 0n, 0n, 0n, 0n] };
  const mismatch = { call, expected: "errno EPERM", actual: "allow" };
  const boundary = {
    calls: 700,
    complete: true,
    answers: { allow: 700 },
    mismatches: Array(9).fill(mismatch),
  };
  const line =
    "lseek(0x0, 0x1001, 0x0, 0x0, 0x0, 0x0) on x86_64: the policy says errno EPERM, its program allow";
  assert.equal(boundaryOutcome("p.yaml", boundary), {
    outcome: {
      name: "9 of 700 calls at the edges of p.yaml",
      ok: false,
      message: line,
      details: Array(4).fill(line),
    },
  });
});

test("a policy or a program is no test file, and it is told what can be done with it", () => {
  withFiles({ "p.yaml": edgy, "p.bpf": new Uint8Array(16) }, (folder) => {
    for (const name of ["p.yaml", "p.bpf"]) {
      const { code, stderr } = seccat(["test", name], { cwd: folder });
      assert.is(code, 2);
      assert.match(stderr, /: error: this is no test file\n[\s\S]*--generate writes one and --snapshot/);
    }
  });
});

test("a test file with a fault is told of its fault, even where it lists no tests", () => {
  const texts: readonly (readonly [text: string, message: RegExp])[] = [
    ["tests: [\n", /^t\.yaml:\d+:\d+: error: /],
    ["tests: {}\n", /tests has to be a list/],
    ['{"policy":"p.yaml", "tests": [}', /^t\.yaml:1:\d+: error: /],
    ["- policy: p.yaml\n", /a test file has to be/],
  ];
  for (const [text, message] of texts)
    withFiles({ "p.yaml": edgy, "t.yaml": text }, (folder) => {
      const { code, stderr } = seccat(["test", "t.yaml"], { cwd: folder });
      assert.is(code, 2, text);
      assert.match(stderr, message, text);
      assert.not.match(stderr, /this is no test file/);
    });
});

test("--generate takes a test file from standard input", () => {
  withFiles({ "p.yaml": edgy }, (folder) => {
    const input = passing.replace("write", "socket");
    const { code, stdout, stderr } = seccat(["test", "--generate", "-"], { cwd: folder, input });
    assert.is(code, 0, stderr);
    assert.match(stdout, /calls at the edges of p\.yaml/);
  });
});

test("--generate is told apart from what it cannot do", () => {
  withFiles({ "p.yaml": edgy, "q.yaml": edgy, "t.yaml": passing }, (folder) => {
    for (const [args, message] of [
      [["t.yaml", "-o", "o.yaml"], /-o takes the tests of a filter/],
      [["--generate", "t.yaml", "-o", "o.yaml"], /-o takes the tests of a filter/],
      [["--generate", "p.yaml", "q.yaml"], /writes the tests of one filter/],
      [["--generate", "p.yaml", "-o", "no/o.yaml"], /cannot write no\/o\.yaml/],
      [["--generate", "none.yaml"], /cannot read none\.yaml/],
      [["--generate", "p.yaml", "-o", "./p.yaml"], /p\.yaml would be written over/],
    ] as const) {
      const { code, stdout, stderr } = seccat(["test", ...args], { cwd: folder });
      assert.is(code, 2, args.join(" "));
      assert.is(stdout, "");
      assert.match(stderr, message);
    }
    assert.not(existsSync(`${folder}/o.yaml`));
  });
});

test.run();
