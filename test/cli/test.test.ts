import { suite } from "uvu";
import * as assert from "uvu/assert";
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
    assert.match(stdout, /\n {2}reached: 1 of 3 rules, \d+ of \d+ instructions\n/);
    assert.match(stdout, /\n3 passed\n$/);
  });
});

test("a failing test exits 1, with its place and the path through the program", () => {
  withFiles({ "p.yaml": policyText, "t.yaml": failing }, (folder) => {
    const { code, stdout } = seccat(["test", "t.yaml"], { cwd: folder });
    assert.is(code, 1);
    assert.match(
      stdout,
      /\n {2}FAIL nobody traces \(x86_64\)\n {7}t\.yaml:7:\d+: expected errno EACCES, got errno EPERM\n {7}0000 {2}A = arch/,
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

test.run();
