import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AbiName, abi, abiNames, type SyscallName, syscallArgs, syscallsOf } from "../../arch/index.ts";

const test = suite("arch: arguments");

const names = (where: AbiName, call: SyscallName) =>
  syscallArgs(where, call)
    ?.map((arg) => arg.name)
    .join(" ");
const arg = (where: AbiName, call: SyscallName, name: string) =>
  syscallArgs(where, call)?.find((each) => each.name === name || each.aliases.includes(name));

const inOrder: readonly (readonly [AbiName, SyscallName, string | undefined])[] = [
  ["x86_64", "socket", "domain type protocol"],
  ["x86_64", "open", "pathname flags mode"],
  ["x86_64", "mmap", "addr length prot flags fd offset"],
  ["x86_64", "getpid", ""],
  ["x86_64", "prctl", "option second third fourth fifth"],
  ["aarch64", "open", undefined],
  ["x86_64", "clone", "flags stack parent_tid child_tid tls"],
  ["loongarch64", "clone", "flags stack parent_tid child_tid tls"],
  ["x32", "clone", "flags stack parent_tid child_tid tls"],
  ["x86", "clone", "flags stack parent_tid tls child_tid"],
  ["aarch64", "clone", "flags stack parent_tid tls child_tid"],
  ["mipsel", "clone", "flags stack parent_tid tls child_tid"],
  ["s390x", "clone", "stack flags parent_tid child_tid tls"],
  ["s390", "clone", "stack flags parent_tid child_tid tls"],
  ["x86", "mmap", "arg"],
  ["s390x", "mmap", "arg"],
  ["m68k", "mmap", "arg"],
  ["x86", "mmap2", "addr length prot flags fd pgoffset"],
  ["s390", "mmap2", "arg"],
  ["x86_64", "select", "nfds readfds writefds exceptfds timeout"],
  ["x86", "select", "arg"],
  ["x86", "sigsuspend", "unused1 unused2 mask"],
  ["ppc", "sigsuspend", "mask"],
  ["x86", "pread64", "fd buf count offset"],
  ["x32", "preadv", "fd iov iovcnt pos"],
  ["ppc", "fadvise64_64", "fd advice offset len"],
  ["x86", "fadvise64_64", "fd offset len advice"],
  ["mips", "pipe", ""],
  ["x86_64", "pipe", "pipefd"],
  ["x86_64", "signalfd4", "fd mask sizemask flags"],
];
for (const [where, call, list] of inOrder)
  test(`${call} on ${where} takes ${list === "" ? "nothing" : (list ?? "no call")}`, () =>
    assert.is(names(where, call), list));

const widths: readonly (readonly [AbiName, SyscallName, string, string | undefined])[] = [
  ["x86_64", "mmap", "fd", "i32"],
  ["x86_64", "mmap", "length", "u64"],
  ["x86_64", "readv", "fd", "i32"],
  ["x86_64", "pwritev2", "fd", "i32"],
  ["x86_64", "socket", "family", "i32"],
  ["x86_64", "openat", "mode", "u16"],
  ["x86_64", "openat", "dfd", "i32"],
  ["x86_64", "ioctl", "cmd", "u32"],
  ["x86_64", "ioctl", "arg", "u64"],
  ["x32", "ioctl", "arg", "u32"],
  ["mips64n32", "fcntl", "arg", "u32"],
  ["x86_64", "prctl", "option", "i32"],
  ["x86_64", "clone", "flags", "u32"],
  ["x86_64", "unshare", "flags", "u64"],
  ["x86_64", "ptrace", "request", "i64"],
  ["x86_64", "ptrace", "pid", "i32"],
  ["x86_64", "chown", "owner", "u32"],
  ["x86", "chown", "owner", "u16"],
  ["arm", "setuid", "uid", "u16"],
  ["x86", "setuid32", "uid", "u32"],
  ["x86_64", "connect", "addr", "ptr"],
  ["x86_64", "lseek", "offset", "i64"],
];
for (const [where, call, name, type] of widths)
  test(`${name} of ${call} is ${type} on ${where}`, () => assert.is(arg(where, call, name)?.type, type));

test("arguments of two registers are marked where registers have 32 bits, and only there", () => {
  const split = (where: AbiName, call: SyscallName) =>
    (syscallArgs(where, call) ?? []).filter((each) => each.split).map((each) => each.name);
  assert.equal(split("x86", "pread64"), ["offset"]);
  assert.equal(split("x86_64", "pread64"), []);
  assert.equal(split("x32", "pwrite64"), []);
  assert.equal(split("arm", "fallocate"), ["offset", "len"]);
  assert.equal(split("x86", "fanotify_mark"), ["mask"]);
  assert.equal(split("mips", "fadvise64"), ["offset", "len"]);
  assert.equal(split("x86", "fadvise64"), ["offset"]);
  assert.equal(split("arm", "arm_sync_file_range"), ["offset", "nbytes"]);
  assert.equal(split("x86", "truncate64"), ["length"]);
  assert.equal(split("x86", "readahead"), ["offset"]);
  assert.equal(split("x86", "preadv"), [], "its two halves have names");
  for (const where of abiNames) {
    const all = syscallsOf(where).flatMap(([call]) => split(where, call));
    assert.is(all.length > 0, abi(where).argBits === 32, where);
  }
});

test("every call of every ABI has arguments whose names tell them apart", () => {
  const kinds = new Set<string>();
  for (const where of abiNames)
    for (const [call] of syscallsOf(where)) {
      const args = syscallArgs(where, call);
      assert.ok(args && args.length <= 6, `${where} ${call}`);
      const words = args.flatMap((each) => [each.name, ...each.aliases]);
      assert.is(new Set(words).size, words.length, `${where} ${call}: ${words}`);
      for (const word of words) {
        assert.match(word, /^[a-z_][a-z0-9_]*$/, `${where} ${call}`);
        // arg0 to arg5 mean positions in a condition.
        assert.not.match(word, /^arg\d$/, `${where} ${call}`);
      }
      for (const each of args) {
        kinds.add(each.kind);
        assert.match(each.type, /^([iu](32|64)|u16|ptr)$/, `${where} ${call} ${each.name}`);
        const isPointer = ["ptr", "path", "str"].includes(each.kind);
        assert.is(each.type === "ptr", isPointer, `${where} ${call} ${each.name}`);
        assert.ok(!each.split || each.type.endsWith("64"), `${where} ${call} ${each.name}`);
      }
    }
  assert.ok(kinds.size >= 17, [...kinds].join(" "));
});

test.run();
