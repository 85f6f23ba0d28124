/** `pid:N`, the filters of a running process as a FILTER; `pid:N:I`, one of them. */
import type { Issue } from "../abi/error.ts";
import { type InstalledFilter, type ProcessFilters, readFilters } from "../enforce/dump.ts";
import { usage } from "./args.ts";
import { visible } from "./output.ts";

/** A running process whose filters are meant. */
export interface ProcessName {
  readonly pid: number;
  /** The one that is meant, 0 the oldest; all when absent. */
  readonly index?: number;
}

/** What was read of a running process. */
export interface ReadProcess {
  readonly process: ProcessFilters;
  /** Those that are meant, oldest first, at least one; each under the name that means it alone. */
  readonly filters: readonly (InstalledFilter & { readonly name: string })[];
  readonly warnings: readonly Issue[];
}

/** The process that `path` names; undefined for a file. */
export function processOf(path: string): ProcessName | undefined {
  const [, pid, index] = /^pid:(\d+)(?::(\d+))?$/.exec(path) ?? [];
  if (pid === undefined) return undefined;
  return { pid: Number(pid), ...(index === undefined ? {} : { index: Number(index) }) };
}

/** Its filters. Throws a SeccatError when they cannot be read or when there is none. */
export function readProcess({ pid, index }: ProcessName): ReadProcess {
  const process = readFilters(pid);
  const { filters, others, mode } = process;
  if (mode === "strict")
    throw usage(`${taskText(process)} is in strict mode, which has no program`, {
      fix: "it may call read, write, exit and sigreturn",
    });
  const [other] = others;
  if (filters.length === 0)
    throw usage(`${taskText(process)} is under no filter`, {
      ...(other ? { fix: `its thread ${other.tid} is: pid:${other.tid}` } : {}),
    });
  const meant = index === undefined ? filters : filters.filter((filter) => filter.index === index);
  if (meant.length === 0)
    throw usage(`${taskText(process)} has no filter ${index}`, {
      expected: filters.length === 1 ? "0, its only one" : `0, the oldest, to ${filters.length - 1}`,
      received: `pid:${pid}:${index}`,
    });
  const named = meant.map((filter) => ({ ...filter, name: `pid:${pid}:${filter.index}` }));
  return { process, filters: named, warnings: others.length > 0 ? [othersText(process)] : [] };
}

/** `process 7 (nginx)`, or `thread 8 (worker) of process 7`. */
export function taskText({ pid, tid, name }: ProcessFilters): string {
  const called = name === "" ? "" : ` (${visible(name)})`;
  return tid === pid ? `process ${pid}${called}` : `thread ${tid}${called} of process ${pid}`;
}

/** `filter 0 of 3, the oldest, flags: log`: a filter by its place. */
export function placeText({ index, flags }: InstalledFilter, { filters }: ProcessFilters): string {
  const { length } = filters;
  const age = length === 1 ? "" : index === 0 ? ", the oldest" : index === length - 1 ? ", the newest" : "";
  const known = flags === undefined ? "not known" : flags.length > 0 ? flags.join(" ") : "none";
  return `filter ${index} of ${length}${age}, flags: ${known}`;
}

/** A process as plain data, without its filters. */
export function processJson({ pid, tid, name, mode, others }: ProcessFilters) {
  return { pid, tid, name, mode, others };
}

const SHOWN = 3;

function othersText({ pid, tid, filters, others }: ProcessFilters): Issue {
  const shown = others
    .slice(0, SHOWN)
    .map((other) => `${other.tid} (${visible(other.name)}): ${other.filters}`);
  const more = others.length > SHOWN ? `, and ${others.length - SHOWN} more` : "";
  return {
    code: "usage",
    message: `not every thread of process ${pid} is under as many filters as thread ${tid}, which has ${filters.length}`,
    received: `filters of thread ${shown.join(", of ")}${more}`,
    fix: `pid:${others[0]?.tid} reads those of that thread`,
  };
}
