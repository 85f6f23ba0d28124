import { suite } from "uvu";
import * as assert from "uvu/assert";
import { seccat } from "./seccat.ts";

const test = suite("seccat resolve");

test("a syscall's numbers and arguments, arch by arch", () => {
  const { code, stdout } = seccat(["resolve", "openat", "--arch", "x86_64,arm"]);
  assert.is(code, 0);
  assert.match(stdout, /^openat: a syscall, since Linux 2\.6\.16\n {2}arch +number +arguments\n/);
  assert.match(stdout, /^ {2}x86_64 +257 +dirfd: i32, /m);
  assert.match(stdout, /^ {2}arm +322 +dirfd: i32, /m);
});

test("a number is what each arch calls so, the numbers above its base included", () => {
  const rows = JSON.parse(seccat(["resolve", "0", "--arch", "x86_64,x32,aarch64", "--json"]).stdout).rows;
  const names = rows.map(({ arch, nr, syscall }: { arch: string; nr: number; syscall: string }) => [
    arch,
    nr,
    syscall,
  ]);
  assert.equal(names, [
    ["x86_64", 0, "read"],
    ["x32", 0x40000000, "read"],
    ["aarch64", 0, "io_setup"],
  ]);
});

test("a constant's values where arches differ", () => {
  const { stdout } = seccat(["resolve", "O_DIRECTORY"]);
  assert.match(stdout, /^O_DIRECTORY: a constant\n {2}65536 +0x10000 +x86_64 /);
  assert.match(stdout, /16384 +0x4000 +arm aarch64/);
});

test("an errno", () => {
  assert.is(seccat(["resolve", "EPERM"]).stdout, "EPERM: an errno\n  1  0x1  on every arch\n");
});

test("the members of a group", () => {
  const { stdout } = seccat(["resolve", "@timer"]);
  assert.match(stdout, /^@timer: a group of \d+ syscalls\n/);
  assert.match(stdout, /^ {2}timer_create +since 2\.6$/m);
});

test("the members of a group of Node's, each with its reason and how far a trace can be trusted", () => {
  const { stdout } = seccat(["resolve", "@node-runtime/http"]);
  assert.match(stdout, /^@node-runtime\/http: a group of \d+ syscalls\n/);
  assert.match(stdout, /^ {2}listen +a server \(Node 20-26\)$/m);
  assert.match(
    stdout,
    /^ {2}sched_yield +V8 and libuv let other threads go first[^)]*; rare, a trace may\s+not\s+have\s+it\)$/m,
  );
  const { rows } = JSON.parse(seccat(["resolve", "@node-runtime/http", "--json"]).stdout);
  const of = (name: string) => rows.find(({ syscall }: { syscall: string }) => syscall === name).reason;
  assert.equal(of("accept").found, "reading");
  assert.equal([of("sched_yield").group, of("io_uring_enter").nodes], ["@node-runtime/engine", "22-26"]);
});

test("another spelling leads to the call where an arch has no call of that name", () => {
  const { rows } = JSON.parse(seccat(["resolve", "umount", "--arch", "x86_64,x86", "--json"]).stdout);
  assert.equal(
    rows.map(({ syscall, nr }: { syscall: string; nr: number }) => [syscall, nr]),
    [
      ["umount2", 166],
      ["umount", 22],
    ],
  );
});

test("a misspelt name is refused with the nearest one", () => {
  const { code, stderr } = seccat(["resolve", "opnat"]);
  assert.is(code, 2);
  assert.is(
    stderr,
    "seccat: error: nothing is called opnat\n  expected: a syscall, a number, a @group, a constant or an errno\n  fix: did you mean openat?\n",
  );
});

test("a misspelt arch is refused with the nearest one", () => {
  const { code, stderr } = seccat(["resolve", "openat", "--arch", "x86-64"]);
  assert.is(code, 2);
  assert.match(stderr, /^seccat: error: unknown arch x86-64\n(.*\n)* {2}fix: did you mean x86_64\?\n$/);
});

test("a call that the asked arch has not is no answer", () => {
  const { code, stderr } = seccat(["resolve", "open", "--arch", "aarch64"]);
  assert.is(code, 2);
  assert.match(stderr, /^seccat: error: open is not on aarch64\n/);
});

test("a number that no arch has is no answer", () => {
  const { code, stderr } = seccat(["resolve", "99999"]);
  assert.is(code, 2);
  assert.is(stderr, "seccat: error: no arch has a syscall 99999\n");
});

test.run();
