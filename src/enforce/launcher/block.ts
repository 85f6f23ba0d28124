/** What a launcher is told to do, laid out with the addresses that everything will have in its memory. */
import type { SeccompData } from "../../abi/data.ts";
import { encode } from "../../bpf/codec.ts";
import type { Program } from "../../bpf/program.ts";
import { type Native, nr } from "../native.ts";
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
import { BLOCK, STEP_SIZE, STEPS, WAIT } from "./layout.ts";

/** What a step is for, as a message names it. */
export type Stage =
  | "share the status page"
  | "hide a descriptor"
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
  readonly openFiles?: { readonly soft: bigint; readonly hard: bigint };
  /** Who to become, for good. */
  readonly user?: Identity;
  /** Have the kernel kill the command when the process that starts it ends. */
  readonly endsWithParent?: boolean;
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

const MAP_SHARED_FIXED = 0x11;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const RLIMIT_NOFILE = 7;

/** Lays out `orders` for a launcher of a little-endian 64-bit machine. */
export function layOut(orders: Orders, here: Native): Block {
  const waits = orders.lastFlags.includes("newListener");
  const hidden = [orders.channel, orders.status, ...orders.stray];
  const whose = orders.user ? (orders.user.uid === 0 ? 3 : 4) : 0;
  const others = (orders.openFiles ? 1 : 0) + (orders.endsWithParent ? 2 : 0) + (waits ? 1 : 0) + 3; // the status page, no_new_privs, execve
  const count = hidden.length + whose + orders.programs.length + others;
  const memory = new Memory(STEPS + count * STEP_SIZE);
  const steps: Step[] = [
    {
      stage: "share the status page",
      nr: nr("mmap", here),
      args: [BLOCK, 4096, 3, MAP_SHARED_FIXED, orders.status, 0],
    },
    ...hidden.map(
      (fd): Step => ({ stage: "hide a descriptor", nr: nr("fcntl", here), args: [fd, F_SETFD, FD_CLOEXEC] }),
    ),
  ];
  if (orders.openFiles) {
    const limit = memory.words([orders.openFiles.soft, orders.openFiles.hard]);
    steps.push({
      stage: "restore the limit of open files",
      nr: nr("prlimit64", here),
      args: [0, RLIMIT_NOFILE, limit, 0],
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

/** _LINUX_CAPABILITY_VERSION_3, with pid 0 in the upper half. */
const CAPABILITY_HEADER = 0x20080522n;

/**
 * Groups first, because changing them takes a capability that goes with the user id. No id is kept to go back to, and the
 * capabilities are given up by name too, since securebits can make them outlive the change of user.
 */
function becoming({ uid, gid, groups }: Identity, memory: Memory, here: Native): Step[] {
  const list = memory.place(() => new Uint8Array(new Uint32Array(groups).buffer));
  const steps: Step[] = [
    { stage: "set the groups", nr: nr("setgroups", here), args: [groups.length, list] },
    { stage: "set the group", nr: nr("setresgid", here), args: [gid, gid, gid] },
    { stage: "set the user", nr: nr("setresuid", here), args: [uid, uid, uid] },
  ];
  if (uid === 0) return steps;
  const args = [memory.words([CAPABILITY_HEADER]), memory.words([0, 0, 0])];
  return [...steps, { stage: "give up the capabilities", nr: nr("capset", here), args }];
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

/** Data placed one behind another from an address on. */
class Memory {
  readonly #parts: { readonly address: number; readonly bytes: Uint8Array }[] = [];
  #end: number;

  constructor(start: number) {
    this.#end = start;
  }

  /** Places the bytes that `make` makes for an address; gives that address. */
  place(make: (address: number) => Uint8Array): number {
    const address = Math.ceil(this.#end / 8) * 8;
    const bytes = make(address);
    this.#parts.push({ address, bytes });
    this.#end = address + bytes.length;
    return address;
  }

  words(values: readonly (number | bigint)[]): number {
    const bytes = new Uint8Array(values.length * 8);
    const view = new DataView(bytes.buffer);
    values.forEach((value, i) => {
      view.setBigUint64(i * 8, BigInt.asUintN(64, BigInt(value)), true);
    });
    return this.place(() => bytes);
  }

  /** A string ended by NUL. */
  string(bytes: Uint8Array): number {
    const address = this.place(() => bytes);
    this.#end++;
    return address;
  }

  /** An array of pointers to strings, ended by a null pointer. */
  pointers(strings: readonly Uint8Array[]): number {
    return this.words([...strings.map((bytes) => this.string(bytes)), 0]);
  }

  /** Everything from STEPS on, the steps first. */
  bytes(steps: readonly Step[]): Uint8Array {
    const all = new Uint8Array(this.#end - STEPS);
    const view = new DataView(all.buffer);
    steps.forEach((step, at) => {
      [step.nr ?? WAIT, ...step.args].forEach((value, i) => {
        view.setBigUint64(at * STEP_SIZE + i * 8, BigInt.asUintN(64, BigInt(value)), true);
      });
    });
    for (const { address, bytes } of this.#parts) all.set(bytes, address - STEPS);
    return all;
  }
}
