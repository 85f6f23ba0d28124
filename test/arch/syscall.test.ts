import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  type AbiName,
  abi,
  abiNames,
  compareVersions,
  isSyscallName,
  newestKernel,
  newestNr,
  type SyscallName,
  syscallAlias,
  syscallName,
  syscallNames,
  syscallNr,
  syscallSince,
  syscallsOf,
} from "../../arch/index.ts";

const test = suite("arch: system calls");

const numbers: readonly (readonly [AbiName, SyscallName, number | undefined])[] = [
  ["x86_64", "read", 0],
  ["x86_64", "execve", 59],
  ["x86_64", "rseq_slice_yield", 471],
  ["x86_64", "uprobe", 336],
  ["x86_64", "umount", undefined],
  ["x86", "execve", 11],
  ["x86", "socketcall", 102],
  ["x32", "read", 0x40000000],
  ["x32", "execve", 0x40000208],
  ["x32", "uselib", undefined],
  ["aarch64", "openat", 56],
  ["aarch64", "open", undefined],
  ["arm", "set_tls", 0xf0005],
  ["arm", "cacheflush", 0xf0002],
  ["mips", "exit", 4001],
  ["mips", "syscall", 4000],
  ["mipsel64", "read", 5000],
  ["mips64n32", "read", 6000],
  ["ppc64le", "read", 3],
  ["s390x", "mmap", 90],
  ["s390", "listns", undefined],
  ["loongarch64", "memfd_secret", 447],
  ["riscv64", "riscv_hwprobe", 258],
];
for (const [where, name, nr] of numbers)
  test(`${name} on ${where} is ${nr}`, () => assert.is(syscallNr(where, name), nr));

test("numbers and names go both ways on every ABI, in order", () => {
  let count = 0;
  for (const where of abiNames) {
    let last = -1;
    const list = syscallsOf(where);
    assert.ok(list.length > 310, `${where} ${list.length}`);
    for (const [name, nr] of list) {
      assert.ok(nr > last && nr >= abi(where).nrBase, `${where} ${name} ${nr}`);
      assert.is(syscallName(where, nr), name);
      assert.is(syscallNr(where, name), nr);
      last = nr;
      count++;
    }
    assert.is(syscallName(where, last + 1), undefined);
  }
  assert.ok(count > 9000, String(count));
});

test("every name is some ABI's, and no other word is a name", () => {
  const used = new Set(abiNames.flatMap((where) => syscallsOf(where).map(([name]) => name)));
  assert.equal(
    syscallNames.filter((name) => !used.has(name)),
    [],
  );
  assert.equal([...syscallNames].sort(), [...syscallNames]);
  assert.ok(isSyscallName("io_uring_enter"));
  for (const word of ["opennat", "", "-", "toString", "READ"]) assert.not.ok(isSyscallName(word), word);
});

const aliases: readonly (readonly [string, AbiName | undefined, SyscallName | undefined])[] = [
  ["umount", undefined, "umount2"],
  ["umount", "x86_64", "umount2"],
  ["umount", "x86", undefined],
  ["fstatat", "x86_64", "newfstatat"],
  ["fstatat", "x86", "fstatat64"],
  ["fstatat64", "aarch64", "newfstatat"],
  ["pread", "mips", "pread64"],
  ["sync_file_range2", "arm", "arm_sync_file_range"],
  ["sync_file_range2", "ppc", undefined],
  ["fadvise64_64", "arm", "arm_fadvise64_64"],
  ["select", "arm", "_newselect"],
  ["select", "x86_64", undefined],
  ["sysctl", undefined, "_sysctl"],
  ["llseek", "x86", "_llseek"],
  ["_llseek", "riscv32", "llseek"],
  ["read", undefined, undefined],
  ["nonsense", undefined, undefined],
];
for (const [alias, where, name] of aliases)
  test(`${alias} ${where ?? "anywhere"} stands for ${name ?? "nothing else"}`, () =>
    assert.is(syscallAlias(alias, where), name));

test("a call knows the kernel that had it first", () => {
  assert.is(syscallSince("openat2"), "5.6");
  assert.is(syscallSince("seccomp"), "3.17");
  assert.is(syscallSince("tuxcall"), undefined);
  for (const name of syscallNames) {
    const since = syscallSince(name);
    if (since === undefined) continue;
    assert.match(since, /^\d+\.\d+(\.\d+)*$/, name);
    assert.ok(compareVersions(since, newestKernel) <= 0, `${name} ${since}`);
  }
});

test("the calls that all architectures number alike came in order", () => {
  let last = "1.0";
  // Before 447 some waited: close_range had its number since 5.3 and its code since 5.9.
  for (let nr = 447; nr <= newestNr("aarch64"); nr++) {
    const name = syscallName("aarch64", nr);
    if (name === undefined) continue;
    const since = syscallSince(name) ?? "";
    assert.ok(compareVersions(since, last) >= 0, `${name} ${since} after ${last}`);
    last = since;
  }
});

const newest: readonly (readonly [AbiName, string | undefined, number])[] = [
  ["x86_64", undefined, 471],
  ["x86_64", "6.1", 450],
  ["x86_64", "4.17", 332],
  ["x32", undefined, 0x40000000 + 471],
  ["x32", "6.1", 0x40000000 + 450],
  ["arm", undefined, 471],
  ["arm", "6.1", 450],
  ["mips", "6.1", 4450],
  ["mipsel64n32", undefined, 6471],
  ["s390", undefined, 469],
  ["s390x", undefined, 471],
];
for (const [where, kernel, nr] of newest)
  test(`the newest number of ${where} in Linux ${kernel ?? newestKernel} is ${nr}`, () =>
    assert.is(newestNr(where, kernel), nr));

const versions: readonly (readonly [string, string, number])[] = [
  ["5.1", "5.10", -1],
  ["5.10", "5.9", 1],
  ["6.1", "6.1.0", 0],
  ["2.6.39", "3.0", -1],
  ["6.1.170-3", "6.1.169", 1],
  ["7.2-rc1", "7.2", 0],
];
for (const [a, b, sign] of versions)
  test(`${a} is ${sign < 0 ? "older than" : sign > 0 ? "newer than" : "as new as"} ${b}`, () => {
    assert.is(Math.sign(compareVersions(a, b)), sign);
    assert.is(Math.sign(compareVersions(b, a)) + sign, 0);
  });

test.run();
