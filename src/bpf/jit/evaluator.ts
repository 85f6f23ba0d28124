/**
 * A program as fast as this machine runs JavaScript, with the answers of the interpreter.
 *
 * A call is looked up by arch and nr in dense tables; only where its arguments decide does code run, and that
 * code is JavaScript made from the checked program: numbers and operators, no text of anybody's. Where making
 * code from text is forbidden (`node --disallow-code-generation-from-strings`, a content security policy), the
 * tables remain and the interpreter does the rest.
 */
import { SECCOMP_DATA_WORDS } from "../../abi/data.ts";
import { SeccatError } from "../../abi/error.ts";
import { shown } from "../../abi/fields.ts";
import { checkMade } from "../check.ts";
import type { Program } from "../program.ts";
import { run, wrongWords } from "../run.ts";
import { batchText, CHUNK } from "./batch.ts";
import { generalOf, type Tables, tablesOf } from "./table.ts";
import { generalText, programText } from "./text.ts";
import { WINDOW } from "./window.ts";

/** A program ready for many calls. */
export interface Evaluator {
  /** Whether arguments are judged by generated JavaScript or by the interpreter. */
  readonly kind: "jit" | "interpreter";
  /** Why it is the interpreter, in the words of the engine that refused; absent for "jit". */
  readonly reason?: string;
  /** The return value, u32, for the sixteen words of one call, as packData makes them for the program's byte order. */
  evaluate(words: Uint32Array): number;
  /**
   * The return value, u32, for the call whose sixteen words begin at `words[at]`: many calls can lie in one array,
   * which is faster than an array for each. Throws a SeccatError "usage" when there are not sixteen words.
   */
  evaluateAt(words: Uint32Array, at: number): number;
  /**
   * The return values, u32, of many calls: sixteen words each, one call behind the other, word i of a call as
   * a number at offset 16 * call + i whatever the byte order of this machine. They are written to `returns`
   * when it is given (at least one element for each call), and that is returned.
   * Throws a SeccatError "usage" when a call is cut off, or `returns` is too short or lies over the calls.
   */
  evaluateMany(calls: Uint32Array, returns?: Uint32Array): Uint32Array;
  /**
   * A function that judges what `calls` holds whenever it is called, writes the return values to `returns` and
   * returns that: evaluateMany for arrays that are used again and again, with code of their own, which is faster
   * and worth it from some hundred thousand calls on. Throws as evaluateMany does, and so does what it returns when an
   * array has been transferred or resized.
   */
  batch(calls: Uint32Array, returns: Uint32Array): () => Uint32Array;
}

interface Code {
  judge(words: Uint32Array, at: number): number;
  evaluate(words: Uint32Array): number;
  evaluateAt(words: Uint32Array, at: number): number;
  many(calls: Uint32Array, returns: Uint32Array, count: number): void;
}

/** Where batches leave what they judge later; nothing else runs meanwhile. */
const queue = new Uint32Array(CHUNK);
/** V8 keeps one function for equal texts, and would take their tables for variables: so each text has a number. */
let texts = 0;
const made = new WeakMap<Program, Evaluator>();

/**
 * The evaluator of `program`; the same one when asked again. Throws a SeccatError "schema" or "program" for what no
 * check has made.
 */
export function jit(program: Program): Evaluator {
  const known = made.get(program);
  if (known !== undefined) return known;
  const evaluator = make(program);
  made.set(program, evaluator);
  return evaluator;
}

function make(program: Program): Evaluator {
  checkMade(program);
  const tables = tablesOf(program);
  const code = generate(program, tables);
  if ("reason" in code) {
    const { evaluate, evaluateAt, many } = interpret(program, tables);
    const evaluateMany = manyOf(many);
    return {
      kind: "interpreter",
      ...code,
      evaluate,
      evaluateAt,
      evaluateMany,
      batch: batchOf(evaluateMany),
    };
  }
  const { judge, evaluate, evaluateAt, many } = code;
  const batch: Evaluator["batch"] = (calls, returns) => batchWith(tables, judge, calls, returns);
  return { kind: "jit", evaluate, evaluateAt, evaluateMany: manyOf(many), batch };
}

function manyOf(many: Code["many"]): Evaluator["evaluateMany"] {
  return (calls, returns) => {
    const written = returnsFor(calls, returns);
    many(calls, written, countOf(calls));
    return written;
  };
}

/** A batch with code of its own, which leaves to `judge` what has no verdict in the tables. */
function batchWith(tables: Tables, judge: Code["judge"], calls: Uint32Array, given: Uint32Array) {
  const returns = returnsFor(calls, given);
  const refuse = () => {
    throw changed();
  };
  return compileText(
    ["E", "Q", "judge", "refuse", "w", "r"],
    batchText(tables, countOf(calls)),
  )(...[tables.verdicts, queue, judge, refuse, calls, returns]);
}

/** Batches without code of their own. */
export function batchOf(evaluateMany: Evaluator["evaluateMany"]): Evaluator["batch"] {
  return (calls, given) => {
    const returns = returnsFor(calls, given);
    const { length } = calls;
    return () => {
      if (calls.length !== length) throw changed();
      return evaluateMany(calls, returns);
    };
  };
}

/**
 * The array for the return values of `calls`: `given`, or a new one. Throws a SeccatError "usage" when a call is
 * cut off, `given` is too short or lies over the calls, or one of them is no Uint32Array.
 */
export function returnsFor(calls: Uint32Array, given?: Uint32Array): Uint32Array {
  for (const array of given === undefined ? [calls] : [calls, given])
    if (!(array instanceof Uint32Array)) throw wrongArray(array);
  const count = countOf(calls);
  if (!Number.isInteger(count)) throw wrongCalls(calls.length);
  if (given === undefined) return new Uint32Array(count);
  if (given.length < count) throw wrongReturns(given.length, count);
  if (overlap(calls, given)) throw overlapping();
  return given;
}

function countOf(calls: Uint32Array): number {
  return calls.length / SECCOMP_DATA_WORDS;
}

function overlap(calls: Uint32Array, returns: Uint32Array): boolean {
  if (calls.buffer !== returns.buffer) return false;
  const [a, b] = [calls.byteOffset, returns.byteOffset];
  return a < b + returns.byteLength && b < a + calls.byteLength;
}

/** The program as JavaScript, or why that may not be. */
function generate(program: Program, tables: Tables): Code | { readonly reason: string } {
  let made: Code["judge"] | undefined;
  const general: Code["judge"] = (words, at) => {
    const judge: Code["judge"] = made ?? compileText([], generalText(generalOf(program)))();
    made = judge;
    return judge(words, at);
  };
  try {
    return compileText(
      ["E", "T", "R", "general", "wrong"],
      programText(tables),
    )(...[tables.verdicts, tables.entries, tables.returns, general, wrongPlace]);
  } catch (error) {
    if (error instanceof EvalError) return { reason: error.message };
    throw error;
  }
}

/** A function of those parameters; the text is a program's numbers between the words of ./text.ts and ./batch.ts. */
function compileText(parameters: readonly string[], text: string) {
  return new Function(...parameters, `${text}\n//${texts++}`);
}

function interpret(program: Program, { windows, verdicts, none }: Tables): Code {
  const judge = (words: Uint32Array, at: number) => {
    const [nr = 0, arch = 0] = [words[at], words[at + 1]];
    const window = windows.findIndex(
      (one) => (one.arch ?? arch) === arch && nr >= one.base && nr < one.base + WINDOW,
    );
    const verdict =
      window < 0 ? none : (verdicts[window * WINDOW + nr - (windows[window]?.base ?? 0)] ?? none);
    return verdict === none ? run(program, words.subarray(at, at + SECCOMP_DATA_WORDS)) : verdict >>> 0;
  };
  return {
    judge,
    evaluate(words) {
      if (!(words instanceof Uint32Array) || words.length !== SECCOMP_DATA_WORDS) throw wrongPlace(words);
      return judge(words, 0);
    },
    evaluateAt(words, at) {
      if (!(words instanceof Uint32Array) || at >>> 0 !== at || at + SECCOMP_DATA_WORDS > words.length)
        throw wrongPlace(words, at);
      return judge(words, at);
    },
    many(calls, returns, count) {
      for (let i = 0; i < count; i++) returns[i] = judge(calls, i * SECCOMP_DATA_WORDS);
    },
  };
}

/** What is wrong with a call, at a place when one was asked for. */
function wrongPlace(words: unknown, at?: unknown): SeccatError {
  if (at === undefined || !(words instanceof Uint32Array)) return wrongWords(words);
  return new SeccatError({
    code: "usage",
    message: "there are no sixteen words of a call",
    expected: `an offset of 0..${words.length - SECCOMP_DATA_WORDS}`,
    received: String(at),
  });
}

function wrongArray(received: unknown): SeccatError {
  return new SeccatError({
    code: "usage",
    message: "calls and return values are arrays of 32-bit words",
    expected: "a Uint32Array",
    received: shown(received),
  });
}

function changed(): SeccatError {
  return new SeccatError({ code: "usage", message: "an array of the batch was transferred or resized" });
}

function overlapping(): SeccatError {
  return new SeccatError({
    code: "usage",
    message: "the array for the return values lies over the calls",
    fix: "give it memory of its own",
  });
}

function wrongCalls(length: number): SeccatError {
  return new SeccatError({
    code: "usage",
    message: "the last call is cut off",
    expected: `a multiple of ${SECCOMP_DATA_WORDS} words`,
    received: `${length} words`,
  });
}

function wrongReturns(length: number, count: number): SeccatError {
  return new SeccatError({
    code: "usage",
    message: "the array for the return values is too short",
    expected: `${count} elements`,
    received: `${length}`,
  });
}
