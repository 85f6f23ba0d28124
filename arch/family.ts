/**
 * Which constants an argument takes, so that a number can be said in the words of the manual. Written by hand for the
 * arguments that profiles look at; a number without a name stays a number.
 *
 *     fcntl.cmd 4                F_SETFL
 *     unshare.flags 0x10020000   CLONE_NEWNS|CLONE_NEWUSER
 */
import { type AbiName, abi as abiFacts } from "./abi.ts";
import { syscallArgs } from "./arg.ts";
import { constant, constantNames } from "./constant.ts";
import { signalName, signalNames } from "./errno.ts";
import type { SyscallName } from "./syscall.ts";

/** The constants whose names match `names`, for these arguments. */
interface Family {
  readonly names: RegExp;
  /** Whether several are joined with `|`. */
  readonly bits: boolean;
  /** What the mask is called that takes the plain values apart from the flags. */
  readonly mask?: string;
  /** A flag that a plain value may have besides. */
  readonly plus?: "FUTEX_CLOCK_REALTIME";
  /** `call.argument`, by the argument's first name; or `:kind`, for every argument of that kind. */
  readonly of: readonly string[];
}

const one = (names: RegExp, of: string): Family => ({ names, bits: false, of: of.split(" ") });
const bits = (names: RegExp, of: string): Family => ({ names, bits: true, of: of.split(" ") });

const atNoFollow = /^AT_(SYMLINK_NOFOLLOW|EMPTY_PATH)$/;

const families: readonly Family[] = Object.freeze([
  one(/^CLOCK_(?!AUX_LAST)\w+$/, ":clockid"),
  one(/^AF_(?!FILE$|LOCAL$|ROUTE$|MAX$)\w+$/, "socket.domain socketpair.domain"),
  one(/^F_(DUPFD|GET|SET|OFD_|NOTIFY|ADD_SEALS|CANCELLK|CREATED_QUERY)\w*$/, "fcntl.cmd fcntl64.cmd"),
  one(/^SEEK_(?!MAX)\w+$/, "lseek.whence _llseek.whence llseek.whence"),
  one(
    /^PR_((?!SET_(MM_|PTRACER_ANY)|GET_SHADOW_STACK_\w+_)[GS]ET_\w+|CAPBSET_\w+|CAP_AMBIENT|MCE_KILL(_GET)?|TASK_PERF_EVENTS_\w+)$/,
    "prctl.option",
  ),
  one(/^ARCH_(?!SHSTK_(SHSTK|WRSS)|XCOMP_TILE)\w+$/, "arch_prctl.code"),
  one(/^MADV_\w+$/, "madvise.advice process_madvise.advice"),
  one(/^PTRACE_(?!O_|EVENT|CFI_|SYSCALL_INFO_|PEEKSIGINFO_)\w+$/, "ptrace.request"),
  one(/^RLIMIT_\w+$/, "getrlimit.resource setrlimit.resource prlimit64.resource ugetrlimit.resource"),
  one(/^KEYCTL_(?!CAPS\d|SUPPORTS_|MOVE_EXCL)\w+$/, "keyctl.operation"),
  one(
    /^BPF_(MAP_(?!TYPE_)\w+|PROG_(LOAD|ATTACH|DETACH|TEST_RUN|GET_\w+|QUERY|BIND_MAP)|OBJ_(PIN|GET\w*)|BTF_(LOAD|GET_\w+)|LINK_(CREATE|UPDATE|GET_\w+|DETACH)|ITER_CREATE|ENABLE_STATS|TASK_FD_QUERY|RAW_TRACEPOINT_OPEN|TOKEN_CREATE)$/,
    "bpf.cmd",
  ),
  one(/^SECCOMP_(SET_MODE|GET)_\w+$/, "seccomp.operation"),
  {
    ...one(
      /^FUTEX_(FD|WAKE|WAIT|(CMP_)?REQUEUE|WAKE_OP|(WAIT|WAKE)_BITSET|(LOCK|TRYLOCK|UNLOCK)_PI2?|WAIT_REQUEUE_PI|CMP_REQUEUE_PI)(_PRIVATE)?$/,
      "futex.futex_op futex_time64.futex_op",
    ),
    plus: "FUTEX_CLOCK_REALTIME",
  },
  one(/^SHUT_\w+$/, "shutdown.how"),
  one(/^EPOLL_CTL_\w+$/, "epoll_ctl.op"),
  one(/^SIG_(BLOCK|UNBLOCK|SETMASK)$/, "rt_sigprocmask.how sigprocmask.how"),
  one(/^SOL_\w+$/, "getsockopt.level setsockopt.level"),
  one(/^SCHED_(NORMAL|FIFO|RR|BATCH|IDLE|DEADLINE|EXT)$/, "sched_setscheduler.policy"),
  one(
    /^(TC[GS]ET[A-Z0-9]+|TCXONC|TCFLSH|TCSBRKP?|TIOC[A-Z0-9]+|FIO[A-Z]+|FICLONE(RANGE)?|FIDEDUPERANGE|FS_IOC_\w+|SIOC[A-Z]+|BLK[A-Z]+|LOOP_(SET|CLR|GET|CTL)_\w+|TUN[GS]ET[A-Z]+|RND[A-Z]+)$/,
    "ioctl.request",
  ),
  bits(/^(CLONE_(?!ARGS_)\w+|SIGCHLD)$/, "clone.flags unshare.flags setns.nstype"),
  bits(/^O_(?!ACCMODE|NDELAY)\w+$/, "open.flags openat.flags open_by_handle_at.flags"),
  bits(/^O_(CLOEXEC|NONBLOCK|DIRECT)$/, "pipe2.flags dup3.flags"),
  bits(/^PROT_\w+$/, "mmap.prot mmap2.prot mprotect.prot pkey_mprotect.prot"),
  bits(/^MAP_(?!HUGE_|TYPE$|FILE$)\w+$/, "mmap.flags mmap2.flags"),
  {
    ...bits(/^SOCK_(?!TYPE_MASK|RCVBUF_LOCK|SNDBUF_LOCK)\w+$/, "socket.type socketpair.type"),
    mask: "SOCK_TYPE_MASK",
  },
  bits(/^SOCK_(CLOEXEC|NONBLOCK)$/, "accept4.flags"),
  bits(/^MS_(?!ASYNC|INVALIDATE|SYNC$|MGC_|VERBOSE)\w+$/, "mount.mountflags"),
  bits(/^MS_(ASYNC|INVALIDATE|SYNC)$/, "msync.flags"),
  bits(/^(MNT|UMOUNT)_\w+$/, "umount2.flags"),
  bits(/^AT_REMOVEDIR$/, "unlinkat.flags"),
  bits(/^AT_(EACCESS|SYMLINK_NOFOLLOW|EMPTY_PATH)$/, "faccessat2.flags"),
  bits(/^AT_(SYMLINK_NOFOLLOW|EMPTY_PATH|NO_AUTOMOUNT)$/, "newfstatat.flags fstatat64.flags statx.flags"),
  bits(/^AT_(SYMLINK_FOLLOW|EMPTY_PATH)$/, "linkat.flags"),
  bits(/^AT_(SYMLINK_NOFOLLOW|EMPTY_PATH|EXECVE_CHECK)$/, "execveat.flags"),
  bits(atNoFollow, "fchownat.flags fchmodat2.flags"),
  bits(
    /^MSG_(?!COPY|EXCEPT|INFO|NOERROR|STAT|FIN|SYN|RST|TRYHARD)\w+$/,
    "send.flags sendto.flags sendmsg.flags sendmmsg.flags recv.flags recvfrom.flags recvmsg.flags recvmmsg.flags",
  ),
  bits(/^GRND_\w+$/, "getrandom.flags"),
  bits(/^MFD_(?!HUGE_)\w+$/, "memfd_create.flags"),
  bits(/^EFD_\w+$/, "eventfd2.flags"),
  bits(/^TFD_(CLOEXEC|NONBLOCK)$/, "timerfd_create.flags"),
  bits(/^SFD_\w+$/, "signalfd4.flags"),
  bits(/^EPOLL_CLOEXEC$/, "epoll_create1.flags"),
  bits(/^IN_(CLOEXEC|NONBLOCK)$/, "inotify_init1.flags"),
  bits(/^SPLICE_F_\w+$/, "splice.flags tee.flags vmsplice.flags"),
  bits(/^RENAME_\w+$/, "renameat2.flags"),
  bits(/^MREMAP_\w+$/, "mremap.flags"),
  bits(/^MCL_\w+$/, "mlockall.flags"),
  bits(/^RWF_\w+$/, "preadv2.flags pwritev2.flags"),
  bits(/^LOCK_(SH|EX|NB|UN)$/, "flock.operation"),
  bits(/^FALLOC_FL_\w+$/, "fallocate.mode"),
  bits(/^SECCOMP_FILTER_FLAG_\w+$/, "seccomp.flags"),
  bits(/^PERF_FLAG_\w+$/, "perf_event_open.flags"),
  bits(
    /^S_I([RWX](USR|GRP|OTH)|RWX[UGO]|SUID|SGID|SVTX|F(BLK|CHR|DIR|IFO|LNK|REG|SOCK))$/,
    "chmod.mode fchmod.mode fchmodat.mode fchmodat2.mode mknod.mode mknodat.mode",
  ),
  bits(/^[FRWX]_OK$/, "access.mode faccessat.mode faccessat2.mode"),
  bits(/^IN_(?!CLOEXEC|NONBLOCK)\w+$/, "inotify_add_watch.mask"),
  bits(/^(W(NOHANG|UNTRACED|CONTINUED)|__W(NOTHREAD|ALL|CLONE))$/, "wait4.options waitpid.options"),
  bits(/^(W(NOHANG|STOPPED|EXITED|CONTINUED|NOWAIT)|__W(NOTHREAD|ALL|CLONE))$/, "waitid.options"),
  bits(/^TIMER_ABSTIME$/, "clock_nanosleep.flags timer_settime.flags"),
  bits(/^(OPEN_TREE_\w+|AT_(EMPTY_PATH|NO_AUTOMOUNT|RECURSIVE|SYMLINK_NOFOLLOW))$/, "open_tree.flags"),
  bits(/^MOVE_MOUNT_(?!_)\w+$/, "move_mount.flags"),
  bits(/^CLOSE_RANGE_\w+$/, "close_range.flags"),
  one(/^FSCONFIG_\w+$/, "fsconfig.cmd"),
  one(/^PRIO_(PROCESS|PGRP|USER)$/, "getpriority.which setpriority.which"),
  one(/^POSIX_FADV_\w+$/, "fadvise64.advice fadvise64_64.advice"),
  one(
    /^IORING_(UN)?REGISTER_(?!LAST|USE_REGISTERED_RING|FILES_SKIP|DST_|SRC_)\w+$/,
    "io_uring_register.opcode",
  ),
  one(/^LINUX_REBOOT_CMD_\w+$/, "reboot.cmd"),
  bits(/^(PER_(LINUX|LINUX32|BSD|SVR4|MASK)|UNAME26|ADDR_\w+)$/, "personality.persona"),
]);

/** The arguments that some family is for, as `call.argument` and `:kind`, with the names of its constants. */
export function argFamilies(): readonly { readonly of: string; readonly names: readonly string[] }[] {
  return families.flatMap((family) => family.of.map((of) => ({ of, names: namesOf(family) })));
}

const known = new Map<Family, readonly string[]>();

function namesOf(family: Family): readonly string[] {
  const before = known.get(family);
  if (before) return before;
  const names = constantNames().filter((name) => family.names.test(name));
  known.set(family, names);
  return names;
}

/**
 * What `value` is called as argument `index` of `call`: a constant, several joined with `|`, or a signal; undefined
 * when nothing is known. `width` says how many low bits are looked at.
 */
export function argValueName(
  abi: AbiName,
  call: SyscallName,
  index: number,
  value: bigint,
  width: 32 | 64 = abiFacts(abi).argBits,
): string | undefined {
  const arg = syscallArgs(abi, call)?.[index];
  if (arg?.kind === "signal") return value > 0n && value < 65n ? signalName(abi, Number(value)) : undefined;
  const family = familyOf(abi, call, index);
  if (!family) return undefined;
  const constants = constantsOf(abi, family, width);
  const wanted = BigInt.asUintN(width, value);
  const exact = constants.find((one) => one.value === wanted);
  if (exact || family.bits) return exact?.name ?? joined(constants, wanted);
  const plus = family.plus === undefined ? undefined : constant(abi, family.plus);
  if (plus === undefined || (wanted & plus) === 0n) return undefined;
  const plain = constants.find((one) => one.value === (wanted & ~plus));
  return plain && `${plain.name}|${family.plus}`;
}

/** What a mask of that argument is called: single flags joined with `|`; undefined when it is not made of flags. */
export function argMaskName(
  abi: AbiName,
  call: SyscallName,
  index: number,
  mask: bigint,
  width: 32 | 64 = abiFacts(abi).argBits,
): string | undefined {
  const family = familyOf(abi, call, index);
  if (!family?.bits) return undefined;
  if (family.mask && constant(abi, family.mask) === mask) return family.mask;
  const flags = constantsOf(abi, family, width).filter(({ value }) => (value & (value - 1n)) === 0n);
  return joined(family.mask ? [] : flags, BigInt.asUintN(width, mask));
}

/** Whether the values of argument `index` of `call` are constants that some family names. */
export function hasValueNames(abi: AbiName, call: SyscallName, index: number): boolean {
  return syscallArgs(abi, call)?.[index]?.kind === "signal" || familyOf(abi, call, index) !== undefined;
}

/** How the values of an argument are made. */
export interface ArgMeaning {
  /** The constants that it takes. */
  readonly names: readonly string[];
  /** Whether several are joined with `|`. */
  readonly bits: boolean;
  /** The mask that takes the plain values apart from the flags, where there are both. */
  readonly mask: bigint | undefined;
}

/** How the values of argument `index` of `call` are made; undefined where no names of them are known. */
export function argMeaning(abi: AbiName, call: SyscallName, index: number): ArgMeaning | undefined {
  if (syscallArgs(abi, call)?.[index]?.kind === "signal")
    return { names: signalNames, bits: false, mask: undefined };
  const family = familyOf(abi, call, index);
  if (!family) return undefined;
  const mask = family.mask === undefined ? undefined : constant(abi, family.mask);
  return { names: namesOf(family), bits: family.bits, mask };
}

/** The flags whose names match `names` that make up `value`, joined with `|`; undefined when bits are left. */
export function flagNames(abi: AbiName, names: RegExp, value: bigint): string | undefined {
  const family = asked.get(names.source) ?? bits(names, "");
  asked.set(names.source, family);
  return joined(constantsOf(abi, family, 64), value);
}

/** Families that no argument has, by their pattern. */
const asked = new Map<string, Family>();

function familyOf(abi: AbiName, call: SyscallName, index: number): Family | undefined {
  const arg = syscallArgs(abi, call)?.[index];
  if (!arg) return undefined;
  return families.find(({ of }) => of.includes(`${call}.${arg.name}`) || of.includes(`:${arg.kind}`));
}

interface Named {
  readonly name: string;
  readonly value: bigint;
}

const valued = new Map<Family, Map<string, readonly Named[]>>();

/** The constants of a family with their values on the ABI, found out once. */
function constantsOf(abi: AbiName, family: Family, width: 32 | 64): readonly Named[] {
  const byAbi = valued.get(family) ?? new Map<string, readonly Named[]>();
  valued.set(family, byAbi);
  const key = `${abi} ${width}`;
  const before = byAbi.get(key);
  if (before) return before;
  const constants = namesOf(family).flatMap((name) => {
    const number = constant(abi, name);
    return number === undefined ? [] : [{ name, value: BigInt.asUintN(width, number) }];
  });
  byAbi.set(key, constants);
  return constants;
}

/** The fewest large constants that make up `value` exactly, smallest first; undefined when bits are left. */
function joined(constants: readonly Named[], value: bigint): string | undefined {
  const names: string[] = [];
  let left = value;
  for (const one of constants.toSorted((a, b) => (a.value < b.value ? 1 : a.value > b.value ? -1 : 0))) {
    if (one.value === 0n || (one.value & left) !== one.value) continue;
    names.push(one.name);
    left &= ~one.value;
  }
  return left === 0n && names.length > 0 ? names.reverse().join("|") : undefined;
}
