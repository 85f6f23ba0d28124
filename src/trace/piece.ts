/**
 * A part of a log without what does not matter: the lines that say who makes, ends or becomes whom, that begin or
 * end something in another part, or that cannot be read without their neighbours stay as they are; all other calls
 * are counted, by process, behind the kept line since which nothing has changed for that process.
 *
 *     [pid 7] openat(...) = 3        kept: the first line of 7 here
 *     [pid 7] read(...) = 10         counted for 7 behind line 1
 *     [pid 7] clone(...) = 8         kept
 *     [pid 8] write(...) = 1         kept: the first line of 8 here
 *     [pid 7] read( <unfinished ...> kept: its end is in another part
 *
 * Parts in their order tell the same as the whole log, whoever cut it (restore.ts).
 */
import type { Tallied } from "./tally.ts";

/** Calls of one process. */
export interface Batch {
  /** The kept line, counted in the part, behind which they stand. */
  readonly after: number;
  readonly pid: number | undefined;
  readonly calls: readonly Tallied[];
}

/** Lines that were not kept, by what they are. */
export interface Skipped {
  readonly lines: number;
  readonly read: number;
  readonly blank: number;
  readonly unreadable: number;
}

/** A condensed part of a log. */
export interface Piece {
  /** All lines of the part. */
  readonly lines: number;
  readonly skipped: Skipped;
  readonly kept: readonly (readonly [line: number, text: string])[];
  /** In the order of their lines. */
  readonly batches: readonly Batch[];
}
