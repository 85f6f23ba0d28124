// Which calls can change what the calls behind them count for: those that make, end or become somebody, and those that
// begin a phase. Who condenses a log keeps them, and knows nothing else about processes and phases.

import { splitArgs } from "./argument.ts";
import { copyCalls } from "./copies.ts";
import { type PhaseOptions, type Trigger, triggersOf } from "./phase.ts";
import { leavers, makers } from "./process.ts";

const execs: ReadonlySet<string> = new Set(["execve", "execveat"]);
/** Calls that make sockets, or sockets what they are. */
export const socketMakers: ReadonlySet<string> = new Set(["accept", "accept4", "listen"]);

/** The calls that turn something, with these phases. */
export class Turns {
  readonly #triggers: readonly Trigger[];
  readonly #markFd: number | undefined;
  readonly #readsConnections: boolean;

  constructor(options: PhaseOptions) {
    this.#triggers = triggersOf(options);
    this.#markFd = options.markFd;
    this.#readsConnections = this.#triggers.some(({ connection }) => connection);
  }

  /** Whether calls of that name can say something about processes or phases. */
  isNamed(name: string): boolean {
    return (
      makers.has(name) ||
      leavers.has(name) ||
      execs.has(name) ||
      this.#isTrigger(name) ||
      this.#isMarking(name) ||
      (this.#readsConnections && socketMakers.has(name))
    );
  }

  #isTrigger(name: string): boolean {
    return this.#triggers.some(({ names }) => names.has(name));
  }

  /** Whether such calls can be marks, or make other descriptors lead to where marks are written. */
  #isMarking(name: string): boolean {
    return this.#markFd !== undefined && (name === "write" || copyCalls.has(name));
  }

  /** Whether such a call says something each time, or never; undefined when only the first of a process does. */
  isAlways(name: string): boolean | undefined {
    if (this.#isMarking(name)) return true;
    return this.#readsConnections && socketMakers.has(name) ? true : undefined;
  }

  /** What decides whether the call begins a phase. */
  textOf(name: string, args: string): string {
    const first = this.#readsConnections ? (splitArgs(args)[0] ?? "") : "";
    return `${name} ${first}`;
  }

  /** Whether calls of all processes may count otherwise behind it, whoever they belong to. */
  isForAll(name: string, pid: number | undefined): boolean {
    if (execs.has(name) || (leavers.has(name) && pid === undefined)) return true;
    return (makers.has(name) || leavers.has(name)) && this.#isTrigger(name);
  }
}
