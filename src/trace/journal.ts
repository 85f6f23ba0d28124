import type { EndEvent, Format, LineNote } from "./event.ts";

/** The account of a log's lines while it is read. */
export interface Journal {
  /** Notes of each sort that are kept. */
  readonly keep: number;
  lines: number;
  read: number;
  blank: number;
  unreadable: number;
  doubtful: number;
  summary: number;
  readonly unreadableNotes: LineNote[];
  readonly doubtfulNotes: LineNote[];
}

const noteLength = 120;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** An account with nothing in it. */
export function newJournal(keep: number): Journal {
  const counts = { lines: 0, read: 0, blank: 0, unreadable: 0, doubtful: 0, summary: 0 };
  return { keep, ...counts, unreadableNotes: [], doubtfulNotes: [] };
}

/** Counts a line that could not be read. */
export function noteUnreadable(journal: Journal, reason: string, text: string): void {
  journal.unreadable++;
  keepNote(journal, journal.unreadableNotes, journal.lines, reason, text);
}

/** Counts a line that was read with a doubt. */
export function noteDoubt(journal: Journal, line: number, reason: string, text: string): void {
  journal.doubtful++;
  keepNote(journal, journal.doubtfulNotes, line, reason, text);
}

function keepNote(journal: Journal, notes: LineNote[], line: number, reason: string, text: string): void {
  if (notes.length >= journal.keep) return;
  const short = text.length > noteLength ? `${text.slice(0, noteLength - 3)}...` : text;
  notes.push({ line, reason, text: ownText(short.trim()) });
}

/** The event that closes a log. */
export function closeJournal(journal: Journal, format: Format): EndEvent {
  const { lines, read, blank, unreadable, doubtful, summary, unreadableNotes, doubtfulNotes } = journal;
  const counts = { lines, read, blank, unreadable, doubtful, summary };
  const byLine = [...doubtfulNotes].sort((a, b) => a.line - b.line);
  return { kind: "end", line: lines, format, counts, unreadable: [...unreadableNotes], doubtful: byLine };
}

/**
 * A copy of `text` that stands alone: a slice keeps the whole piece of the log in memory that it was cut from.
 */
export function ownText(text: string): string {
  return text.length < 13 ? text : decoder.decode(encoder.encode(text));
}
