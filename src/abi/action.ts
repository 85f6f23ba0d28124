/**
 * Return values of a filter: the action in the high 16 bits, its data in the low 16.
 *
 *     31            16 15             0
 *     +---------------+---------------+
 *     |    action     |     data      |
 *     +---------------+---------------+
 *
 * Source: include/uapi/linux/seccomp.h, seccomp_run_filters() in kernel/seccomp.c.
 */

/** The kernel's action values by libseccomp's lower-case names, in the kernel's order of precedence. */
export const actionValues = Object.freeze({
  kill_process: 0x80000000,
  kill_thread: 0x00000000,
  trap: 0x00030000,
  errno: 0x00050000,
  user_notif: 0x7fc00000,
  trace: 0x7ff00000,
  log: 0x7ffc0000,
  allow: 0x7fff0000,
} as const);

/** The name of one of the kernel's eight actions. */
export type ActionName = keyof typeof actionValues;

/** The first kernel with an action that came after filters did; one before it kills instead. */
export const actionSince: Readonly<Partial<Record<ActionName, string>>> = Object.freeze({
  kill_process: "4.14",
  user_notif: "5.0",
  log: "4.14",
});

/** All action names, strongest first: of stacked filters' answers the kernel takes the strongest. */
export const actionNames = Object.freeze(Object.keys(actionValues)) as readonly ActionName[];

/** Actions that one word says: all but `errno`, which needs its number. */
export const plainActions = Object.freeze(actionNames.filter((name) => name !== "errno"));

/** What the kernel does with one call: an action, and its data for `trap`, `errno` and `trace`. */
export type Action =
  | { readonly kind: "kill_process" | "kill_thread" | "user_notif" | "log" | "allow" }
  | { readonly kind: "trap" | "errno" | "trace"; readonly data: number };

/** The largest errno that a filter can return: the kernel clamps data above it (MAX_ERRNO). */
export const MAX_ERRNO = 4095;

/** The u32 that a filter returns for `action`. */
export function encodeAction(action: Action): number {
  return (actionValues[action.kind] | ("data" in action ? action.data & 0xffff : 0)) >>> 0;
}

/**
 * The action that the kernel takes for the return value `ret` (u32): unknown actions kill the process,
 * errno data above 4095 is clamped, data of actions that ignore it is dropped.
 */
export function decodeAction(ret: number): Action {
  const data = ret & 0xffff;
  switch ((ret & 0xffff0000) >>> 0) {
    case actionValues.kill_thread:
      return { kind: "kill_thread" };
    case actionValues.trap:
      return { kind: "trap", data };
    case actionValues.errno:
      return { kind: "errno", data: Math.min(data, MAX_ERRNO) };
    case actionValues.user_notif:
      return { kind: "user_notif" };
    case actionValues.trace:
      return { kind: "trace", data };
    case actionValues.log:
      return { kind: "log" };
    case actionValues.allow:
      return { kind: "allow" };
    default:
      return { kind: "kill_process" };
  }
}

/** Whether `ret` carries one of the eight actions that the kernel knows. */
export function isKnownAction(ret: number): boolean {
  const high = (ret & 0xffff0000) >>> 0;
  return actionNames.some((name) => actionValues[name] === high);
}

/**
 * The return value that wins over a stack of filters, given their return values newest first: the lowest
 * action as a signed number; on a tie the newest stays; with no filter, ALLOW.
 */
export function combineReturns(newestFirst: Iterable<number>): number {
  let winner: number = actionValues.allow;
  for (const ret of newestFirst) {
    if (((ret & 0xffff0000) | 0) < ((winner & 0xffff0000) | 0)) winner = ret >>> 0;
  }
  return winner;
}

/** `errno(1)`, `trap(0)`, `kill_process`: an action in one word, with its data where it has some. */
export function formatAction(action: Action): string {
  return "data" in action ? `${action.kind}(${action.data})` : action.kind;
}
