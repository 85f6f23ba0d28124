/** What the kernel offers, asked of the kernel where it answers and read from /proc where it does not. */
import { release } from "node:os";
import type { Shim } from "../../shim/index.ts";
import { type ActionName, actionNames, actionValues } from "../abi/action.ts";
import { keepsBitmap } from "../bpf/bitmap.ts";
import { attempt, type HostFact, listFact, messageOf, textOf } from "./fact.ts";
import { whyNoLog } from "./kernellog.ts";
import { native, nr } from "./native.ts";
import { kernelSizes } from "./notify.ts";
import { flagKnown } from "./refusal.ts";
import { type FilterFlag, filterFlagNames, filterFlags, SECCOMP_GET_ACTION_AVAIL } from "./seccomp.ts";

/** What each flag is for, as what is lost without it. */
const flagCosts: Readonly<Record<FilterFlag, string>> = {
  tsync: "without tsync, install() covers the calling thread alone",
  log: "without log, no denial is logged (run --log, install's log)",
  specAllow: "without specAllow, filtered processes may run slower (speculation is mitigated)",
  newListener: "without newListener, nothing can be supervised (supervise(), run --explain)",
  tsyncEsrch: "without tsyncEsrch, a listener cannot cover all threads at once",
  waitKillableRecv: "without waitKillableRecv, a signal can interrupt a supervised call",
};

/** What each action is for, as what is lost without it. */
const actionCosts: Readonly<Record<ActionName, string>> = {
  kill_process: "kill_process ends one thread only",
  kill_thread: "kill_thread cannot be used",
  trap: "trap cannot be used",
  errno: "errno cannot be used",
  user_notif: "nothing can be supervised (supervise(), run --explain)",
  trace: "trace cannot be used",
  log: "log kills instead of logging",
  allow: "nothing can be allowed",
};

/** What seccomp(2) answers about itself. */
export function seccompFacts(shim: Shim): HostFact[] {
  const known = new Set(filterFlagNames.filter((flag) => flagKnown(shim, flag)));
  const actions = new Set(actionNames.filter((name) => isActionAvailable(shim, actionValues[name])));
  return [
    known.size > 0
      ? { name: "seccomp(2)", value: "usable", state: "yes" }
      : {
          name: "seccomp(2)",
          value: "not usable",
          state: "no",
          reason: whyUnusable(shim),
          cost: "no filter can be installed: no install, run, supervise",
        },
    listFact(
      "filter flags",
      filterFlagNames,
      (flag) => known.has(flag),
      (flag) => ({
        reason: `${flag} came with Linux ${filterFlags[flag].since}`,
        cost: flagCosts[flag],
      }),
    ),
    listFact(
      "actions",
      actionNames,
      (name) => actions.has(name),
      (name) => ({ reason: name, cost: actionCosts[name] }),
    ),
    notificationFact(shim),
    pidfdFact(shim),
  ];
}

function isActionAvailable(shim: Shim, action: number): boolean {
  const value = new Uint8Array(4);
  new DataView(value.buffer).setUint32(0, action, native().endian === "little");
  return shim.syscall(nr("seccomp"), SECCOMP_GET_ACTION_AVAIL, 0, value).ok;
}

function whyUnusable(shim: Shim): string {
  const answer = shim.syscall(nr("seccomp"), SECCOMP_GET_ACTION_AVAIL, 0, 0);
  const name = answer.ok ? "nothing" : answer.name;
  if (name === "ENOSYS") return "the kernel has no seccomp(2), or hides it (ENOSYS)";
  if (name === "EPERM" || name === "EACCES") return `a container's filter denies seccomp(2) (${name})`;
  return `the kernel was built without CONFIG_SECCOMP_FILTER (${name})`;
}

function notificationFact(shim: Shim): HostFact {
  const name = "notifications";
  try {
    const { notif, response, data } = kernelSizes(shim);
    return { name, value: `notif ${notif}, response ${response}, data ${data} bytes`, state: "yes" };
  } catch (error) {
    const cost = "nothing can be supervised (supervise(), run --explain)";
    return { name, value: "none", state: "no", reason: messageOf(error), cost };
  }
}

/** pidfd_getfd on descriptor -1: EBADF where there is one. */
function pidfdFact(shim: Shim): HostFact {
  const name = "pidfd_getfd";
  const answer = shim.syscall(nr("pidfd_getfd"), -1, 0, 0);
  const errno = answer.ok ? "" : answer.name;
  if (answer.ok || errno === "EBADF") return { name, value: "usable", state: "yes" };
  return {
    name,
    value: "not usable",
    state: "no",
    reason: errno === "ENOSYS" ? "it came with Linux 5.6" : `a filter denies it (${errno})`,
    cost: "no listener can be taken from a command: no run --explain, supervise()",
  };
}

/** What the kernel's version and its settings in /proc say. */
export function settingFacts(): HostFact[] {
  return [bitmapFact(), jitFact(), ...loggedFact(), logFact(), ringFact(), scopeFact()];
}

function bitmapFact(): HostFact {
  const name = "answer bitmap";
  const here = attempt(native);
  const version = /^\d+\.\d+/.exec(release())?.[0] ?? "0.0";
  if (here && keepsBitmap(here.abi, version))
    return { name, value: "yes", state: "yes", reason: "calls that are always allowed run no filter" };
  return {
    name,
    value: "no",
    state: "no",
    reason: "it came with Linux 5.11, and not for every architecture",
    cost: "every call runs the filters, those that are always allowed too",
  };
}

function jitFact(): HostFact {
  const name = "JIT";
  const value = textOf("/proc/sys/net/core/bpf_jit_enable");
  const setting = `net.core.bpf_jit_enable = ${value}`;
  if (value === undefined)
    return {
      name,
      value: "not known",
      state: "note",
      reason: "net.core.bpf_jit_enable is not to be seen here",
    };
  if (value !== "0") return { name, value: "on", state: "yes", reason: setting };
  return {
    name,
    value: "off",
    state: "no",
    reason: setting,
    cost: "filters are interpreted, which is slower",
  };
}

function loggedFact(): HostFact[] {
  const value = textOf("/proc/sys/kernel/seccomp/actions_logged");
  if (value === undefined) return [];
  const name = "logged actions";
  const words = value.split(/\s+/);
  if (words.includes("log")) return [{ name, value, state: "note" }];
  return [
    {
      name,
      value: value || "none",
      state: "no",
      reason: "log is not in kernel.seccomp.actions_logged",
      cost: "run --log lets denied calls pass, and the kernel does not log them",
    },
  ];
}

function logFact(): HostFact {
  const name = "kernel log";
  const reason = whyNoLog();
  if (reason === undefined)
    return { name, value: "readable", state: "yes", reason: "it tells which call a filter killed for" };
  return {
    name,
    value: "not readable",
    state: "note",
    reason,
    cost: "a plain run cannot tell which call its command was killed for; --explain can",
  };
}

/** Meanings of kernel.io_uring_disabled (Linux 6.6), which kernels before it have as if it were 0. */
const ringSettings: Readonly<Record<string, readonly [value: string, who: string]>> = {
  "0": ["on", "anybody may make rings"],
  "1": ["restricted", "root and the group of kernel.io_uring_group may make rings"],
  "2": ["off", "nobody may make rings"],
};

function ringFact(): HostFact {
  const name = "io_uring";
  const setting = textOf("/proc/sys/kernel/io_uring_disabled") ?? "0";
  const [value, who] = ringSettings[setting] ?? ["not known", `kernel.io_uring_disabled = ${setting}`];
  if (setting === "2") return { name, value, state: "note", reason: who };
  const reason = `${who}, and no filter sees what is done through one: answer io_uring_setup with ENOSYS`;
  return { name, value, state: "note", reason };
}

/** Meanings of kernel.yama.ptrace_scope. */
const scopes: Readonly<Record<string, string>> = {
  "0": "whoever owns a process may trace it",
  "1": "a process may trace its own children; root any",
  "2": "root may trace",
};

function scopeFact(): HostFact {
  const name = "ptrace scope";
  const value = textOf("/proc/sys/kernel/yama/ptrace_scope");
  if (value === undefined) return { name, value: "no yama", state: "note", reason: scopes["0"] ?? "" };
  const reason = scopes[value];
  if (reason !== undefined) return { name, value, state: "note", reason };
  return {
    name,
    value,
    state: "no",
    reason: "nobody may trace, until the next boot",
    cost: "no trace with strace, no pid:N, no run --explain",
  };
}
