import { type AbiName, abiRows } from "./table/abi.ts";

export type { AbiName };

/** One way to call Linux: an architecture, or one of several that its kernel offers. */
export interface Abi {
  /** libseccomp's name in lower case. */
  readonly name: AbiName;
  /** AUDIT_ARCH_* as seccomp_data.arch holds it, unsigned 32 bits; x32 shares x86_64's. */
  readonly auditArch: number;
  /** The constant's name in include/uapi/linux/audit.h. */
  readonly auditArchName: string;
  readonly endian: "little" | "big";
  /** Bits of a C long and of a pointer. */
  readonly wordBits: 32 | 64;
  /** Bits of an argument register: 64 on x32 and n32 although their words have 32. */
  readonly argBits: 32 | 64;
  /** What every number is above: bit 30 on x32; 4000, 5000, 6000 on mips. */
  readonly nrBase: number;
  readonly names: {
    readonly libseccomp?: string;
    readonly oci?: string;
    readonly systemd?: string;
    readonly goarch?: string;
    /** What `uname -m` says. */
    readonly uname: readonly string[];
    /** process.arch values. */
    readonly node: readonly string[];
  };
  /** Numbers of the calls that hide others: sub-call in an argument, or (`syscall`) a number in the first. */
  readonly multiplexers: { readonly socketcall?: number; readonly ipc?: number; readonly syscall?: number };
  /** The first mainline kernel with SECCOMP_MODE_FILTER there. */
  readonly seccompSince: string;
  /**
   * Whether the kernel keeps the bitmap of calls that are always allowed (Linux 5.11): `native` as the ABI
   * of a kernel of its own, `compat` as the 32-bit ABI of a 64-bit one.
   */
  readonly cache: { readonly native: boolean; readonly compat: boolean };
}

/** Bit 30 of a number: set by x32, which shares AUDIT_ARCH_X86_64. */
export const X32_BIT = 0x40000000;

/** The 24 ABIs. */
export const abiNames: readonly AbiName[] = abiRows.map((row) => row.name);

const byName = new Map<string, (typeof abiRows)[number]>(abiRows.map((row) => [row.name, row]));

/** Whether `s` names an ABI. */
export function isAbiName(s: string): s is AbiName {
  return byName.has(s);
}

/** The facts of an ABI. */
export function abi(name: AbiName): Abi {
  return row(name);
}

/** The column that an ABI has in the generated tables. */
export function tableOf(name: AbiName): number {
  return row(name).table;
}

function row(name: AbiName): (typeof abiRows)[number] {
  const found = byName.get(name);
  if (!found) throw new RangeError(`no ABI is named ${name}`);
  return found;
}

/** The ABI of a call as a filter sees it: x32 is x86_64 with bit 30 in `nr`; undefined when unknown. */
export function abiOf(auditArch: number, nr: number): AbiName | undefined {
  const wanted = auditArch >>> 0;
  const x32 = (nr & X32_BIT) !== 0;
  return abiRows.find(
    (row) =>
      row.auditArch === wanted && (row.auditArchName !== "AUDIT_ARCH_X86_64" || (row.name === "x32") === x32),
  )?.name;
}

/** The ABI of a Node process by its process.arch and os.endianness(); undefined when Linux has none such. */
export function nativeAbi(processArch: string, endianness: "LE" | "BE"): AbiName | undefined {
  const endian = endianness === "LE" ? "little" : "big";
  return abiRows.find((row) => row.endian === endian && row.names.node.some((name) => name === processArch))
    ?.name;
}
