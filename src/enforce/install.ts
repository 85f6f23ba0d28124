/**
 * The filter of this very process, on all of its threads.
 *
 * It cannot be undone, and what follows runs under it: the JavaScript engine keeps calling the kernel on its own
 * (memory, locks, timers), and a policy that denies those calls ends the process some time later.
 */
import { type SyscallName, syscallNr } from "../../arch/index.ts";
import { type BackendName, loadShim, type Shim } from "../../shim/index.ts";
import { SeccatError, throwIssues } from "../abi/error.ts";
import { keyIssues } from "../abi/fields.ts";
import { checkProgram } from "../bpf/check.ts";
import { encode } from "../bpf/codec.ts";
import type { Program } from "../bpf/program.ts";
import { guarded } from "./guard.ts";
import { type Native, native, nr } from "./native.ts";
import { filterRefused, noNewPrivsRefused, threadDiverges } from "./refusal.ts";
import {
  type FilterFlag,
  flagBits,
  PR_GET_SECCOMP,
  PR_SET_NO_NEW_PRIVS,
  packFprog,
  SECCOMP_SET_MODE_FILTER,
} from "./seccomp.ts";
import { ownThread, ownThreads, type ThreadStatus } from "./threads.ts";
import { checkFits, isAllowed, verdict } from "./verdict.ts";

/** How to install a filter in this process. */
export interface InstallOptions {
  /** Cover every thread (SECCOMP_FILTER_FLAG_TSYNC); only the calling thread and its future children otherwise. True when absent. */
  readonly tsync?: boolean;
  /** Set no_new_privs first; without it CAP_SYS_ADMIN is needed. True when absent. */
  readonly noNewPrivs?: boolean;
  /** Let the kernel log every denial that the machine's settings allow to be logged (Linux 4.14). */
  readonly log?: boolean;
  /** Leave speculative execution unmitigated (Linux 4.17). */
  readonly specAllow?: boolean;
  /** Open a listener for USER_NOTIF verdicts, which another process then supervises (Linux 5.0; with tsync 5.7). */
  readonly listener?: boolean;
  /** The FFI backend; SECCAT_FFI or the best that loads when absent. */
  readonly ffi?: BackendName;
}

const optionKeys = Object.keys({
  tsync: true,
  noNewPrivs: true,
  log: true,
  specAllow: true,
  listener: true,
  ffi: true,
} satisfies Record<keyof InstallOptions, true>);

/** What an install did, and how that is known. */
export interface Installed {
  /**
   * `proc`: /proc showed the filter on every thread. `prctl`: the kernel says that this thread is in filter
   * mode. `return`: seccomp(2) reported success, and with tsync the kernel promises all threads.
   */
  readonly verified: "proc" | "prctl" | "return";
  /** Why /proc was not looked at. */
  readonly unverified?: string;
  /** Threads that /proc showed under the filter. */
  readonly threads?: number;
  /** Filters that the calling thread is under now, where the kernel tells (Linux 5.9). */
  readonly filters?: number;
  /** The listener's descriptor, close-on-exec. */
  readonly listener?: number;
  readonly backend: BackendName;
  /** Calls that Node itself, or the backend, makes sooner or later and that the filters deny. */
  readonly nodeDenied: readonly SyscallName[];
}

/** Programs that this module installed in this process, oldest first. */
const installed: Program[] = [];

/**
 * Puts this process under `program`. Throws SeccatError "schema" when called wrongly, "enforce" when the kernel refuses (then no filter was
 * installed) or when a thread turns out not to be covered, and "host" where filters cannot be installed at all.
 */
export function install(program: Program, options: InstallOptions = {}): Installed {
  checkProgram(program);
  throwIssues(keyIssues(options, optionKeys));
  const here = native();
  checkFits([program], here);
  const shim = loadShim(options.ffi ?? process.env.SECCAT_FFI);
  const before = ownThread(shim, installed);
  if (options.noNewPrivs ?? true) {
    const answer = shim.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (!answer.ok) throw noNewPrivsRefused(answer);
  }
  const listener = setFilter(shim, here, program, options);
  installed.push(program);
  const filters = "tid" in before && before.filters !== undefined ? before.filters + 1 : undefined;
  return {
    ...verify(shim, filters, options),
    ...(options.listener ? { listener } : {}),
    backend: shim.backend,
    nodeDenied: nodeDenied(here, shim.backend),
  };
}

function setFilter(shim: Shim, here: Native, program: Program, options: InstallOptions): number {
  const flags = flagsOf(options);
  const fprog = packFprog(encode(program), here.wordBytes, here.endian, (bytes) => shim.address(bytes));
  const answer = shim.syscall(nr("seccomp"), SECCOMP_SET_MODE_FILTER, flagBits(flags), fprog);
  if (!answer.ok) throw filterRefused(answer, program, flags, shim);
  if (answer.value > 0 && !options.listener) throw threadDiverges(answer.value);
  return answer.value;
}

function flagsOf(options: InstallOptions): FilterFlag[] {
  const tsync = options.tsync ?? true;
  const flags: FilterFlag[] = [];
  if (tsync) flags.push("tsync");
  if (options.log) flags.push("log");
  if (options.specAllow) flags.push("specAllow");
  if (options.listener) flags.push("newListener");
  if (options.listener && tsync) flags.push("tsyncEsrch"); // else a thread's id could not be told from a descriptor
  return flags;
}

type Verified = Pick<Installed, "verified" | "unverified" | "threads" | "filters">;

function verify(shim: Shim, filters: number | undefined, options: InstallOptions): Verified {
  const self = ownThread(shim, installed);
  const threads = (options.tsync ?? true) ? ownThreads(shim, installed) : "tid" in self ? [self] : self;
  const count = filters === undefined ? {} : { filters };
  if (Array.isArray(threads)) {
    const bare = threads.filter((thread) => !isCovered(thread, filters, options.noNewPrivs ?? true));
    if (bare.length > 0) throw uncovered(bare);
    return { verified: "proc", threads: threads.length, ...count };
  }
  const unverified = threads.why;
  const mode = guardedMode(shim);
  if (mode === undefined) return { verified: "return", unverified, ...count };
  if (mode !== 2) throw notFiltered(mode);
  return { verified: "prctl", unverified, ...count };
}

function isCovered(thread: ThreadStatus, filters: number | undefined, noNewPrivs: boolean): boolean {
  return (
    thread.mode === 2 &&
    (thread.noNewPrivs || !noNewPrivs) &&
    (filters === undefined || thread.filters === undefined || thread.filters === filters)
  );
}

/** PR_GET_SECCOMP of this thread, where the filters allow asking. */
function guardedMode(shim: Shim): number | undefined {
  const answer = guarded(shim, installed, "prctl", PR_GET_SECCOMP, 0, 0, 0, 0);
  return answer.ok ? answer.value : undefined;
}

function uncovered(threads: readonly ThreadStatus[]): SeccatError {
  const list = threads.map(
    ({ tid, name, mode, filters }) => `${tid} (${name}): mode ${mode}, ${filters} filters`,
  );
  return new SeccatError({
    code: "enforce",
    message: `the filter is installed, but /proc shows ${threads.length} threads without it: end this process`,
    expected: "mode 2 and one more filter on every thread",
    received: list.join("; "),
  });
}

function notFiltered(mode: number): SeccatError {
  return new SeccatError({
    code: "enforce",
    message: "seccomp(2) reported success, but the thread is not in filter mode: end this process",
    expected: "mode 2",
    received: `mode ${mode}`,
  });
}

/** What libuv and V8 call for any program: to run at all, and to end. */
const nodeNeeds: readonly SyscallName[] = [
  "brk",
  "close",
  "epoll_pwait",
  "exit_group",
  "futex",
  "madvise",
  "mmap",
  "mprotect",
  "munmap",
  "read",
  "rt_sigreturn",
  "sched_yield",
  "write",
];

/** What a backend adds to that: koffi's binary flushes standard output and standard error when the process exits. */
const backendNeeds: Readonly<Record<BackendName, readonly SyscallName[]>> = {
  "ffi-napi": [],
  koffi: ["fsync"],
};

/** Those of the calls that Node and `backend` need which the filters deny whatever their arguments are taken to be. */
function nodeDenied(here: Native, backend: BackendName): SyscallName[] {
  const ones = Array<bigint>(6).fill(0xffff_ffff_ffff_ffffn);
  return [...nodeNeeds, ...backendNeeds[backend]].filter((name) => {
    const number = syscallNr(here.abi, name);
    if (number === undefined) return false;
    const data = { nr: number, arch: here.auditArch };
    return [[], ones].every((args) => !isAllowed(verdict(installed, { ...data, args })));
  });
}
