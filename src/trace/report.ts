import type { AbiName, SyscallName } from "../../arch/index.ts";
import type { Format, LineCounts, LineNote } from "./event.ts";

/** One entry of a learned policy, and what it stands on. */
export interface LearnedCall {
  readonly call: SyscallName | number;
  readonly count: number;
  /** How many of them failed. */
  readonly failed: number;
  /** The line of the first, counted through all logs. */
  readonly line: number;
  /** The ABIs on which it was made. */
  readonly abis: readonly AbiName[];
}

/** Processes that were taken, or left. */
export interface Group {
  /** In order; threads are counted with their process. */
  readonly pids: readonly number[];
  /** Whether one of them has no pid in the log. */
  readonly unnamed: boolean;
  readonly calls: number;
}

/** How a log was read, and whose calls were taken. */
export interface ReadReport {
  /** Who wrote the logs. */
  readonly formats: readonly Format[];
  readonly counts: LineCounts;
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
  const lines = formatReading(report);
  if (report.unfinished > 0) lines.push(`${report.unfinished} of the calls taken have no end in the log`);
  lines.push(...noteLines("could not read", counts.unreadable, report.unreadable));
  lines.push(...noteLines("read with a doubt", counts.doubtful, report.doubtful));
  lines.push(...warnings.map((warning) => `warning: ${warning}`), ...notes.map((note) => `note: ${note}`));
  return lines;
}

const formatNames: Readonly<Record<Format, string>> = {
  strace: "strace",
  audit: "an audit log",
  "perf trace": "perf trace",
  ftrace: "the kernel's tracer",
};

/** The lines read, and whose calls were taken, as lines for a person. */
export function formatReading({ formats, counts, chosen, taken, left }: ReadReport): string[] {
  const others = formats.filter((format) => format !== "strace");
  const of =
    others.length === 0 ? "" : ` of ${formats.map((format) => formatNames[format]).join(" and of ")}`;
  return [
    `${counts.lines} ${counts.lines === 1 ? "line" : "lines"}${of}: ${counts.read} read, ${counts.blank} blank, ${counts.unreadable} not readable`,
    chosen,
    `taken: ${groupText(taken)}${left.calls > 0 ? `; left: ${groupText(left)}` : ""}`,
  ];
}

function noteLines(title: string, total: number, notes: readonly LineNote[]): string[] {
  if (total === 0) return [];
  const lines = notes.map(({ line, reason, text }) => `  line ${line}: ${reason}: ${text}`);
  if (total > notes.length) lines.push(`  and ${total - notes.length} more`);
  return [`${title} ${total} ${total === 1 ? "line" : "lines"}:`, ...lines];
}

/** `33 calls of pid 16266`. */
function groupText(group: Group): string {
  const names = group.pids.slice(0, 8).map(String);
  if (group.unnamed) names.unshift("the process without a pid");
  if (group.pids.length > 8) names.push(`${group.pids.length - 8} more`);
  const who = group.unnamed ? names.join(", ") : `pid ${names.join(", ")}`;
  return `${group.calls} ${group.calls === 1 ? "call" : "calls"}${names.length > 0 ? ` of ${who}` : ""}`;
}
