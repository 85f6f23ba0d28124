import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isCi } from "../../src/cli/snapshot.ts";
import { root } from "../root.ts";
import { policyText } from "./policies.ts";
import { type Given, seccat, withFiles } from "./seccat.ts";

const snapshots = suite("seccat test --snapshot");

const tests = "policy: p.yaml\ntests:\n  - allows: read\n";
const here = (folder: string, env: Given["env"] = {}) => ({ cwd: folder, env: { CI: undefined, ...env } });

snapshots("the first run writes it beside the file, the next ones hold the answers against it", () => {
  withFiles({ "p.yaml": policyText, "t.yaml": tests }, (folder) => {
    const first = seccat(["test", "--snapshot", "t.yaml"], here(folder));
    assert.is(first.code, 0, first.stderr);
    assert.match(first.stdout, /\n {2}ok {3}t\.yaml\.snap is written\n/);
    const text = readFileSync(`${folder}/t.yaml.snap`, "utf8");
    assert.match(
      text,
      /\nx86_64\n {2}brk: allow\n {2}close: allow\n {2}exit_group: allow\n {2}fcntl:\n {4}allow when cmd in \{2\.\.3\}\n/,
    );
    const second = seccat(["test", "--snapshot", "t.yaml"], here(folder, { CI: "true" }));
    assert.is(second.code, 0, second.stdout);
    assert.match(second.stdout, /\n {2}ok {3}every answer is as t\.yaml\.snap says\n/);
    assert.is(readFileSync(`${folder}/t.yaml.snap`, "utf8"), text);
  });
});

snapshots("a change fails, says which answers changed, and is accepted by --update", () => {
  withFiles({ "p.yaml": policyText }, (folder) => {
    assert.is(seccat(["test", "--snapshot", "p.yaml"], here(folder)).code, 0);
    const before = readFileSync(`${folder}/p.yaml.snap`, "utf8");
    writeFileSync(
      `${folder}/p.yaml`,
      policyText.replace("F_SETFD}", "F_SETFD, F_SETFL}").replace("[ptrace]", "[ptrace, bpf]"),
    );
    const changed = seccat(["test", "--snapshot", "p.yaml"], here(folder));
    assert.is(changed.code, 1);
    assert.is(
      changed.stdout,
      `p.yaml
  FAIL every answer is as p.yaml.snap says
       2 answers have changed; --update accepts them
       x86_64: fcntl
         - allow when cmd in {2..3}
         + allow when cmd in {2..4}
         fcntl(cmd=4): kill_process before, allow now
       x86_64: bpf
         - kill_process
         + errno EPERM
1 of 1 failed
`,
    );
    assert.is(readFileSync(`${folder}/p.yaml.snap`, "utf8"), before);
    const { files } = JSON.parse(seccat(["test", "--snapshot", "p.yaml", "--json"], here(folder)).stdout);
    assert.is(files[0].snapshot.status, "changed");
    assert.equal(files[0].snapshot.changes[1], {
      title: "x86_64",
      call: "bpf",
      before: ["kill_process"],
      after: ["errno EPERM"],
    });
    assert.match(
      seccat(["test", "--update", "p.yaml"], here(folder, { CI: "1" })).stdout,
      /p\.yaml\.snap is written anew/,
    );
    assert.is(seccat(["test", "--snapshot", "p.yaml"], here(folder)).code, 0);
    assert.match(seccat(["test", "--update", "p.yaml"], here(folder)).stdout, /every answer is as/);
  });
});

snapshots("where CI is set a missing one is a failure, and is not written", () => {
  withFiles({ "p.yaml": policyText }, (folder) => {
    const { code, stdout } = seccat(["test", "--snapshot", "p.yaml"], here(folder, { CI: "true" }));
    assert.is(code, 1);
    assert.match(stdout, /p\.yaml\.snap does not exist, and is not written where CI is set/);
    assert.not(existsSync(`${folder}/p.yaml.snap`));
    assert.is(seccat(["test", "--update", "p.yaml"], here(folder, { CI: "true" })).code, 0);
    assert.ok(existsSync(`${folder}/p.yaml.snap`));
  });
  for (const [value, is] of [
    [undefined, false],
    ["", false],
    ["0", false],
    ["false", false],
    ["true", true],
    ["1", true],
    ["woodpecker", true],
  ] as const)
    assert.is(isCi({ CI: value }), is, String(value));
});

snapshots("a program has the snapshot of its policy, but for the name", () => {
  withFiles({ "p.yaml": policyText }, (folder) => {
    assert.is(seccat(["compile", "p.yaml", "-o", "p.bpf"], { cwd: folder }).code, 0);
    assert.is(seccat(["test", "--snapshot", "p.yaml", "p.bpf"], here(folder)).code, 0);
    const [a, b] = ["p.yaml", "p.bpf"].map((name) =>
      readFileSync(`${folder}/${name}.snap`, "utf8").replace(name, ""),
    );
    assert.is(a, b);
  });
});

snapshots("a program of another tool has one as well", () => {
  withFiles({ "m.bpf": readFileSync(`${root}test/data/libseccomp/mmap-2.5.4.bpf`) }, (folder) => {
    assert.is(seccat(["test", "--snapshot", "m.bpf"], here(folder)).code, 0);
    assert.equal(readFileSync(`${folder}/m.bpf.snap`, "utf8").split("\n").slice(2), [
      "x86_64",
      "  mmap:",
      "    allow when length <= 0x1000000 && prot in {1, 3}",
      "    kill_process otherwise",
      "  every other call: kill_process",
      "",
      "every other little-endian arch",
      "  every call: kill_process",
      "",
    ]);
  });
});

snapshots("what is no snapshot, and what has no name, is told", () => {
  withFiles({ "p.yaml": policyText, "p.yaml.snap": "x86_64\n<<<<<<< HEAD\n" }, (folder) => {
    const broken = seccat(["test", "--snapshot", "p.yaml"], here(folder));
    assert.is(broken.code, 2);
    assert.match(broken.stderr, /^p\.yaml\.snap:2: error: this is no line of a snapshot/);
    const unnamed = seccat(["test", "--snapshot", "-"], { ...here(folder), input: tests });
    assert.is(unnamed.code, 2);
    assert.match(unnamed.stderr, /need a file with a name/);
  });
});

snapshots.run();
