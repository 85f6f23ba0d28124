// Condenses a part of a log (piece.ts). In doubt a line is kept: that costs space and never a difference. It knows
// of the reader and of process.ts what makes one line depend on another, and nothing else.

import type { CallEvent } from "./event.ts";
import { ownText } from "./journal.ts";
import { type CallLine, type Line, type ProcessLine, readLine } from "./line.ts";
import { Lines } from "./lines.ts";
import { isShownName } from "./name.ts";
import type { Batch, Piece } from "./piece.ts";
import { leavers, makers } from "./process.ts";
import { skipSpace } from "./scan.ts";
import { count, type Tally } from "./tally.ts";

/** How to condense. */
export interface CondenseOptions {
  /** The call that a phase begins after. */
  readonly after?: string;
}

/** A part of a log that arrives in pieces of any size. */
export interface Condenser {
  push(piece: string | Uint8Array): void;
  /** What the part comes to. Once. */
  end(): Piece;
}

/** What is known of a process in this part. */
interface Known {
  /** The kept line behind which its calls are counted now. */
  since: number;
  tally: Tally | undefined;
  /** A call whose end may follow. */
  open: OpenLine | undefined;
  /** Whether a kept line has left a call open. */
  keptOpen: boolean;
  /** Whether its first call of the phase's name was kept. */
  reached: boolean;
}

interface OpenLine {
  readonly line: number;
  readonly text: string;
  readonly name: string;
  readonly nr: number | undefined;
  readonly args: string;
}

/** As the reader's. */
const longest = 16777216;
/** Unreadable lines that are kept for the report. */
const keptUnreadable = 10;
const execs: ReadonlySet<string> = new Set(["execve", "execveat"]);

/** A condenser at the beginning of a part. No input makes it throw. */
export function condenser(options: CondenseOptions = {}): Condenser {
  const state = new Condensing(options.after);
  const lines = new Lines(longest, (text, start, stop) => state.line(text, start, stop));
  return {
    push: (piece) => lines.push(piece),
    end() {
      lines.end();
      return state.end();
    },
  };
}

class Condensing {
  readonly #after: string | undefined;
  readonly #kept = new Map<number, string>();
  readonly #batches: { readonly after: number; readonly pid: number | undefined; readonly tally: Tally }[] =
    [];
  readonly #known = new Map<number | undefined, Known>();
  readonly #skipped = { lines: 0, read: 0, blank: 0, unreadable: 0 };
  #line = 0;
  #unreadable = 0;
  /** Whether the next line cannot be read by itself: at the beginning, behind a call without result, in a table. */
  #leaning = true;

  constructor(after: string | undefined) {
    this.#after = after;
  }

  line(text: string, start: number, stop: number): void {
    this.#line++;
    const end = Math.min(endOfLine(text, start, stop), start + longest + 1);
    if (skipSpace(text, start, end) >= end) {
      // A byte order mark counts in the very first line only.
      if (this.#line > 1) this.#skip("blank", 1);
      else this.#keep("");
      return;
    }
    const line = readLine(text, start, end);
    if (this.#leaning) this.#keepLeaning(line, text.slice(start, end));
    else this.#take(line, text, start, end);
  }

  end(): Piece {
    this.#keepAllOpen();
    for (const pid of [...this.#known.keys()]) this.#forget(pid);
    const batches = this.#batches.map(({ after, pid, tally }): Batch => {
      return { after, pid, calls: [...tally.values()] };
    });
    return {
      lines: this.#line,
      skipped: { ...this.#skipped },
      kept: [...this.#kept].sort(([a], [b]) => a - b),
      batches: batches.sort((a, b) => a.after - b.after || (a.pid ?? 0) - (b.pid ?? 0)),
    };
  }

  #skip(what: "read" | "blank" | "unreadable", lines: number): void {
    this.#skipped[what] += lines;
    this.#skipped.lines += lines;
  }

  #keep(text: string, line = this.#line): void {
    this.#kept.set(line, ownText(text));
  }

  /** Lines up to the next call belong together. */
  #keepLeaning(line: Line, text: string): void {
    this.#keep(text);
    if (line.kind === "exit" || line.kind === "mode" || line.kind === "attach" || line.kind === "detach")
      this.#turn(line);
    if ((line.kind !== "call" && line.kind !== "resumed") || isNoCall(line)) return;
    if (line.kind === "resumed") this.#keepAllOpen();
    this.#leaning = line.body.end === "missing";
    this.#seeKept(line);
    for (const pid of [...this.#known.keys()]) this.#flush(pid);
  }

  #take(line: Line, text: string, start: number, end: number): void {
    switch (line.kind) {
      case "call":
      case "resumed":
        if (isNoCall(line)) this.#takeUnreadable(text.slice(start, end));
        else if (!this.#isCounted(line, text, start, end)) this.#keepCall(line, text.slice(start, end));
        return;
      case "signal":
      case "stack":
      case "dump":
      case "message":
        this.#skip("read", 1);
        return;
      case "rest":
      case "unreadable":
        this.#takeUnreadable(text.slice(start, end));
        return;
      case "summary":
        this.#keep(text.slice(start, end));
        this.#leaning = true;
        return;
      default:
        this.#keep(text.slice(start, end));
        this.#turn(line);
    }
  }

  #takeUnreadable(text: string): void {
    if (this.#unreadable++ >= keptUnreadable) this.#skip("unreadable", 1);
    else this.#keep(text);
  }

  /** Counts a call that nothing else hangs on; false for others. */
  #isCounted(line: CallLine, text: string, start: number, end: number): boolean {
    const { body, prefix, name } = line;
    const known = this.#known.get(prefix.pid);
    if (!known || known.keptOpen || !isPlain(line) || this.#isTurn(name, known)) return false;
    const { open } = known;
    if (line.kind === "resumed") {
      if (open?.name !== name || body.end !== "returned") return false;
      known.open = undefined;
      this.#skip("read", 1);
      this.#count(known, { ...open, args: `${open.args}${body.args}`, result: body.result });
      return true;
    }
    if (open || body.end === "missing") return false;
    this.#skip("read", 1);
    if (body.end === "unfinished") {
      const { nr } = prefix;
      const own = ownText(text.slice(start, end));
      known.open = { line: this.#line, text: own, name: ownText(name), nr, args: ownText(body.args) };
    } else
      this.#count(known, { line: this.#line, name, nr: prefix.nr, args: body.args, result: body.result });
    return true;
  }

  /** Whether calls of that name say something about processes or phases. */
  #isTurn(name: string, known: Known): boolean {
    return (
      makers.has(name) || leavers.has(name) || execs.has(name) || (name === this.#after && !known.reached)
    );
  }

  #count(known: Known, call: Pick<CallEvent, "line" | "name" | "nr" | "args" | "result">): void {
    known.tally ??= new Map();
    const event: CallEvent = { kind: "call", pid: undefined, end: "returned", ...call };
    count(known.tally, event, undefined, call.line, "");
  }

  #keepCall(line: CallLine, text: string): void {
    if (line.kind === "resumed" || line.prefix.pid === undefined) this.#keepAllOpen();
    this.#keep(text);
    this.#leaning = line.body.end === "missing";
    this.#seeKept(line);
  }

  /** A call's line was kept: what it changes for its process and for others. */
  #seeKept({ prefix, name, body }: CallLine): void {
    const { pid } = prefix;
    let known = this.#known.get(pid);
    if (!known) {
      known = { since: this.#line, tally: undefined, open: undefined, keptOpen: false, reached: false };
      this.#known.set(pid, known);
    }
    this.#keepOpen(known);
    known.keptOpen = body.end === "unfinished";
    if (name === this.#after && !known.reached) {
      known.reached = true;
      this.#keepAllOpen();
      this.#flushAll();
    }
    if (makers.has(name)) this.#born(body.result ?? "");
    if (leavers.has(name) && body.end !== "unfinished") this.#forget(pid);
    if (body.attached >= 0 && this.#known.has(body.attached)) this.#relate();
    if (body.next >= 0 || prefix.stray !== "") this.#forgetAll();
    this.#flush(undefined);
  }

  /** A call made a task: what it belongs to may be known from here on. */
  #born(result: string): void {
    const pid = /^\d+/.exec(result)?.[0];
    if (result.includes("/*")) this.#relate();
    else if (pid !== undefined && this.#known.has(Number(pid))) this.#relate();
  }

  /** Tasks that have called before may belong to another process from here on. */
  #relate(): void {
    this.#flushAll();
    for (const known of this.#known.values()) known.reached = false;
  }

  /** A line about a process, which was kept. */
  #turn(line: ProcessLine | { readonly kind: "attach" | "detach"; readonly pid: number }): void {
    if (line.kind === "signal") return;
    this.#flush(undefined);
    if (line.kind === "mode") {
      this.#flush(line.pid);
      return;
    }
    if (line.kind === "attach") {
      if (this.#known.has(line.pid)) this.#relate();
      return;
    }
    if (line.kind !== "exit") {
      this.#forget(line.pid);
      return;
    }
    this.#forget(line.prefix.pid);
    if (line.how === "superseded") {
      this.#forget(Number(line.by));
      this.#relate();
    }
    if (line.prefix.pid === undefined) this.#forgetAll();
  }

  #keepAllOpen(): void {
    for (const known of this.#known.values()) this.#keepOpen(known);
  }

  /** The beginning of a call whose end does not follow here. */
  #keepOpen(known: Known): void {
    const { open } = known;
    if (!open) return;
    known.open = undefined;
    known.keptOpen = true;
    this.#skip("read", -1);
    this.#kept.set(open.line, open.text);
  }

  #flushAll(): void {
    for (const pid of [...this.#known.keys()]) this.#flush(pid);
  }

  /** The process's further calls are counted behind this line. */
  #flush(pid: number | undefined): void {
    const known = this.#known.get(pid);
    if (!known) return;
    if (known.tally) this.#batches.push({ after: known.since, pid, tally: known.tally });
    known.tally = undefined;
    known.since = this.#line;
  }

  /** The process may be another from here on. */
  #forget(pid: number | undefined): void {
    const known = this.#known.get(pid);
    if (!known) return;
    this.#keepOpen(known);
    this.#flush(pid);
    this.#known.delete(pid);
  }

  #forgetAll(): void {
    for (const pid of [...this.#known.keys()]) this.#forget(pid);
  }
}

function endOfLine(text: string, start: number, stop: number): number {
  return stop > start && text.charCodeAt(stop - 1) === 0x0d ? stop - 1 : stop;
}

/** Whether the reader takes the line for somebody else's. */
function isNoCall({ name, body }: CallLine): boolean {
  return body.end === "missing" && !isShownName(name);
}

/** Whether the line is one record, without anything odd. */
function isPlain({ prefix, body }: CallLine): boolean {
  return prefix.stray === "" && body.doubt === "" && body.next < 0 && body.attached < 0;
}
