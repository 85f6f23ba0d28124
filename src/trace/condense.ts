// Condenses a part of a log (piece.ts). In doubt a line is kept: that costs space and never a difference. It knows
// of the reader, of process.ts and of phase.ts what makes one line depend on another, and nothing else.

import { telling } from "../../arch/index.ts";
import { LineCutter } from "./cut.ts";
import type { CallEvent } from "./event.ts";
import { ownText } from "./journal.ts";
import { type CallLine, type Line, readLine } from "./line.ts";
import { isShownName } from "./name.ts";
import type { PhaseOptions } from "./phase.ts";
import type { KeptLine, Piece } from "./piece.ts";
import { leavers, makers } from "./process.ts";
import { skipSpace } from "./scan.ts";
import { socketMakers, Turns } from "./turn.ts";

/** What is going to be learned: calls that it tells apart are not counted as one. */
export interface CondenseOptions extends PhaseOptions {
  /** Tells calls of one name and process apart. */
  readonly apart?: (call: Pick<CallEvent, "name" | "nr" | "args">) => string;
}

/** A part of a log that arrives in pieces of any size. */
export interface Condenser {
  push(piece: string | Uint8Array): void;
  /** What the part comes to. Once. */
  end(): Piece;
}

type Pid = number | undefined;

/** A call whose end may follow. */
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

/** A condenser at the beginning of a part. No input makes it throw. */
export function condenser(options: CondenseOptions = {}): Condenser {
  const state = new Condensing(options);
  // As the reader's: enough more than is read for the cut to be noticed behind a carriage return.
  const cutter = new LineCutter(longest + 2, (bytes, from, to) => state.lines(bytes, from, to));
  return {
    push: (piece) => cutter.push(typeof piece === "string" ? Buffer.from(piece) : piece),
    end() {
      cutter.end();
      return state.end();
    },
  };
}

class Condensing {
  readonly #apart: CondenseOptions["apart"];
  readonly #turns: Turns;
  readonly #kept = new Map<number, { text: string; calls: number; failed: number }>();
  readonly #skipped = { lines: 0, read: 0, blank: 0, unreadable: 0 };
  /** The kept line of each kind of call, by process: further ones are counted there. */
  readonly #alike = new Map<Pid, Map<string, number>>();
  /** Calls whose first half is not kept so far. */
  readonly #open = new Map<Pid, OpenLine>();
  /** The names of those whose first half is kept, and whose second half did not come. */
  readonly #keptOpen = new Map<Pid, string>();
  /** The triggers that each process has pulled since it was known whom it belongs to. */
  readonly #pulled = new Map<Pid, Set<string>>();
  #line = 0;
  #unreadable = 0;
  /** Whether the next line cannot be read by itself: at the beginning, behind a call without result, in a table. */
  #leaning = true;

  constructor(options: CondenseOptions) {
    this.#apart = options.apart;
    this.#turns = new Turns(options);
  }

  lines(bytes: Uint8Array, from: number, to: number): void {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = from; at < to; ) {
      const stop = bytes.indexOf(0x0a, at);
      const end = stop > at && bytes[stop - 1] === 0x0d ? stop - 1 : stop;
      if (end - at > longest) this.#keepLong(buffer.toString("utf8", at, at + longest + 1));
      else this.#readLine(buffer.toString("utf8", at, end));
      at = stop + 1;
    }
  }

  #readLine(text: string): void {
    this.#line++;
    if (skipSpace(text, 0, text.length) >= text.length) {
      // A byte order mark counts in the very first line only.
      if (this.#line > 1) this.#skip("blank");
      else this.#keep("");
      return;
    }
    const line = readLine(text, 0, text.length);
    if (this.#leaning) this.#takeLeaning(line, text);
    else this.#take(line, text);
  }

  /** What a line that is cut comes to is not known here. */
  #keepLong(text: string): void {
    this.#line++;
    this.#keep(text);
    this.#turnAll();
    this.#leaning = true;
  }

  end(): Piece {
    for (const pid of [...this.#open.keys()]) this.#keepOpen(pid);
    const kept = [...this.#kept].sort(([a], [b]) => a - b);
    return {
      lines: this.#line,
      skipped: { ...this.#skipped },
      kept: kept.map(([line, { text, calls, failed }]): KeptLine => {
        return { line, text, more: calls > 0 ? { calls, failed } : undefined };
      }),
    };
  }

  #skip(what: "read" | "blank" | "unreadable", lines = 1): void {
    this.#skipped[what] += lines;
    this.#skipped.lines += lines;
  }

  #keep(text: string, line = this.#line): void {
    this.#kept.set(line, { text: ownText(text), calls: 0, failed: 0 });
  }

  /** Lines up to the next whole call belong together. */
  #takeLeaning(line: Line, text: string): void {
    this.#keep(text);
    this.#turnAll();
    if ((line.kind !== "call" && line.kind !== "resumed") || isNoCall(line)) return;
    this.#leaning = line.body.end === "missing";
    this.#afterKept(line);
  }

  #take(line: Line, text: string): void {
    switch (line.kind) {
      case "call":
      case "resumed":
        if (isNoCall(line)) this.#takeUnreadable(text);
        else this.#takeCall(line, text);
        return;
      case "signal":
      case "stack":
      case "dump":
      case "message":
        this.#skip("read");
        return;
      case "rest":
      case "unreadable":
        this.#takeUnreadable(text);
        return;
      case "summary":
        this.#leaning = true;
        break;
      case "mode":
        this.#keep(text);
        this.#turn(line.pid);
        return;
      case "exit":
        if (line.how !== "superseded" && line.prefix.pid !== undefined && !this.#isOpen(line.prefix.pid)) {
          this.#keep(text);
          this.#forget(line.prefix.pid);
          return;
        }
        break;
      default:
    }
    this.#keep(text);
    this.#turnAll();
  }

  #takeUnreadable(text: string): void {
    if (this.#unreadable++ >= keptUnreadable) this.#skip("unreadable");
    else this.#keep(text);
  }

  #takeCall(line: CallLine, text: string): void {
    const { prefix, name, body } = line;
    const { pid, nr } = prefix;
    const { args, result } = body;
    if (!isPlain(line) || body.end === "missing") this.#keepCall(line, text);
    else if (line.kind === "resumed") this.#resume(line, text);
    else if (this.#isOpen(pid) || !this.#alike.has(pid) || this.#isTurn(pid, name, args))
      this.#keepCall(line, text);
    else if (body.end === "unfinished")
      this.#open.set(pid, {
        line: this.#line,
        text: ownText(text),
        name: ownText(name),
        nr,
        args: ownText(args),
      });
    else this.#count(pid, { name, nr, args }, result, [[this.#line, text]]);
  }

  #resume(line: CallLine, text: string): void {
    const { name, body, prefix } = line;
    const { pid } = prefix;
    const open = this.#open.get(pid);
    if (open && open.name === name && body.end === "returned") {
      this.#open.delete(pid);
      const args = `${open.args}${body.args}`;
      this.#count(pid, { name, nr: open.nr, args }, body.result, [
        [open.line, open.text],
        [this.#line, text],
      ]);
    } else if (this.#keptOpen.get(pid) === name && body.end === "returned" && !this.#turns.isNamed(name)) {
      this.#keptOpen.delete(pid);
      this.#keep(text);
    } else this.#keepCall(line, text);
  }

  /** Counts a call that nothing else hangs on, at the first of its kind. */
  #count(
    pid: Pid,
    call: Pick<CallEvent, "name" | "nr" | "args">,
    result: string | undefined,
    lines: readonly (readonly [number, string])[],
  ): void {
    const sign = telling.get(call.name);
    const told = sign !== undefined && call.args.includes(sign);
    const kind = `${call.name} ${call.nr ?? ""} ${told} ${this.#apart?.(call) ?? ""}`;
    const first = this.#alike.get(pid)?.get(kind);
    const kept = first === undefined ? undefined : this.#kept.get(first);
    if (kept) {
      kept.calls++;
      if (result?.startsWith("-1 E")) kept.failed++;
      this.#skip("read", lines.length);
      return;
    }
    for (const [line, text] of lines) this.#keep(text, line);
    this.#alike.get(pid)?.set(ownText(kind), lines[0]?.[0] ?? this.#line);
  }

  #isOpen(pid: Pid): boolean {
    return this.#open.has(pid) || this.#keptOpen.has(pid);
  }

  /** Whether the call says something about processes or phases that was not said before. */
  #isTurn(pid: Pid, name: string, args: string): boolean {
    if (!this.#turns.isNamed(name)) return false;
    return this.#turns.isAlways(name) ?? !this.#pulled.get(pid)?.has(this.#turns.textOf(name, args));
  }

  #keepCall(line: CallLine, text: string): void {
    this.#keep(text);
    if (line.body.end === "missing") {
      this.#leaning = true;
      this.#turnAll();
    }
    this.#afterKept(line);
  }

  /** A call's line was kept: what it changes for its process and for others. */
  #afterKept(line: CallLine): void {
    const { name, body, prefix } = line;
    const { pid } = prefix;
    const isOdd = !isPlain(line) || line.kind === "resumed" || this.#isOpen(pid);
    const relates = makers.has(name) && this.#relates(body.result ?? "");
    if (isOdd || relates || this.#turns.isForAll(name, pid)) this.#turnAll();
    else if (leavers.has(name)) {
      this.#forget(pid);
      return;
    } else if (!this.#turns.isNamed(name) || makers.has(name)) this.#turn(pid);
    else this.#pull(pid, name, body.args);
    if (!this.#alike.has(pid)) this.#alike.set(pid, new Map());
    if (body.end === "unfinished") this.#keptOpen.set(pid, ownText(name));
    else this.#keptOpen.delete(pid);
  }

  /** Whether a call that makes a task says to whom one belongs that has made calls before. */
  #relates(result: string): boolean {
    const made = /^\d+/.exec(result)?.[0];
    return result.includes("/*") || (made !== undefined && this.#alike.has(Number(made)));
  }

  /** A phase may begin, in the process and in whatever belongs to it. */
  #pull(pid: Pid, name: string, args: string): void {
    for (const one of [...this.#alike.keys()]) this.#turn(one);
    if (socketMakers.has(name)) this.#pulled.clear();
    const pulled = this.#pulled.get(pid) ?? new Set();
    this.#pulled.set(pid, pulled.add(ownText(this.#turns.textOf(name, args))));
  }

  /** From here on, calls of the process, and lines without a pid, may count otherwise. */
  #turn(pid: Pid): void {
    for (const one of [pid, undefined]) {
      this.#keepOpen(one);
      this.#alike.get(one)?.clear();
    }
  }

  /** From here on, all calls may count otherwise, as processes may belong to others. */
  #turnAll(): void {
    for (const pid of [...this.#open.keys()]) this.#keepOpen(pid);
    this.#alike.clear();
    this.#pulled.clear();
  }

  /** The process is over: the pid may be another's from here on. */
  #forget(pid: Pid): void {
    this.#turn(pid);
    this.#alike.delete(pid);
    this.#keptOpen.delete(pid);
    this.#pulled.delete(pid);
  }

  /** Keeps the beginning of a call whose end is not counted with it. */
  #keepOpen(pid: Pid): void {
    const open = this.#open.get(pid);
    if (!open) return;
    this.#open.delete(pid);
    this.#keptOpen.set(pid, open.name);
    this.#keep(open.text, open.line);
  }
}

/** Whether the reader takes the line for somebody else's. */
function isNoCall({ name, body }: CallLine): boolean {
  return body.end === "missing" && !isShownName(name);
}

/** Whether the line is one record, without anything odd. */
function isPlain({ prefix, body }: CallLine): boolean {
  return prefix.stray === "" && body.doubt === "" && body.next < 0 && body.attached < 0;
}
