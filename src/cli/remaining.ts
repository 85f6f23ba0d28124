/** Processes that outlast a traced command: whom a trace waits for, and who goes on unwatched. */
import { errStyle, say, visible } from "./output.ts";

/** A process that outlasts the command. */
export interface Remaining {
  readonly pid: number;
  /** The name of its program; "" when it is not known. */
  readonly comm: string;
}

/** Processes that are named. */
const SHOWN = 5;

/** Says whom a trace waits for, so that it does not do so in silence. */
export function sayWhoRemains(remaining: readonly Remaining[]): void {
  sayNote(`the command has ended, what it left has not: ${listed(remaining)}; Ctrl-C stops watching`);
}

/** Says who goes on unwatched; `command` is the command's own pid. */
export function sayWhoGoesOn(left: readonly Remaining[], command: number | undefined): void {
  const others = left.filter(({ pid }) => pid !== command);
  if (others.length < left.length) sayNote(`the command goes on unwatched, pid ${command}`);
  if (others.length > 0) sayNote(`what the command left goes on unwatched: ${listed(others)}`);
}

function sayNote(text: string): void {
  say(`${errStyle().cyan("note")}: ${text}`);
}

function listed(processes: readonly Remaining[]): string {
  const named = processes
    .slice(0, SHOWN)
    .map(({ pid, comm }) => `pid ${pid}${comm === "" ? "" : ` (${visible(comm)})`}`);
  const more = processes.length > SHOWN ? ` and ${processes.length - SHOWN} more` : "";
  return named.join(", ") + more;
}
