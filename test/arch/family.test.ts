import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  abiNames,
  argFamilies,
  argMaskName,
  argValueName,
  constant,
  isSyscallName,
  type SyscallName,
  syscallArgs,
} from "../../arch/index.ts";

const family = suite("arch/family");

family("every argument that has a family exists, and every family has constants", () => {
  for (const { of, names } of argFamilies()) {
    assert.ok(names.length > 0, `${of} has no constants`);
    const [call = "", arg = ""] = of.split(".");
    if (of.startsWith(":")) continue;
    assert.ok(isSyscallName(call), of);
    const has = abiNames.some((abi) =>
      isSyscallName(call) ? syscallArgs(abi, call)?.some(({ name }) => name === arg) : false,
    );
    assert.ok(has, `no ABI has ${of}`);
  }
});

family("no two constants of a family have one value, but for ioctls with several names", () => {
  for (const { of, names } of argFamilies()) {
    const byValue = new Map<bigint, string[]>();
    for (const name of names) {
      const value = constant("x86_64", name);
      if (value !== undefined) byValue.set(value, [...(byValue.get(value) ?? []), name]);
    }
    const twice = [...byValue.values()].filter((same) => same.length > 1);
    assert.equal(
      twice,
      of === "ioctl.request"
        ? [
            ["FIONREAD", "SIOCINQ", "TIOCINQ"],
            ["SIOCOUTQ", "TIOCOUTQ"],
          ]
        : [],
      of,
    );
  }
});

const values: readonly (readonly [SyscallName, number, bigint, string | undefined])[] = [
  ["fcntl", 1, 4n, "F_SETFL"],
  ["fcntl", 1, 0x4444n, undefined],
  ["fcntl", 2, 4n, undefined],
  ["socket", 0, 1n, "AF_UNIX"],
  ["socket", 1, 0x80001n, "SOCK_STREAM|SOCK_CLOEXEC"],
  ["clone", 0, 0x1200011n, "SIGCHLD|CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID"],
  ["unshare", 0, 0x10020000n, "CLONE_NEWNS|CLONE_NEWUSER"],
  ["unshare", 0, 0x10020001n, undefined],
  ["openat", 2, 0n, "O_RDONLY"],
  ["kill", 1, 9n, "SIGKILL"],
  ["kill", 1, 0n, undefined],
  ["clock_gettime", 0, 1n, "CLOCK_MONOTONIC"],
  ["read", 0, 1n, undefined],
];
for (const [call, index, value, name] of values)
  family(`${call}, argument ${index}, ${value}: ${name ?? "no name"}`, () => {
    assert.is(argValueName("x86_64", call, index, value), name);
  });

family("values are those of the ABI", () => {
  assert.is(argValueName("mips", "socket", 1, 1n), "SOCK_DGRAM");
  assert.is(argValueName("x86_64", "socket", 1, 1n), "SOCK_STREAM");
  assert.is(argValueName("ppc", "ioctl", 1, constant("ppc", "TIOCSTI") ?? 0n), "TIOCSTI");
});

family("masks are told by single flags, or by the name of the mask", () => {
  assert.is(argMaskName("x86_64", "unshare", 0, 0x10020000n), "CLONE_NEWNS|CLONE_NEWUSER");
  assert.is(argMaskName("x86_64", "socket", 1, 0xfn), "SOCK_TYPE_MASK");
  assert.is(argMaskName("x86_64", "socket", 1, 0x3n), undefined);
  assert.is(argMaskName("x86_64", "fcntl", 1, 0x3n), undefined);
});

family.run();
