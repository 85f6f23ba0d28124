/** The constants of seccomp.h, with the names and values that they have there. */
import { abi } from "../../arch/index.ts";
import { actionValues } from "../abi/action.ts";

/** Kill the thread; the old name of SCMP_ACT_KILL_THREAD. */
export const SCMP_ACT_KILL: number = actionValues.kill_thread;
/** Kill the whole process. */
export const SCMP_ACT_KILL_PROCESS: number = actionValues.kill_process;
/** Kill the thread that made the call. */
export const SCMP_ACT_KILL_THREAD: number = actionValues.kill_thread;
/** Send SIGSYS. */
export const SCMP_ACT_TRAP: number = actionValues.trap;
/** Ask the supervisor that holds the listener. */
export const SCMP_ACT_NOTIFY: number = actionValues.user_notif;
/** Allow the call, and log it. */
export const SCMP_ACT_LOG: number = actionValues.log;
/** Allow the call. */
export const SCMP_ACT_ALLOW: number = actionValues.allow;

/** Fail the call with errno `x` (its low 16 bits). */
export function SCMP_ACT_ERRNO(x: number): number {
  return (actionValues.errno | (x & 0xffff)) >>> 0;
}

/** Tell the tracer, with `x` (its low 16 bits) as the message. */
export function SCMP_ACT_TRACE(x: number): number {
  return (actionValues.trace | (x & 0xffff)) >>> 0;
}

/** Not equal. */
export const SCMP_CMP_NE = 1;
/** Less than, unsigned. */
export const SCMP_CMP_LT = 2;
/** Less than or equal, unsigned. */
export const SCMP_CMP_LE = 3;
/** Equal. */
export const SCMP_CMP_EQ = 4;
/** Greater than or equal, unsigned. */
export const SCMP_CMP_GE = 5;
/** Greater than, unsigned. */
export const SCMP_CMP_GT = 6;
/** `arg & datum_a == datum_b & datum_a`. */
export const SCMP_CMP_MASKED_EQ = 7;

/** The default action, which only seccomp_init and seccomp_reset set. */
export const SCMP_FLTATR_ACT_DEFAULT = 1;
/** The action for calls of an architecture that the filter does not have; SCMP_ACT_KILL at first. */
export const SCMP_FLTATR_ACT_BADARCH = 2;
/** Whether seccomp_load sets no_new_privs; 1 at first. */
export const SCMP_FLTATR_CTL_NNP = 3;
/** Whether seccomp_load covers every thread. */
export const SCMP_FLTATR_CTL_TSYNC = 4;
/** Whether rules for the syscall -1 are taken. */
export const SCMP_FLTATR_API_TSKIP = 5;
/** Whether the kernel logs denials. */
export const SCMP_FLTATR_CTL_LOG = 6;
/** Whether the Speculative Store Bypass mitigation is left off. */
export const SCMP_FLTATR_CTL_SSB = 7;
/** 1: rules by priority, 2: a binary tree. Kept, and without effect: a Seccat program is always a search tree. */
export const SCMP_FLTATR_CTL_OPTIMIZE = 8;
/** Whether failures of the system are returned as they are, instead of as -ECANCELED. */
export const SCMP_FLTATR_API_SYSRAWRC = 9;

/** The architecture that Node runs on. */
export const SCMP_ARCH_NATIVE = 0;
/** 32-bit x86. */
export const SCMP_ARCH_X86: number = abi("x86").auditArch;
/** 64-bit x86. */
export const SCMP_ARCH_X86_64: number = abi("x86_64").auditArch;
/** x32: libseccomp's own token, since the kernel's is that of x86_64. */
export const SCMP_ARCH_X32 = 0x4000003e;
/** 32-bit ARM. */
export const SCMP_ARCH_ARM: number = abi("arm").auditArch;
/** 64-bit ARM. */
export const SCMP_ARCH_AARCH64: number = abi("aarch64").auditArch;
/** LoongArch, 64 bits; libseccomp has it from 2.6 on. */
export const SCMP_ARCH_LOONGARCH64: number = abi("loongarch64").auditArch;
/** m68k; libseccomp has it from 2.6 on. */
export const SCMP_ARCH_M68K: number = abi("m68k").auditArch;
/** MIPS o32, big endian. */
export const SCMP_ARCH_MIPS: number = abi("mips").auditArch;
/** MIPS n64, big endian. */
export const SCMP_ARCH_MIPS64: number = abi("mips64").auditArch;
/** MIPS n32, big endian. */
export const SCMP_ARCH_MIPS64N32: number = abi("mips64n32").auditArch;
/** MIPS o32, little endian. */
export const SCMP_ARCH_MIPSEL: number = abi("mipsel").auditArch;
/** MIPS n64, little endian. */
export const SCMP_ARCH_MIPSEL64: number = abi("mipsel64").auditArch;
/** MIPS n32, little endian. */
export const SCMP_ARCH_MIPSEL64N32: number = abi("mipsel64n32").auditArch;
/** PA-RISC, 32 bits. */
export const SCMP_ARCH_PARISC: number = abi("parisc").auditArch;
/** PA-RISC, 64 bits. */
export const SCMP_ARCH_PARISC64: number = abi("parisc64").auditArch;
/** PowerPC, 32 bits. */
export const SCMP_ARCH_PPC: number = abi("ppc").auditArch;
/** PowerPC, 64 bits, big endian. */
export const SCMP_ARCH_PPC64: number = abi("ppc64").auditArch;
/** PowerPC, 64 bits, little endian. */
export const SCMP_ARCH_PPC64LE: number = abi("ppc64le").auditArch;
/** RISC-V, 64 bits. */
export const SCMP_ARCH_RISCV64: number = abi("riscv64").auditArch;
/** s390, 31 bits. */
export const SCMP_ARCH_S390: number = abi("s390").auditArch;
/** s390x. */
export const SCMP_ARCH_S390X: number = abi("s390x").auditArch;
/** SuperH, little endian; libseccomp has it from 2.6 on. */
export const SCMP_ARCH_SH: number = abi("sh").auditArch;
/** SuperH, big endian; libseccomp has it from 2.6 on. */
export const SCMP_ARCH_SHEB: number = abi("sheb").auditArch;

/** What a resolver answers for a name that it does not know. */
export const __NR_SCMP_ERROR = -1;
