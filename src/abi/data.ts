/**
 * struct seccomp_data, the 64 bytes that a filter sees.
 *
 *     offset   0    4     8                    16        24            56
 *              nr   arch  instruction_pointer  args[0]   args[1]  ...  args[5]
 *
 * A filter loads 32-bit words at offsets 0, 4, ... 60 in the byte order of the machine, so a 64-bit field is
 * two words: low first on little-endian targets, high first on big-endian ones.
 * Source: include/uapi/linux/seccomp.h.
 */

import { isFields, shown, wrongValue } from "./fields.ts";

/** Byte order of a target; never the host's. */
export type Endian = "little" | "big";

/** One system call as the kernel shows it to a filter. */
export interface SeccompData {
  /** The number, unsigned 32 bits; x32 calls carry bit 30. */
  readonly nr: number;
  /** AUDIT_ARCH_*, unsigned 32 bits. */
  readonly arch: number;
  /** Six raw registers, unsigned 64 bits each; missing ones are 0. */
  readonly args: readonly bigint[];
  /** Address after the syscall instruction, unsigned 64 bits; 0 when absent. */
  readonly instructionPointer?: bigint;
}

/** Bytes of struct seccomp_data. */
export const SECCOMP_DATA_SIZE = 64;
/** 32-bit words of struct seccomp_data. */
export const SECCOMP_DATA_WORDS = 16;

/** Byte offset of `nr`. */
export const NR_OFFSET = 0;
/** Byte offset of `arch`. */
export const ARCH_OFFSET = 4;
/** Byte offset of `args`, 8 bytes each. */
export const ARGS_OFFSET = 16;

/** Byte offset of the low 32 bits of `instruction_pointer`. */
export function ipLowOffset(endian: Endian): number {
  return endian === "little" ? 8 : 12;
}
/** Byte offset of the high 32 bits of `instruction_pointer`. */
export function ipHighOffset(endian: Endian): number {
  return endian === "little" ? 12 : 8;
}
/** Byte offset of the low 32 bits of `args[index]`, index 0..5. */
export function argLowOffset(index: number, endian: Endian): number {
  return ARGS_OFFSET + 8 * index + (endian === "little" ? 0 : 4);
}
/** Byte offset of the high 32 bits of `args[index]`, index 0..5. */
export function argHighOffset(index: number, endian: Endian): number {
  return ARGS_OFFSET + 8 * index + (endian === "little" ? 4 : 0);
}

/** Throws a SeccatError "schema" when `data` has not the shape of a call: a caller without types. */
export function checkData(data: SeccompData): void {
  const { nr, arch, args, instructionPointer = 0n } = data ?? {};
  if (
    typeof nr === "number" &&
    typeof arch === "number" &&
    Array.isArray(args) &&
    args.every(isRegister) &&
    isRegister(instructionPointer)
  )
    return;
  throw wrongValue(
    "this is no call",
    "an object with nr and arch (numbers) and args (bigints)",
    isFields(data) ? `nr ${shown(nr)}, arch ${shown(arch)}, args ${shown(args)}` : data,
    { fix: "seccompData makes one of names" },
  );
}

function isRegister(value: unknown): boolean {
  return typeof value === "bigint";
}

/** The sixteen u32 words of `data` as a filter on a target of that byte order loads them, by offset / 4. */
export function packData(data: SeccompData, endian: Endian): Uint32Array {
  checkData(data);
  const words = new Uint32Array(SECCOMP_DATA_WORDS);
  words[0] = data.nr;
  words[1] = data.arch;
  const ip = data.instructionPointer ?? 0n;
  words[ipLowOffset(endian) / 4] = Number(ip & 0xffffffffn);
  words[ipHighOffset(endian) / 4] = Number((ip >> 32n) & 0xffffffffn);
  for (let i = 0; i < 6; i++) {
    const arg = data.args[i] ?? 0n;
    words[argLowOffset(i, endian) / 4] = Number(arg & 0xffffffffn);
    words[argHighOffset(i, endian) / 4] = Number((arg >> 32n) & 0xffffffffn);
  }
  return words;
}

/** The call that `words` (as made by packData) hold. */
export function unpackData(words: Uint32Array, endian: Endian): SeccompData {
  const word = (offset: number) => BigInt(words[offset / 4] ?? 0);
  return {
    nr: words[0] ?? 0,
    arch: words[1] ?? 0,
    instructionPointer: (word(ipHighOffset(endian)) << 32n) | word(ipLowOffset(endian)),
    args: [0, 1, 2, 3, 4, 5].map(
      (i) => (word(argHighOffset(i, endian)) << 32n) | word(argLowOffset(i, endian)),
    ),
  };
}

/** The name of the word at a byte offset: `nr`, `arch`, `ip.lo`, `args[2].hi`; undefined when unaligned or outside. */
export function wordName(offset: number, endian: Endian): string | undefined {
  if (offset < 0 || offset >= SECCOMP_DATA_SIZE || offset % 4 !== 0) return undefined;
  if (offset === NR_OFFSET) return "nr";
  if (offset === ARCH_OFFSET) return "arch";
  const first = offset % 8 === 0;
  const half = first === (endian === "little") ? "lo" : "hi";
  return offset < 16 ? `ip.${half}` : `args[${(offset - 16) >> 3}].${half}`;
}

/** The byte offset of a word that `wordName` names, or undefined for any other name. */
export function wordOffset(name: string, endian: Endian): number | undefined {
  for (let offset = 0; offset < SECCOMP_DATA_SIZE; offset += 4) {
    if (wordName(offset, endian) === name) return offset;
  }
  return undefined;
}
