/** What Seccat compiles, under bubblewrap: `bwrap --ro-bind / / --seccomp 10 CMD 10<F`. */
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { endianness, tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AbiName, nativeAbi, type SyscallName } from "../../arch/index.ts";
import { encode } from "../../src/bpf/codec.ts";
import { compile } from "../../src/compile/index.ts";
import {
  SCMP_A2,
  SCMP_ACT_ALLOW,
  SCMP_ACT_ERRNO,
  SCMP_CMP_MASKED_EQ,
  SCMP_SYS,
  seccomp_export_bpf,
  seccomp_init,
  seccomp_release,
  seccomp_rule_add,
} from "../../src/libseccomp.ts";
import type { Policy } from "../../src/policy/types.ts";
import { parseWhen } from "../../src/policy/when.ts";

const folder = mkdtempSync(join(tmpdir(), "seccat-bwrap-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "F");

/** Runs a command under bubblewrap with the filter in F on descriptor 10. */
function sandboxed(...command: readonly string[]): SpawnSyncReturns<string> {
  const fd = openSync(file, "r");
  try {
    return spawnSync("bwrap", ["--ro-bind", "/", "/", "--seccomp", "10", ...command], {
      stdio: ["ignore", "pipe", "pipe", ...Array.from({ length: 7 }, () => "ignore" as const), fd],
      encoding: "utf8",
      env: { PATH: "/usr/bin:/bin", LC_ALL: "C" },
      timeout: 20_000,
    });
  } finally {
    closeSync(fd);
  }
}

const abi = nativeAbi(process.arch, endianness());
const plain = process.platform === "linux" ? spawnSync("bwrap", ["--ro-bind", "/", "/", "true"]) : undefined;
const why =
  plain === undefined
    ? `bubblewrap is a program for Linux, and this is ${process.platform}`
    : plain.error
      ? "there is no bwrap: apt-get install bubblewrap"
      : plain.status !== 0
        ? `bwrap cannot run here: ${String(plain.stderr).trim()}`
        : undefined;

/** What a dynamically linked program with a small main calls. */
const enough: readonly SyscallName[] = [
  "access",
  "arch_prctl",
  "brk",
  "close",
  "execve",
  "exit_group",
  "faccessat",
  "faccessat2",
  "fstat",
  "futex",
  "getrandom",
  "lseek",
  "mmap",
  "mprotect",
  "munmap",
  "newfstatat",
  "open",
  "openat",
  "pread64",
  "prlimit64",
  "read",
  "readlink",
  "rseq",
  "rt_sigaction",
  "rt_sigprocmask",
  "set_robust_list",
  "set_tid_address",
  "statx",
  "write",
];

const interop = suite("interop/bwrap");

if (why !== undefined || abi === undefined)
  console.log(`interop/bwrap: skipped, ${why ?? "an unknown machine"}`);
else register(abi);

function register(arch: AbiName): void {
  const put = (policy: Omit<Policy, "arches">) =>
    writeFileSync(file, encode(compile({ arches: [arch], ...policy }).program));

  interop("a policy that lists what true needs lets it run", () => {
    put({ default: { kind: "kill_process" }, rules: [{ action: { kind: "allow" }, syscalls: enough }] });
    const { status, stderr } = sandboxed("true");
    assert.is(stderr, "");
    assert.is(status, 0);
  });

  interop("the same policy kills what calls more", () => {
    put({ default: { kind: "kill_process" }, rules: [{ action: { kind: "allow" }, syscalls: enough }] });
    const { status, signal } = sandboxed("uname");
    assert.ok(signal === "SIGSYS" || status === 128 + 31, `status ${status}, signal ${signal}`);
  });

  interop("a denied uname fails with the errno of the rule", () => {
    put({
      default: { kind: "allow" },
      rules: [{ action: { kind: "errno", errno: "EPERM" }, syscalls: ["uname"] }],
    });
    const { status, stderr } = sandboxed("uname");
    assert.is(status, 1);
    assert.match(stderr, /cannot get system name: Operation not permitted/);
    assert.is(sandboxed("true").status, 0);
  });

  interop("a rule about a flag denies calls with the flag alone", () => {
    const when = parseWhen("flags & O_CREAT == O_CREAT");
    put({
      default: { kind: "allow" },
      rules: [{ action: { kind: "errno", errno: "EXDEV" }, syscalls: ["openat"], when }],
    });
    assert.is(sandboxed("sh", "-c", ": < /etc/passwd").status, 0);
    const { status, stderr } = sandboxed("sh", "-c", ": > /none");
    assert.is.not(status, 0);
    assert.match(stderr, /Invalid cross-device link/);
  });

  interop("so does the same rule through libseccomp's calls, exported to a descriptor", () => {
    const O_CREAT = 0o100;
    const ctx = seccomp_init(SCMP_ACT_ALLOW);
    const flag = SCMP_A2(SCMP_CMP_MASKED_EQ, O_CREAT, O_CREAT);
    assert.is(seccomp_rule_add(ctx, SCMP_ACT_ERRNO(18), SCMP_SYS("openat"), 1, flag), 0);
    const fd = openSync(file, "w");
    assert.is(seccomp_export_bpf(ctx, fd), 0);
    closeSync(fd);
    seccomp_release(ctx);
    assert.is(sandboxed("sh", "-c", ": < /etc/passwd").status, 0);
    assert.match(sandboxed("sh", "-c", ": > /none").stderr, /Invalid cross-device link/);
  });

  interop("bubblewrap refuses what is no whole program", () => {
    writeFileSync(file, Buffer.alloc(12));
    const { status, stderr } = sandboxed("true");
    assert.is.not(status, 0);
    assert.match(stderr, /multiple of 8/);
  });
}

interop.run();
