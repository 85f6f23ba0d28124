/**
 * `seccat emulate FILTER -`: every call on standard input, one in a line or as strace wrote it, each answered with
 * a line. What it keeps does not grow with the input.
 */
import type { AbiName } from "../../arch/index.ts";
import { SeccatError } from "../abi/error.ts";
import { jit, jitStack } from "../bpf/jit/index.ts";
import type { Program } from "../bpf/program.ts";
import type { StraceEvent } from "../trace/event.ts";
import { straceReader } from "../trace/index.ts";
import { isSpace } from "../trace/scan.ts";
import { Answers } from "./answers.ts";
import { CallLines, CallWords, isCallLine } from "./callline.ts";
import { piecesOf } from "./input.ts";
import { printPiece } from "./output.ts";
import { Progress } from "./progress.ts";
import { TracedCalls } from "./tracedcalls.ts";

/** How to answer. */
export interface StreamOptions {
  /** The ABI of the calls; for strace's lines that of the machine. */
  readonly abi: AbiName;
  readonly ip: bigint;
  readonly json: boolean;
}

/** Longer lines are refused. */
const MAX_LINE = 1 << 20;
const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;
const HASH = 0x23;
/** A byte order mark, as latin1. */
const MARK = "\u00ef\u00bb\u00bf";
const nothing = new Uint8Array(0);
/** Lines kept for the count of strace's reader at most. */
const MAX_UNREAD = 4096;

/** Answers all calls of standard input; the exit code is 2 when some line is none, else 1 when some call does not pass. */
export async function emulateStream(
  newestFirst: readonly [...Program[], Program],
  options: StreamOptions,
): Promise<number> {
  const answers = new Answers(options.json);
  const stream = new Stream(newestFirst, options, answers);
  const progress = process.stdout.isTTY ? undefined : new Progress("calls");
  try {
    for await (const piece of piecesOf("-")) {
      stream.push(piece);
      progress?.add(piece.length);
      // Whoever reads the answers has left: what was seen so far decides.
      if (!(await printPiece(answers.take()))) return answers.code();
    }
    stream.end();
    await printPiece(answers.take());
  } finally {
    progress?.end();
  }
  answers.summarise();
  return answers.code();
}

class Stream {
  readonly #json: boolean;
  readonly #answers: Answers;
  readonly #evaluate: (words: Uint32Array) => number;
  readonly #lines: CallLines;
  readonly #traced: TracedCalls;
  readonly #reader = straceReader({ longest: MAX_LINE });
  readonly #call: CallWords;
  #rest: Uint8Array = nothing;
  /** Inside a line that is too long. */
  #skipping = false;
  /** Lines so far, this one included. */
  #count = 0;
  /** Lines that strace's reader was not given since the last that it was; it counts them as blank. */
  #unread = 0;

  constructor(
    newestFirst: readonly [...Program[], Program],
    { abi, ip, json }: StreamOptions,
    answers: Answers,
  ) {
    const [newest, ...older] = newestFirst;
    this.#json = json;
    this.#answers = answers;
    this.#evaluate = older.length > 0 ? jitStack(newestFirst).evaluate : jit(newest).evaluate;
    this.#lines = new CallLines(newestFirst, abi);
    this.#traced = new TracedCalls(newestFirst, abi);
    this.#call = new CallWords(newest.endian, ip);
  }

  /** Takes a piece of the input in. */
  push(piece: Uint8Array): void {
    const bytes = Buffer.concat([this.#rest, piece]);
    // Positions in it are those in the bytes; what is not ASCII goes to strace's reader as bytes.
    const text = bytes.toString("latin1");
    let start = 0;
    // Lines of strace go to its reader as many at a time as stand together: they begin here, or -1.
    let traced = -1;
    for (let stop = text.indexOf("\n"); stop >= 0; stop = text.indexOf("\n", start)) {
      this.#count++;
      const end = stop > start && bytes[stop - 1] === CARRIAGE_RETURN ? stop - 1 : stop;
      let from = this.#count === 1 && text.startsWith(MARK) ? MARK.length : start;
      while (from < end && isSpace(bytes[from] ?? 0)) from++;
      const kind = this.#kindOf(bytes, from, end);
      if (kind === "traced" && traced < 0) traced = start;
      if (kind !== "traced") {
        if (traced >= 0) this.#trace(bytes.subarray(traced, start));
        traced = -1;
        if (kind === "call") this.#answerCall(text, bytes, from, end);
        this.#passed();
      }
      start = stop + 1;
    }
    if (traced >= 0) this.#trace(bytes.subarray(traced, start));
    this.#keep(bytes.subarray(start));
  }

  /** Answers what is still open. */
  end(): void {
    if (this.#rest.length > 0) this.push(Uint8Array.of(LINE_FEED));
    for (const event of this.#reader.end()) this.#see(event);
  }

  #kindOf(bytes: Uint8Array, from: number, end: number): "none" | "call" | "traced" {
    if (this.#skipping) {
      this.#skipping = false;
      return "none";
    }
    if (from >= end || bytes[from] === HASH) return "none";
    return isCallLine(bytes, from, end) ? "call" : "traced";
  }

  #answerCall(text: string, bytes: Uint8Array, from: number, end: number): void {
    try {
      const called = this.#lines.read(text, bytes, from, end, this.#call);
      this.#answers.answer(this.#count, called, this.#evaluate(this.#call.words), this.#call, 0);
    } catch (error) {
      if (!(error instanceof SeccatError)) throw error;
      this.#answers.refuse(this.#count, error.issues[0] ?? { code: error.code, message: error.message });
    }
  }

  /** A line is over that strace's reader does not get. */
  #passed(): void {
    this.#unread++;
    if (this.#unread >= MAX_UNREAD) this.#trace();
  }

  #trace(lines?: Uint8Array): void {
    if (this.#unread > 0) this.#reader.push("\n".repeat(this.#unread));
    this.#unread = 0;
    if (lines) for (const event of this.#reader.push(lines)) this.#see(event);
  }

  #see(event: StraceEvent): void {
    if (event.kind === "call") {
      const told = this.#traced.tell(event, this.#call, this.#json);
      if ("problem" in told) this.#answers.refuse(event.line, told.problem);
      else {
        const { called, unknown } = told;
        this.#answers.answer(event.line, called, this.#evaluate(this.#call.words), this.#call, unknown);
      }
    } else if (event.kind === "noise" && event.what === "unreadable")
      this.#answers.refuse(event.line, {
        code: "syntax",
        message: "this is neither a call nor a line of strace",
        received: event.text.slice(0, 100),
      });
    this.#traced.follow(event);
  }

  /** Keeps the beginning of a line for the next piece. */
  #keep(rest: Uint8Array): void {
    this.#rest = this.#skipping ? nothing : rest;
    if (this.#rest.length <= MAX_LINE) return;
    this.#answers.refuse(this.#count + 1, {
      code: "limit",
      message: "the line is too long",
      expected: `at most ${MAX_LINE} bytes`,
    });
    this.#skipping = true;
    this.#rest = nothing;
  }
}
