// Tells a learner what the parts of a log tell, in their order, as if it read the whole log: the kept lines go
// through the reader, and the calls that were left out come with the one that stands for them.

import type { EndEvent, LineNote, StraceEvent } from "./event.ts";
import type { More, Piece, Skipped } from "./piece.ts";
import { straceReader } from "./reader.ts";

/** Tells `see` one log, whose parts are given in their order. */
export function restore(pieces: readonly Piece[], see: (event: StraceEvent) => void): void {
  const reader = straceReader();
  /** The line in the log of every line that the reader got, and what was left out for it. */
  const lines: number[] = [];
  const more = new Map<number, More>();
  const placed = <T extends { readonly line: number }>(one: T): T => {
    return { ...one, line: lines[one.line - 1] ?? 0 };
  };
  const tell = (event: StraceEvent) => {
    if (event.kind === "end") return;
    const left = event.kind === "call" ? more.get(event.line) : undefined;
    see(event.kind === "call" && left ? { ...placed(event), more: left } : placed(event));
  };
  let before = 0;
  for (const piece of pieces) {
    for (const { line, text, more: left } of piece.kept) {
      lines.push(before + line);
      if (left) more.set(lines.length, left);
      reader.push(`${text}\n`).forEach(tell);
    }
    before += piece.lines;
  }
  const last = reader.end();
  last.forEach(tell);
  for (const event of last) if (event.kind === "end") see(whole(event, pieces, before, placed));
}

/** The end of the log with the lines that were left out. */
function whole(
  event: EndEvent,
  pieces: readonly Piece[],
  line: number,
  placed: (note: LineNote) => LineNote,
): EndEvent {
  const { counts } = event;
  const sum = (what: keyof Skipped) =>
    pieces.reduce((total, { skipped }) => total + skipped[what], counts[what]);
  const { doubtful, summary } = counts;
  return {
    ...event,
    line,
    counts: {
      lines: sum("lines"),
      read: sum("read"),
      blank: sum("blank"),
      unreadable: sum("unreadable"),
      doubtful,
      summary,
    },
    unreadable: event.unreadable.map(placed),
    doubtful: event.doubtful.map(placed),
  };
}
