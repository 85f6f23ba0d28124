import { endianness } from "node:os";
import { type AbiName, abi, nativeAbi, type SyscallName, syscallNr } from "../../arch/index.ts";
import type { Endian } from "../abi/data.ts";
import { SeccatError } from "../abi/error.ts";

/** What a filter for this very process must speak. */
export interface Native {
  readonly abi: AbiName;
  /** AUDIT_ARCH_* of this process's calls. */
  readonly auditArch: number;
  readonly endian: Endian;
  /** Bytes of a pointer. */
  readonly wordBytes: 4 | 8;
}

let known: Native | undefined;

/** The ABI of this process. Throws SeccatError "host" outside Linux and on an architecture that is not in the tables. */
export function native(): Native {
  known ??= look();
  return known;
}

function look(): Native {
  const name = process.platform === "linux" ? nativeAbi(process.arch, endianness()) : undefined;
  if (name === undefined)
    throw new SeccatError({
      code: "host",
      message: `filters cannot be installed on ${process.platform} ${process.arch}`,
      expected: "Linux, on an architecture with seccomp filters",
    });
  const facts = abi(name);
  return {
    abi: name,
    auditArch: facts.auditArch,
    endian: facts.endian,
    wordBytes: facts.wordBits === 64 ? 8 : 4,
  };
}

/** The number of a call on this machine, or on `machine`. Throws SeccatError "host" when it has none. */
export function nr(name: SyscallName, machine: Native = native()): number {
  const found = syscallNr(machine.abi, name);
  if (found !== undefined) return found;
  throw new SeccatError({ code: "host", message: `${machine.abi} has no system call ${name}` });
}
