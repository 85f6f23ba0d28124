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
import type { Program } from "../program.ts";
import { run, wrongWords } from "../run.ts";
import { type Tables, tablesOf, WINDOW } from "./table.ts";
import { programText } from "./text.ts";

/** A program ready for many calls. */
export interface Evaluator {
  /** Whether arguments are judged by generated JavaScript or by the interpreter. */
  readonly kind: "jit" | "interpreter";
  /** Why it is the interpreter, in the words of the engine that refused; absent for "jit". */
  readonly reason?: string;
  /** The return value, u32, for the sixteen words of one call, as packData makes them for the program's byte order. */
  evaluate(words: Uint32Array): number;
  /**
   * The return values, u32, of many calls: sixteen words each, one call behind the other, word i of a call as
   * a number at offset 16 * call + i whatever the byte order of this machine. They are written to `returns`
   * when it is given (at least one element for each call), and that is returned.
   * Throws a SeccatError "usage" when a call is cut off or `returns` is too short.
   */
  evaluateMany(calls: Uint32Array, returns?: Uint32Array): Uint32Array;
}

interface Code {
  evaluate(words: Uint32Array): number;
  many(calls: Uint32Array, returns: Uint32Array, count: number): void;
}

const made = new WeakMap<Program, Evaluator>();

/** The evaluator of `program`; the same one when asked again. */
export function jit(program: Program): Evaluator {
  const known = made.get(program);
  if (known !== undefined) return known;
  const evaluator = make(program);
  made.set(program, evaluator);
  return evaluator;
}

function make(program: Program): Evaluator {
  const tables = tablesOf(program);
  const generated = generate(tables);
  const code = "reason" in generated ? interpret(program, tables) : generated;
  const how =
    "reason" in generated ? { kind: "interpreter" as const, ...generated } : { kind: "jit" as const };
  return {
    ...how,
    evaluate: code.evaluate,
    evaluateMany(calls, returns) {
      const written = returnsFor(calls, returns);
      code.many(calls, written, calls.length / SECCOMP_DATA_WORDS);
      return written;
    },
  };
}

/**
 * The array for the return values of `calls`: `given`, or a new one. Throws a SeccatError "usage" when a call is
 * cut off or `given` is too short.
 */
export function returnsFor(calls: Uint32Array, given?: Uint32Array): Uint32Array {
  const count = calls.length / SECCOMP_DATA_WORDS;
  if (!Number.isInteger(count)) throw wrongCalls(calls.length);
  if (given !== undefined && given.length < count) throw wrongReturns(given.length, count);
  return given ?? new Uint32Array(count);
}

/** The program as JavaScript, or why that may not be. */
function generate(tables: Tables): Code | { readonly reason: string } {
  try {
    // The text is the program's numbers between the words of ./text.ts.
    const compiled = new Function("E", "T", "R", "wrong", programText(tables));
    return compiled(tables.verdicts, tables.entries, tables.returns, wrongWords);
  } catch (error) {
    if (error instanceof EvalError) return { reason: error.message };
    throw error;
  }
}

function interpret(program: Program, { windows, verdicts, none }: Tables): Code {
  const judge = (words: Uint32Array) => {
    const [nr = 0, arch = 0] = words;
    const at = windows.findIndex(
      (window) => (window.arch ?? arch) === arch && nr >= window.base && nr < window.base + WINDOW,
    );
    const verdict = at < 0 ? none : (verdicts[at * WINDOW + nr - (windows[at]?.base ?? 0)] ?? none);
    return verdict === none ? run(program, words) : verdict >>> 0;
  };
  return {
    evaluate(words) {
      if (!(words instanceof Uint32Array) || words.length !== SECCOMP_DATA_WORDS) throw wrongWords(words);
      return judge(words);
    },
    many(calls, returns, count) {
      for (let i = 0; i < count; i++)
        returns[i] = judge(calls.subarray(i * SECCOMP_DATA_WORDS, (i + 1) * SECCOMP_DATA_WORDS));
    },
  };
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
