import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { AbiName } from "../../arch/index.ts";
import { resolveShown } from "../../src/trace/name.ts";
import { layoutOf, registerTexts, shownRegister } from "../../src/trace/registers.ts";

const registers = suite("trace/registers");
const FLAGS: Readonly<Record<string, bigint>> = {
  O_RDONLY: 0n,
  "O_RDWR|O_CLOEXEC": 0x80002n,
  AT_FDCWD: -100n,
  SIGCHLD: 17n,
};

/** Lines of strace with the registers that they tell; `-` where they do not. */
const shown: readonly (readonly [abi: AbiName, name: string, args: string, registers: string])[] = [
  ["x86_64", "read", '3, "x"..., 4096', "0x3 - 0x1000 - - -"],
  ["x86_64", "read", "3</etc/a, b>, 0x7ffd, 4096", "0x3 0x7ffd 0x1000 - - -"],
  [
    "x86_64",
    "openat",
    'AT_FDCWD</home>, "x", O_RDWR|O_CLOEXEC, 0644',
    "0xffffffffffffff9c - 0x80002 0x1a4 - -",
  ],
  ["x86_64", "mmap", "NULL, 8192, 3, 0x22, -1, 0", "0x0 0x2000 0x3 0x22 0xffffffffffffffff 0x0"],
  ["x86", "close", "-1", "0xffffffff - - - - -"],
  ["x86", "close", "0x100000000", "- - - - - -"],
  ["x86_64", "clone", "child_stack=NULL, flags=SIGCHLD, child_tid=0x7f", "0x11 - - 0x7f - -"],
  ["s390x", "clone", "child_stack=NULL, flags=SIGCHLD", "- 0x11 - - - -"],
  ["x86_64", "openat", "1, 2, 3, 4, 5, 6", "- - - - - -"],
  ["x86_64", "syscall_0x1f4", "0x1, 0x2, 0xffffffffffffffff", "0x1 0x2 0xffffffffffffffff - - -"],
  ["x86_64", "fcntl", "3, F_NEW_ONE /* a guess */", "0x3 - - - - -"],
  ["x86_64", "rt_sigprocmask", "O_RDONLY, ~[RTMIN RT_1], NULL, 8", "0x0 - 0x0 0x8 - -"],
  // The offset takes two registers.
  ["arm", "pread64", '3, "x", 1, 4096', "0x3 - 0x1 - - -"],
  // A pointer to the arguments that strace shows.
  ["x86", "old_mmap", "NULL, 4096, 3, 2, -1, 0", "- - - - - -"],
  ["x86", "mmap", "NULL, 4096, 3, 2, -1, 0", "- - - - - -"],
  // Made by socketcall.
  ["s390", "accept", "3, NULL, NULL", "- - - - - -"],
];

for (const [native, name, args, expected] of shown) {
  registers(`${name}(${args}) on ${native} tells ${expected}`, () => {
    const resolved = resolveShown({ name, nr: undefined, mode: undefined }, native);
    const told = registerTexts(args, layoutOf(name, resolved)).map((text) => {
      const value =
        text === undefined ? undefined : shownRegister(text, resolved.abi, (words) => FLAGS[words]);
      return value === undefined ? "-" : `0x${value.toString(16)}`;
    });
    assert.is(told.join(" "), expected);
  });
}

registers.run();
