/**
 * ptrace(2) as far as reading filters needs it: a task is seized, stopped, asked, and let go.
 *
 * The kernel counts a tracer by thread, so all calls about one task must come from one thread; here they are
 * synchronous. Whether a task has stopped is seen from PTRACE_GETSIGINFO, which works in a stop alone, and not waited
 * for: wait4 would take the exit status of a child of this process from libuv, or libuv the stop from here. Source: include/uapi/linux/ptrace.h, kernel/ptrace.c, ptrace(2).
 */
import { type ErrnoName, errnoName } from "../../arch/index.ts";
import type { CallArgument, CallResult, Shim } from "../../shim/index.ts";
import { INSN_SIZE } from "../bpf/codec.ts";
import { BPF_MAXINSNS } from "../bpf/program.ts";
import { native, nr } from "./native.ts";

const PTRACE_DETACH = 17;
const PTRACE_GETSIGINFO = 0x4202;
/** Linux 3.4: attaches without stopping, and without a SIGSTOP. */
const PTRACE_SEIZE = 0x4206;
const PTRACE_INTERRUPT = 0x4207;
/** Linux 4.4. */
const PTRACE_SECCOMP_GET_FILTER = 0x420c;
/** Linux 4.16. */
const PTRACE_SECCOMP_GET_METADATA = 0x420d;
/** si_code >> 8 in a stop that is ours or a group stop; in a stop before a signal it is that signal's own. */
const PTRACE_EVENT_STOP = 128;

const P_PID = 1;
const WNOHANG = 0x1;
const WEXITED = 0x4;
/** Threads, and the children of clone without SIGCHLD, too. */
const __WALL = 0x40000000;
/** sizeof(siginfo_t). */
const SIGINFO_SIZE = 128;
/** struct { u64 filter_off; u64 flags; } */
const METADATA_SIZE = 16;

/** Attaches to the task without stopping it. */
export function seize(shim: Shim, tid: number): CallResult {
  return ptrace(shim, PTRACE_SEIZE, tid);
}

/** Asks an attached task to stop, which it does soon, not at once. */
export function interrupt(shim: Shim, tid: number): CallResult {
  return ptrace(shim, PTRACE_INTERRUPT, tid);
}

/** Lets a stopped task go on, with the signal that it was about to get, 0 for none; in a group stop it stays stopped. */
export function detach(shim: Shim, tid: number, signal: number): CallResult {
  return ptrace(shim, PTRACE_DETACH, tid, 0, signal);
}

/** The stop of an attached task. */
export interface Stop {
  /** The signal that it was about to get when it stopped, which `detach` hands on; 0 for none. */
  readonly signal: number;
}

/** The stop that an attached task is in; undefined while it runs, and when it has ended. */
export function stopOf(shim: Shim, tid: number): Stop | undefined {
  const info = new DataView(new ArrayBuffer(SIGINFO_SIZE));
  const answer = ptrace(shim, PTRACE_GETSIGINFO, tid, 0, new Uint8Array(info.buffer));
  if (!answer.ok) return undefined;
  // si_signo, si_errno, si_code; on mips si_signo, si_code, si_errno: 4 bytes each
  const { abi, endian } = native();
  const signal = info.getInt32(0, endian === "little");
  const code = info.getInt32(abi.startsWith("mips") ? 4 : 8, endian === "little");
  return { signal: code >> 8 === PTRACE_EVENT_STOP ? 0 : signal };
}

/** Takes note of an attached task's end, without which its parent never hears of it. Not for children of this process. */
export function reap(shim: Shim, tid: number): void {
  shim.syscall(nr("waitid"), P_PID, tid, new Uint8Array(SIGINFO_SIZE), WEXITED | WNOHANG | __WALL, 0);
}

/** What a request for one filter answers. */
export type FilterAnswer =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly errno: number; readonly name: ErrnoName | string };

/** The program of a stopped task's filter, as bytes; `index` 0 is the one that was installed first. */
export function getFilter(shim: Shim, tid: number, index: number): FilterAnswer {
  const bytes = new Uint8Array(BPF_MAXINSNS * INSN_SIZE);
  const answer = ptrace(shim, PTRACE_SECCOMP_GET_FILTER, tid, index, bytes);
  if (answer.ok) return { ok: true, bytes: bytes.slice(0, answer.value * INSN_SIZE) };
  // Node's own list of names lacks EMEDIUMTYPE.
  return { ...answer, name: errnoName(native().abi, answer.errno) ?? answer.name };
}

/** The flags that a stopped task's filter was installed with, of which the kernel tells LOG alone; undefined before Linux 4.16. */
export function getFlags(shim: Shim, tid: number, index: number): bigint | undefined {
  const metadata = new DataView(new ArrayBuffer(METADATA_SIZE));
  const little = native().endian === "little";
  metadata.setBigUint64(0, BigInt(index), little);
  const bytes = new Uint8Array(metadata.buffer);
  const answer = ptrace(shim, PTRACE_SECCOMP_GET_METADATA, tid, METADATA_SIZE, bytes);
  return answer.ok && answer.value === METADATA_SIZE ? metadata.getBigUint64(8, little) : undefined;
}

function ptrace(shim: Shim, request: number, tid: number, address: CallArgument = 0, data: CallArgument = 0) {
  return shim.syscall(nr("ptrace"), request, tid, address, data);
}
