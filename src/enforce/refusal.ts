import { readFileSync } from "node:fs";
import type { CallResult, Shim } from "../../shim/index.ts";
import { type Issue, SeccatError } from "../abi/error.ts";
import { MAX_INSNS_PER_PATH, pathCost } from "../bpf/check.ts";
import type { Program } from "../bpf/program.ts";
import { nr } from "./native.ts";
import {
  type FilterFlag,
  filterFlags,
  flagBits,
  PR_GET_SECCOMP,
  SECCOMP_SET_MODE_FILTER,
} from "./seccomp.ts";

/** The errno of a failed call. */
export interface Failure {
  readonly errno: number;
  readonly name: string;
}

/** Why prctl(PR_SET_NO_NEW_PRIVS) failed, as the error to throw. */
export function noNewPrivsRefused(failure: Failure): SeccatError {
  return because(failure, {
    code: "enforce",
    message: `the kernel refused PR_SET_NO_NEW_PRIVS with ${failure.name}, and no filter was installed`,
    fix:
      failure.name === "EINVAL"
        ? "a kernel of 3.5 or later is needed"
        : "a filter that is already installed (a container's?) denies prctl",
  });
}

/** The error for `issue`, with the errno behind it as its cause. */
function because(cause: Failure, issue: Issue): SeccatError {
  const error = new SeccatError(issue);
  error.cause = { errno: cause.errno, name: cause.name };
  return error;
}

/** Why seccomp(SECCOMP_SET_MODE_FILTER) failed and what it means, as the error to throw. `shim` may look further. */
export function filterRefused(
  failure: Failure,
  program: Program,
  flags: readonly FilterFlag[],
  shim?: Shim,
): SeccatError {
  const { reason, fix } = meaning(failure.name, program, flags, shim);
  return because(failure, {
    code: "enforce",
    message: `the kernel refused the filter with ${failure.name}: ${reason}`,
    received: `${program.insns.length} instructions, flags ${flags.join(" ") || "none"}`,
    ...(fix === undefined ? {} : { fix }),
  });
}

/** That SECCOMP_FILTER_FLAG_TSYNC could not cover thread `tid`, as the error to throw; nothing was installed. */
export function threadDiverges(tid: number): SeccatError {
  let name = "";
  try {
    name = readFileSync(`/proc/self/task/${tid}/comm`, "utf8").trim();
  } catch {
    // gone meanwhile, or /proc is not there
  }
  return because(
    { errno: 3, name: "ESRCH" },
    {
      code: "enforce",
      message: `thread ${tid}${name && ` (${name})`} has a filter that this thread does not have, so the kernel cannot bring all threads under one`,
      expected: "every other thread unfiltered, or under this thread's filters",
      received: `thread ${tid}${name && ` (${name})`} under filters of its own`,
      fix: "install before other threads install filters of their own, or install from that thread",
    },
  );
}

/** As threadDiverges, where the kernel does not say which: one of `threads`, which are under filters of their own. */
export function someThreadDiverges(
  threads: readonly { readonly tid: number; readonly name: string }[],
): SeccatError {
  const [only] = threads;
  if (only && threads.length === 1) return threadDiverges(only.tid);
  const list = threads.map(({ tid, name }) => `${tid} (${name})`).join(", ");
  return because(
    { errno: 3, name: "ESRCH" },
    {
      code: "enforce",
      message: `another thread has a filter that this thread does not have, so the kernel cannot bring all threads under one`,
      expected: "every other thread unfiltered, or under this thread's filters",
      received: list === "" ? "a thread that /proc does not tell" : `one of the threads ${list}`,
      fix: "install before other threads install filters of their own, or install from that thread",
    },
  );
}

/**
 * Throws SeccatError "host" for those of `flags` that this kernel does not know; asks it without installing anything, and not
 * about tsync, which is as old as seccomp(2).
 */
export function requireFlags(shim: Shim, flags: readonly FilterFlag[]): void {
  const younger = flags.filter((flag) => flag !== "tsync");
  if (younger.length === 0 || !answersProbes(shim)) return;
  const unknown = younger.filter((flag) => !flagKnown(shim, flag));
  if (unknown.length === 0) return;
  throw new SeccatError({
    code: "host",
    message: `this kernel does not know ${unknown.join(", ")}, and no filter was installed`,
    received: `flags ${flags.join(" ")}`,
    fix: unknown.map((flag) => `${flag} came with Linux ${filterFlags[flag].since}`).join("; "),
  });
}

/** Whether seccomp(2) itself answers, with no flag at all: else a refusal says nothing about flags. */
function answersProbes(shim: Shim): boolean {
  const answer = probe(shim, 0);
  return !answer.ok && (answer.name === "EFAULT" || answer.name === "EACCES");
}

interface Meaning {
  readonly reason: string;
  readonly fix?: string;
}

function meaning(name: string, program: Program, flags: readonly FilterFlag[], shim?: Shim): Meaning {
  switch (name) {
    case "EACCES":
      return {
        reason: "the process has neither no_new_privs nor CAP_SYS_ADMIN",
        fix: "leave noNewPrivs on, which is the default",
      };
    case "EINVAL":
      return invalid(flags, shim);
    case "ENOMEM":
      return {
        reason: `no memory, or all filters together are longer than ${MAX_INSNS_PER_PATH} instructions as the kernel counts them`,
        fix: `this one counts ${pathCost(program)}; install fewer or shorter filters`,
      };
    case "EBUSY":
      return { reason: "a filter of this process already has a listener", fix: "close that one first" };
    case "ESRCH":
      return { reason: "another thread has a filter that this thread does not have" };
    case "ENOSYS":
      return {
        reason: "there is no seccomp(2)",
        fix: "a kernel of 3.17 or later is needed, built with CONFIG_SECCOMP",
      };
    case "EPERM":
      return { reason: "a filter that is already installed (a container's?) denies seccomp(2)" };
    case "EFAULT":
      return { reason: "it could not read the program, which is a fault of Seccat's own" };
    default:
      return { reason: "an error that seccomp(2) does not document" };
  }
}

function invalid(flags: readonly FilterFlag[], shim: Shim | undefined): Meaning {
  const unknown = shim && flags.filter((flag) => !flagKnown(shim, flag));
  if (unknown?.length)
    return {
      reason: `it does not know the flag ${unknown.join(", ")}`,
      fix: `${unknown.map((flag) => `${flag} came with Linux ${filterFlags[flag].since}`).join("; ")}`,
    };
  const mode = shim?.prctl(PR_GET_SECCOMP);
  if (mode && !mode.ok)
    return { reason: "it was built without seccomp", fix: "a kernel with CONFIG_SECCOMP_FILTER is needed" };
  return {
    reason:
      "it was built without seccomp filters, or it checks programs more strictly than the kernels known to Seccat",
    fix: "a kernel with CONFIG_SECCOMP_FILTER is needed",
  };
}

/**
 * Whether this kernel knows a flag: a filter at address 0 is EFAULT when the flags are good, EINVAL when not.
 * Nothing is installed either way.
 */
export function flagKnown(shim: Shim, flag: FilterFlag): boolean {
  const together: readonly FilterFlag[] = flag === "waitKillableRecv" ? ["newListener", flag] : [flag];
  const answer = probe(shim, flagBits(together));
  return !answer.ok && (answer.name === "EFAULT" || answer.name === "EACCES");
}

function probe(shim: Shim, flags: number): CallResult {
  return shim.syscall(nr("seccomp"), SECCOMP_SET_MODE_FILTER, flags, 0);
}
