/** What this machine can do, for `seccat doctor`: facts with reasons, and real trials on commands that do nothing. */
import { spawnSync } from "node:child_process";
import { release } from "node:os";
import { backendNames, loadShim } from "../../shim/index.ts";
import { actionValues } from "../abi/action.ts";
import { SeccatError } from "../abi/error.ts";
import { check } from "../bpf/check.ts";
import type { Program } from "../bpf/program.ts";
import { startedByCalls } from "./bycalls.ts";
import { readFilters } from "./dump.ts";
import { attempt, type HostFact, messageOf } from "./fact.ts";
import { seccompFacts, settingFacts } from "./kernelfact.ts";
import { launch } from "./launch.ts";
import { wayOf } from "./launcher/index.ts";
import { native } from "./native.ts";
import { processFacts } from "./processfact.ts";
import { whyNoRight } from "./target.ts";

/** What this machine can do. */
export interface HostStatus {
  /** A process can put itself under a filter: install(). */
  readonly install: boolean;
  /** A command can be put under a filter: run(), spawnFiltered(). */
  readonly run: boolean;
  /** Denials can be named: supervise(), onDenied. */
  readonly supervise: boolean;
  /** Filters of other processes can be read: readFilters(), `pid:N`. */
  readonly read: boolean;
  readonly facts: readonly HostFact[];
}

/** Looks at this machine; never throws for what is missing. Takes some 100 ms. */
export async function hostStatus(): Promise<HostStatus> {
  const facts: HostFact[] = [...platformFacts(), ...ffiFacts()];
  if (process.platform !== "linux")
    return { install: false, run: false, supervise: false, read: false, facts };
  const shim = attempt(() => loadShim());
  facts.push(startFact(), ...seccompOrWhyNot(), ...settingFacts(), ...processFacts(), straceFact());
  const run = await trial("run", false);
  const supervise = await trial("name denials", true);
  facts.push(run, supervise, await readingFact());
  const seccomp = facts.some((fact) => fact.name === "seccomp(2)" && fact.state === "yes");
  return {
    install: shim !== undefined && seccomp,
    run: run.state === "yes",
    supervise: supervise.state === "yes",
    read: facts.some((fact) => fact.name === READING && fact.state === "yes"),
    facts,
  };
}

function seccompOrWhyNot(): HostFact[] {
  try {
    return seccompFacts(loadShim());
  } catch (error) {
    const cost = "no filter can be installed: no install, run, supervise";
    return [{ name: "seccomp(2)", value: "not usable", state: "no", reason: messageOf(error), cost }];
  }
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
        : {
            reason: "filters are a part of Linux; compiling, testing and explaining them works here",
            cost: "no install, run, supervise, and no trace of a live program",
          }),
    },
    here
      ? { name: "architecture", value: here.abi, state: "yes" }
      : {
          name: "architecture",
          value: process.arch,
          state: "no",
          reason: "no filter can be installed here",
          cost: "no install, run, supervise",
        },
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
        ...(used
          ? {}
          : { cost: "without either of the two the kernel cannot be reached: no install, run, supervise" }),
      };
    }
  });
}

function startFact(): HostFact {
  const name = "start of commands";
  const here = attempt(native);
  if (here && wayOf(here) === "code")
    return { name, value: "machine code", state: "yes", reason: `written for ${here.abi}` };
  const cost = "no run --explain, no supervise(), no trace of a live program";
  return { name, value: "FFI calls", state: "no", reason: attempt(startedByCalls) ?? "no FFI package", cost };
}

function straceFact(): HostFact {
  const answer = spawnSync("strace", ["-V"], { encoding: "utf8", timeout: 5000 });
  const version = /version (\S+)/.exec(answer.stdout ?? "")?.[1];
  if (version !== undefined) return { name: "strace", value: version, state: "yes" };
  return {
    name: "strace",
    value: "not installed",
    state: "no",
    reason: "apt-get install strace",
    cost: "no trace --engine strace, for programs that want a seccomp listener for themselves",
  };
}

/** Runs `true` under a filter that allows everything. */
async function trial(name: "run" | "name denials", supervised: boolean): Promise<HostFact> {
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
    const cost = supervised ? "no run --explain, no supervise()" : "no command can be put under a filter";
    return { name, value: "does not work", state: "no", reason: messageOf(error), cost };
  }
}

const READING = "read filters";

/** Reads the filter of a command that waits. */
async function readingFact(): Promise<HostFact> {
  const missing = (reason: string): HostFact => ({
    name: READING,
    value: "not possible",
    state: "no",
    reason,
    cost: "pid:N cannot be read; programs and policies in files can",
  });
  const issue = whyNoRight();
  if (issue) return missing(`${issue.message}; ${issue.fix ?? ""}`);
  try {
    const launched = await launch([allowAll()], ["sleep", "10"], { stdio: "ignore" });
    if (launched.kind === "not-started") throw launched.error;
    try {
      readFilters(launched.child.pid ?? 0);
    } finally {
      launched.child.kill("SIGKILL");
    }
    await launched.exited;
    return { name: READING, value: "works", state: "yes", reason: "tried with the command sleep" };
  } catch (error) {
    return missing(messageOf(error));
  }
}

function allowAll(): Program {
  return check([{ code: 0x06, jt: 0, jf: 0, k: actionValues.allow }], native().endian);
}
