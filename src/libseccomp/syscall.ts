/**
 * Syscall names and numbers as libseccomp's resolvers and rules see them.
 *
 * A rule names its syscall by the number that the native architecture has for it, or by a pseudo number. For
 * every other architecture of the filter that becomes a name and then that architecture's number. Where the
 * kernel also has socketcall and ipc, one rule becomes two: the sub-call and the direct call.
 */
import { endianness } from "node:os";
import {
  type AbiName,
  abi,
  abiNames,
  isSyscallName,
  nativeAbi,
  syscallName,
  syscallNr,
  X32_BIT,
} from "../../arch/index.ts";
import { __NR_SCMP_ERROR, SCMP_ARCH_X32, SCMP_CMP_EQ } from "./constant.ts";
import { pseudoName, pseudoNr } from "./pseudo.ts";
import type { Comparison } from "./tree.ts";

/** The ABIs that have a token; libseccomp has none for riscv32. */
const tokens: ReadonlyMap<AbiName, number> = new Map(
  abiNames
    .filter((name) => name !== "riscv32")
    .map((name) => [name, name === "x32" ? SCMP_ARCH_X32 : abi(name).auditArch]),
);
const byToken: ReadonlyMap<number, AbiName> = new Map([...tokens].map(([name, token]) => [token, name]));

/** The ABI that Node runs on; undefined where Linux has none such, or libseccomp no token for it. */
export const nativeArch: AbiName | undefined = withToken(nativeAbi(process.arch, endianness()));

function withToken(name: AbiName | undefined): AbiName | undefined {
  return name !== undefined && tokens.has(name) ? name : undefined;
}

/** The SCMP_ARCH_* token of an ABI, 0 when it has none. */
export function tokenOf(name: AbiName): number {
  return tokens.get(name) ?? 0;
}

/** The ABI of a SCMP_ARCH_* token, SCMP_ARCH_NATIVE included; undefined for any other number. */
export function archOf(token: number): AbiName | undefined {
  return token === 0 ? nativeArch : byToken.get(token);
}

/** The sub-call numbers of socketcall and ipc, by name. */
const subCalls = new Map<string, { via: "socketcall" | "ipc"; nr: number }>();
for (let nr = 1; nr <= 24; nr++) {
  const socket = pseudoName(-100 - nr);
  const ipc = pseudoName(-200 - nr);
  if (socket !== undefined && nr <= 20) subCalls.set(socket, { via: "socketcall", nr });
  if (ipc !== undefined) subCalls.set(ipc, { via: "ipc", nr });
}

function isMultiplexed(arch: AbiName): boolean {
  return abi(arch).multiplexers.socketcall !== undefined;
}

/** The arch's own number of a name, the direct one where there is also a sub-call; undefined when it has none. */
function directNr(arch: AbiName, name: string): number | undefined {
  return isSyscallName(name) ? syscallNr(arch, name) : undefined;
}

/** What SCMP_SYS gives on `arch`: the direct number, else the pseudo number, else -1. */
export function sysNr(arch: AbiName, name: string): number {
  return directNr(arch, name) ?? pseudoNr(name);
}

/** The number, or the pseudo number for what `arch` lacks or has as a sub-call too; -1 for an unknown name. */
export function resolveName(arch: AbiName, name: string): number {
  return isMultiplexed(arch) && subCalls.has(name) ? pseudoNr(name) : sysNr(arch, name);
}

/** The number in whose place a rule would stand, socketcall's or ipc's for a sub-call; -1 for an unknown name. */
export function rewriteName(arch: AbiName, name: string): number {
  const { socketcall, ipc } = abi(arch).multiplexers;
  const nr = resolveName(arch, name);
  const via = nr < 0 && isMultiplexed(arch) ? subCalls.get(name)?.via : undefined;
  if (via === undefined) return nr;
  return (via === "socketcall" ? socketcall : ipc) ?? nr;
}

/** The name of a number or pseudo number that `arch` resolves names to; undefined for any other. */
export function resolveNr(arch: AbiName, nr: number): string | undefined {
  if (nr >= 0) return syscallName(arch, arch === "x32" ? nr | X32_BIT : nr);
  const name = pseudoName(nr);
  return name !== undefined && (resolveName(arch, name) === nr || sysNr(arch, name) === nr)
    ? name
    : undefined;
}

/** One syscall number of one architecture with the comparisons of a rule. */
export interface Target {
  readonly nr: number;
  readonly args: readonly Comparison[];
}

/** A rule as the caller gave it, for one architecture. */
export interface Request {
  /** The native number, a pseudo number, or -1. */
  readonly nr: number;
  readonly args: readonly Comparison[];
  /** seccomp_rule_add_exact: what cannot be had as written is an error. */
  readonly exact: boolean;
}

/**
 * Where a rule stands on `arch`: twice when the call is also a sub-call; nowhere or under its pseudo number when
 * the arch lacks it. No program has such a number, but rules under it can conflict, as in libseccomp. The name
 * of an errno when it cannot be added.
 */
export function targetsOf(
  arch: AbiName,
  native: AbiName,
  request: Request,
): readonly Target[] | "EFAULT" | "EDOM" | "EINVAL" {
  const { args, exact } = request;
  if (request.nr === -1) return [{ nr: -1, args }];
  const nr = arch === native ? request.nr : translate(arch, native, request.nr);
  if (nr === __NR_SCMP_ERROR) return "EFAULT";
  const name = isMultiplexed(arch) ? resolveNr(arch, nr) : undefined;
  const sub = name === undefined ? undefined : subCalls.get(name);
  if (name !== undefined && sub !== undefined) {
    // The sub-call's arguments are behind a pointer: what the rule says of them cannot be tested there.
    if (exact && args.length > 0) return "EINVAL";
    const via = abi(arch).multiplexers[sub.via];
    const direct = { nr: sysNr(arch, name), args };
    return via === undefined ? [direct] : [{ nr: via, args: asSubCall(args, sub.nr) }, direct];
  }
  if (nr >= 0) return [{ nr, args }];
  if (exact) return "EDOM";
  return isMultiplexed(arch) ? [] : [{ nr, args }];
}

/**
 * The number to which the priority of a syscall goes on `arch`: socketcall's or ipc's for a sub-call; undefined
 * when the arch lacks it.
 */
export function priorityTarget(arch: AbiName, native: AbiName, nr: number): number | undefined | "EFAULT" {
  if (nr === -1 || (arch === native && nr >= 0)) return nr;
  const name = resolveNr(native, nr) ?? (arch === native ? pseudoName(nr) : undefined);
  if (name === undefined) return arch === native ? undefined : "EFAULT";
  const there = rewriteName(arch, name);
  return there < 0 ? undefined : there;
}

function translate(arch: AbiName, native: AbiName, nr: number): number {
  const name = resolveNr(native, nr);
  return name === undefined ? __NR_SCMP_ERROR : resolveName(arch, name);
}

/**
 * The comparisons of the rule through socketcall or ipc, as libseccomp makes them: the first register holds the
 * number of the sub-call, so what the rule says of the first argument is lost; the rest stays as it is.
 */
function asSubCall(args: readonly Comparison[], nr: number): readonly Comparison[] {
  const number = { arg: 0, op: SCMP_CMP_EQ, mask: 0xffff_ffff_ffff_ffffn, datum: BigInt(nr) } as const;
  return [number, ...args.filter(({ arg }) => arg !== 0)];
}
