// strace writes one record per line, so the reader splits at line feeds and keeps nothing but the last
// incomplete line, the calls that are open (one per process) and the first few notes. It does not look
// into arguments; argument.ts does, for who needs them. It does not know processes; process.ts does.

import { LineCutter } from "./cut.ts";
import type { NoiseEvent, StraceEvent } from "./event.ts";
import { closeJournal, type Journal, newJournal, noteDoubt, noteUnreadable } from "./journal.ts";
import { type CallLine, isSummaryRow, type Line, type ProcessLine, readLateEnd, readLine } from "./line.ts";
import { isShownName } from "./name.ts";
import {
  beginCall,
  endLostCall,
  leaveAllCalls,
  leaveCall,
  moveCall,
  newPairing,
  type Pairing,
  releaseHeld,
  restOfCall,
  resumeCall,
  takeOpen,
} from "./pairing.ts";
import { PlainLine } from "./plain.ts";
import type { Prefix } from "./prefix.ts";
import { skipSpace } from "./scan.ts";

/** How to read a log. */
export interface ReaderOptions {
  /** The process of lines without a pid, as in the files of `strace -ff`. */
  readonly pid?: number;
  /** Whether the log that is read next tells of the same run, as the files of `strace -ff` do. */
  readonly continues?: boolean;
  /** How many notes of each sort are kept with their lines; 10 when absent. */
  readonly keep?: number;
  /** Of a longer line only so many bytes are read; 16777216 when absent. */
  readonly longest?: number;
  /** Whether plain lines are read as bytes, which changes nothing but the time; true when absent. */
  readonly plain?: boolean;
}

/** A strace log that arrives in pieces of any size; memory does not grow with the log. */
export interface StraceReader {
  /** The events that this piece completes. Bytes are UTF-8; a character may be split between pieces. */
  push(piece: string | Uint8Array): StraceEvent[];
  /** As push, but tells each event to `see`, which must not keep it: the next call is told in the same object. */
  read(piece: Uint8Array, see: (event: StraceEvent) => void): void;
  /** The events of what was still open, and `end`. Once. */
  end(): StraceEvent[];
}

interface State {
  readonly options: ReaderOptions;
  readonly longest: number;
  readonly journal: Journal;
  readonly pairing: Pairing;
  /** Undefined where every line goes to line.ts. */
  readonly plain: PlainLine | undefined;
  see: (event: StraceEvent) => void;
  /** Inside a `strace -c` table. */
  summary: boolean;
}

/** A reader at the beginning of a log. No input makes it throw. */
export function straceReader(options: ReaderOptions = {}): StraceReader {
  const journal = newJournal(options.keep ?? 10);
  const state: State = {
    options,
    longest: options.longest ?? 16777216,
    journal,
    pairing: newPairing(journal, (event) => state.see(event)),
    plain: options.plain === false ? undefined : new PlainLine(),
    see: () => undefined,
    summary: false,
  };
  // Enough more than is read for the cut to be noticed behind a carriage return.
  const cutter = new LineCutter(state.longest + 2, (bytes, from, to) => feedLines(state, bytes, from, to));
  const encode = textEncoder();
  const collected = (work: () => void) => {
    const events: StraceEvent[] = [];
    state.see = (event) => events.push(event === state.plain ? state.plain.event() : event);
    work();
    return events;
  };
  return {
    push: (piece) => collected(() => cutter.push(typeof piece === "string" ? encode(piece) : piece)),
    read(piece, see) {
      state.see = see;
      cutter.push(piece);
    },
    end: () =>
      collected(() => {
        cutter.push(encode());
        cutter.end();
        leaveAllCalls(state.pairing);
        state.see({
          ...closeJournal(journal, "strace"),
          ...(options.continues ? { continues: true } : {}),
        });
      }),
  };
}

/** Bytes of text in pieces: half a surrogate pair comes with the other, or without at the end. */
function textEncoder(): (piece?: string) => Uint8Array {
  let half = "";
  return (piece) => {
    const text = half + (piece ?? "");
    const split = piece !== undefined && /[\ud800-\udbff]$/.test(text);
    half = split ? text.slice(-1) : "";
    return Buffer.from(split ? text.slice(0, -1) : text);
  };
}

/** The events of a log whose pieces are at hand. */
export function* readStrace(
  pieces: Iterable<string | Uint8Array>,
  options: ReaderOptions = {},
): Generator<StraceEvent, void, undefined> {
  const reader = straceReader(options);
  for (const piece of pieces) yield* reader.push(piece);
  yield* reader.end();
}

function feedLines(state: State, bytes: Uint8Array, from: number, to: number): void {
  const { plain, longest } = state;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  plain?.open(bytes);
  let at = from;
  while (at < to) {
    const next = plain ? plain.read(at, longest) : -1;
    if (plain && next > 0) {
      takePlain(state, plain, at, next - 1);
      at = next;
    } else {
      const stop = bytes.indexOf(0x0a, at);
      const end = stop > at && bytes[stop - 1] === 0x0d ? stop - 1 : stop;
      feedLine(state, buffer.toString("utf8", at, Math.min(end, at + longest)), end - at > longest);
      at = stop + 1;
    }
  }
}

/** As feedLine and what it calls do for such a line. */
function takePlain(state: State, plain: PlainLine, start: number, end: number): void {
  const { journal, pairing, options } = state;
  journal.lines++;
  journal.read++;
  state.summary = false;
  plain.line = journal.lines;
  if (options.pid !== undefined) plain.pid ??= options.pid;
  if (pairing.held) releaseHeld(pairing);
  if (plain.part === "whole") {
    leaveCall(pairing, plain.pid);
    state.see(plain);
  } else takeHalf(state, plain, start, end);
}

function takeHalf(state: State, plain: PlainLine, start: number, end: number): void {
  const { journal, pairing } = state;
  const first = plain.part === "begun" ? undefined : takeOpen(pairing, plain.pid, plain.name);
  if (!first) {
    const { prefix, body, text } = plain.half(start, end);
    const pair = plain.part === "begun" ? beginCall : endLostCall;
    pair(pairing, prefix, plain.name, body, text);
    return;
  }
  if (first.doubt !== "") noteDoubt(journal, first.line, first.doubt, first.text);
  plain.join(first);
  state.see(plain);
}

function feedLine(state: State, text: string, long: boolean): void {
  const { journal, longest } = state;
  const end = text.length;
  journal.lines++;
  const first = journal.lines === 1 && text.charCodeAt(0) === 0xfeff ? 1 : 0;
  if (skipSpace(text, first, end) >= end) {
    journal.blank++;
    return;
  }
  const reason = record(state, text, first, end);
  if (reason === undefined) journal.read++;
  else noteUnreadable(journal, reason, text.slice(first, first + 200));
  if (!long || reason !== undefined) return;
  const doubt = `only ${longest} bytes of the line were read`;
  noteDoubt(journal, journal.lines, doubt, text.slice(first, first + 200));
}

/** Takes the records of a line in; returns why it cannot be read, or undefined. */
function record(state: State, text: string, start: number, end: number): string | undefined {
  let reason: string | undefined;
  let at = start;
  while (at >= 0) {
    const line = readLine(text, at, end);
    const problem = take(state, line, text, at, end);
    if (at === start) reason = problem;
    else if (problem !== undefined)
      noteDoubt(state.journal, state.journal.lines, problem, text.slice(at, end));
    at =
      problem === undefined && (line.kind === "call" || line.kind === "resumed" || line.kind === "rest")
        ? line.body.next
        : -1;
  }
  return reason;
}

function take(state: State, line: Line, text: string, start: number, end: number): string | undefined {
  const { pairing } = state;
  switch (line.kind) {
    case "call":
    case "resumed":
      return takeCall(state, line, text, start, end);
    case "rest":
      if (!restOfCall(pairing, line.body))
        return takeUnreadable(state, "a result without a call", text, start, end);
      return undefined;
    case "unreadable":
      return takeUnreadable(state, line.reason, text, start, end);
    case "attach":
    case "detach":
      state.see({ kind: line.kind, line: state.journal.lines, pid: line.pid });
      return undefined;
    case "stack":
    case "dump":
    case "message":
    case "summary":
      return takeChatter(state, line.kind, text.slice(start, end));
    default:
      return takeProcess(state, line);
  }
}

/** A name that no kernel has, without a result, is somebody else's line: the output of the traced program, say. */
function takeCall(
  state: State,
  line: CallLine,
  text: string,
  start: number,
  end: number,
): string | undefined {
  const { name, body } = line;
  if (body.end === "missing" && !isShownName(name)) {
    const reason = `no system call is named ${name.slice(0, 40)}, and it has no result`;
    return takeUnreadable(state, reason, text, start, end);
  }
  const pair = line.kind === "call" ? beginCall : resumeCall;
  pair(state.pairing, prefixOf(state, line), name, body, text.slice(start, end));
  state.summary = false;
  return attached(state, body.attached);
}

function attached(state: State, pid: number): undefined {
  if (pid >= 0) state.see({ kind: "attach", line: state.journal.lines, pid });
}

function prefixOf(state: State, line: CallLine): Prefix {
  const { pid } = state.options;
  return pid === undefined || line.prefix.pid !== undefined ? line.prefix : { ...line.prefix, pid };
}

function takeUnreadable(
  state: State,
  reason: string,
  text: string,
  start: number,
  end: number,
): string | undefined {
  if (state.summary && isSummaryRow(text, start, end))
    return takeChatter(state, "summary", text.slice(start, end));
  const late = state.pairing.held && !state.pairing.held.closed ? readLateEnd(text, start, end) : undefined;
  if (late && restOfCall(state.pairing, late)) return undefined;
  state.see(noise(state, "unreadable", reason, text.slice(start, Math.min(end, start + 200))));
  return reason;
}

function takeChatter(state: State, what: "stack" | "dump" | "message" | "summary", text: string): undefined {
  if (what === "summary") {
    state.summary = true;
    state.journal.summary++;
  }
  state.see(noise(state, what, "", text));
}

function noise(state: State, what: NoiseEvent["what"], reason: string, text: string): NoiseEvent {
  return { kind: "noise", line: state.journal.lines, what, reason, text };
}

/** Signals, exits and mode switches; the held call has no result then, as no call goes on behind them. */
function takeProcess(state: State, line: ProcessLine): undefined {
  const { pairing, see, journal } = state;
  releaseHeld(pairing);
  const pid = line.prefix.pid ?? state.options.pid;
  if (line.kind === "signal") see({ kind: "signal", line: journal.lines, pid, text: line.text });
  else if (line.kind === "mode")
    see({
      kind: "mode",
      line: journal.lines,
      pid: line.pid,
      mode: line.mode,
    });
  else {
    if (line.how === "superseded" && pid !== undefined) moveCall(pairing, Number(line.by), pid);
    else leaveCall(pairing, pid);
    see({ kind: "exit", line: journal.lines, pid, how: line.how, by: line.by });
  }
}
