// The skeleton of the readers for logs whose lines are records of one call, or of its beginning or end, whoever
// wrote them. Each format has its own file, which reads one line.

import { type AbiName, errnoName, syscallArgs, syscallName } from "../../arch/index.ts";
import { LineCutter } from "./cut.ts";
import type { Format, Mode, StraceEvent } from "./event.ts";
import { closeJournal, newJournal, noteUnreadable, ownText } from "./journal.ts";
import { beginCall, leaveAllCalls, newPairing, resumeCall } from "./pairing.ts";
import type { ReaderOptions, StraceReader } from "./reader.ts";
import type { Body } from "./tail.ts";

/** What a record says of a call; text that it does not tell is "". */
export interface CallRecord {
  readonly pid: number | undefined;
  readonly name: string;
  readonly nr?: number;
  /** As strace writes them; `name=value` where the place of a value is not known. */
  readonly args: string;
  /** As strace writes it; undefined for a call that goes on. */
  readonly result: string | undefined;
}

/** Where the reader of a line tells what it found. */
export interface Sink {
  /** A call, or its beginning when it has no result. */
  begin(record: CallRecord): void;
  /** The end of a call that began in another line. */
  resume(record: CallRecord): void;
  /** The mode in which a process calls Linux from now on. */
  mode(pid: number, mode: Mode): void;
  /** A line that belongs in such a log and is no call. */
  message(): void;
}

/** Reads a line that is not blank; returns why it cannot be read, or undefined. */
export type RecordReader = (text: string, sink: Sink) => string | undefined;

/** A reader at the beginning of a log of `format`. No input makes it throw. */
export function recordReader(format: Format, options: ReaderOptions, read: RecordReader): StraceReader {
  const longest = options.longest ?? 1 << 16;
  const journal = newJournal(options.keep ?? 10);
  let see = (_event: StraceEvent): void => undefined;
  const pairing = newPairing(journal, (event) => see(event));
  let text = "";
  const pair = (record: CallRecord, how: typeof beginCall) => {
    const { pid, nr, name, args, result } = record;
    const end = result === undefined ? "unfinished" : "returned";
    const body: Body = { args, closed: true, attached: -1, end, result, next: -1, doubt: "" };
    how(pairing, { at: 0, pid: pid ?? options.pid, nr, stray: "" }, name, body, text);
  };
  const sink: Sink = {
    begin: (record) => pair(record, beginCall),
    resume: (record) => pair(record, resumeCall),
    mode: (pid, mode) => see({ kind: "mode", line: journal.lines, pid, mode }),
    message: () => see({ kind: "noise", line: journal.lines, what: "message", reason: "", text }),
  };
  const feed = (line: string) => {
    journal.lines++;
    text = line;
    if (line.trim() === "") {
      journal.blank++;
      return;
    }
    const reason = read(line, sink);
    if (reason === undefined) journal.read++;
    else {
      noteUnreadable(journal, reason, line.slice(0, 200));
      see({
        kind: "noise",
        line: journal.lines,
        what: "unreadable",
        reason,
        text: ownText(line.slice(0, 200)),
      });
    }
  };
  const cutter = new LineCutter(longest, (bytes, from, to) => {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = from; at < to; ) {
      const stop = buffer.indexOf(0x0a, at);
      feed(buffer.toString("utf8", at, Math.min(stop, at + longest)).trimEnd());
      at = stop + 1;
    }
  });
  const collected = (work: () => void) => {
    const events: StraceEvent[] = [];
    see = (event) => events.push(event);
    work();
    return events;
  };
  return {
    push: (piece) => collected(() => cutter.push(typeof piece === "string" ? Buffer.from(piece) : piece)),
    read(piece, seen) {
      see = seen;
      cutter.push(piece);
    },
    end: () =>
      collected(() => {
        cutter.end();
        leaveAllCalls(pairing);
        see(closeJournal(journal, format));
      }),
  };
}

/** The name of a call by its number, as strace writes it where there is none. */
export function nameOfNr(abi: AbiName, nr: number): string {
  return syscallName(abi, nr) ?? `syscall_0x${(nr >>> 0).toString(16)}`;
}

/** What a call returned, as strace writes it: `3`, `-1 ENOENT`. */
export function resultText(abi: AbiName, value: bigint): string {
  if (value >= 0n || value < -4095n) return String(value);
  const errno = errnoName(abi, Number(-value));
  return `-1 ${errno ?? `E${-value}`}`;
}

/** Registers in hexadecimal without `0x`, as many as the call has. */
export function registersText(abi: AbiName, nr: number, registers: readonly string[]): string {
  const name = syscallName(abi, nr);
  const declared = name === undefined ? undefined : syscallArgs(abi, name);
  return registers
    .slice(0, declared?.length ?? registers.length)
    .map((register) => `0x${register}`)
    .join(", ");
}
