// Most lines of a log repeat what their process did before, and what the learner does with such a call comes down to
// one more in the same tally. So it is remembered where the last call of that name by that process was counted, as
// long as nothing can have changed it.

import { telling } from "../../arch/index.ts";
import type { StraceEvent } from "./event.ts";
import { PlainLine } from "./plain.ts";
import { endsTask, makesTask } from "./process.ts";
import type { Tallied } from "./tally.ts";

/** Processes that are remembered at a time. */
const mostPids = 4096;

/** Where the plain calls of processes are counted. */
export class Repeats {
  readonly #byPid = new Map<number | undefined, (Tallied | undefined)[]>();
  /** What telling has for names. */
  readonly #signs: (string | undefined)[] = [];
  #lastPid: number | undefined;
  /** A mode is handed down from maker to made, whenever that is told: then nothing is remembered. */
  #moded = false;
  /** Those of #lastPid. */
  #last: (Tallied | undefined)[] | undefined;

  /** Counts a plain call, if it is a repeated one. */
  count(event: PlainLine): boolean {
    const { pid } = event;
    if (pid !== this.#lastPid || !this.#last) {
      this.#lastPid = pid;
      this.#last = this.#byPid.get(pid);
      if (!this.#last) return false;
    }
    const entry = this.#last[event.nameId];
    if (!entry || entry.nr !== event.nr) return false;
    const sign = this.#signs[event.nameId];
    if (sign !== undefined && !entry.told) entry.told = event.args.includes(sign);
    entry.count++;
    if (event.failed) entry.failed++;
    return true;
  }

  /** Moves on behind an event that was no repeated call; `entry` is where it was counted. */
  see(event: StraceEvent, entry: Tallied | undefined): void {
    if (event.kind === "noise" || event.kind === "signal") return;
    // A new pid can be that of the process whose lines had none.
    this.#byPid.delete(undefined);
    this.#last = undefined;
    if (event.kind === "begin" || event.kind === "call") {
      if (endsTask(event.name)) this.#leave(event.pid);
      else if (entry && event instanceof PlainLine) this.#note(event, entry);
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

  #note({ pid, name, nameId }: PlainLine, entry: Tallied): void {
    if (this.#moded || makesTask(name)) return;
    this.#signs[nameId] = telling.get(name);
    let entries = this.#byPid.get(pid);
    if (!entries) {
      if (this.#byPid.size === mostPids) this.#byPid.clear();
      entries = [];
      this.#byPid.set(pid, entries);
    }
    entries[nameId] = entry;
  }
}
