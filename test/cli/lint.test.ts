import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { seccat, withFiles } from "./seccat.ts";

const test = suite("seccat lint");

const old = `default: kill_process
arches: [x86_64]
rules:
  - action: allow
    syscalls: [close, read, write, open, fstat, fcntl, brk, getdents, openat, shutdown, exit_group]
`;

test("the eleven calls of the story get their three warnings, and exit code 1", () => {
  withFiles({ "p.yaml": old }, (cwd) => {
    const { code, stdout, stderr } = seccat(["lint", "p.yaml"], { cwd });
    assert.is(code, 1);
    assert.is(stdout, "p.yaml: 3 findings\n");
    assert.equal(
      [...stderr.matchAll(/^p\.yaml:4:5: warning: (\w+): another libc calls (\w+)/gm)].map(([, from, to]) => [
        from,
        to,
      ]),
      [
        ["open", "openat"],
        ["fstat", "newfstatat"],
        ["getdents", "getdents64"],
      ],
    );
  });
});

test("--widen writes a policy that has nothing left to do", () => {
  withFiles({ "p.yaml": old }, (cwd) => {
    const wide = seccat(["lint", "p.yaml", "--widen", "libc,kernel", "-o", "wide.yaml"], { cwd });
    assert.is(wide.code, 0, wide.stderr);
    assert.match(wide.stderr, "added 2 calls: newfstatat, getdents64");
    assert.match(readFileSync(`${cwd}/wide.yaml`, "utf8"), "what other libcs call for getdents");
    assert.is(seccat(["lint", "wide.yaml"], { cwd }).code, 0);
    assert.is(seccat(["prove", "p.yaml", "wide.yaml", "--refines"], { cwd }).code, 0);
  });
});

test("--arch asks about another arch, and a rule that never matches is told too", () => {
  withFiles({ "p.yaml": `${old}  - action: allow\n    syscalls: [read]\n` }, (cwd) => {
    const { code, stdout } = seccat(["lint", "p.yaml", "--arch", "aarch64", "--json"], { cwd });
    const { findings, twins } = JSON.parse(stdout);
    assert.is(code, 1);
    assert.match(findings[0].message, "aarch64");
    assert.ok(findings.some(({ severity }: { severity: string }) => severity === "error"));
    assert.ok(
      twins.some(({ cause, call }: Record<string, string>) => cause === "arch" && call === "getdents"),
    );
  });
});

test("trace --widen adds the twins to what it learns", () => {
  const log = '[pid 5] open("x", O_RDONLY) = 3\n[pid 5] getdents(3, 0x1, 10) = 0\n';
  const args = ["trace", "--from", "-", "--arch", "x86_64", "--widen", "libc"];
  const { code, stdout, stderr } = seccat(args, { input: log });
  assert.is(code, 0, stderr);
  assert.match(stdout, "syscalls: [openat]\n");
  assert.match(stdout, "syscalls: [getdents64]\n");
  assert.match(stderr, "added 2 calls: openat, getdents64");
});

test("an unknown cause, and -o without --widen, are wrong calls", () => {
  withFiles({ "p.yaml": old }, (cwd) => {
    assert.match(seccat(["lint", "p.yaml", "--widen", "libs"], { cwd }).stderr, "libc");
    for (const more of [
      ["--widen", "libs"],
      ["-o", "x.yaml"],
    ])
      assert.is(seccat(["lint", "p.yaml", ...more], { cwd }).code, 2);
  });
});

test.run();
