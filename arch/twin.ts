/**
 * Calls that do the same work: what one libc, kernel or architecture asks for by one name, another asks for by
 * another. Versions are those of the release notes; where a call is as good as gone, none is given. Written by
 * hand, as no header says it.
 */
import { type AbiName, abi as abiFacts } from "./abi.ts";
import { isSyscallName, type SyscallName, syscallNr } from "./syscall.ts";

/** What makes the difference: the library, the kernel's version, or the architecture. */
export type TwinCause = "libc" | "kernel" | "arch";

/** A call, and what is made elsewhere in its place. */
export interface Twin {
  readonly call: SyscallName;
  /** Likeliest first; any of them does the work. */
  readonly twins: readonly SyscallName[];
  /** Whether they share its work, so that whoever has none of them needs all. */
  readonly every?: boolean;
  readonly cause: TwinCause;
  /** Whether the call is the one of former days, so that its being there is worth a word in any case. */
  readonly outdated: boolean;
  /** Who does so, since when. */
  readonly why: string;
  /** Only on ABIs of this word size. */
  readonly bits?: 32 | 64;
  /** Only when some such call had this text among its arguments, as strace shows them. */
  readonly args?: string;
}

/** The causes, in the order in which they are told. */
export const twinCauses: readonly TwinCause[] = Object.freeze(["libc", "kernel", "arch"]);

type Row = readonly [
  call: SyscallName,
  twins: string,
  why: string,
  more?: Pick<Twin, "bits" | "args" | "every">,
];

const statx = "glibc since 2.33; Node, Rust and coreutils call statx";
const time64 = "glibc since 2.31, musl since 1.2.0";
const both = "glibc and musl";
const narrow = { bits: 32 } as const;

/** What newer libcs call. */
const newer: readonly Row[] = [
  ["open", "openat", "glibc calls it for open() since 2.26"],
  ["creat", "openat", "glibc calls it for open() since 2.26"],
  ["stat", "newfstatat statx", statx],
  ["lstat", "newfstatat statx", statx],
  ["fstat", "newfstatat statx", "glibc 2.33 to 2.38; fstat again since 2.39"],
  ["newfstatat", "fstat", "glibc calls it for fstat() since 2.39", { args: "AT_EMPTY_PATH" }],
  ["stat64", "statx fstatat64", "glibc since 2.33, musl since 1.2.0"],
  ["lstat64", "statx fstatat64", "glibc since 2.33, musl since 1.2.0"],
  ["fstat64", "statx fstatat64", "glibc since 2.33, musl since 1.2.0"],
  ["getdents", "getdents64", "glibc since about 2.28, and musl"],
  ["faccessat", "faccessat2", "glibc tries it first since 2.33, musl since 1.2.2 for flags"],
  ["fchmodat", "fchmodat2", "glibc calls it for flags since 2.39"],
  ["fork", "clone", "glibc's fork() has called it for decades"],
  ["clone", "clone3", "glibc's pthread_create and posix_spawn try it first since 2.34"],
  ["select", "pselect6", "glibc calls it for select() since 2.34"],
  ["_newselect", "pselect6_time64 pselect6", "glibc calls it for select() since 2.34"],
  ["nanosleep", "clock_nanosleep", "glibc calls it for nanosleep() since 2.31"],
  ["stime", "clock_settime", "glibc since 2.31"],
  ["settimeofday", "clock_settime", "glibc since 2.31"],
  ["getrlimit", "prlimit64", "glibc everywhere since 2.28, and musl"],
  ["setrlimit", "prlimit64", "glibc everywhere since 2.28, and musl"],
  ["ugetrlimit", "prlimit64", "glibc everywhere since 2.28, and musl"],
  ["mknod", "mknodat", "glibc since 2.33"],
  ["eventfd", "eventfd2", both],
  ["signalfd", "signalfd4", both],
  ["sigaction", "rt_sigaction", both],
  ["sigprocmask", "rt_sigprocmask", both],
  ["waitpid", "wait4 waitid", both],
  ["utime", "utimensat", both],
  ["utimes", "utimensat", both],
  ["futimesat", "utimensat", both],
  ["clock_gettime", "clock_gettime64", time64, narrow],
  ["clock_settime", "clock_settime64", time64, narrow],
  ["clock_nanosleep", "clock_nanosleep_time64", time64, narrow],
  ["futex", "futex_time64", "glibc since 2.33, musl since 1.2.0", narrow],
  ["ppoll", "ppoll_time64", time64, narrow],
  ["pselect6", "pselect6_time64", time64, narrow],
  ["utimensat", "utimensat_time64", time64, narrow],
  ["recvmmsg", "recvmmsg_time64", "glibc since 2.34, musl since 1.2.0", narrow],
  ["timer_settime", "timer_settime64", "glibc since 2.34, musl since 1.2.0", narrow],
  ["timerfd_settime", "timerfd_settime64", "glibc since 2.34, musl since 1.2.0", narrow],
];

/** What older libcs, or smaller ones, call. */
const older: readonly Row[] = [
  ["openat", "open", "musl for open(), and glibc before 2.26"],
  ["newfstatat", "stat lstat fstat", "musl, and glibc before 2.33", { every: true }],
  ["statx", "stat lstat fstat", "musl, and glibc before 2.33", { every: true, bits: 64 }],
  ["faccessat2", "faccessat access", "musl and glibc for access(), and glibc before 2.33", { every: true }],
  ["clone3", "clone", "musl, and glibc before 2.34"],
  ["pselect6", "select", "musl, and glibc before 2.34"],
  ["clock_nanosleep", "nanosleep", "glibc before 2.31"],
  ["epoll_wait", "epoll_pwait", "musl for epoll_wait(); Node and Go"],
  ["poll", "ppoll", "Rust and systemd; poll() itself where an architecture has no poll"],
  ["tgkill", "tkill", "musl for raise()"],
];

const missing = (version: string, what: string) => `Linux before ${version} lacks it: ${what}`;

/** What is called where the kernel is older. */
const fallbacks: readonly Row[] = [
  ["clone3", "clone", missing("5.3", "glibc falls back")],
  ["faccessat2", "faccessat", missing("5.8", "libcs fall back")],
  ["fchmodat2", "fchmodat", missing("6.6", "libcs fall back")],
  ["openat2", "openat", missing("5.6", "systemd and tar fall back")],
  ["statx", "newfstatat fstatat64", missing("4.11", "libcs and Node fall back")],
  ["close_range", "close", missing("5.9", "callers close one by one")],
  ["epoll_pwait2", "epoll_pwait", missing("5.11", "systemd falls back")],
  ["copy_file_range", "sendfile sendfile64", missing("4.5", "coreutils and Node fall back")],
  ["preadv2", "preadv", missing("4.6", "libcs fall back")],
  ["pwritev2", "pwritev", missing("4.6", "libcs fall back")],
  ["renameat2", "renameat", missing("3.15", "libcs fall back")],
  ["pidfd_send_signal", "kill", missing("5.1", "Go and systemd fall back")],
  ["finit_module", "init_module", missing("3.8", "kmod falls back")],
  ["clock_gettime64", "clock_gettime", missing("5.1", "libcs fall back"), narrow],
  ["clock_nanosleep_time64", "clock_nanosleep", missing("5.1", "libcs fall back"), narrow],
  ["futex_time64", "futex", missing("5.1", "libcs fall back"), narrow],
  ["ppoll_time64", "ppoll", missing("5.1", "libcs fall back"), narrow],
  ["pselect6_time64", "pselect6", missing("5.1", "libcs fall back"), narrow],
  ["utimensat_time64", "utimensat", missing("5.1", "libcs fall back"), narrow],
  ["recvmmsg_time64", "recvmmsg", missing("5.1", "libcs fall back"), narrow],
];

/** What is called where the kernel is newer. */
const probes: readonly Row[] = [
  [
    "mount",
    "fsopen fsconfig fsmount move_mount",
    "util-linux since 2.39, from Linux 5.2 on",
    { every: true },
  ],
  ["epoll_pwait", "epoll_pwait2", "systemd, from Linux 5.11 on"],
  ["init_module", "finit_module", "kmod, from Linux 3.8 on"],
  ["ipc", "shmget semget msgget", "glibc asks directly, from Linux 5.1 on", { every: true }],
  [
    "socketcall",
    "socket connect bind listen accept4 sendto sendmsg recvfrom recvmsg getsockopt setsockopt shutdown",
    "glibc asks directly, from Linux 4.3 on",
    { every: true },
  ],
];

const absent = "not every architecture has it";

/** What is called where the architecture lacks a call; the older names in front of those that newer libcs call. */
const substitutes: readonly Row[] = [
  ["access", "faccessat", absent],
  ["chmod", "fchmodat", absent],
  ["chown", "fchownat chown32", absent],
  ["lchown", "fchownat lchown32", absent],
  ["dup2", "dup3", absent],
  ["pipe", "pipe2", absent],
  ["poll", "ppoll", absent],
  ["epoll_create", "epoll_create1", absent],
  ["epoll_wait", "epoll_pwait", absent],
  ["inotify_init", "inotify_init1", absent],
  ["accept", "accept4 socketcall", absent],
  ["rename", "renameat renameat2", absent],
  ["renameat", "renameat2", absent],
  ["unlink", "unlinkat", absent],
  ["rmdir", "unlinkat", absent],
  ["mkdir", "mkdirat", absent],
  ["link", "linkat", absent],
  ["symlink", "symlinkat", absent],
  ["readlink", "readlinkat", absent],
  ["vfork", "clone", absent],
  ["alarm", "setitimer", absent],
  ["pause", "ppoll", absent],
  ["getpgrp", "getpgid", absent],
  ["umount", "umount2", absent],
  ["time", "clock_gettime gettimeofday", absent],
  ["mmap", "mmap2", absent],
  ["mmap2", "mmap", absent],
  ["lseek", "_llseek", absent],
  ["_llseek", "lseek", absent],
  ["fcntl64", "fcntl", absent],
  ["sendfile", "sendfile64", absent],
  ["sendfile64", "sendfile", absent],
  ["newfstatat", "fstatat64 statx", absent],
  ["fstatat64", "newfstatat statx", absent],
  ["arch_prctl", "set_thread_area set_tls", absent],
  ["set_thread_area", "arch_prctl set_tls", absent],
  ["fadvise64", "fadvise64_64 arm_fadvise64_64", absent],
  ["sync_file_range", "sync_file_range2", absent],
  ["sigreturn", "rt_sigreturn", absent],
  ["getuid32", "getuid", absent],
  ["geteuid32", "geteuid", absent],
  ["getgid32", "getgid", absent],
  ["getegid32", "getegid", absent],
];

/** What is called beside the call on the same architecture, by programs built for another of its sizes. */
const companions: readonly Row[] = [
  ["fcntl", "fcntl64", "32-bit libcs call it for fcntl()", narrow],
  ["lseek", "_llseek", "32-bit libcs call it for lseek()", narrow],
  ["sendfile", "sendfile64", "32-bit libcs call it for sendfile()", narrow],
  ["getuid", "getuid32", "32-bit libcs call it for getuid()", narrow],
  ["geteuid", "geteuid32", "32-bit libcs call it for geteuid()", narrow],
  ["getgid", "getgid32", "32-bit libcs call it for getgid()", narrow],
  ["getegid", "getegid32", "32-bit libcs call it for getegid()", narrow],
  ["rt_sigreturn", "sigreturn", "signals without SA_SIGINFO return through it", narrow],
];

/** Arguments that decide whether a twin is worth a word, by call. */
export const telling: ReadonlyMap<string, string> = new Map(
  newer.flatMap(([call, , , more]) => (more?.args === undefined ? [] : [[call, more.args]])),
);

/** All twins, made when they are first asked for: those of an ABI that has the call, and of one that lacks it. */
let made: { readonly twins: readonly Twin[]; readonly substitutes: readonly Twin[] } | undefined;

function all(): NonNullable<typeof made> {
  if (made) return made;
  const outdated = twinsOf(newer, "libc", true);
  made = {
    twins: [
      ...outdated,
      ...twinsOf(older, "libc", false),
      ...twinsOf(companions, "libc", false),
      ...twinsOf(fallbacks, "kernel", false),
      ...twinsOf(probes, "kernel", false),
    ],
    substitutes: [...twinsOf(substitutes, "arch", false), ...outdated],
  };
  return made;
}

function twinsOf(rows: readonly Row[], cause: TwinCause, outdated: boolean): Twin[] {
  return rows.map(([call, names, why, more]) => {
    const twins = names.split(" ").filter(isSyscallName);
    if (twins.length !== names.split(" ").length) throw new RangeError(`no calls: ${names}`);
    return { call, twins, cause, outdated, why, ...more };
  });
}

/** A twin as one ABI has it: `twins` are calls of that ABI, at least one. */
export function twinsOn(name: AbiName): readonly Twin[] {
  return all().twins.flatMap((twin) => {
    const here = twin.twins.filter((call) => syscallNr(name, call) !== undefined);
    if (here.length === 0 || syscallNr(name, twin.call) === undefined) return [];
    if (twin.bits !== undefined && abiFacts(name).wordBits !== twin.bits) return [];
    return [{ ...twin, twins: here }];
  });
}

/** What the ABI, which lacks `call`, has in its place; undefined when nothing is known. */
export function substituteOn(name: AbiName, call: SyscallName): Twin | undefined {
  for (const twin of all().substitutes) {
    if (twin.call !== call) continue;
    const here = twin.twins.filter((other) => syscallNr(name, other) !== undefined);
    if (here.length > 0) return { ...twin, twins: here, cause: "arch", outdated: false, why: absent };
  }
  return undefined;
}
