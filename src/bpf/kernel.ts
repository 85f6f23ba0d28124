/**
 * What a kernel of a given version makes of the return values of a stack of filters.
 *
 *     before 4.14   bit 31 of an action is not read, so KILL_PROCESS is KILL; no LOG; unknown actions kill the thread
 *     before 5.0    no USER_NOTIF
 *     from 6.14     x86_64 lets uretprobe pass, from 6.18 uprobe, whatever the filters say
 *
 * Source: seccomp_run_filters(), __seccomp_filter() and seccomp_uprobe_exception() in kernel/seccomp.c; versions
 * from seccomp(2).
 */
import { abi, compareVersions, syscallNr } from "../../arch/index.ts";
import { actionValues, decodeAction, encodeAction } from "../abi/action.ts";
import { SeccatError } from "../abi/error.ts";

/** The kernel to answer as. */
export interface Kernel {
  /** `MAJOR.MINOR`, such as "6.1". */
  readonly version: string;
}

/** How one kernel judges. */
export interface KernelRules {
  /** Whether `ret` of an older filter replaces `winner`, the strongest answer of the newer ones. */
  replaces(winner: number, ret: number): boolean;
  /**
   * What is done about a call, as the plain return value (u32) for it: an action that this kernel does not know
   * is a kill, an errno is 4095 at most, data that nobody reads is 0. `winner` is the stack's answer.
   */
  outcome(winner: number, nr: number, arch: number): number;
}

/** Since when a filter can return them; the others came with filters, in 3.5. */
const since: readonly (readonly [action: number, version: string])[] = [
  [actionValues.kill_process, "4.14"],
  [actionValues.log, "4.14"],
  [actionValues.user_notif, "5.0"],
];

/** Calls that x86_64's kernel never shows to a filter, and since when. */
const exempt = [
  ["uretprobe", "6.14"],
  ["uprobe", "6.18"],
] as const;

/** The rules of a kernel. Throws a SeccatError "usage" when its version is none. */
export function kernelRules({ version }: Kernel): KernelRules {
  if (!/^\d+\.\d+$/.test(version)) throw noVersion(version);
  const has = (least: string) => compareVersions(version, least) >= 0;
  const full = has("4.14");
  const mask = full ? 0xffff0000 : 0x7fff0000;
  const unknownKill = full ? actionValues.kill_process : actionValues.kill_thread;
  const missing = new Set(since.filter(([, least]) => !has(least)).map(([action]) => action));
  const passing = new Set(exempt.flatMap(([name, least]) => (has(least) ? [syscallNr("x86_64", name)] : [])));
  const { auditArch } = abi("x86_64");
  return {
    replaces: (winner, ret) => (ret & mask) < (winner & mask),
    outcome(winner, nr, arch) {
      if (arch === auditArch && passing.has(nr)) return actionValues.allow;
      const action = (winner & mask) >>> 0;
      if (missing.has(action)) return unknownKill;
      const done = decodeAction((action | (winner & 0xffff)) >>> 0);
      return done.kind === "kill_process" ? unknownKill : encodeAction(done);
    },
  };
}

/** What a kernel does about a call, as a return value, given what the filters return, newest first. */
export function settle(
  newestFirst: Iterable<number>,
  nr: number,
  arch: number,
  { replaces, outcome }: KernelRules,
): number {
  let winner: number = actionValues.allow;
  for (const ret of newestFirst) if (replaces(winner, ret)) winner = ret;
  return outcome(winner, nr, arch);
}

function noVersion(version: string): SeccatError {
  return new SeccatError({
    code: "usage",
    message: "this is no kernel version",
    expected: "MAJOR.MINOR, such as 6.1",
    received: version,
  });
}
