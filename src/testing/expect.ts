/**
 * Assertions about filters, for any test runner:
 *
 *     expect(filter).allows("read");
 *     expect(filter).denies("ptrace", { errno: "EPERM" });
 *     expect([outer, inner]).on("aarch64").gives("kill_process", "execve");
 *
 * The programs are interpreted; no kernel and no root is needed.
 */
import { type AbiName, errnoName, errnoNumber, isAbiName, nativeAbi } from "../../arch/index.ts";
import { type Action, type ActionName, combineReturns, decodeAction, formatAction } from "../abi/action.ts";
import { packData, type SeccompData } from "../abi/data.ts";
import { SeccatError } from "../abi/error.ts";
import { trace } from "../bpf/run.ts";
import { type ArgsInput, seccompData } from "../policy/call.ts";
import { type FilterInput, programsOf } from "./filter.ts";
import { formatPath } from "./path.ts";

/** How a denied call is answered; what is left out may be anything but letting it pass. */
export interface Denial {
  readonly args?: ArgsInput;
  readonly errno?: string | number;
  readonly action?: Exclude<ActionName, "allow" | "log">;
}

/** An unmet expectation, with both sides for a runner's diff. */
export class ExpectationError extends Error {
  override readonly name = "ExpectationError";
  readonly code = "ERR_ASSERTION";
  readonly expected: string;
  readonly actual: string;
  /** The listing lines that ran, the newest program first. */
  readonly path: string;

  constructor(sentence: string, expected: string, actual: string, path: string) {
    super(`${sentence}: expected ${expected}, got ${actual}\n${path}`);
    this.expected = expected;
    this.actual = actual;
    this.path = path;
  }
}

/** What a filter answers to one call. */
export interface Answer {
  readonly data: SeccompData;
  readonly action: Action;
  /** u32. */
  readonly ret: number;
  /** `ALLOW`-to-`errno EPERM`, in words, with the errno's name on that arch. */
  readonly text: string;
  /** The listing lines that ran, newest program first; made when asked for. */
  path(): string;
}

/** The answer of `filter` (newest first, where it is a stack) to one call on `abi`. */
export function answer(
  filter: FilterInput,
  abi: AbiName,
  call: string | number,
  args: ArgsInput = [],
): Answer {
  const data = seccompData({ abi, call, args });
  const programs = programsOf(filter, abi);
  const runs = programs.map((program) => ({ program, ...trace(program, packData(data, program.endian)) }));
  const ret = combineReturns(runs.map((one) => one.ret));
  const action = decodeAction(ret);
  return { data, action, ret, text: actionText(action, abi), path: () => runs.map(formatPath).join("\n") };
}

/** `allow`, `errno EPERM`, `trap 5`: an action in words. */
export function actionText(action: Action, abi: AbiName): string {
  if (action.kind === "errno") return `errno ${errnoName(abi, action.data) ?? action.data}`;
  return "data" in action && action.data > 0
    ? `${action.kind} ${action.data}`
    : formatAction(action).replace("(0)", "");
}

/** The assertions about one filter on one arch; each returns the same object, for chains. */
export interface Expectation {
  /** The same filter on another arch. */
  on(abi: AbiName): Expectation;
  /** The call passes (allow or log). */
  allows(call: string | number, args?: ArgsInput): Expectation;
  /** The call does not pass, in the way that `how` says. */
  denies(call: string | number, how?: Denial): Expectation;
  /** The call gets exactly this action: `allow`, `kill_process`, `errno EPERM`, `trap 5`. */
  gives(action: string, call: string | number, args?: ArgsInput): Expectation;
}

/**
 * Assertions about `filter`, on this machine's arch unless told otherwise.
 * Each throws an ExpectationError when unmet, a SeccatError when it names what does not exist.
 */
export function expect(filter: FilterInput, abi: AbiName = hostAbi()): Expectation {
  const self: Expectation = {
    on(next) {
      if (!isAbiName(next)) throw new SeccatError({ code: "name", message: `unknown arch ${String(next)}` });
      return expect(filter, next);
    },
    allows(call, args) {
      const got = answer(filter, abi, call, args);
      if (got.action.kind !== "allow" && got.action.kind !== "log") throw unmet("allow", got, call, abi);
      return self;
    },
    denies(call, how = {}) {
      const got = answer(filter, abi, call, how.args);
      const wanted = denialText(how, abi);
      const passes = got.action.kind === "allow" || got.action.kind === "log";
      if (passes || (wanted !== undefined && !meets(got, wanted)))
        throw unmet(wanted ?? "a denial", got, call, abi);
      return self;
    },
    gives(action, call, args) {
      const got = answer(filter, abi, call, args);
      if (!meets(got, action)) throw unmet(action, got, call, abi);
      return self;
    },
  };
  return self;
}

/** `errno EPERM` and `errno 1` are the same; `errno` alone, or `trap`, leaves the data open. */
function meets(got: Answer, wanted: string): boolean {
  return got.text === wanted || got.action.kind === wanted;
}

function denialText({ errno, action }: Denial, abi: AbiName): string | undefined {
  if (errno === undefined) return action;
  const number = typeof errno === "number" ? errno : errnoNumber(abi, errno);
  if (number === undefined) throw new SeccatError({ code: "name", message: `unknown errno ${errno}` });
  return actionText({ kind: "errno", data: number }, abi);
}

function unmet(wanted: string, got: Answer, call: string | number, abi: AbiName): ExpectationError {
  return new ExpectationError(`${call} on ${abi}`, wanted, got.text, got.path());
}

declare const process: { readonly arch: string; readonly platform: string } | undefined;

/** This machine's ABI; x86_64 where that is not known, such as in a browser. */
function hostAbi(): AbiName {
  if (typeof process === "undefined") return "x86_64";
  const big = new Uint8Array(new Uint16Array([1]).buffer)[0] === 0;
  return nativeAbi(process.arch, big ? "BE" : "LE") ?? "x86_64";
}
