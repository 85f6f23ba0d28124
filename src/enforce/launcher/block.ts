/** What a launcher is told to do, laid out with the addresses that everything will have in its memory. */
import { syscallNr } from "../../../arch/index.ts";
import type { SeccompData } from "../../abi/data.ts";
import { encode } from "../../bpf/codec.ts";
import type { Program } from "../../bpf/program.ts";
import { type Native, nr } from "../native.ts";
import type { OpenFiles } from "../openfiles.ts";
import {
  type FilterFlag,
  flagBits,
  PR_SET_NO_NEW_PRIVS,
  PR_SET_PDEATHSIG,
  packFprog,
  SECCOMP_SET_MODE_FILTER,
  SIGKILL,
} from "../seccomp.ts";
import type { Identity } from "../user.ts";
import { BLOCK, STEPS } from "./layout.ts";
import { Memory } from "./memory.ts";

/** What a step is for, as a message names it. */
export type Stage =
  | "share the status page"
  | "hide a descriptor"
  | "pass on a descriptor"
  | "reset a signal"
  | "unblock the signals"
  | "restore the limit of open files"
  | "set the groups"
  | "set the group"
  | "set the user"
  | "give up the capabilities"
  | "end with its parent"
  | "find its parent alive"
  | "set no_new_privs"
  | "install the filter"
  | "wait for the supervisor"
  | "start the command";

/** A command with everything that it inherits, as bytes without NUL. */
export interface Command {
  /** The file to execute. */
  readonly path: Uint8Array;
  readonly argv: readonly Uint8Array[];
  /** `NAME=value` each. */
  readonly env: readonly Uint8Array[];
}

/** What a launcher shall do. */
export interface Orders {
  readonly command: Command;
  /** Installed in this order; at least one. */
  readonly programs: readonly Program[];
  /** Flags of every filter. */
  readonly flags: readonly FilterFlag[];
  /** Flags of the newest filter besides; after it the launcher waits for its parent when newListener is among them. */
  readonly lastFlags: readonly FilterFlag[];
  /** Descriptors that the command must not inherit, besides the next two. */
  readonly stray: readonly number[];
  /** Descriptor of the channel, and of the file whose first page is the status page. */
  readonly channel: number;
  readonly status: number;
  /** RLIMIT_NOFILE to set, soft and hard. */
  readonly openFiles?: OpenFiles;
  /** Who to become, for good. */
  readonly user?: Identity;
  /** Have the kernel kill the command when the process that starts it ends. */
  readonly endsWithParent?: boolean;
  /** Where the launcher is a Node, which hides all of its descriptors and sets signals: those that the command gets. */
  readonly passedOn?: readonly number[];
}

/** One call that the launcher makes, or its wait. */
export interface Step {
  readonly stage: Stage;
  /** Undefined for the wait. */
  readonly nr: number | undefined;
  readonly args: readonly (number | bigint)[];
  /** For a filter, which one. */
  readonly filter?: number;
}

/** The bytes to send through the channel, and the steps that they make the launcher take; the last is execve. */
export interface Block {
  readonly bytes: Uint8Array;
  readonly steps: readonly Step[];
}

const MAP_SHARED = 0x01;
const MAP_FIXED = 0x10;
const F_SETFD = 2;
const FD_CLOEXEC = 1;

/** Lays out `orders` for a launcher of the machine `here` that has the block's bytes in its memory from `start` on. */
export function layOut(orders: Orders, here: Native, start: number = STEPS): Block {
  const waits = orders.lastFlags.includes("newListener");
  const hidden = [orders.channel, orders.status, ...orders.stray];
  const whose = orders.user ? (orders.user.uid === 0 ? 3 : 4) : 0;
  const others = (orders.openFiles ? 1 : 0) + (orders.endsWithParent ? 2 : 0) + (waits ? 1 : 0) + 3; // the status page, no_new_privs, execve
  const undone = orders.passedOn ? orders.passedOn.length + signalsOf(here) - 1 : 0;
  const count = hidden.length + undone + whose + orders.programs.length + others;
  const memory = new Memory(start, count, here);
  const steps: Step[] = [
    orders.passedOn ? sharing(orders.status, memory, here) : sharingAt(BLOCK, orders.status, here),
    ...hidden.map(
      (fd): Step => ({ stage: "hide a descriptor", nr: nr("fcntl", here), args: [fd, F_SETFD, FD_CLOEXEC] }),
    ),
  ];
  if (orders.passedOn) steps.push(...undoing(orders.passedOn, memory, here));
  if (orders.openFiles) {
    const limit = memory.words([orders.openFiles.soft, orders.openFiles.hard]);
    steps.push({
      stage: "restore the limit of open files",
      nr: nr("prlimit64", here),
      args: [0, here.abi.startsWith("mips") ? 5 : 7, limit, 0], // RLIMIT_NOFILE
    });
  }
  if (orders.user) steps.push(...becoming(orders.user, memory, here));
  if (orders.endsWithParent) steps.push(...endingWithParent(orders.channel, memory, here));
  steps.push({ stage: "set no_new_privs", nr: nr("prctl", here), args: [PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0] });
  orders.programs.forEach((program, filter) => {
    const last = filter === orders.programs.length - 1;
    const flags = flagBits([...orders.flags, ...(last ? orders.lastFlags : [])]);
    const fprog = memory.place((address) =>
      packFprog(encode(program), here.wordBytes, here.endian, () => BigInt(address)),
    );
    const args = [SECCOMP_SET_MODE_FILTER, flags, fprog];
    steps.push({ stage: "install the filter", nr: nr("seccomp", here), args, filter });
  });
  if (waits) steps.push({ stage: "wait for the supervisor", nr: undefined, args: [] });
  const { path, argv, env } = orders.command;
  const execArgs = [memory.string(path), memory.pointers(argv), memory.pointers(env)];
  steps.push({ stage: "start the command", nr: nr("execve", here), args: execArgs });
  return { bytes: memory.bytes(steps), steps };
}

function sharingAt(address: number, status: number, here: Native): Step {
  const args = [address, 4096, 3, MAP_SHARED | MAP_FIXED, status, 0];
  return { stage: "share the status page", nr: nr("mmap", here), args };
}

/** Wherever there is room. Old 32-bit machines have mmap2 for what others call mmap, and s390 takes the arguments from memory. */
function sharing(status: number, memory: Memory, here: Native): Step {
  const args = [0, 4096, 3, MAP_SHARED, status, 0];
  const name = syscallNr(here.abi, "mmap2") === undefined ? "mmap" : "mmap2";
  return {
    stage: "share the status page",
    nr: nr(name, here),
    args: here.abi.startsWith("s390") ? [memory.longs(args)] : args,
  };
}

/** Signals of a machine, counted from 1. */
function signalsOf({ abi }: Native): number {
  return abi.startsWith("mips") ? 128 : 64;
}

const SIGSTOP = 19;
const SIGSTOP_MIPS = 23;
const SIG_SETMASK = 2;
const SIG_SETMASK_MIPS = 3;

/**
 * What a Node did to itself: its descriptors are closed by execve, signals are ignored that the command would go on to
 * ignore, and others have handlers, which would make calls under the filter.
 */
function undoing(passedOn: readonly number[], memory: Memory, here: Native): Step[] {
  const mips = here.abi.startsWith("mips");
  const size = signalsOf(here) / 8;
  const nothing = memory.words([0, 0, 0, 0, 0]); // a struct sigaction for SIG_DFL, and an empty mask
  const steps = passedOn.map(
    (fd): Step => ({ stage: "pass on a descriptor", nr: nr("fcntl", here), args: [fd, F_SETFD, 0] }),
  );
  for (let signal = 1; signal <= signalsOf(here); signal++) {
    if (signal === SIGKILL || signal === (mips ? SIGSTOP_MIPS : SIGSTOP)) continue;
    const args = [signal, nothing, 0, size];
    steps.push({ stage: "reset a signal", nr: nr("rt_sigaction", here), args });
  }
  const args = [mips ? SIG_SETMASK_MIPS : SIG_SETMASK, nothing, 0, size];
  return [...steps, { stage: "unblock the signals", nr: nr("rt_sigprocmask", here), args }];
}

const CAPABILITY_VERSION_3 = 0x20080522;

/**
 * Groups first, because changing them takes a capability that goes with the user id. No id is kept to go back to, and the
 * capabilities are given up by name too, since securebits can make them outlive the change of user.
 */
function becoming({ uid, gid, groups }: Identity, memory: Memory, here: Native): Step[] {
  const list = memory.integers(groups);
  const steps: Step[] = [
    { stage: "set the groups", nr: wide("setgroups", here), args: [groups.length, list] },
    { stage: "set the group", nr: wide("setresgid", here), args: [gid, gid, gid] },
    { stage: "set the user", nr: wide("setresuid", here), args: [uid, uid, uid] },
  ];
  if (uid === 0) return steps;
  const args = [memory.integers([CAPABILITY_VERSION_3, 0]), memory.words([0, 0, 0])]; // pid 0: this one
  return [...steps, { stage: "give up the capabilities", nr: nr("capset", here), args }];
}

/** The call that takes ids of 32 bits, where one of that name takes 16. */
function wide(name: "setgroups" | "setresgid" | "setresuid", here: Native): number {
  return syscallNr(here.abi, `${name}32`) ?? nr(name, here);
}

const MSG_DONTWAIT_NOSIGNAL = 0x4040;

/**
 * A change of user would undo the first call, so both come after it. The second is EPIPE when the parent has
 * ended: its end of the channel is closed then, and the kernel closes it before it sends the signals of PR_SET_PDEATHSIG. So
 * a parent that still holds it is yet to end, and its end will be told.
 */
function endingWithParent(channel: number, memory: Memory, here: Native): Step[] {
  return [
    { stage: "end with its parent", nr: nr("prctl", here), args: [PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0] },
    {
      stage: "find its parent alive",
      nr: nr("sendto", here),
      args: [channel, memory.words([0]), 1, MSG_DONTWAIT_NOSIGNAL, 0, 0],
    },
  ];
}

/** The call that a step makes, as a filter sees it; `instructionPointer` is behind the launcher's syscall instruction. */
export function stepData(step: Step, here: Native, instructionPointer: bigint): SeccompData {
  return {
    nr: step.nr ?? 0,
    arch: here.auditArch,
    args: Array.from({ length: 6 }, (_, i) => BigInt(step.args[i] ?? 0)),
    instructionPointer,
  };
}
