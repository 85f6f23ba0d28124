import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  abiNames,
  expandGroup,
  type GroupName,
  groupNames,
  isGroupName,
  isSyscallName,
  type SyscallName,
  syscallNr,
} from "../../arch/index.ts";
import { groupReasons } from "../../arch/reason.ts";

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

/** Calls that open, start or trace something, by any name. */
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

test("what Node's engine does by itself opens, starts and traces nothing", () => {
  const engine = expandGroup("@node-runtime/engine");
  assert.equal(
    never.filter((call) => engine.includes(call)),
    [],
  );
});

const nodeGroups = groupNames.filter((name) => name.startsWith("@node-runtime"));

test("no group of Node's lets a program be traced, a filter changed, a ring made, a file system mounted", () => {
  const dangerous: readonly SyscallName[] = [
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "pidfd_getfd",
    "seccomp",
    "io_uring_setup",
    "io_uring_register",
    "bpf",
    "mount",
    "unshare",
    "setns",
    "init_module",
    "keyctl",
    "userfaultfd",
    "perf_event_open",
    "memfd_create",
    "execveat",
  ];
  for (const name of nodeGroups)
    assert.equal(
      dangerous.filter((call) => expandGroup(name).includes(call)),
      [],
      name,
    );
  const runs = nodeGroups.filter((name) => expandGroup(name).includes("execve"));
  assert.equal(runs, ["@node-runtime/child_process", "@node-runtime/start"]);
});

/** For each purpose, calls of which an architecture has at least one; x86_64 and aarch64 often one each. */
const purposes: readonly (readonly [group: GroupName, ...anyOf: SyscallName[]])[] = [
  ["@node-runtime/engine", "mmap", "mmap2"],
  ["@node-runtime/engine", "futex", "futex_time64"],
  ["@node-runtime/engine", "epoll_pwait"],
  ["@node-runtime/engine", "sched_yield"],
  ["@node-runtime/engine", "rt_sigreturn", "sigreturn"],
  ["@node-runtime/engine", "restart_syscall"],
  ["@node-runtime/engine", "clock_nanosleep", "clock_nanosleep_time64"],
  ["@node-runtime/engine", "exit_group"],
  ["@node-runtime", "openat"],
  ["@node-runtime", "fstat", "fstat64", "statx"],
  ["@node-runtime", "newfstatat", "fstatat64", "statx"],
  ["@node-runtime", "readlinkat", "readlink"],
  ["@node-runtime", "lseek", "_llseek", "llseek"],
  ["@node-runtime", "dup3"],
  ["@node-runtime/threads", "clone3", "clone"],
  ["@node-runtime/http", "accept4"],
  ["@node-runtime/worker_threads", "eventfd2"],
  ["@node-runtime/modules", "faccessat", "access"],
  ["@node-runtime/fs", "ppoll", "ppoll_time64"],
  ["@node-runtime/fs", "unlinkat"],
  ["@node-runtime/fs", "renameat2", "renameat"],
  ["@node-runtime/fs", "mkdirat"],
  ["@node-runtime/fs", "linkat"],
  ["@node-runtime/fs", "symlinkat"],
  ["@node-runtime/fs", "fchownat"],
  ["@node-runtime/fs", "ftruncate", "ftruncate64"],
  ["@node-runtime/fs", "utimensat", "utimensat_time64"],
  ["@node-runtime/dns", "ppoll", "ppoll_time64"],
  ["@node-runtime/dns", "sendmmsg"],
  ["@node-runtime/child_process", "wait4", "waitid"],
  ["@node-runtime/child_process", "clone"],
  ["@node-runtime/start", "set_tid_address"],
];

test("Node's groups have a call for each of their purposes on every architecture", () => {
  for (const arch of abiNames)
    for (const [group, ...anyOf] of purposes) {
      const members = expandGroup(group);
      assert.ok(
        anyOf.some((call) => members.includes(call) && syscallNr(arch, call) !== undefined),
        `${arch}: ${group} has none of ${anyOf.join(", ")}`,
      );
    }
});

test("every call of Node's groups has a reason, of the group or of one in it", () => {
  assert.ok(nodeGroups.length >= 13);
  for (const name of nodeGroups) {
    const reasons = groupReasons(name);
    assert.equal([...reasons.keys()], [...expandGroup(name)], name);
    for (const [call, { group, nodes, found, why }] of reasons) {
      assert.ok(expandGroup(group).includes(call), `${group} has ${call}`);
      assert.match(nodes, /^2\d-2\d$/, call);
      assert.ok(["trace", "load", "reading"].includes(found) && why.length > 5, call);
    }
  }
  assert.is(groupReasons("@node-runtime/http").get("sched_yield")?.found, "load");
  assert.is(groupReasons("@mount").size, 0);
});

test.run();
