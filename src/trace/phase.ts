/**
 * Where the phases of a process begin: at its first `accept`, at what it reads first of a connection, at a program
 * that it executes, at a mark. A process that is made in a phase is in that phase.
 *
 * A phase that is told by a call begins with that call, as the call belongs to what it begins. `--after` and
 * `--until` name calls that end something: what they begin comes behind the call.
 */
import type { SyscallName } from "../../arch/index.ts";
import { AFTER, UNTIL } from "./stretch.ts";

/** What can begin a phase, besides marks. */
export type PhaseName = "accept" | "read" | "exec";

/** The names of what can begin a phase, besides marks. */
export const phaseNames: readonly PhaseName[] = Object.freeze(["accept", "read", "exec"]);

/** Which phases are told apart. */
export interface PhaseOptions {
  /** The phase `after` begins behind the first call of this name in a process. */
  readonly after?: string;
  /** The phase `until` begins behind the first call of this name in a process. */
  readonly until?: string;
  readonly phases?: readonly PhaseName[];
  /** Each write to this descriptor is a mark, named by what is written. */
  readonly markFd?: number;
}

/** A call that begins a phase. */
export interface Trigger {
  readonly phase: string;
  readonly names: ReadonlySet<string>;
  /** Whether the call itself belongs to the new phase. */
  readonly inclusive: boolean;
  /** Whether it begins one only where its first argument is a socket and the process comes from one that listens. */
  readonly connection: boolean;
}

const accepts: readonly SyscallName[] = ["accept", "accept4"];
const reads: readonly SyscallName[] = ["read", "recvfrom", "recvmsg", "readv", "recv", "recvmmsg"];

/** The calls that begin phases. */
export function triggersOf({ after, until, phases = [] }: PhaseOptions): Trigger[] {
  const behind = (phase: string, name: string): Trigger => ({
    phase,
    names: new Set([name]),
    inclusive: false,
    connection: false,
  });
  const at = (phase: string, names: readonly string[], connection: boolean): Trigger => ({
    phase,
    names: new Set(names),
    inclusive: true,
    connection,
  });
  return [
    ...(after === undefined ? [] : [behind(AFTER, after)]),
    ...(until === undefined ? [] : [behind(UNTIL, until)]),
    ...(phases.includes("accept") ? [at("accept", accepts, false)] : []),
    ...(phases.includes("read") ? [at("read", reads, true)] : []),
  ];
}
