/**
 * Assertions about filters, for any test runner:
 *
 *     expect(filter).allows("read");
 *     expect(filter).denies("ptrace", { errno: "EPERM" });
 *     expect([outer, inner]).on("aarch64").gives("kill_process", "execve");
 *
 * The programs are interpreted; no kernel and no root is needed.
 */
import {
  type AbiName,
  abiNames,
  errnoNames,
  errnoNumber,
  isAbiName,
  nativeAbi,
  type SyscallName,
} from "../../arch/index.ts";
import { type Action, type ActionName, actionNames, combineReturns, decodeAction } from "../abi/action.ts";
import { packData, type SeccompData } from "../abi/data.ts";
import { type Place, SeccatError, throwIssues } from "../abi/error.ts";
import { keyIssues, shown } from "../abi/fields.ts";
import { didYouMean } from "../abi/nearest.ts";
import { type Kernel, kernelRules, settle } from "../bpf/kernel.ts";
import type { Program } from "../bpf/program.ts";
import { type Trace, trace } from "../bpf/run.ts";
import { type ArgsInput, seccompData } from "../policy/call.ts";
import { actionText } from "./action.ts";
import { failureOf, reasonLines } from "./failure.ts";
import { type FilterInput, programsOf } from "./filter.ts";
import { formatPath } from "./path.ts";

/** How a denied call is answered; what is left out may be anything but letting it pass. */
export interface Denial {
  readonly args?: ArgsInput;
  readonly errno?: string | number;
  readonly action?: Exclude<ActionName, "allow" | "log">;
}

const denialKeys = Object.keys({
  args: true,
  errno: true,
  action: true,
} satisfies Record<keyof Denial, true>);

/** An unmet expectation, with both sides for a runner's diff. */
export class ExpectationError extends Error {
  override readonly name = "ExpectationError";
  readonly code = "ERR_ASSERTION";
  readonly expected: string;
  readonly actual: string;
  /** The listing lines that ran, the newest program first. */
  readonly path: string;

  constructor(
    sentence: string,
    expected: string,
    actual: string,
    path: string,
    reasons: readonly string[] = [],
  ) {
    const lines = reasons.map((reason) => `  ${reason}\n`).join("");
    super(`${sentence}: expected ${expected}, got ${actual}\n${lines}${path}`);
    this.expected = expected;
    this.actual = actual;
    this.path = path;
  }
}

/** What a filter answers to one call. */
export interface Answer {
  readonly data: SeccompData;
  /** The kernel that answers so; absent where it is one that knows everything. */
  readonly kernel?: Kernel;
  readonly action: Action;
  /** u32. */
  readonly ret: number;
  /** `ALLOW`-to-`errno EPERM`, in words, with the errno's name on that arch. */
  readonly text: string;
  /** What each program did, newest first. */
  readonly runs: readonly (Trace & { readonly program: Program })[];
  /** The listing lines that ran, newest program first; made when asked for. */
  path(): string;
}

/** How a call is asked about. */
export interface AnswerOptions {
  /** For messages. */
  readonly where?: Place | undefined;
  /** Answers as this kernel does; as one that knows every action when absent. */
  readonly kernel?: Kernel | undefined;
}

/** The answer of `filter` (newest first, where it is a stack) to one call on `abi`. */
export function answer(
  filter: FilterInput,
  abi: AbiName,
  call: string | number,
  args: ArgsInput = [],
  { where, kernel }: AnswerOptions = {},
): Answer {
  const data = seccompData({ abi, call, args, ...(where ? { where } : {}) });
  const programs = programsOf(filter, abi);
  const runs = programs.map((program) => ({ program, ...trace(program, packData(data, program.endian)) }));
  const rets = runs.map((one) => one.ret);
  const ret = kernel ? settle(rets, data.nr, data.arch, kernelRules(kernel)) : combineReturns(rets);
  const action = decodeAction(ret);
  const path = () => runs.map(formatPath).join("\n");
  const rest = { action, ret, text: actionText(action, abi), runs, path };
  return { data, ...(kernel ? { kernel } : {}), ...rest };
}

/** The assertions about one filter on one arch; each returns the same object, for chains. */
export interface Expectation {
  /** The same filter on another arch. */
  on(abi: AbiName): Expectation;
  /** The same filter under the kernel of that version, such as "4.9": what it does not know yet, it kills for. */
  under(kernel: string): Expectation;
  /** The call passes (allow or log). */
  allows(call: SyscallName | number, args?: ArgsInput): Expectation;
  /** The call does not pass, in the way that `how` says. */
  denies(call: SyscallName | number, how?: Denial): Expectation;
  /** The call gets exactly this action: `allow`, `kill_process`, `errno EPERM`, `trap 5`. */
  gives(action: string, call: SyscallName | number, args?: ArgsInput): Expectation;
}

/**
 * Assertions about `filter`, on this machine's arch unless told otherwise.
 * Each throws an ExpectationError when unmet, a SeccatError when it names what does not exist.
 */
export function expect(filter: FilterInput, abi: AbiName = hostAbi()): Expectation {
  return expectationOf(filter, abi);
}

function expectationOf(filter: FilterInput, abi: AbiName, kernel?: Kernel): Expectation {
  if (!isAbiName(abi))
    throw new SeccatError({
      code: "name",
      message: `unknown arch ${shown(abi)}`,
      received: shown(abi),
      ...fixOf(didYouMean(shown(abi), abiNames)),
    });
  const claim = (wanted: string, call: string | number, args?: ArgsInput) => {
    const got = answer(filter, abi, call, args, { kernel });
    if (meets(got.action, wanted, abi)) return self;
    const on = kernel ? `${abi} under Linux ${kernel.version}` : abi;
    const accepts = (ret: number) => meets(decodeAction(ret), wanted, abi);
    const reasons = reasonLines(failureOf(filter, got, abi, accepts), wantedText(wanted));
    throw new ExpectationError(`${call} on ${on}`, wantedText(wanted), got.text, got.path(), reasons);
  };
  const self: Expectation = {
    on: (next) => expectationOf(filter, next, kernel),
    under: (version) => {
      kernelRules({ version });
      return expectationOf(filter, abi, { version });
    },
    allows: (call, args) => claim("pass", call, args),
    denies: (call, how = {}) => {
      throwIssues(keyIssues(how, denialKeys));
      const wanted = how.errno === undefined ? how.action : `errno ${how.errno}`;
      claim("deny", call, how.args);
      return wanted === undefined ? self : claim(wanted, call, how.args);
    },
    gives: claim,
  };
  return self;
}

/**
 * Whether an action is what was wanted: `pass` takes `allow` and `log`, `deny` all but these; `errno EPERM` and
 * `errno 1` are the same on every arch; `errno`, `trap` and `trace` alone leave the data open.
 * Throws a SeccatError "name" for an unknown action or errno.
 */
export function meets(action: Action, wanted: string, abi: AbiName): boolean {
  const passes = action.kind === "allow" || action.kind === "log";
  if (wanted === "pass") return passes;
  if (wanted === "deny") return !passes;
  const [kind = "", data] = String(wanted).split(" ");
  if (!actionNames.some((name) => name === kind))
    throw new SeccatError({
      code: "name",
      message: `unknown action ${kind}`,
      expected: actionNames.join(", "),
      received: wanted,
      ...fixOf(didYouMean(kind, actionNames)),
    });
  if (kind !== action.kind) return false;
  if (data === undefined) return true;
  const number = /^\d+$/.test(data) ? Number(data) : kind === "errno" ? errnoNumber(abi, data) : undefined;
  if (number === undefined)
    throw new SeccatError({
      code: "name",
      message: `unknown errno ${data}`,
      received: data,
      ...fixOf(didYouMean(data, errnoNames)),
    });
  return "data" in action && action.data === number;
}

/** An answer that was wanted, as a sentence says it. */
export function wantedText(wanted: string): string {
  return wanted === "pass" ? "allow" : wanted === "deny" ? "a denial" : wanted;
}

function fixOf(fix: string | undefined): { fix?: string } {
  return fix === undefined ? {} : { fix };
}

/** This machine's ABI; x86_64 where that is not known, such as in a browser. */
export function hostAbi(): AbiName {
  const host = globalThis.process?.arch;
  if (host === undefined) return "x86_64";
  const big = new Uint8Array(new Uint16Array([1]).buffer)[0] === 0;
  return nativeAbi(host, big ? "BE" : "LE") ?? "x86_64";
}
