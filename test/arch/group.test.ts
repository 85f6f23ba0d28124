import { suite } from "uvu";
import * as assert from "uvu/assert";
import { expandGroup, groupNames, isGroupName, isSyscallName, type SyscallName } from "../../arch/index.ts";

const test = suite("arch: groups");

test("every group is a sorted list of known calls, each once", () => {
  assert.ok(groupNames.length >= 32);
  for (const name of groupNames) {
    const calls = expandGroup(name);
    assert.ok(isGroupName(name) && calls.length > 0, name);
    assert.equal([...new Set(calls)].sort(), [...calls], name);
    assert.ok(calls.every(isSyscallName), name);
  }
  assert.not.ok(isGroupName("@sistem-service"));
  assert.not.ok(isGroupName("mount"));
});

test("groups hold the groups that they name", () => {
  const service = new Set(expandGroup("@system-service"));
  for (const inner of ["@file-system", "@default", "@sandbox", "@network-io"] as const)
    for (const call of expandGroup(inner)) assert.ok(service.has(call), `${inner} ${call}`);
  const known = new Set(expandGroup("@known"));
  for (const call of expandGroup("@obsolete")) assert.ok(known.has(call), call);
  assert.ok(!service.has("ptrace") && !service.has("mount"));
});

test("systemd's names for calls that the tables spell otherwise are kept", () => {
  const calls = expandGroup("@file-system");
  assert.ok(calls.includes("newfstatat") && calls.includes("fstat"));
});

test("what Node does by itself opens, starts and traces nothing", () => {
  const node = expandGroup("@node");
  const never: readonly SyscallName[] = [
    "open",
    "openat",
    "openat2",
    "creat",
    "socket",
    "connect",
    "bind",
    "accept4",
    "clone",
    "clone3",
    "fork",
    "vfork",
    "execve",
    "execveat",
    "ptrace",
    "process_vm_writev",
    "mount",
    "unlink",
    "kill",
    "tgkill",
    "prctl",
    "seccomp",
    "io_uring_setup",
    "setuid",
    "ioctl",
    "fcntl",
  ];
  assert.equal(
    never.filter((call) => node.includes(call)),
    [],
  );
  const needed: readonly SyscallName[] = [
    "mmap",
    "munmap",
    "mprotect",
    "madvise",
    "futex",
    "epoll_pwait",
    "epoll_ctl",
    "read",
    "write",
    "rt_sigreturn",
    "restart_syscall",
    "exit",
    "exit_group",
    "fsync",
    "io_uring_enter",
    "clock_nanosleep",
    "getpid",
    "sched_yield",
  ];
  assert.equal(
    needed.filter((call) => !node.includes(call)),
    [],
  );
});

test("a Node server's calls hold Node's own and what serving takes, but no way to run a program", () => {
  const server = new Set(expandGroup("@node-server"));
  assert.is(server.size, 101);
  for (const call of ["accept4", "openat", "clone3", "getrandom", "statx"] as const)
    assert.ok(server.has(call), call);
  for (const call of ["execve", "execveat", "ptrace", "mount", "setuid"] as const)
    assert.not.ok(server.has(call), call);
  // Of Node's own, those that x86_64 does not have or that only older kernels use were not measured.
  const other = expandGroup("@node").filter((call) => !server.has(call));
  assert.equal(other, [
    "clock_getres_time64",
    "clock_gettime64",
    "clock_nanosleep_time64",
    "futex_time64",
    "mmap2",
    "sigreturn",
    "time",
  ]);
});

test.run();
