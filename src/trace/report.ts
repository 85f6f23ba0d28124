import type { AbiName, SyscallName } from "../../arch/index.ts";
import type { Format, LineCounts, LineNote } from "./event.ts";
import { START } from "./stretch.ts";

/** One entry of a learned policy, and what it stands on. */
export interface LearnedCall {
  readonly call: SyscallName | number;
  readonly count: number;
  /** How many of them failed; 0 where no log was read, since a listener does not see what a call answers. */
  readonly failed: number;
  /** The line of the first, counted through all logs; where no log was read, the how-manieth of all calls it was. */
  readonly line: number;
  /** The ABIs on which it was made. */
  readonly abis: readonly AbiName[];
  /** What is known about its arguments, where that was asked for. */
  readonly args?: readonly LearnedArg[];
}

/** What was seen of one argument of a call. */
export interface LearnedArg {
  readonly name: string;
  /** The condition that was learned; undefined when none was. */
  readonly when: string | undefined;
  /** How many constants the condition allows it to be, or to be made of. */
  readonly allowed: number;
  /** How many there are. */
  readonly known: number;
  /** Calls that do not tell it. */
  readonly unknown: number;
  readonly values: readonly { readonly text: string; readonly count: number }[];
}

/** Processes that were taken, or left. */
export interface Group {
  /** In order; threads are counted with their process. */
  readonly pids: readonly number[];
  /** Whether one of them has no pid in the log. */
  readonly unnamed: boolean;
  readonly calls: number;
}

/** What a live engine watched. */
export interface WatchCounts {
  readonly calls: number;
  readonly processes: number;
  readonly threads: number;
}

/** How a log was read, or a command watched, and whose calls were taken. */
export interface ReadReport {
  /** Who wrote the logs. */
  readonly formats: readonly Format[];
  /** How many logs were read, or how often the command was watched. */
  readonly runs: number;
  /** All 0 where no log was read. */
  readonly counts: LineCounts;
  /** Undefined where a log was read. */
  readonly watched?: WatchCounts;
  /** The first few lines that could not be read. */
  readonly unreadable: readonly LineNote[];
  /** The first few that were read with a doubt. */
  readonly doubtful: readonly LineNote[];
  /** Which processes were taken, and how that was decided. */
  readonly chosen: string;
  readonly taken: Group;
  readonly left: Group;
}

/** What learning found, and what the user has to know before the policy is used. */
export interface LearnReport extends ReadReport {
  /** Calls taken that the log does not end. */
  readonly unfinished: number;
  /** The phases that were told apart. */
  readonly phases: readonly string[];
  /** Calls that were made once only, in all runs together. */
  readonly once: readonly (SyscallName | number)[];
  readonly syscalls: readonly LearnedCall[];
  readonly arches: readonly AbiName[];
  /** What may make the policy wrong. */
  readonly warnings: readonly string[];
  /** What may make it fail elsewhere. */
  readonly notes: readonly string[];
}

/** The report as lines for a person, without the policy itself. */
export function formatReport(report: LearnReport): string[] {
  const { counts, warnings, notes } = report;
  const lines = [...formatReading(report), formatCoverage(report)];
  if (report.unfinished > 0)
    lines.push(
      `${report.unfinished} of the calls taken ${report.unfinished === 1 ? "has" : "have"} no end in the log`,
    );
  lines.push(...noteLines("could not read", counts.unreadable, report.unreadable));
  lines.push(...noteLines("read with a doubt", counts.doubtful, report.doubtful));
  lines.push(...warnings.map((warning) => `warning: ${warning}`), ...notes.map((note) => `note: ${note}`));
  return lines;
}

/** The formats of logs in words. */
export const formatNames: Readonly<Record<Format, string>> = {
  strace: "strace",
  audit: "an audit log",
  "perf trace": "perf trace",
  ftrace: "the kernel's tracer",
};

/** The lines read, and whose calls were taken, as lines for a person. */
export function formatReading({ formats, counts, watched, chosen, taken, left }: ReadReport): string[] {
  const others = formats.filter((format) => format !== "strace");
  const of =
    others.length === 0 ? "" : ` of ${formats.map((format) => formatNames[format]).join(" and of ")}`;
  return [
    watched
      ? `${plural(watched.calls, "call", "calls")} of ${plural(watched.processes, "process", "processes")} with ${plural(watched.threads, "thread", "threads")}`
      : `${plural(counts.lines, "line", "lines")}${of}: ${counts.read} read, ${counts.blank} blank, ${counts.unreadable} not readable`,
    chosen,
    `taken: ${groupText(taken)}${left.calls > 0 ? `; left: ${groupText(left)}` : ""}`,
  ];
}

/** More names are not told. */
const mostNames = 12;

/** How much was seen, and how little of it more than once. */
function formatCoverage({ runs, taken, phases, once, syscalls }: LearnReport): string {
  const processes = taken.pids.length + (taken.unnamed ? 1 : 0);
  const parts = [plural(runs, "run", "runs"), plural(processes, "process", "processes")];
  if (phases.length > 0) parts.push(`${plural(phases.length, "phase", "phases")} (${phases.join(", ")})`);
  const seen = `${parts.join(", ")}, ${plural(syscalls.length, "different call", "different calls")}`;
  if (once.length === 0) return `${seen}, each seen more than once`;
  const more = once.length > mostNames ? ` and ${once.length - mostNames} more` : "";
  return `${seen}; seen once only: ${once.slice(0, mostNames).join(", ")}${more}`;
}

/** The counts of two logs together. */
export function addCounts(a: LineCounts, b: LineCounts): LineCounts {
  return {
    lines: a.lines + b.lines,
    read: a.read + b.read,
    blank: a.blank + b.blank,
    unreadable: a.unreadable + b.unreadable,
    doubtful: a.doubtful + b.doubtful,
    summary: a.summary + b.summary,
  };
}

/** The reports on two runs of one command, as one. */
export function joinReports(a: ReadReport, b: ReadReport): ReadReport {
  const join = (one: Group, other: Group): Group => ({
    pids: [...new Set([...one.pids, ...other.pids])].sort((x, y) => x - y),
    unnamed: one.unnamed || other.unnamed,
    calls: one.calls + other.calls,
  });
  const watched = a.watched && b.watched;
  return {
    formats: [...new Set([...a.formats, ...b.formats])],
    runs: a.runs + b.runs,
    counts: addCounts(a.counts, b.counts),
    ...(watched
      ? {
          watched: {
            calls: (a.watched?.calls ?? 0) + (b.watched?.calls ?? 0),
            processes: (a.watched?.processes ?? 0) + (b.watched?.processes ?? 0),
            threads: (a.watched?.threads ?? 0) + (b.watched?.threads ?? 0),
          },
        }
      : {}),
    unreadable: [...a.unreadable, ...b.unreadable],
    doubtful: [...a.doubtful, ...b.doubtful],
    chosen: b.chosen,
    taken: join(a.taken, b.taken),
    left: join(a.left, b.left),
  };
}

function noteLines(title: string, total: number, notes: readonly LineNote[]): string[] {
  if (total === 0) return [];
  const lines = notes.map(({ line, reason, text }) => `  line ${line}: ${reason}: ${text}`);
  if (total > notes.length) lines.push(`  and ${total - notes.length} more`);
  return [`${title} ${total} ${total === 1 ? "line" : "lines"}:`, ...lines];
}

/** Of policies by phase, the calls of the first that no later one has; undefined where the parts are no phases. */
export function droppedAfterStart(
  parts: readonly { readonly name: string; readonly syscalls: readonly LearnedCall[] }[],
): readonly (SyscallName | number)[] | undefined {
  const start = parts.find(({ name }) => name === START);
  const later = parts.filter((part) => part !== start);
  if (!start || later.length === 0) return undefined;
  const kept = new Set(later.flatMap(({ syscalls }) => syscalls.map(({ call }) => call)));
  return start.syscalls.map(({ call }) => call).filter((call) => !kept.has(call));
}

function plural(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** `33 calls of pid 16266`. */
function groupText(group: Group): string {
  const names = group.pids.slice(0, 8).map(String);
  if (group.unnamed) names.unshift("the process without a pid");
  if (group.pids.length > 8) names.push(`${group.pids.length - 8} more`);
  const who = group.unnamed ? names.join(", ") : `pid ${names.join(", ")}`;
  return `${plural(group.calls, "call", "calls")}${names.length > 0 ? ` of ${who}` : ""}`;
}
