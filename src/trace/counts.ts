/**
 * How often each call was made, from what strace wrote: a log, or the table of `strace -c`.
 *
 *     % time     seconds  usecs/call     calls    errors syscall
 *     ------ ----------- ----------- --------- --------- ----------------
 *      76.08    0.000951         190         5         2 wait4
 *      24.00    0.000300           3       100           read
 *
 * Its columns are found by their names, in any order (`-U`); of them only errors can be blank. What `strace -C`
 * writes is a log with a table behind it that counts the same calls: the log is taken.
 */
import {
  type AbiName,
  isSyscallName,
  type SyscallName,
  syscallAlias,
  syscallNames,
} from "../../arch/index.ts";
import { SeccatError } from "../abi/error.ts";
import { didYouMean } from "../abi/nearest.ts";
import type { NoiseEvent, StraceEvent } from "./event.ts";
import { ownText } from "./journal.ts";
import { resolveShown } from "./name.ts";

/** Calls with how often each was made, in the order in which they came. */
export interface Counted {
  readonly counts: Readonly<Partial<Record<SyscallName, number>>>;
  /** What was left out. */
  readonly warnings: readonly string[];
}

/** Counts the calls of logs and tables. */
export interface Counter {
  /** One event of a log; after `end` the events of another log may follow. */
  see(event: StraceEvent): void;
  /** What was counted. Throws a SeccatError "trace" when nothing was. */
  finish(): Counted;
}

/** A counter that has seen nothing; `native` is the ABI by which names are read that only some ABIs have. */
export function newCounter(native: AbiName): Counter {
  const logged = new Map<string, number>();
  const table = new SummaryTable();
  let unreadable = 0;
  return {
    see(event) {
      if (event.kind === "call") add(logged, event.name, 1);
      else if (event.kind === "noise") table.see(event);
      else if (event.kind === "end") unreadable += event.counts.unreadable;
    },
    finish() {
      if (logged.size === 0) return named(table.rows, native);
      const counted = named(logged, native);
      if (unreadable === 0) return counted;
      const lines = unreadable === 1 ? "1 line was" : `${unreadable} lines were`;
      return { ...counted, warnings: [`${lines} not readable, and left out`, ...counted.warnings] };
    },
  };
}

function add(into: Map<string, number>, name: string, count: number): void {
  const had = into.get(name);
  into.set(had === undefined ? ownText(name) : name, (had ?? 0) + count);
}

function named(rows: ReadonlyMap<string, number>, native: AbiName): Counted {
  const counts: Partial<Record<SyscallName, number>> = {};
  const warnings: string[] = [];
  for (const [name, count] of rows) {
    const call = nameOf(name, native);
    if (call !== undefined) counts[call] = (counts[call] ?? 0) + count;
    else warnings.push(`${name} was left out: ${didYouMean(name, syscallNames) ?? "no call has that name"}`);
  }
  if (Object.values(counts).some((count) => count > 0)) return { counts, warnings };
  throw new SeccatError({
    code: "trace",
    message: "no call is counted here",
    expected: 'a strace log, a table of strace -c, or JSON such as {"read": 120, "write": 44}',
    ...(warnings[0] === undefined ? {} : { received: warnings[0] }),
    fix: "record one with: strace -f -c -o FILE -- COMMAND",
  });
}

function nameOf(name: string, native: AbiName): SyscallName | undefined {
  if (isSyscallName(name)) return name;
  const { call } = resolveShown({ name, nr: undefined, mode: undefined }, native);
  return typeof call === "string" ? call : syscallAlias(name);
}

/** The rows of one table after another; rows outside of a table are none. */
class SummaryTable {
  readonly rows = new Map<string, number>();
  #columns: readonly string[] = [];

  see({ text }: NoiseEvent): void {
    const words = text.replace("% time", "%time").trim().split(/\s+/);
    if (words.includes("calls") && words.includes("syscall")) {
      this.#columns = words;
      return;
    }
    const row = this.#row(words);
    const [name, calls] = [row.get("syscall"), row.get("calls")];
    if (name === undefined || calls === undefined || !/^\d+$/.test(calls)) return;
    if (name === "total") this.#columns = [];
    else add(this.rows, name, Number(calls));
  }

  #row(words: readonly string[]): ReadonlyMap<string, string> {
    const whole = words.length === this.#columns.length;
    const columns = whole ? this.#columns : this.#columns.filter((column) => column !== "errors");
    return new Map(
      columns.length === words.length ? columns.map((column, i) => [column, words[i] ?? ""]) : [],
    );
  }
}
