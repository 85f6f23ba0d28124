/** What this machine can do, for `seccat doctor`: facts with reasons, and two real trials on a command that does nothing. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { backendNames, loadShim, type Shim } from "../../shim/index.ts";
import { actionNames, actionValues } from "../abi/action.ts";
import { SeccatError } from "../abi/error.ts";
import { check } from "../bpf/check.ts";
import type { Program } from "../bpf/program.ts";
import { launch } from "./launch.ts";
import { native, nr } from "./native.ts";
import { flagKnown } from "./refusal.ts";
import {
  type FilterFlag,
  filterFlags,
  PR_GET_NO_NEW_PRIVS,
  PR_GET_SECCOMP,
  SECCOMP_GET_ACTION_AVAIL,
} from "./seccomp.ts";
import { parseStatus } from "./threads.ts";

/** One fact about this machine. */
export interface HostFact {
  readonly name: string;
  readonly value: string;
  /** `no` where something is missing that Seccat could use. */
  readonly state: "yes" | "no" | "note";
  /** Why it is so, or what to do. */
  readonly reason?: string;
}

/** What this machine can do. */
export interface HostStatus {
  /** A process can put itself under a filter: install(). */
  readonly install: boolean;
  /** A command can be put under a filter: run(), spawnFiltered(). */
  readonly run: boolean;
  /** Denials can be named: supervise(), onDenied. */
  readonly supervise: boolean;
  readonly facts: readonly HostFact[];
}

/** Looks at this machine; never throws for what is missing. Takes some 50 ms. */
export async function hostStatus(): Promise<HostStatus> {
  const facts: HostFact[] = [...platformFacts(), ...ffiFacts()];
  if (process.platform !== "linux") return { install: false, run: false, supervise: false, facts };
  const shim = attempt(() => loadShim());
  facts.push(...attemptAll(() => kernelFacts(loadShim())));
  facts.push(...procFacts(), containerFact(), straceFact());
  const run = await trial("run a command under a filter", false);
  const supervise = await trial("name what a filter denies", true);
  facts.push(run, supervise);
  const seccomp = facts.some((fact) => fact.name === "seccomp(2)" && fact.state === "yes");
  return {
    install: shim !== undefined && seccomp,
    run: run.state === "yes",
    supervise: supervise.state === "yes",
    facts,
  };
}

function attempt<T>(get: () => T): T | undefined {
  try {
    return get();
  } catch {
    return undefined;
  }
}

function attemptAll(get: () => HostFact[]): HostFact[] {
  try {
    return get();
  } catch (error) {
    return [{ name: "seccomp(2)", value: "not usable", state: "no", reason: messageOf(error) }];
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function platformFacts(): HostFact[] {
  const linux = process.platform === "linux";
  const here = attempt(native);
  return [
    {
      name: "kernel",
      value: `${process.platform} ${release()}`,
      state: linux ? "yes" : "no",
      ...(linux
        ? {}
        : { reason: "filters are a part of Linux; compiling, testing and explaining them works here" }),
    },
    here
      ? { name: "architecture", value: here.abi, state: "yes" }
      : { name: "architecture", value: process.arch, state: "no", reason: "no filter can be installed here" },
    { name: "node", value: process.version, state: "note" },
  ];
}

function ffiFacts(): HostFact[] {
  if (process.platform !== "linux") return [];
  const used = attempt(() => loadShim().backend);
  return backendNames.map((name): HostFact => {
    try {
      const { version } = loadShim(name);
      const reason = name === used ? "used by default" : `SECCAT_FFI=${name} chooses it`;
      return { name: `FFI: ${name}`, value: version, state: "yes", reason };
    } catch (error) {
      // One of the two is enough.
      return {
        name: `FFI: ${name}`,
        value: "not usable",
        state: used ? "note" : "no",
        reason: messageOf(error),
      };
    }
  });
}

function kernelFacts(shim: Shim): HostFact[] {
  const mode = shim.prctl(PR_GET_SECCOMP);
  const privileges = shim.prctl(PR_GET_NO_NEW_PRIVS);
  const flags = (Object.keys(filterFlags) as FilterFlag[]).map((flag) => ({
    flag,
    known: flagKnown(shim, flag),
  }));
  const actions = actionNames.filter((name) => isActionAvailable(shim, actionValues[name]));
  const usable = flags.some(({ known }) => known);
  return [
    {
      name: "seccomp(2)",
      value: usable ? "usable" : "not usable",
      state: usable ? "yes" : "no",
      ...(usable ? {} : { reason: whyUnusable(shim) }),
    },
    listFact(
      "filter flags",
      flags.map(({ flag }) => flag),
      (flag) => flags.some((f) => f.flag === flag && f.known),
      (flag) => `${flag} came with Linux ${filterFlags[flag].since}`,
    ),
    listFact(
      "actions",
      actionNames,
      (name) => actions.includes(name),
      (name) => name,
    ),
    {
      name: "filters on this process",
      value: mode.ok && mode.value === 2 ? (ownFilters() ?? "some") : "none",
      state: "note",
      ...(mode.ok && mode.value === 2 ? { reason: "a container or service manager installed them" } : {}),
    },
    {
      name: "no_new_privs of this process",
      value: privileges.ok && privileges.value === 1 ? "set" : "not set",
      state: "note",
    },
  ];
}

/** A fact that lists what is there, and says what is not. */
function listFact<T extends string>(
  name: string,
  all: readonly T[],
  has: (item: T) => boolean,
  lack: (item: T) => string,
): HostFact {
  const missing = all.filter((item) => !has(item));
  return {
    name,
    value: all.filter(has).join(" ") || "none",
    state: missing.length === 0 ? "yes" : "no",
    ...(missing.length > 0 ? { reason: `not here: ${missing.map(lack).join("; ")}` } : {}),
  };
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

function ownFilters(): string | undefined {
  const status = attempt(() => parseStatus(process.pid, readFileSync("/proc/self/status", "latin1")));
  return status?.filters === undefined ? undefined : String(status.filters);
}

/** Settings that /proc shows, as they stand there. */
const settings: readonly { readonly name: string; readonly file: string; readonly reason?: string }[] = [
  { name: "actions that the kernel logs", file: "kernel/seccomp/actions_logged" },
  { name: "instructions are compiled (bpf_jit_enable)", file: "net/core/bpf_jit_enable" },
  { name: "ptrace scope", file: "kernel/yama/ptrace_scope", reason: "above 2, no process can be supervised" },
  { name: "user namespaces", file: "user/max_user_namespaces", reason: "0: none can be made" },
];

function procFacts(): HostFact[] {
  return settings.flatMap(({ name, file, reason }): HostFact[] => {
    const value = attempt(() => readFileSync(`/proc/sys/${file}`, "utf8").trim());
    if (value === undefined) return [];
    return [{ name, value, state: "note", ...(reason === undefined ? {} : { reason }) }];
  });
}

/** Signs of a container: files that its manager leaves, and names in the cgroup of process 1. */
function containerFact(): HostFact {
  const signs = [
    existsSync("/.dockerenv") ? "/.dockerenv" : "",
    existsSync("/run/.containerenv") ? "/run/.containerenv" : "",
    process.env.container ? `container=${process.env.container}` : "",
    /docker|kubepods|lxc|libpod/.exec(attempt(() => readFileSync("/proc/1/cgroup", "utf8")) ?? "")?.[0] ?? "",
    /gvisor/i.test(attempt(() => readFileSync("/proc/version", "utf8")) ?? "") ? "gVisor" : "",
  ].filter((sign) => sign !== "");
  return {
    name: "container",
    value: signs.length > 0 ? `yes (${signs.join(", ")})` : "no sign of one",
    state: "note",
  };
}

function straceFact(): HostFact {
  const answer = spawnSync("strace", ["-V"], { encoding: "utf8", timeout: 5000 });
  const version = /version (\S+)/.exec(answer.stdout ?? "")?.[1];
  if (version !== undefined) return { name: "strace", value: version, state: "yes" };
  return {
    name: "strace",
    value: "not installed",
    state: "no",
    reason: "tracing needs it: apt-get install strace",
  };
}

/** Runs `true` under a filter that allows everything. */
async function trial(name: string, supervised: boolean): Promise<HostFact> {
  try {
    const launched = await launch([allowAll()], ["true"], {
      stdio: "ignore",
      ...(supervised ? { onCall: () => ({ continue: true as const }) } : {}),
    });
    if (launched.kind === "not-started") throw launched.error;
    const { status } = await launched.exited;
    launched.supervisor?.close();
    if (status !== 0) throw new SeccatError({ code: "host", message: `true ended with ${status}` });
    return { name, value: "works", state: "yes", reason: "tried with the command true" };
  } catch (error) {
    return { name, value: "does not work", state: "no", reason: messageOf(error) };
  }
}

function allowAll(): Program {
  return check([{ code: 0x06, jt: 0, jf: 0, k: actionValues.allow }], native().endian);
}
