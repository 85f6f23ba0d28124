/**
 * A part of a log without what repeats itself: a call like one that the same process made before is counted there,
 * and its line left out. What says who makes, ends or becomes whom, what begins or ends in another part, and what
 * cannot be read without its neighbours stays as it is.
 *
 *     [pid 7] read(3, "GET /", 10) = 5    kept, and 2 more
 *     [pid 7] read(4, "cat", 3) = 3       left out
 *     [pid 7] clone(...) = 8              kept
 *     [pid 7] read(3, "GET /", 10) = 5    left out
 *     [pid 7] read(3, <unfinished ...>    kept: its end is in another part
 *
 * Parts in their order tell the same as the whole log, whoever cut it (restore.ts).
 */

/** Calls like one that is shown, by the same process. */
export interface More {
  readonly calls: number;
  /** How many of them failed. */
  readonly failed: number;
}

/** A line that was kept, and the calls that were left out for it. */
export interface KeptLine {
  /** Counted in the part, from 1. */
  readonly line: number;
  readonly text: string;
  readonly more: More | undefined;
}

/** Lines that were left out, by what they are. */
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
  /** In their order. */
  readonly kept: readonly KeptLine[];
}
