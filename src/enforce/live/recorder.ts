/**
 * Counts calls as they are made: who makes them, in which phase, running which program. A call of a known thread
 * costs two additions; only a new thread, an exec and the calls that begin phases make it look further, into /proc,
 * which shows the caller as it is because the caller waits.
 *
 * Threads that end without a word (killed ones) are found missing later, in a sweep. A pid that is used again before
 * that by a process of the same trace is taken for the old one.
 */
import { type AbiName, abi } from "../../../arch/index.ts";
import { type PhaseOptions, type Trigger, triggersOf } from "../../trace/phase.ts";
import { markPhase } from "../../trace/stretch.ts";
import type { WatchedProcess } from "../../trace/watched.ts";
import type { NotifWords } from "../notify.ts";
import { type Kind, kindOf } from "./kind.ts";
import type { Look } from "./look.ts";
import { callsOf, cut, NUMBERS, newProcess, type Process, type Stretch, watchedProcess } from "./process.ts";
import { newRecent, type Recent, remember, type Sites } from "./restart.ts";
import { Variants } from "./variant.ts";

/** How to record. */
export interface RecorderOptions extends PhaseOptions {
  readonly native: AbiName;
  /** Whether to tell calls apart by the arguments that conditions are learned for. */
  readonly args?: boolean;
  readonly look: Look;
  readonly words: NotifWords;
  /** Gets each process once it has ended. */
  readonly each: (process: WatchedProcess) => void;
  /** Gets the name of each call when it is made for the first time by anybody. */
  readonly onNew?: (name: string, pid: number) => void;
  readonly interruptions?: Interruptions;
  /** Whether two descriptors of a thread are copies of one, as a shell makes them for `>&9`. */
  readonly isCopy?: (tid: number, fd: number, other: number) => boolean;
  /** The name of a mark that is written to `markFd`. */
  readonly markName?: (words: Uint32Array) => string;
}

interface Task {
  readonly tid: number;
  readonly process: Process;
  recent: Recent | undefined;
}

/** How a recorder makes good what waiting does to calls that a signal interrupts (see restart.ts). */
export interface Interruptions {
  installs(words: Uint32Array): boolean;
  returns(words: Uint32Array, recent: Recent, sites: Sites): boolean;
}

/** A process in a view of those that are alive. */
export interface Viewed {
  readonly pid: number;
  readonly comm: string;
  readonly calls: number;
}

/** Counts the calls of one command and all that it starts. */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #words: NotifWords;
  readonly #arch: number;
  readonly #tasks = new Map<number, Task>();
  readonly #processes = new Map<number, Process>();
  readonly #kinds: (Kind | undefined)[] = new Array<Kind | undefined>(NUMBERS).fill(undefined);
  readonly #otherKinds = new Map<number, Kind>();
  /** 0 for calls that are counted and nothing else. */
  readonly #special = new Uint8Array(NUMBERS).fill(1);
  readonly #triggers: readonly Trigger[];
  readonly #variants: Variants | undefined;
  readonly #marks: string[] = [];
  #last: Task | undefined;
  /** Calls seen. */
  calls = 0;
  /** Calls that a signal interrupted before they were received, and that were begun again. */
  restarted = 0;
  /** How often a process asked for a listener of its own, which it cannot get. */
  listeners = 0;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#words = options.words;
    this.#variants = options.args ? new Variants(options.native, options.words) : undefined;
    this.#arch = abi(options.native).auditArch;
    // A call may begin a phase and end another; what it belongs to itself comes first.
    this.#triggers = triggersOf(options).sort((a, b) => Number(b.inclusive) - Number(a.inclusive));
  }

  /** The processes that have not ended. */
  view(): Viewed[] {
    const { look } = this.#options;
    return [...this.#processes.values()]
      .filter(({ pid, leaving }) => leaving === 0 && look.isAlive(pid))
      .map((process) => {
        return { pid: process.pid, comm: process.current.comm, calls: callsOf(process) };
      });
  }

  /** Counts the call of a struct seccomp_notif, whose maker waits. */
  see(words: Uint32Array): void {
    const at = this.#words;
    const tid = words[at.pid] ?? 0;
    const nr = words[at.nr] ?? 0;
    const order = ++this.calls;
    let task = this.#last;
    if (task?.tid !== tid) {
      task = this.#tasks.get(tid) ?? this.#born(tid, order);
      this.#last = task;
    }
    const { process } = task;
    if (process.executing !== 0) this.#executed(process, tid, order);
    if (process.sites !== undefined) {
      task.recent ??= newRecent();
      remember(task.recent, process.sites, words);
    }
    if (words[at.arch] !== this.#arch || nr >= NUMBERS) {
      this.#seeOther(task, words, order);
      return;
    }
    let { stretch } = process;
    if (this.#special[nr] !== 0) {
      const kind = this.#variant(this.#ownKind(nr, words), words);
      stretch = this.#act(task, kind, words, order);
      if (kind.mark !== "") {
        countOther(stretch, kind, order);
        return;
      }
    }
    const count = stretch.counts[nr] ?? 0;
    if (count === 0) stretch.firsts[nr] = order;
    stretch.counts[nr] = count + 1;
  }

  #seeOther(task: Task, words: Uint32Array, order: number): void {
    const kind = this.#variant(this.#otherKind(words), words);
    countOther(this.#act(task, kind, words, order), kind, order);
  }

  #variant(kind: Kind, words: Uint32Array): Kind {
    return this.#variants?.of(kind, words) ?? kind;
  }

  /** Begins the phase of a mark in every process, behind the calls seen so far. */
  mark(name: string): void {
    const phase = markPhase(name);
    this.#marks.push(phase);
    for (const process of this.#processes.values()) begin(process, phase, this.calls + 1);
  }

  /** Hands on the processes that have ended. */
  sweep(): void {
    const { look } = this.#options;
    for (const process of [...this.#processes.values()]) {
      // Threads that are still on their way out may be late.
      if (process.leaving > 1 || !look.isAlive(process.pid)) this.#end(process);
      else for (const tid of process.tids) if (tid !== process.pid && !look.isAlive(tid)) this.#forget(tid);
      if (process.leaving > 0) process.leaving++;
    }
  }

  /** Hands on those that are left. */
  finish(): void {
    for (const process of [...this.#processes.values()]) this.#end(process);
  }

  #end(process: Process): void {
    for (const tid of process.tids) if (this.#tasks.get(tid)?.process === process) this.#forget(tid);
    if (this.#processes.get(process.pid) === process) this.#processes.delete(process.pid);
    this.#options.each(watchedProcess(process, this.#kinds));
  }

  #forget(tid: number): void {
    this.#tasks.delete(tid);
    if (this.#last?.tid === tid) this.#last = undefined;
  }

  /** The task of a thread's first call. */
  #born(tid: number, order: number): Task {
    const { pid, ppid } = this.#options.look.ids(tid);
    const process = this.#processOf(tid, pid || tid, ppid, order);
    process.tids.add(tid);
    const task: Task = { tid, process, recent: undefined };
    this.#tasks.set(tid, task);
    return task;
  }

  #processOf(tid: number, pid: number, ppid: number, order: number): Process {
    const known = this.#processes.get(pid);
    // Nobody calls behind its exit_group: the number is used again.
    if (known && !(known.leaving > 0 && known.gone.has(tid))) return known;
    if (known) this.#end(known);
    const parent = this.#processes.get(ppid) ?? this.#maker();
    const process = newProcess(pid, parent);
    if (!parent) process.stamp = this.#options.look.stamp(pid);
    for (const phase of this.#marks) begin(process, phase, order);
    this.#processes.set(pid, process);
    return process;
  }

  /** Who made a process whose parent has ended since: of those that leave, or of all, the last that began to make one. */
  #maker(): Process | undefined {
    const makers = [...this.#processes.values()].sort((a, b) => b.making - a.making);
    return makers.find(({ leaving, making }) => leaving > 0 && making > 0) ?? makers[0];
  }

  /** A call while it is not known how an execve came out: when it came off, the first thread is another program now. */
  #executed(process: Process, tid: number, order: number): void {
    const { look, phases } = this.#options;
    const caller = process.executing;
    if (tid === caller) process.executing = 0;
    if (tid !== process.pid) return;
    const stamp = look.stamp(process.pid);
    if (stamp === process.stamp) return;
    process.executing = 0;
    process.stamp = stamp;
    process.sites = undefined; // handlers end with the program
    const phase = phases?.includes("exec") ? { phase: "exec" } : {};
    cut(process, { from: order, image: look.image(process.pid), ...phase });
  }

  #ownKind(nr: number, words: Uint32Array): Kind {
    const known = this.#kinds[nr];
    if (known) return known;
    const kind = this.#newKind(words, nr);
    this.#kinds[nr] = kind;
    this.#special[nr] = this.#isSpecial(kind) ? 1 : 0;
    return kind;
  }

  #otherKind(words: Uint32Array): Kind {
    const nr = words[this.#words.nr] ?? 0;
    const key = (words[this.#words.arch] ?? 0) * 0x1_0000_0000 + nr;
    const known = this.#otherKinds.get(key);
    if (known) return known;
    const kind = this.#newKind(words, nr);
    this.#otherKinds.set(key, kind);
    return kind;
  }

  #newKind(words: Uint32Array, nr: number): Kind {
    const kind = kindOf(this.#options.native, words[this.#words.arch] ?? 0, nr);
    this.#options.onNew?.(kind.name, this.#last?.process.pid ?? 0);
    return kind;
  }

  #isSpecial(kind: Kind): boolean {
    const { name, effect, telling } = kind;
    if (this.#variants?.has(kind)) return true;
    if (effect !== undefined || telling !== undefined) return true;
    if (this.#options.markFd !== undefined && name === "write") return true;
    return this.#triggers.some(({ names }) => names.has(name));
  }

  #arg(words: Uint32Array, register: number): number {
    return words[this.#words.args[register] ?? 0] ?? 0;
  }

  /** Does what a call asks for besides being counted; gives the stretch to count it in. */
  #act(task: Task, kind: Kind, words: Uint32Array, order: number): Stretch {
    const { process } = task;
    const stretch = this.#trigger(task, kind, words, order);
    const { telling } = kind;
    if (telling && (this.#arg(words, telling.register) & telling.bits) !== 0) stretch.told.add(kind);
    switch (kind.effect) {
      case "make":
        process.making = order;
        break;
      case "exec":
        process.executing = task.tid;
        break;
      case "exit":
      case "exit_group":
        if (kind.effect === "exit_group") process.leaving = 1;
        process.gone.add(task.tid);
        this.#forget(task.tid);
        break;
      case "listen":
        process.listens = true;
        break;
      case "sigaction":
        if (!process.sites && this.#options.interruptions?.installs(words)) process.sites = new Map();
        break;
      case "sigreturn":
        if (
          process.sites &&
          task.recent &&
          this.#options.interruptions?.returns(words, task.recent, process.sites)
        )
          this.restarted++;
        break;
      case "filter":
        // SECCOMP_SET_MODE_FILTER with SECCOMP_FILTER_FLAG_NEW_LISTENER
        if (this.#arg(words, 0) === 1 && (this.#arg(words, 1) & 8) !== 0) this.listeners++;
        break;
      default:
    }
    return stretch;
  }

  #trigger(task: Task, { name }: Kind, words: Uint32Array, order: number): Stretch {
    const { process } = task;
    const { look } = this.#options;
    let { stretch } = process;
    for (const { phase, names, inclusive, connection } of this.#triggers) {
      if (!names.has(name) || process.phases.has(phase)) continue;
      if (connection && !(process.listens && look.isSocket(task.tid, this.#arg(words, 0)))) continue;
      begin(process, phase, inclusive ? order : order + 1);
      if (inclusive) stretch = process.stretch;
    }
    if (name === "write") this.#write(task.tid, words);
    return stretch;
  }

  #write(tid: number, words: Uint32Array): void {
    const { markFd, markName, isCopy } = this.#options;
    if (markFd === undefined || !markName) return;
    const fd = this.#arg(words, 0);
    if (fd === markFd || isCopy?.(tid, fd, markFd)) this.mark(markName(words));
  }
}

function countOther({ others }: Stretch, kind: Kind, order: number): void {
  const entry = others.get(kind);
  if (entry) entry.count++;
  else others.set(kind, { count: 1, first: order });
}

function begin(process: Process, phase: string, from: number): void {
  if (!process.phases.has(phase)) cut(process, { from, phase });
}
