// Finds in the events of a log where the stretches of a process begin. Whether what is read is a connection, a log
// tells by `strace -y` (`4<socket:[123]>`), or else by accept having returned that number before.

import { readArg, splitArgs } from "./argument.ts";
import { Copies } from "./copies.ts";
import type { BeginEvent, CallEvent } from "./event.ts";
import { type PhaseOptions, type Trigger, triggersOf } from "./phase.ts";
import { leaderOf, type Processes, type Task } from "./process.ts";
import { markPhase, nextStretch, type StretchOptions } from "./stretch.ts";
import type { Cut } from "./watched.ts";

/** What a process, or who made it, is known to do with sockets. */
interface Sockets {
  listens: boolean;
  readonly accepted: Set<number>;
}

/** Follows the phases of the processes of a log. */
export class LogPhases {
  readonly #options: PhaseOptions;
  readonly #images: boolean;
  readonly #triggers: ReadonlyMap<string, readonly Trigger[]>;
  readonly #sockets = new WeakMap<Task, Sockets>();
  readonly #marker: Copies | undefined;

  constructor(options: PhaseOptions & StretchOptions) {
    this.#options = options;
    const byExec = options.phases?.includes("exec") ?? false;
    this.#images = byExec || options.program !== undefined || options.split === "exe";
    this.#marker = options.markFd === undefined ? undefined : new Copies(options.markFd);
    const triggers = triggersOf(options);
    const names = new Set(triggers.flatMap((trigger) => [...trigger.names]));
    this.#triggers = new Map(
      [...names].map((name) => [name, triggers.filter((trigger) => trigger.names.has(name))]),
    );
  }

  /** A call of `task` at `order`, its begin or its end; begins what it begins. */
  see(table: Processes, event: CallEvent | BeginEvent, task: Task, order: number): void {
    const leader = leaderOf(task);
    for (const { phase, inclusive, connection } of this.#triggers.get(event.name) ?? []) {
      if (connection && !this.#isConnection(leader, event.args)) continue;
      begin(leader, phase, inclusive ? order : order + 1);
    }
    if (event.kind !== "call") return;
    if (this.#options.phases?.includes("read")) this.#noteSocket(leader, event);
    if (this.#images && event.name === "execve" && event.result === "0") this.#execute(leader, event, order);
    if (!this.#marker) return;
    this.#marker.see(leader, event);
    if (event.name !== "write") return;
    const [fd = "", text = ""] = splitArgs(event.args);
    if (this.#marker.has(leader, descriptorOf(fd))) mark(table, textOf(text).trim(), order + 1);
  }

  #execute(leader: Task, event: CallEvent, order: number): void {
    const exe = textOf(splitArgs(event.args)[0] ?? "");
    const phase = this.#options.phases?.includes("exec") ? { phase: "exec" } : {};
    const comm = exe.slice(exe.lastIndexOf("/") + 1).slice(0, 15); // TASK_COMM_LEN
    cut(leader, { from: order + 1, image: { exe, comm }, ...phase });
  }

  #noteSocket(leader: Task, event: CallEvent): void {
    const accepts = event.name === "accept" || event.name === "accept4";
    if (!accepts && event.name !== "listen") return;
    const sockets = this.#sockets.get(leader) ?? { listens: false, accepted: new Set() };
    this.#sockets.set(leader, sockets);
    if (accepts) sockets.accepted.add(descriptorOf(event.result ?? ""));
    else sockets.listens = true;
  }

  #isConnection(leader: Task, args: string): boolean {
    const [first = ""] = splitArgs(args);
    const shown = /<(.*)>/.exec(first)?.[1];
    const fd = descriptorOf(first);
    let listens = false;
    for (let at: Task | undefined = leader, left = 64; at && left > 0; at = at.parent, left--) {
      const sockets = this.#sockets.get(leaderOf(at));
      listens ||= sockets?.listens ?? false;
      if (shown === undefined && sockets?.accepted.has(fd)) return true;
    }
    return listens && shown !== undefined && /^(socket|TCP|TCPv6|UNIX|UNIX-STREAM)\b/.test(shown);
  }
}

/** Begins the phase of a mark in every process that is alive. */
export function mark(table: Processes, name: string, from: number): void {
  const tasks = new Set([...table.live.values(), ...(table.alone ? [table.alone] : [])].map(leaderOf));
  for (const leader of tasks) begin(leader, markPhase(name), from);
}

function begin(leader: Task, phase: string, from: number): void {
  if (!leader.stretches.at(-1)?.phases.includes(phase)) cut(leader, { from, phase });
}

function cut(leader: Task, at: Cut): void {
  const last = leader.stretches.at(-1);
  if (last) leader.stretches = [...leader.stretches, nextStretch(last, at)];
}

function descriptorOf(text: string): number {
  return Number.parseInt(text, 10);
}

function textOf(arg: string): string {
  const read = readArg(arg);
  return read.kind === "string" ? Buffer.from(read.bytes).toString("utf8") : "";
}
