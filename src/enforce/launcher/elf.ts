/**
 * A static ELF program of one segment.
 *
 *     0    Elf64_Ehdr, 64 bytes
 *     64   Elf64_Phdr PT_LOAD, 56 bytes: the whole file, readable and executable, at CODE
 *     120  Elf64_Phdr PT_GNU_STACK, 56 bytes: a stack that is not executable
 *     176  code
 */
import { CODE } from "./layout.ts";

const EHDR = 64;
const PHDR = 56;
const HEADERS = EHDR + 2 * PHDR;

/** e_machine values. */
export const elfMachines = Object.freeze({ x86_64: 62, aarch64: 183 } as const);

/** Where the byte at `offset` of the code is in memory. */
export function codeAddress(offset: number): bigint {
  return BigInt(CODE + HEADERS + offset);
}

/** A little-endian 64-bit ELF file that runs `code` from its first byte, mapped at CODE. */
export function elf(machine: keyof typeof elfMachines, code: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADERS + code.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // "\x7fELF", 64-bit, little-endian, version 1
  view.setUint16(16, 2, true); // e_type ET_EXEC
  view.setUint16(18, elfMachines[machine], true); // e_machine
  view.setUint32(20, 1, true); // e_version
  view.setBigUint64(24, codeAddress(0), true); // e_entry
  view.setBigUint64(32, BigInt(EHDR), true); // e_phoff
  view.setUint16(52, EHDR, true); // e_ehsize
  view.setUint16(54, PHDR, true); // e_phentsize
  view.setUint16(56, 2, true); // e_phnum
  view.setUint16(58, 64, true); // e_shentsize; there are no sections
  programHeader(view, EHDR, { type: 1, flags: 5, address: CODE, size: bytes.length, align: 0x10000 });
  programHeader(view, EHDR + PHDR, { type: 0x6474e551, flags: 6, address: 0, size: 0, align: 16 });
  bytes.set(code, HEADERS);
  return bytes;
}

interface Segment {
  readonly type: number;
  /** 1 executable, 2 writable, 4 readable. */
  readonly flags: number;
  readonly address: number;
  readonly size: number;
  readonly align: number;
}

function programHeader(view: DataView, at: number, { type, flags, address, size, align }: Segment): void {
  view.setUint32(at, type, true);
  view.setUint32(at + 4, flags, true);
  view.setBigUint64(at + 8, 0n, true); // p_offset
  view.setBigUint64(at + 16, BigInt(address), true); // p_vaddr
  view.setBigUint64(at + 24, BigInt(address), true); // p_paddr
  view.setBigUint64(at + 32, BigInt(size), true); // p_filesz
  view.setBigUint64(at + 40, BigInt(size), true); // p_memsz
  view.setBigUint64(at + 48, BigInt(align), true); // p_align
}
