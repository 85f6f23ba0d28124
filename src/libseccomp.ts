/**
 * libseccomp's calls, by their own names, so that a C program's filter ports line by line.
 *
 *     const ctx = seccomp_init(SCMP_ACT_KILL);
 *     let rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS("read"), 0);
 *     if (rc === 0) rc = seccomp_load(ctx);
 *     seccomp_release(ctx);
 *
 * As in C, a call answers 0 or a negative errno of the machine that Node runs on, and throws nothing; where C
 * writes through a pointer, the value is returned. What several rules of one syscall mean is told in
 * src/libseccomp/tree.ts, what several architectures do in src/libseccomp/syscall.ts. Known differences:
 *
 * - A 64-bit comparison is one comparison. libseccomp compares halves and shares them between rules, so that
 *   several rules with <, <=, >, >= or != on one argument can decide wrongly there (GHSA-4q85-33p6-j5g6), come
 *   out as -EEXIST, or never end.
 * - Other faults of libseccomp 2.5.4 are not copied either; test/libseccomp/known.test.ts has the smallest
 *   filter for each: a forgotten load, a dropped rule, a lost architecture, a return in the wrong byte order.
 * - On x86_64 a number belongs to x32 when bit 30 is set. libseccomp gives x32 all numbers from 0x40000000 on;
 *   none from 0x80000000 on is a call of either. Both leave -1 to x86_64.
 * - A program of more than 4096 instructions is -E2BIG; libseccomp exports it, and the kernel refuses it.
 * - The optimization level is kept and has no effect: a program is always a search tree.
 * - Actions and attributes that the running kernel lacks are found out by seccomp_load, not before.
 */
import { writeFileSync } from "node:fs";
import { errnoNumber, isAbiName, type SyscallName } from "../arch/index.ts";
import { SeccatError } from "./abi/error.ts";
import { encode } from "./bpf/codec.ts";
import type { Program } from "./bpf/program.ts";
import type { scmp_arg_cmp } from "./libseccomp/compare.ts";
import { __NR_SCMP_ERROR } from "./libseccomp/constant.ts";
import { type Failure, FilterContext, isAction } from "./libseccomp/context.ts";
import { load, systemFailure } from "./libseccomp/load.ts";
import { listing } from "./libseccomp/pfc.ts";
import { policiesOf, programOf } from "./libseccomp/policy.ts";
import { addRule, isSyscall, type RuleRequest } from "./libseccomp/rule.ts";
import {
  archOf,
  nativeArch,
  resolveName,
  resolveNr,
  rewriteName,
  sysNr,
  tokenOf,
} from "./libseccomp/syscall.ts";
import type { Policy } from "./policy/types.ts";

export * from "./libseccomp/compare.ts";
export * from "./libseccomp/constant.ts";

/** A filter being built; null where C has NULL. */
export type scmp_filter_ctx = FilterContext | null;

/** A new context with the native architecture and no rules; null when `def_action` is no action. */
export function seccomp_init(def_action: number): scmp_filter_ctx {
  if (nativeArch === undefined || !isAction(def_action)) return null;
  return new FilterContext(nativeArch, def_action);
}

/** Puts `ctx` back to what seccomp_init makes. Without a context there is nothing to reset: 0. */
export function seccomp_reset(ctx: scmp_filter_ctx, def_action: number): number {
  if (ctx === null) return 0;
  if (!ctx.valid || !isAction(def_action)) return code("EINVAL");
  ctx.reset(def_action);
  return 0;
}

/** Ends the use of `ctx`: every later call with it is -EINVAL. */
export function seccomp_release(ctx: scmp_filter_ctx): void {
  ctx?.release();
}

/**
 * Moves the architectures of `src` with their rules into `dst`, and releases `src`. Default action, NNP and
 * TSYNC must agree (-EINVAL), the byte order too (-EDOM), and no architecture may be in both (-EEXIST).
 */
export function seccomp_merge(dst: scmp_filter_ctx, src: scmp_filter_ctx): number {
  return usable(dst) && usable(src) ? code(dst.merge(src)) : code("EINVAL");
}

/** The token of the machine that Node runs on, one of SCMP_ARCH_*; 0 where it has none. */
export function seccomp_arch_native(): number {
  return nativeArch === undefined ? 0 : tokenOf(nativeArch);
}

/** The token of an architecture by libseccomp's name, such as `x86_64`; 0 for an unknown name. */
export function seccomp_arch_resolve_name(arch_name: string): number {
  return isAbiName(arch_name) ? tokenOf(arch_name) : 0;
}

/** 0 when `ctx` has the architecture, -EEXIST when not. */
export function seccomp_arch_exist(ctx: scmp_filter_ctx, arch_token: number): number {
  const arch = archOf(arch_token);
  if (!ctx?.valid || arch === undefined) return code("EINVAL");
  return ctx.arches.has(arch) ? 0 : code("EEXIST");
}

/**
 * Adds an architecture; rules added before do not count for it. -EEXIST when it is there, -EDOM when the others
 * have the other byte order: remove them first.
 */
export function seccomp_arch_add(ctx: scmp_filter_ctx, arch_token: number): number {
  const arch = archOf(arch_token);
  return ctx?.valid && arch !== undefined ? code(ctx.addArch(arch)) : code("EINVAL");
}

/** Removes an architecture and its rules; -EEXIST when it is not there. */
export function seccomp_arch_remove(ctx: scmp_filter_ctx, arch_token: number): number {
  const arch = archOf(arch_token);
  return ctx?.valid && arch !== undefined ? code(ctx.removeArch(arch)) : code("EINVAL");
}

/** The value of an attribute, SCMP_FLTATR_*; a negative errno when there is none such. */
export function seccomp_attr_get(ctx: scmp_filter_ctx, attr: number): number {
  return (usable(ctx) ? ctx.attribute(attr) : undefined) ?? code("EINVAL");
}

/** Sets an attribute: -EACCES for the default action, -EOPNOTSUPP for an unknown optimization level. */
export function seccomp_attr_set(ctx: scmp_filter_ctx, attr: number, value: number): number {
  return usable(ctx) ? code(ctx.setAttribute(attr, value)) : code("EINVAL");
}

/** The native number of a syscall, its pseudo number where the native architecture lacks it; -1 for an unknown name. */
export function SCMP_SYS(name: SyscallName | (string & {})): number {
  return nativeArch === undefined ? __NR_SCMP_ERROR : sysNr(nativeArch, name);
}

/** seccomp_syscall_resolve_name_arch for the native architecture. */
export function seccomp_syscall_resolve_name(name: string): number {
  return seccomp_syscall_resolve_name_arch(0, name);
}

/** The number of a name, a pseudo number for what the architecture lacks or multiplexes; -1 when unknown. */
export function seccomp_syscall_resolve_name_arch(arch_token: number, name: string): number {
  const arch = archOf(arch_token);
  return arch === undefined ? __NR_SCMP_ERROR : resolveName(arch, name);
}

/** The number under which the kernel sees a name: socketcall's or ipc's for their sub-calls; -1 when unknown. */
export function seccomp_syscall_resolve_name_rewrite(arch_token: number, name: string): number {
  const arch = archOf(arch_token);
  return arch === undefined ? __NR_SCMP_ERROR : rewriteName(arch, name);
}

/** The name of a number or pseudo number; null when the architecture has none such. */
export function seccomp_syscall_resolve_num_arch(arch_token: number, num: number): string | null {
  const arch = archOf(arch_token);
  return (arch === undefined ? undefined : resolveNr(arch, num)) ?? null;
}

/** Hints that a syscall is frequent, 0..255. It orders listings; the program is a search tree all the same. */
export function seccomp_syscall_priority(ctx: scmp_filter_ctx, syscall: number, priority: number): number {
  if (!usable(ctx) || !isSyscall(ctx, syscall)) return code("EINVAL");
  return code(ctx.prioritise(syscall | 0, priority & 0xff));
}

/**
 * Adds a rule: `syscall` (a native number, SCMP_SYS) gets `action` when all of the first `arg_cnt` comparisons
 * hold. Architectures that lack the call are passed over, and socket and IPC calls are also caught inside
 * socketcall and ipc, where their arguments cannot be seen: **the rule's comparisons of the first argument do
 * not count there**, and those of the others see socketcall's and ipc's own registers.
 *
 * -EINVAL context, syscall, action or comparison; two comparisons of one argument among them
 * -EACCES the action is the default action
 * -EEXIST another action is in the way of this rule
 * -EFAULT an architecture's number is not known: the native number has no name
 */
export function seccomp_rule_add(
  ctx: scmp_filter_ctx,
  action: number,
  syscall: number,
  arg_cnt: number,
  ...args: readonly scmp_arg_cmp[]
): number {
  return rule(ctx, { action, syscall, count: arg_cnt, args, exact: false });
}

/** seccomp_rule_add with the comparisons in an array. */
export function seccomp_rule_add_array(
  ctx: scmp_filter_ctx,
  action: number,
  syscall: number,
  arg_cnt: number,
  arg_array: readonly scmp_arg_cmp[],
): number {
  return rule(ctx, { action, syscall, count: arg_cnt, args: arg_array, exact: false });
}

/**
 * seccomp_rule_add, but exactly as written or not at all: -EOPNOTSUPP with several architectures, -EDOM when
 * the one lacks the call, -EINVAL for comparisons of a call that is also inside socketcall or ipc.
 */
export function seccomp_rule_add_exact(
  ctx: scmp_filter_ctx,
  action: number,
  syscall: number,
  arg_cnt: number,
  ...args: readonly scmp_arg_cmp[]
): number {
  return rule(ctx, { action, syscall, count: arg_cnt, args, exact: true });
}

/** seccomp_rule_add_exact with the comparisons in an array. */
export function seccomp_rule_add_exact_array(
  ctx: scmp_filter_ctx,
  action: number,
  syscall: number,
  arg_cnt: number,
  arg_array: readonly scmp_arg_cmp[],
): number {
  return rule(ctx, { action, syscall, count: arg_cnt, args: arg_array, exact: true });
}

/**
 * Writes the program to `fd` as struct sock_filter in the byte order of its architectures, or, without `fd`,
 * returns these bytes; then a SeccatError is thrown where there are none.
 */
export function seccomp_export_bpf(ctx: scmp_filter_ctx): Uint8Array;
export function seccomp_export_bpf(ctx: scmp_filter_ctx, fd: number): number;
export function seccomp_export_bpf(ctx: scmp_filter_ctx, fd?: number): Uint8Array | number {
  const bytes = () => encode(seccomp_program(ctx));
  return fd === undefined ? bytes() : write(ctx, fd, bytes);
}

/** Writes the filter to `fd` as pseudo filter code, or, without `fd`, returns that text; throws where there is none. */
export function seccomp_export_pfc(ctx: scmp_filter_ctx): string;
export function seccomp_export_pfc(ctx: scmp_filter_ctx, fd: number): number;
export function seccomp_export_pfc(ctx: scmp_filter_ctx, fd?: number): string | number {
  const text = () => listing(checked(ctx));
  return fd === undefined ? text() : write(ctx, fd, text);
}

/**
 * Puts this process under the filter: every thread with CTL_TSYNC, else the calling one and its future
 * children. -ESRCH when threads stand in the way, -ECANCELED for whatever else the system refuses, or its own
 * errno with API_SYSRAWRC; `ctx.error` then says why in words.
 */
export function seccomp_load(ctx: scmp_filter_ctx): number {
  return usable(ctx) ? attempt(ctx, () => load(ctx, programOf(ctx))) : code("EINVAL");
}

/** The listener that seccomp_load opened for SCMP_ACT_NOTIFY; -EFAULT when it opened none. */
export function seccomp_notify_fd(ctx: scmp_filter_ctx): number {
  return usable(ctx) ? (ctx.notifyFd ?? code("EFAULT")) : code("EINVAL");
}

/** The filter as a checked program; not in libseccomp. Throws a SeccatError where there is none. */
export function seccomp_program(ctx: scmp_filter_ctx): Program {
  return programOf(checked(ctx));
}

/** The filter as Seccat's policies, one per architecture, for everything that takes a policy; not in libseccomp. */
export function seccomp_policies(ctx: scmp_filter_ctx): Policy[] {
  return policiesOf(checked(ctx));
}

function rule(ctx: scmp_filter_ctx, request: RuleRequest): number {
  return usable(ctx) ? code(addRule(ctx, request)) : code("EINVAL");
}

function usable(ctx: scmp_filter_ctx): ctx is FilterContext {
  return ctx?.usable ?? false;
}

function checked(ctx: scmp_filter_ctx): FilterContext {
  if (usable(ctx)) return ctx;
  throw new SeccatError({
    code: "usage",
    message: "this filter context is null, was released, or has no architecture",
    fix: "call seccomp_init, and keep an architecture in it",
  });
}

function code(failure: Failure | undefined): number {
  if (failure === undefined) return 0;
  return -(errnoNumber(nativeArch ?? "x86_64", failure) ?? 1);
}

function write(ctx: scmp_filter_ctx, fd: number, make: () => string | Uint8Array): number {
  return usable(ctx) ? attempt(ctx, () => writeFileSync(fd, make())) : code("EINVAL");
}

/** Does what may fail in the system, and keeps why it failed. */
function attempt(ctx: FilterContext, work: () => void): number {
  ctx.error = undefined;
  try {
    work();
    return 0;
  } catch (error) {
    return systemFailure(ctx, error, code);
  }
}
