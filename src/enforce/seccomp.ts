/** The kernel's numbers for seccomp(2) and prctl(2), the same on every architecture (include/uapi/linux/seccomp.h, prctl.h). */

import type { Endian } from "../abi/data.ts";
import { INSN_SIZE } from "../bpf/codec.ts";

/** seccomp(2): install a filter; Linux 3.17. */
export const SECCOMP_SET_MODE_FILTER = 1;
/** seccomp(2): is an action known? Linux 4.14. */
export const SECCOMP_GET_ACTION_AVAIL = 2;
/** seccomp(2): sizes of the notification structures; Linux 5.0. */
export const SECCOMP_GET_NOTIF_SIZES = 3;

/** Flags of SECCOMP_SET_MODE_FILTER, and the kernel that brought each. */
export const filterFlags = Object.freeze({
  tsync: { bit: 0x01, since: "3.17" },
  log: { bit: 0x02, since: "4.14" },
  specAllow: { bit: 0x04, since: "4.17" },
  newListener: { bit: 0x08, since: "5.0" },
  tsyncEsrch: { bit: 0x10, since: "5.7" },
  waitKillableRecv: { bit: 0x20, since: "5.19" },
} as const);

/** The name of a flag of SECCOMP_SET_MODE_FILTER. */
export type FilterFlag = keyof typeof filterFlags;

/** Their names, by bit. */
export const filterFlagNames = Object.freeze([
  "tsync",
  "log",
  "specAllow",
  "newListener",
  "tsyncEsrch",
  "waitKillableRecv",
] as const) satisfies readonly FilterFlag[];

/** The flag word of `flags`. */
export function flagBits(flags: readonly FilterFlag[]): number {
  return flags.reduce((bits, flag) => bits | filterFlags[flag].bit, 0);
}

/** prctl(2): the signal to get when the parent ends. */
export const PR_SET_PDEATHSIG = 1;
/** signal(7): the one that nothing can catch. */
export const SIGKILL = 9;

/** prctl(2): the mode of the calling thread: 0 none, 2 filter. */
export const PR_GET_SECCOMP = 21;
/** prctl(2): give up gaining privileges through exec, which lets an unprivileged process install filters. */
export const PR_SET_NO_NEW_PRIVS = 38;
/** prctl(2): whether the calling thread gave that up. */
export const PR_GET_NO_NEW_PRIVS = 39;

/**
 * struct sock_fprog, which points the kernel at a program, and behind it the program's `insns`. `addressOf` tells
 * where the bytes lie, or will lie, in the memory of the caller of seccomp(2).
 *
 *     64-bit:  0 len u16   8 filter u64   16 insns        32-bit:  0 len u16   4 filter u32   8 insns
 */
export function packFprog(
  insns: Uint8Array,
  wordBytes: 4 | 8,
  endian: Endian,
  addressOf: (bytes: Uint8Array) => bigint,
): Uint8Array {
  const size = 2 * wordBytes;
  const bytes = new Uint8Array(new ArrayBuffer(size + insns.length));
  const view = new DataView(bytes.buffer);
  const little = endian === "little";
  const filter = addressOf(bytes) + BigInt(size);
  view.setUint16(0, insns.length / INSN_SIZE, little);
  if (wordBytes === 8) view.setBigUint64(8, filter, little);
  else view.setUint32(4, Number(filter), little);
  bytes.set(insns, size);
  return bytes;
}
