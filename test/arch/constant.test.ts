import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  type AbiName,
  abiNames,
  constant,
  constantNames,
  errnoName,
  errnoNames,
  errnoNumber,
  isConstantName,
  signalName,
  signalNames,
  signalNumber,
} from "../../arch/index.ts";

const test = suite("arch: constants, errors, signals");

const values: readonly (readonly [AbiName, string, bigint | undefined])[] = [
  ["x86_64", "AT_FDCWD", -100n],
  ["x86_64", "SOCK_TYPE_MASK", 0xfn],
  ["x86_64", "CLONE_NEWUSER", 0x10000000n],
  ["x86_64", "CLONE_INTO_CGROUP", 0x200000000n],
  ["x86_64", "O_DIRECTORY", 0o200000n],
  ["aarch64", "O_DIRECTORY", 0o40000n],
  ["mips", "O_CREAT", 0x100n],
  ["mipsel64n32", "O_CREAT", 0x100n],
  ["parisc64", "O_CREAT", 0x100n],
  ["x86_64", "MAP_ANONYMOUS", 0x20n],
  ["mips64", "MAP_ANONYMOUS", 0x800n],
  ["x86_64", "TIOCSTI", 0x5412n],
  ["mipsel", "TIOCSTI", 0x5472n],
  ["sh", "TIOCSTI", 0x40015412n],
  ["x86_64", "TCGETS", 0x5401n],
  ["ppc64le", "TCGETS", 0x402c7413n],
  ["x86_64", "SOCK_STREAM", 1n],
  ["mips", "SOCK_STREAM", 2n],
  ["parisc", "SOL_SOCKET", 0xffffn],
  ["x86_64", "MAP_32BIT", 0x40n],
  ["aarch64", "MAP_32BIT", undefined],
  ["x86_64", "F_GETLK64", undefined],
  ["x86", "F_GETLK64", 12n],
  ["mips", "F_GETLK64", 33n],
  ["x86_64", "PR_SET_NO_NEW_PRIVS", 38n],
  ["x86_64", "EPERM", 1n],
  ["mips", "ENOSYS", 89n],
  ["x86_64", "SIGKILL", 9n],
  ["x86_64", "NO_SUCH_CONSTANT", undefined],
  ["x86_64", "toString", undefined],
];
for (const [abi, name, value] of values)
  test(`${name} on ${abi} is ${value}`, () => assert.is(constant(abi, name), value));

test("every name is known and has a value on some ABI", () => {
  assert.ok(constantNames().length > 3900, String(constantNames().length));
  assert.is(new Set(constantNames()).size, constantNames().length);
  const lost = constantNames().filter(
    (name) => !isConstantName(name) || !abiNames.some((abi) => constant(abi, name) !== undefined),
  );
  assert.equal(lost, []);
  assert.not.ok(isConstantName("O_CREATE"));
});

test("both byte orders of an architecture have the same values", () => {
  const twins: readonly (readonly [AbiName, AbiName])[] = [
    ["mips", "mipsel"],
    ["mips64", "mipsel64"],
    ["mips64n32", "mipsel64n32"],
    ["ppc64", "ppc64le"],
    ["sh", "sheb"],
  ];
  for (const [a, b] of twins)
    for (const name of constantNames()) assert.is(constant(a, name), constant(b, name), `${name} ${a} ${b}`);
});

test("errors and signals go from name to number and back on every ABI", () => {
  for (const abi of abiNames) {
    for (const name of errnoNames) {
      const number = errnoNumber(abi, name);
      if (number === undefined) continue;
      assert.ok(number > 0 && number < 4096, `${name} ${abi} ${number}`);
      const back = errnoName(abi, number);
      assert.is(back === undefined ? undefined : errnoNumber(abi, back), number, `${name} ${abi}`);
    }
    for (const name of signalNames) {
      const number = signalNumber(abi, name);
      if (number === undefined) continue;
      assert.ok(number > 0 && number <= 128, `${name} ${abi} ${number}`);
      const back = signalName(abi, number);
      assert.is(back === undefined ? undefined : signalNumber(abi, back), number, `${name} ${abi}`);
    }
  }
});

test("a number with several names gets the usual one", () => {
  assert.is(errnoName("x86_64", 11), "EAGAIN");
  assert.is(errnoName("x86_64", 35), "EDEADLK");
  assert.is(errnoName("x86_64", 95), "EOPNOTSUPP");
  assert.is(errnoName("ppc", 58), "EDEADLOCK");
  assert.is(errnoName("parisc", 252), "ENOTSUP");
  assert.is(errnoName("x86_64", 4095), undefined);
  assert.is(signalName("x86_64", 6), "SIGABRT");
  assert.is(signalName("x86_64", 29), "SIGIO");
  assert.is(signalName("x86_64", 31), "SIGSYS");
  assert.is(signalName("mips", 12), "SIGSYS");
});

/** Headers that can be read together, those of Linux and those of glibc. */
const units: readonly (readonly string[])[] = [
  `linux/types asm/termbits asm/ioctls asm/prctl asm/signal asm/errno linux/fcntl linux/mman linux/fs linux/mount
  linux/prctl linux/io_uring linux/kvm linux/bpf linux/fanotify linux/futex linux/ipc linux/sem linux/shm linux/msg
  linux/ptrace linux/vt linux/kd linux/btrfs linux/dm-ioctl linux/keyctl linux/userfaultfd linux/usbdevice_fs linux/stat
  linux/sched linux/rtc linux/ptp_clock linux/if_tun linux/capability linux/netlink linux/pidfd linux/seccomp
  linux/personality linux/vfio linux/vhost linux/landlock linux/nbd linux/kexec linux/inotify linux/mempolicy linux/eventpoll
  linux/net linux/wait linux/memfd linux/perf_event linux/loop linux/rseq linux/nsfs linux/dma-buf
  linux/membarrier linux/reboot linux/watchdog linux/random linux/ioprio linux/resource linux/quota linux/kcmp linux/openat2
  linux/timerfd linux/fuse linux/hidraw linux/module linux/fsverity linux/eventfd linux/xattr linux/signalfd linux/close_range
  linux/sockios linux/tcp linux/in linux/in6 linux/audit linux/if_packet linux/falloc linux/fadvise linux/binfmts drm/drm`
    .split(/\s+/)
    .map((name) => `${name}.h`),
  "linux/uinput.h fcntl.h unistd.h sched.h signal.h errno.h sys/socket.h sys/mount.h sys/swap.h sys/wait.h sys/resource.h sys/poll.h scsi/sg.h netinet/in.h".split(
    " ",
  ),
];

/**
 * Where headers mean something else by a name: glibc's own view of the kernel's bits, and a mask of all flags
 * that grows with the kernel.
 */
const otherwise = /^(F_(GETLK|SETLK|SETLKW)64|O_LARGEFILE|__O_TMPFILE|SIGRTMIN|FUTEX_CMD_MASK)$/;

/** Values by name as a C program prints them for every macro of the headers that is a number. */
function printed(headers: readonly string[], folder: string): Map<string, bigint> {
  let names = constantNames();
  const include = headers.map((header) => `#if __has_include(<${header}>)\n#include <${header}>\n#endif\n`);
  const before = `#define _GNU_SOURCE\n${include.join("")}int printf(const char *, ...);\nint main(void) {\n`;
  const first = before.split("\n").length;
  for (let attempt = 0; attempt < 8; attempt++) {
    const lines = names.map(
      (name) => `\n#ifdef ${name}\nprintf("${name} %lld\\n", (long long)(${name}));\n#endif`,
    );
    writeFileSync(`${folder}/print.c`, `${before}${lines.join("")}\nreturn 0; }\n`);
    const built = spawnSync("gcc", ["-w", "-fmax-errors=0", "print.c", "-o", "print"], {
      cwd: folder,
      encoding: "utf8",
    });
    if (built.status === 0) {
      const out = spawnSync(`${folder}/print`, { encoding: "utf8" }).stdout.trim().split("\n");
      return new Map(
        out.map((line): [string, bigint] => {
          const [name = "", value = "0"] = line.split(" ");
          return [name, BigInt(value)];
        }),
      );
    }
    // Macros that are no numbers, or need a type of another header: leave them out.
    const bad = new Set([...built.stderr.matchAll(/^print\.c:(\d+):/gm)].map((match) => Number(match[1])));
    const kept = names.filter((_, i) => ![1, 2, 3].some((line) => bad.has(first + i * 3 + line)));
    assert.ok(kept.length < names.length, built.stderr.slice(0, 500));
    names = kept;
  }
  throw new Error("the program does not compile");
}

test("the C compiler finds the same values in this machine's headers", () => {
  if (process.arch !== "x64" || process.platform !== "linux")
    return console.log("  skipped: not Linux on x86_64");
  if (spawnSync("gcc", ["--version"]).status !== 0) return console.log("  skipped: no gcc");
  const folder = mkdtempSync(`${tmpdir()}/seccat-`);
  try {
    let compared = 0;
    const wrong: string[] = [];
    for (const headers of units)
      for (const [name, value] of printed(headers, folder)) {
        if (otherwise.test(name)) continue;
        compared++;
        const ours = constant("x86_64", name);
        if (ours === undefined || BigInt.asUintN(64, ours) !== BigInt.asUintN(64, value))
          wrong.push(`${name} is ${value} there, ${ours} here`);
      }
    console.log(`  ${compared} compared`);
    assert.equal(wrong, []);
    assert.ok(compared > 3000, `${compared} compared`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
