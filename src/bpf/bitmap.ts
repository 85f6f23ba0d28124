/**
 * Which calls the kernel answers from its bitmap, so that no filter runs for them (Linux 5.11 and later).
 *
 * When a filter is installed, the kernel follows it once for each number of its own arch and of the 32-bit arch
 * beside it, knowing nothing but the number and the arch:
 *
 *     followed    ld [nr] ; ld [arch] ; and #k ; ja ; jeq, jgt, jge, jset #k ; ret #k
 *     all else    the kernel gives up: the filter runs for every call of that number
 *
 * A number is in the bitmap when that ends in `ret #ALLOW`, without data; with several filters, when it is in
 * the bitmap of each. Only what lies on the way of that number counts.
 *
 * Source: seccomp_cache_prepare() and seccomp_is_const_allow() in kernel/seccomp.c.
 */
import {
  type AbiName,
  abi as abiFacts,
  compareVersions,
  newestKernel,
  newestNr,
  syscallNr,
} from "../../arch/index.ts";
import { actionValues } from "../abi/action.ts";
import { ARCH_OFFSET, NR_OFFSET } from "../abi/data.ts";
import { Op } from "../abi/opcode.ts";
import type { Program } from "./program.ts";

/** The first kernel with the bitmap. */
const SINCE = "5.11";

/** Calls that no filter can stop on x86_64, each with the first kernel that answers it always. */
const exempt = [
  ["uretprobe", "6.14"],
  ["uprobe", "6.18"],
] as const;

/** Whether a kernel of that version keeps a bitmap for `abi`. */
export function keepsBitmap(abi: AbiName, kernel: string = newestKernel): boolean {
  const { native, compat } = abiFacts(abi).cache;
  return compareVersions(kernel, SINCE) >= 0 && (native || compat);
}

/**
 * The numbers of `abi` that a kernel of that version answers by itself under `program`, whatever the arguments
 * are; ordered. Numbers that the kernel does not have, x32's and ARM's private ones always run the filter.
 */
export function bitmapOf(program: Program, abi: AbiName, kernel: string = newestKernel): ReadonlySet<number> {
  const set = new Set<number>();
  if (!keepsBitmap(abi, kernel)) return set;
  const { auditArch } = abiFacts(abi);
  const unstoppable = exemptNumbers(abi, kernel);
  const newest = newestNr(abi, kernel);
  for (let nr = 0; nr <= newest; nr++)
    if (unstoppable.includes(nr) || isConstantAllow(program, auditArch, nr)) set.add(nr);
  return set;
}

function exemptNumbers(abi: AbiName, kernel: string): number[] {
  if (abi !== "x86_64") return [];
  return exempt
    .filter(([, since]) => compareVersions(kernel, since) >= 0)
    .flatMap(([name]) => syscallNr(abi, name) ?? []);
}

/** Whether the kernel, following `program` for a number (u32) of an AUDIT_ARCH, comes to a plain ALLOW. */
export function isConstantAllow({ insns }: Program, auditArch: number, nr: number): boolean {
  let a = 0;
  for (let pc = 0; ; pc++) {
    const insn = insns[pc];
    if (!insn) return false;
    const { code, jt, jf, k } = insn;
    switch (code) {
      case Op.LD_ABS:
        if (k !== NR_OFFSET && k !== ARCH_OFFSET) return false;
        a = k === NR_OFFSET ? nr >>> 0 : auditArch >>> 0;
        break;
      case Op.AND:
        a = (a & k) >>> 0;
        break;
      case Op.JA:
        pc += k;
        break;
      case Op.JEQ:
        pc += a === k ? jt : jf;
        break;
      case Op.JGT:
        pc += a > k ? jt : jf;
        break;
      case Op.JGE:
        pc += a >= k ? jt : jf;
        break;
      case Op.JSET:
        pc += (a & k) !== 0 ? jt : jf;
        break;
      case Op.RET:
        return k === actionValues.allow;
      default:
        return false;
    }
  }
}
