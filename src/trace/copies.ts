// Which descriptors of a log's processes are copies of one: a shell's `echo ready >&9` makes 1 a copy of 9 and writes
// there. A process begins with the copies that its maker has when it is first asked about.

import { splitArgs } from "./argument.ts";
import type { CallEvent } from "./event.ts";
import { leaderOf, type Task } from "./process.ts";

/** The calls that make and close copies of descriptors. */
export const copyCalls: ReadonlySet<string> = new Set(["dup", "dup2", "dup3", "fcntl", "fcntl64", "close"]);

/** The commands of fcntl that copy, by name and by number: whether execve closes the copy. */
const copyCommands: ReadonlyMap<string, boolean> = new Map([
  ["F_DUPFD", false],
  ["0", false],
  ["F_DUPFD_CLOEXEC", true],
  ["0x406", true],
]);
/** Makers of makers that are asked. */
const GENERATIONS = 64;

/** Follows the copies of one descriptor. */
export class Copies {
  readonly #fd: number;
  /** By process: the copies, and whether execve closes them. */
  readonly #known = new WeakMap<Task, Map<number, boolean>>();

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Whether what the process writes to `fd` goes where the descriptor itself leads to. */
  has(leader: Task, fd: number): boolean {
    return fd === this.#fd || this.#of(leader).has(fd);
  }

  /** Moves on behind a call that has returned. */
  see(leader: Task, { name, args, result = "" }: CallEvent): void {
    if (name === "execve" && result === "0") this.#execute(leader);
    if (!copyCalls.has(name)) return;
    const [from = "", second = "", third = ""] = splitArgs(args);
    if (name === "close") {
      this.#close(leader, number(from));
      return;
    }
    const closing = name.startsWith("fcntl") ? copyCommands.get(second) : /O_CLOEXEC|0x80000/.test(third);
    if (closing !== undefined) this.#copy(leader, number(from), number(result), closing);
  }

  #copy(leader: Task, from: number, to: number, closing: boolean): void {
    if (to < 0 || Number.isNaN(to) || from === to) return;
    const isCopy = this.has(leader, from);
    this.#close(leader, to);
    if (isCopy) this.#of(leader).set(to, closing);
  }

  #close(leader: Task, fd: number): void {
    const copies = this.#of(leader);
    if (fd === this.#fd) copies.clear();
    else copies.delete(fd);
  }

  #execute(leader: Task): void {
    const copies = this.#of(leader);
    for (const [fd, closing] of copies) if (closing) copies.delete(fd);
  }

  #of(leader: Task): Map<number, boolean> {
    let known: Map<number, boolean> | undefined;
    let at: Task | undefined = leader;
    for (let left = GENERATIONS; at && !known && left > 0; at = at.parent, left--)
      known = this.#known.get(leaderOf(at));
    const own = this.#known.get(leader) ?? new Map(known);
    this.#known.set(leader, own);
    return own;
  }
}

function number(text: string): number {
  return Number.parseInt(text, 10);
}
