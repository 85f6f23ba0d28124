// Tells a learner what the parts of a log tell, in their order, as if it read the whole log: the kept lines go
// through the reader, the counted calls follow the lines behind which they stand.

import type { EndEvent, LineNote, StraceEvent } from "./event.ts";
import type { Learner } from "./learn.ts";
import type { Piece } from "./piece.ts";
import { straceReader } from "./reader.ts";

/** Tells `learner` one log, whose parts are given in their order. */
export function restore(pieces: readonly Piece[], learner: Pick<Learner, "see" | "count">): void {
  const reader = straceReader();
  /** The line in the log of every line that the reader got. */
  const lines: number[] = [];
  const lineOf = (line: number) => lines[line - 1] ?? 0;
  const see = (events: readonly StraceEvent[]) => {
    for (const event of events) if (event.kind !== "end") learner.see({ ...event, line: lineOf(event.line) });
  };
  let before = 0;
  for (const piece of pieces) {
    let next = 0;
    for (const [line, text] of piece.kept) {
      lines.push(before + line);
      see(reader.push(`${text}\n`));
      for (; piece.batches[next]?.after === line; next++) {
        const { pid, calls } = piece.batches[next] ?? { pid: undefined, calls: [] };
        learner.count(
          pid,
          calls.map((call) => ({ ...call, first: call.first + before })),
        );
      }
    }
    before += piece.lines;
  }
  const last = reader.end();
  see(last);
  for (const event of last) if (event.kind === "end") learner.see(whole(event, pieces, before, lineOf));
}

/** The end of the log with the lines that were not kept. */
function whole(
  event: EndEvent,
  pieces: readonly Piece[],
  line: number,
  lineOf: (line: number) => number,
): EndEvent {
  const { counts } = event;
  const sum = (what: "lines" | "read" | "blank" | "unreadable") =>
    pieces.reduce((total, { skipped }) => total + skipped[what], counts[what]);
  const placed = (notes: readonly LineNote[]) => notes.map((note) => ({ ...note, line: lineOf(note.line) }));
  return {
    ...event,
    line,
    counts: {
      ...counts,
      lines: sum("lines"),
      read: sum("read"),
      blank: sum("blank"),
      unreadable: sum("unreadable"),
    },
    unreadable: placed(event.unreadable),
    doubtful: placed(event.doubtful),
  };
}
