import type { Endian } from "../abi/data.ts";

/** One instruction as the kernel stores it: struct sock_filter, 8 bytes (include/uapi/linux/filter.h). */
export interface SockFilter {
  /** Opcode, u16. */
  readonly code: number;
  /** Instructions to skip when a conditional jump holds, u8. */
  readonly jt: number;
  /** Instructions to skip when it does not, u8. */
  readonly jf: number;
  /** Constant, offset, cell or distance, u32. */
  readonly k: number;
}

declare const checked: unique symbol;

/** A program that passed the kernel's checks: only `check` makes one. */
export interface Program {
  readonly [checked]: true;
  /** Byte order of the machine that runs it: which half of a 64-bit word lies at which offset. */
  readonly endian: Endian;
  /** 1 to 4096 instructions, frozen. */
  readonly insns: readonly SockFilter[];
}

/** The most instructions that the kernel takes (BPF_MAXINSNS). */
export const BPF_MAXINSNS = 4096;
/** Scratch cells (BPF_MEMWORDS). */
export const BPF_MEMWORDS = 16;
