// Most lines of a log repeat what their process did before, and what the learner does with such a call comes down to
// one more in the same tally. So it is remembered where the last call of that name by that process was counted, as
// long as nothing can have changed it.

import { telling } from "../../arch/index.ts";
import type { CallEvent, Mode, StraceEvent } from "./event.ts";
import { PlainLine } from "./plain.ts";
import { leavers, makers } from "./process.ts";
import { countIn, countPlain, type Tallied } from "./tally.ts";

/** Processes that are remembered at a time. */
const mostPids = 4096;

/** Where the calls of a process are counted. */
interface Known {
  readonly byName: Map<string, Tallied>;
  /** By the numbers that PlainLine gives to names. */
  readonly plain: (Tallied | undefined)[];
}

/** Where the calls of processes are counted. */
export class Repeats {
  /** Calls with a mark are not remembered. */
  readonly #mark: ((event: CallEvent, mode: Mode | undefined) => string) | undefined;
  readonly #byPid = new Map<number | undefined, Known>();
  /** What telling has, by the numbers that PlainLine gives to names. */
  readonly #signs: (string | undefined)[] = [];
  #lastPid: number | undefined;
  /** Those of #lastPid. */
  #last: Known | undefined;
  /** A mode is handed down from maker to made, whenever that is told: then nothing is remembered. */
  #moded = false;

  constructor(mark: ((event: CallEvent, mode: Mode | undefined) => string) | undefined) {
    this.#mark = mark;
  }

  /** Takes an event that changes nothing but a count; `before` are the lines of the logs before this one. */
  take(event: StraceEvent, before: number): boolean {
    if (event instanceof PlainLine) return this.#countPlain(event, before);
    if (event.kind === "call") return this.#count(event, before);
    if (event.kind === "begin") return !makers.has(event.name) && this.#of(event.pid) !== undefined;
    return event.kind === "noise" || event.kind === "signal";
  }

  #countPlain(line: PlainLine, before: number): boolean {
    const { nameId } = line;
    const entry = this.#of(line.pid)?.plain[nameId];
    if (!entry || !this.#isLike(entry, line)) return false;
    countPlain(entry, line, before + line.line, this.#signs[nameId]);
    return true;
  }

  #count(event: CallEvent, before: number): boolean {
    const { name } = event;
    const entry = this.#of(event.pid)?.byName.get(name);
    if (!entry || !this.#isLike(entry, event)) return false;
    countIn(entry, event, before + event.line, telling.get(name));
    return true;
  }

  #isLike(entry: Tallied, event: CallEvent): boolean {
    return entry.nr === event.nr && (this.#mark === undefined || this.#mark(event, entry.mode) === "");
  }

  #of(pid: number | undefined): Known | undefined {
    if (pid === this.#lastPid && this.#last) return this.#last;
    this.#lastPid = pid;
    this.#last = this.#byPid.get(pid);
    return this.#last;
  }

  /** Moves on behind an event that was not taken; `entry` is where it was counted. */
  see(event: StraceEvent, entry: Tallied | undefined): void {
    // A new pid can be that of the process whose lines had none.
    this.#byPid.delete(undefined);
    this.#last = undefined;
    if (event.kind === "begin" || event.kind === "call") {
      if (leavers.has(event.name)) this.#leave(event.pid);
      else if (entry && event.kind === "call") this.#note(event, entry);
    } else if (event.kind === "exit" && event.how === "superseded") this.#leave(Number(event.by));
    else if (event.kind === "exit" || event.kind === "detach") this.#leave(event.pid);
    else if (event.kind === "end") this.#byPid.clear();
    else if (event.kind === "mode") {
      this.#moded = true;
      this.#byPid.clear();
    }
  }

  /** Whose lines have no pid can be anybody. */
  #leave(pid: number | undefined): void {
    if (pid === undefined) this.#byPid.clear();
    else this.#byPid.delete(pid);
  }

  #note(event: CallEvent, entry: Tallied): void {
    const { pid, name } = event;
    if (this.#moded || entry.mark !== "" || makers.has(name)) return;
    let known = this.#byPid.get(pid);
    if (!known) {
      if (this.#byPid.size === mostPids) this.#byPid.clear();
      known = { byName: new Map(), plain: [] };
      this.#byPid.set(pid, known);
    }
    known.byName.set(entry.name, entry);
    if (!(event instanceof PlainLine)) return;
    known.plain[event.nameId] = entry;
    this.#signs[event.nameId] = telling.get(name);
  }
}
