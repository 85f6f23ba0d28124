/**
 * The filter of this very process, on all of its threads.
 *
 * It cannot be undone, and what follows runs under it: the JavaScript engine keeps calling the kernel on its own
 * (memory, locks, timers), and a policy that denies those calls ends the process some time later.
 */
import type { SyscallName } from "../../arch/index.ts";
import { type BackendName, loadShim, type Shim } from "../../shim/index.ts";
import { SeccatError, throwIssues } from "../abi/error.ts";
import { keyIssues, wrongValue } from "../abi/fields.ts";
import { checkProgram } from "../bpf/check.ts";
import { encode } from "../bpf/codec.ts";
import type { Program } from "../bpf/program.ts";
import { guarded } from "./guard.ts";
import { type Native, native, nr } from "./native.ts";
import { endsProcess, nodeDenied, nodeMajor } from "./need.ts";
import {
  filterRefused,
  flagKnown,
  noNewPrivsRefused,
  requireFlags,
  someThreadDiverges,
  threadDiverges,
} from "./refusal.ts";
import { openRings, type RingChoice, ringChoices, ringsOpen, ringsUnseen } from "./ring.ts";
import {
  type FilterFlag,
  flagBits,
  PR_GET_SECCOMP,
  PR_SET_NO_NEW_PRIVS,
  packFprog,
  SECCOMP_SET_MODE_FILTER,
} from "./seccomp.ts";
import { ownThread, ownThreadOf, ownThreads, type ThreadStatus, uncovered } from "./threads.ts";
import { actionOf, checkFits, verdict } from "./verdict.ts";

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
  /**
   * Let only fatal signals interrupt a call that a supervisor has received (Linux 5.19). Goes with `listener`, and
   * when absent is on where the kernel knows it.
   */
  readonly waitKillableRecv?: boolean;
  /**
   * What to do about an io_uring that this process has already, as Node 22 and later do: `refuse`, the default, installs
   * nothing and throws; `keep` installs the filter although no filter sees what is done through the ring.
   */
  readonly rings?: RingChoice;
  /** The FFI backend; SECCAT_FFI or the best that loads when absent. */
  readonly ffi?: BackendName;
}

const optionKeys = Object.keys({
  tsync: true,
  noNewPrivs: true,
  log: true,
  specAllow: true,
  listener: true,
  waitKillableRecv: true,
  rings: true,
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
  /** The flags that the filter was installed with. */
  readonly flags: readonly FilterFlag[];
  /** Descriptors of io_urings, ways around the filter, that were there before it and were to be kept. */
  readonly rings: readonly number[];
  readonly backend: BackendName;
  /** Calls that Node itself, or the backend, makes sooner or later and that the filters deny. */
  readonly nodeDenied: readonly SyscallName[];
}

/** Programs that this module installed in this process, oldest first. */
const installed: Program[] = [];
/** Rings that were there when this module could last look. */
let knownRings: readonly number[] | undefined;

/**
 * Puts this process under `program`. Throws SeccatError "schema" when called wrongly, "enforce" when the kernel refuses or an
 * io_uring is open (then no filter was installed) or when a thread turns out not to be covered, and "host" where filters
 * cannot be installed at all, or not with the flags asked for.
 */
export function install(program: Program, options: InstallOptions = {}): Installed {
  checkProgram(program);
  checkOptions(options);
  const here = native();
  checkFits([program], here);
  const shim = loadShim(options.ffi ?? process.env.SECCAT_FFI);
  const rings = checkRings(shim, options.rings ?? "refuse");
  refuseLethal(here);
  const flags = flagsOf(shim, options);
  const before = ownThread(shim, installed);
  if (options.noNewPrivs ?? true) {
    const answer = shim.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (!answer.ok) throw noNewPrivsRefused(answer);
  }
  const listener = setFilter(shim, here, program, flags);
  installed.push(program);
  const filters = "tid" in before && before.filters !== undefined ? before.filters + 1 : undefined;
  return {
    ...verify(shim, filters, options),
    ...(options.listener ? { listener } : {}),
    flags,
    rings,
    backend: shim.backend,
    nodeDenied: nodeDenied(installed, {
      here,
      backend: shim.backend,
      node: nodeMajor,
      rings: rings.length > 0,
    }),
  };
}

function checkOptions(options: InstallOptions): void {
  throwIssues(keyIssues(options, optionKeys));
  const { rings, waitKillableRecv, listener } = options;
  if (rings !== undefined && !ringChoices.includes(rings))
    throw wrongValue("this is no choice about rings", ringChoices.join(" or "), rings);
  if (waitKillableRecv && !listener)
    throw new SeccatError({
      code: "usage",
      message: "waitKillableRecv is about a listener, and none is asked for",
      fix: "add listener: true, or leave out waitKillableRecv",
    });
}

/** The rings that this process has, when they may stay. Throws otherwise. */
function checkRings(shim: Shim, choice: RingChoice): readonly number[] {
  const seen = openRings(shim, installed);
  if ("why" in seen) {
    // An earlier install looked, and may since have denied looking.
    if (choice === "refuse" && knownRings?.length !== 0) throw ringsUnseen(seen.why);
    return knownRings ?? [];
  }
  if (choice === "refuse" && seen.length > 0) throw ringsOpen(seen);
  knownRings = seen;
  return seen;
}

/** Refuses to ask for a filter where one that is in place would end the process for the asking. */
function refuseLethal({ auditArch }: Native): void {
  for (const call of ["prctl", "seccomp"] as const) {
    const ret = verdict(installed, { nr: nr(call), arch: auditArch, args: [] });
    if (endsProcess(ret))
      throw new SeccatError({
        code: "enforce",
        message: `a filter that this process installed earlier answers ${call} with ${actionOf(ret)}, so that no other can be installed`,
        fix: `allow ${call} in the first filter and deny it in the last`,
      });
  }
}

function setFilter(shim: Shim, here: Native, program: Program, flags: readonly FilterFlag[]): number {
  const fprog = packFprog(encode(program), here.wordBytes, here.endian, (bytes) => shim.address(bytes));
  const answer = shim.syscall(nr("seccomp"), SECCOMP_SET_MODE_FILTER, flagBits(flags), fprog);
  if (!answer.ok && answer.name === "ESRCH" && flags.includes("tsyncEsrch"))
    throw someThreadDiverges(suspects(shim));
  if (!answer.ok) throw filterRefused(answer, program, flags, shim);
  if (answer.value > 0 && !flags.includes("newListener")) throw threadDiverges(answer.value);
  return answer.value;
}

/** Threads that differ from this one in what /proc shows, of which one kept the kernel from covering all. */
function suspects(shim: Shim): ThreadStatus[] {
  const own = ownThread(shim, installed);
  const threads = ownThreads(shim, installed);
  if (!("tid" in own) || !Array.isArray(threads)) return [];
  return threads.filter(({ mode, filters }) => mode !== 0 && (mode !== own.mode || filters !== own.filters));
}

/** The flags to install with. Throws SeccatError "host" for those that this kernel does not know. */
function flagsOf(shim: Shim, options: InstallOptions): FilterFlag[] {
  const { tsync = true, listener = false, waitKillableRecv } = options;
  const flags: FilterFlag[] = [];
  if (tsync) flags.push("tsync");
  if (options.log) flags.push("log");
  if (options.specAllow) flags.push("specAllow");
  if (listener) flags.push("newListener");
  if (listener && tsync) flags.push("tsyncEsrch"); // else a thread's id could not be told from a descriptor
  if (listener && (waitKillableRecv ?? flagKnown(shim, "waitKillableRecv"))) flags.push("waitKillableRecv");
  requireFlags(shim, flags);
  return flags;
}

type Verified = Pick<Installed, "verified" | "unverified" | "threads" | "filters">;

function verify(shim: Shim, filters: number | undefined, options: InstallOptions): Verified {
  const self = ownThread(shim, installed);
  const threads = (options.tsync ?? true) ? ownThreads(shim, installed) : "tid" in self ? [self] : self;
  const count = filters === undefined ? {} : { filters };
  if (Array.isArray(threads)) {
    const bare = uncovered(threads, filters, options.noNewPrivs ?? true).filter((thread) =>
      isStill(shim, thread, filters, options),
    );
    if (bare.length > 0) throw notCovered(bare);
    return { verified: "proc", threads: threads.length, ...count };
  }
  const unverified = threads.why;
  const mode = guardedMode(shim);
  if (mode === undefined) return { verified: "return", unverified, ...count };
  if (mode !== 2) throw notFiltered(mode);
  return { verified: "prctl", unverified, ...count };
}

/** PR_GET_SECCOMP of this thread, where the filters allow asking. */
function guardedMode(shim: Shim): number | undefined {
  const answer = guarded(shim, installed, "prctl", PR_GET_SECCOMP, 0, 0, 0, 0);
  return answer.ok ? answer.value : undefined;
}

/** Looks again, many times: the kernel leaves out threads that are ending, and those soon are no more. */
function isStill(
  shim: Shim,
  { tid }: ThreadStatus,
  filters: number | undefined,
  options: InstallOptions,
): boolean {
  for (let look = 0; look < 1000; look++) {
    const status = ownThreadOf(shim, installed, tid);
    if (status === undefined) return false;
    if ("why" in status || uncovered([status], filters, options.noNewPrivs ?? true).length > 0) continue;
    return false;
  }
  return true;
}

function notCovered(threads: readonly ThreadStatus[]): SeccatError {
  const list = threads.map(
    ({ tid, name, mode, filters }) => `${tid} (${name}): mode ${mode}, ${filters} filters`,
  );
  return new SeccatError({
    code: "enforce",
    message: `the filter is installed, but not on ${threads.length === 1 ? "thread" : "threads"} ${threads.map(({ tid, name }) => `${tid} (${name})`).join(", ")}: end this process`,
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
