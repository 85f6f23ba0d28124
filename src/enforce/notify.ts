/**
 * The structures of a listener's ioctls.
 *
 *     struct seccomp_notif       0 id u64   8 pid u32   12 flags u32   16 seccomp_data
 *     struct seccomp_notif_resp  0 id u64   8 val s64   16 error s32   20 flags u32
 *     struct seccomp_notif_addfd 0 id u64   8 flags u32   12 srcfd u32   16 newfd u32   20 newfd_flags u32
 *
 * Source: include/uapi/linux/seccomp.h. Newer kernels may have longer ones, so their sizes are asked for.
 */
import { type ErrnoName, errnoNumber } from "../../arch/index.ts";
import type { Shim } from "../../shim/index.ts";
import { ARGS_OFFSET, type Endian, SECCOMP_DATA_SIZE, type SeccompData } from "../abi/data.ts";
import { SeccatError } from "../abi/error.ts";
import { native, nr } from "./native.ts";
import { SECCOMP_GET_NOTIF_SIZES } from "./seccomp.ts";

/** A call that a filter answered with USER_NOTIF, and whose maker waits. */
export interface Call extends SeccompData {
  /** The notification's id, unique per filter. */
  readonly id: bigint;
  /** The thread that makes the call, in this process's numbering; 0 when it is not visible from here. */
  readonly pid: number;
}

/**
 * What a waiting call gets: an errno; a value as if it had happened; the call itself; the death of its process; or a
 * copy of a descriptor of this process, whose number there is the call's value.
 *
 * `continue` is NO SECURITY DECISION. The kernel then makes the call from the start, with whatever the memory behind its
 * pointers holds by then: another thread, or a process that shares that memory, can have changed it after a handler
 * read it. Continue a call when it would be harmless with any path, address or structure; else deny it, or do
 * what it asks for yourself and answer with the value or the descriptor.
 */
export type Answer = PlainAnswer | DescriptorAnswer;

/** An answer that seccomp_notif_resp has a place for. */
export type PlainAnswer =
  | { readonly errno: ErrnoName | number }
  | { readonly value: bigint | number }
  | { readonly continue: true }
  | { readonly kill: true };

/** A descriptor of this process as the answer. */
export interface DescriptorAnswer {
  /** Its number here; closed once the caller has its copy. */
  readonly descriptor: number;
  /** Leave it open here. */
  readonly keep?: boolean;
  /** Its number there, which replaces what is open under it; the lowest free one when absent. */
  readonly newfd?: number;
  /** Have it closed there when another program is executed. */
  readonly cloexec?: boolean;
}

/** A descriptor of this process that the maker of a call gets a copy of. */
export interface Injection {
  /** Its number here. */
  readonly fd: number;
  /** Its number there, which replaces what is open under it; the lowest free one when absent. */
  readonly newfd?: number;
  /** Have it closed when that process executes another program. */
  readonly cloexec?: boolean;
  /** Answer the call with the number in the same step (Linux 5.14). */
  readonly send?: boolean;
}

/** Bytes of the kernel's own seccomp_notif and seccomp_notif_resp. */
export interface NotifSizes {
  readonly notif: number;
  readonly response: number;
}

/** Where seccomp_data lies in a seccomp_notif. */
const DATA = 16;
const NOTIF_SIZE = DATA + SECCOMP_DATA_SIZE;
const RESPONSE_SIZE = 24;
const ADDFD_SIZE = 24;
/** Response flag: make the call (Linux 5.5). */
const CONTINUE = 1;
/** ADDFD flags: use newfd; answer the call too. */
const SETFD = 1;
const SEND = 2;
/** O_CLOEXEC, the same on every architecture that Node runs on. */
const O_CLOEXEC = 0x80000;

/** ioctl numbers; those that only write hold the direction in other bits on mips, ppc, sparc and parisc. */
export function notifIoctls() {
  const other = /^(mips|ppc|parisc)/.test(native().abi);
  return {
    recv: 0xc0502100,
    send: 0xc0182101,
    idValid: other ? 0x80082102 : 0x40082102,
    addfd: other ? 0x80182103 : 0x40182103,
    setFlags: other ? 0x80082104 : 0x40082104,
  };
}

/** SET_FLAGS: wake the other side on this processor (Linux 6.6). */
export const SYNC_WAKE_UP = 1;

/** The sizes that this kernel works with, at least those known here. Throws SeccatError "host" before Linux 5.0. */
export function notifSizes(shim: Shim): NotifSizes {
  const { notif, response } = kernelSizes(shim);
  return { notif: Math.max(notif, NOTIF_SIZE), response: Math.max(response, RESPONSE_SIZE) };
}

/** The sizes that this kernel tells, of seccomp_data too. Throws SeccatError "host" before Linux 5.0. */
export function kernelSizes(shim: Shim): NotifSizes & { readonly data: number } {
  const sizes = new Uint8Array(6);
  const answer = shim.syscall(nr("seccomp"), SECCOMP_GET_NOTIF_SIZES, 0, sizes);
  if (!answer.ok)
    throw new SeccatError({
      code: "host",
      message: `this kernel has no user notifications (${answer.name})`,
      expected: "Linux 5.0 or later",
    });
  const view = new DataView(sizes.buffer);
  const [notif = 0, response = 0, data = 0] = [0, 2, 4].map((at) =>
    view.getUint16(at, native().endian === "little"),
  );
  return { notif, response, data };
}

/** The call in a seccomp_notif. */
export function decodeNotif(bytes: Uint8Array, endian: Endian): Call {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = endian === "little";
  const arg = (index: number) => view.getBigUint64(DATA + ARGS_OFFSET + 8 * index, little);
  return {
    id: view.getBigUint64(0, little),
    pid: view.getUint32(8, little),
    nr: view.getUint32(DATA, little),
    arch: view.getUint32(DATA + 4, little),
    instructionPointer: view.getBigUint64(DATA + 8, little),
    args: [arg(0), arg(1), arg(2), arg(3), arg(4), arg(5)],
  };
}

/** The seccomp_notif_addfd for a call. */
export function encodeAddfd(id: bigint, injection: Injection, endian: Endian): Uint8Array {
  const bytes = new Uint8Array(ADDFD_SIZE);
  const view = new DataView(bytes.buffer);
  const little = endian === "little";
  const { fd, newfd, cloexec, send } = injection;
  view.setBigUint64(0, id, little);
  view.setUint32(8, (newfd === undefined ? 0 : SETFD) | (send ? SEND : 0), little);
  view.setUint32(12, fd, little);
  view.setUint32(16, newfd ?? 0, little);
  view.setUint32(20, cloexec ? O_CLOEXEC : 0, little);
  return bytes;
}

/** The seccomp_notif_resp of `size` bytes that gives a call an answer; `kill` is answered with EPERM, for a thread that is dying. */
export function encodeResponse(id: bigint, answer: PlainAnswer, size: number, endian: Endian): Uint8Array {
  const bytes = new Uint8Array(size);
  writeResponse(new DataView(bytes.buffer), id, answer, endian);
  return bytes;
}

/** Writes what encodeResponse() gives into `view`, whatever was there. */
export function writeResponse(view: DataView, id: bigint, answer: PlainAnswer, endian: Endian): void {
  const little = endian === "little";
  view.setBigUint64(0, id, little);
  view.setBigInt64(8, 0n, little);
  view.setBigUint64(16, 0n, little);
  if ("value" in answer) view.setBigInt64(8, BigInt.asIntN(64, BigInt(answer.value)), little);
  else if ("continue" in answer) view.setUint32(20, CONTINUE, little);
  else view.setInt32(16, -errnoOf("errno" in answer ? answer.errno : "EPERM"), little);
}

function errnoOf(errno: ErrnoName | number): number {
  const number = typeof errno === "number" ? errno : errnoNumber(native().abi, errno);
  if (number !== undefined && Number.isInteger(number) && number >= 0 && number <= 4095) return number;
  throw new SeccatError({
    code: "usage",
    message: "an answer to a call has no such errno",
    expected: "an errno name, or a number from 0 to 4095",
    received: String(errno),
  });
}

/** Where a struct seccomp_notif, as 32-bit words, has the parts that are looked at in a hurry; of 64 bits the lower half. */
export interface NotifWords {
  readonly pid: number;
  readonly nr: number;
  readonly arch: number;
  readonly args: readonly number[];
}

/** The places of these words. */
export function notifWords(endian: Endian): NotifWords {
  const lower = endian === "little" ? 0 : 1;
  return { pid: 2, nr: 4, arch: 5, args: [0, 1, 2, 3, 4, 5].map((i) => 8 + 2 * i + lower) };
}
