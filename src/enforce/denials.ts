/**
 * Denials that a supervisor hears of before they happen, so that it can name them.
 *
 * `notifyDenials` makes a program that hands every denial of the original to its listener, `notifyStack` the same of
 * several, and `judge` tells from the originals what to answer. A call is then denied as before, with these differences:
 * what would have ended one thread ends its process; without a supervisor every denial becomes ENOSYS; a trap of one
 * filter wins over a kill of another; what an older filter denies and the newest traces becomes ENOSYS, untold; of several
 * filters, what the newest would have logged is not logged; and no process under them can open a listener of its own.
 */
import { type Action, actionValues, combineReturns, decodeAction } from "../abi/action.ts";
import { packData } from "../abi/data.ts";
import { SeccatError } from "../abi/error.ts";
import { opcodeOf } from "../abi/opcode.ts";
import { check, checkStack } from "../bpf/check.ts";
import { BPF_MAXINSNS, type Program, type SockFilter } from "../bpf/program.ts";
import { run } from "../bpf/run.ts";
import type { WaitingCaller } from "./caller.ts";
import type { Answer, Call } from "./notify.ts";
import { isAllowed } from "./verdict.ts";

/** A call that one program or several deny, and how. */
export interface Denial {
  readonly call: Call;
  readonly action: Action;
  /** Indices of the programs that deny it, the one whose answer it gets first. */
  readonly deniers: readonly number[];
  /** Who makes the call, and waits meanwhile. */
  readonly caller: WaitingCaller;
}

/**
 * `program` with USER_NOTIF in place of kill_process, kill_thread and errno; trap and trace stay, since only the
 * kernel can do them. Throws SeccatError "program" when an answer is computed (ret a) and so cannot be replaced.
 */
export function notifyDenials(program: Program): Program {
  return replaceReturns(program, isHandedOver, "user_notif");
}

/**
 * `program` with LOG in place of everything that is neither ALLOW nor LOG: it denies nothing, and the kernel's log tells
 * what it would have denied. Throws SeccatError "program" when an answer is computed (ret a).
 */
export function logDenials(program: Program): Program {
  return replaceReturns(program, (ret) => !isAllowed(ret), "log");
}

function replaceReturns(
  program: Program,
  isReplaced: (ret: number) => boolean,
  by: "user_notif" | "log",
): Program {
  const computed = program.insns.findIndex(({ code }) => opcodeOf(code)?.kind === "ret" && code !== RET_K);
  if (computed >= 0)
    throw new SeccatError({
      code: "program",
      message: "this program computes what it returns, so its denials cannot be replaced",
      where: { pc: computed },
      expected: "ret with a constant",
      received: "ret a",
    });
  const insns = program.insns.map((insn) =>
    insn.code === RET_K && isReplaced(insn.k) ? { ...insn, k: actionValues[by] } : insn,
  );
  return check(insns, program.endian);
}

/** Programs to install in place of others, so that their denials are handed over. */
export interface NotifyingStack {
  readonly programs: readonly Program[];
  /** The originals whose denials are handed over: all, or the newest alone where there is no room for more. */
  readonly heard: "all" | "newest";
}

/**
 * `programs` (oldest first), as notifyDenials() makes them. A stack has one listener, that of the newest; so the newest
 * becomes a chain of all: each passes on what it allows, and any can hand a call over.
 *
 *     newest:      ret ALLOW  ->  ja next      ret ERRNO|1  ->  ret USER_NOTIF      ret TRAP|5
 *     each older:  ld #0; tax; as it is, with ret ALLOW, TRAP, TRACE  ->  ja next
 *     the oldest of the chain ends with ret ALLOW
 *
 * The older ones are installed all the same: they trap and trace, and deny by ENOSYS what nobody hears.
 */
export function notifyStack(programs: readonly Program[]): NotifyingStack {
  const newest = programs[programs.length - 1];
  if (!newest) return { programs, heard: "all" };
  const older = programs.slice(0, -1);
  if (older.length === 0) return { programs: [notifyDenials(newest)], heard: "all" };
  const chained = chain(newest, older);
  if (chained) {
    const all = [...older.map(notifyDenials), chained];
    if (fitsTogether(all)) return { programs: all, heard: "all" };
  }
  return { programs: [...older, notifyDenials(newest)], heard: "newest" };
}

function fitsTogether(programs: readonly Program[]): boolean {
  try {
    checkStack(programs.toReversed());
    return true;
  } catch (error) {
    if (error instanceof SeccatError) return false;
    throw error;
  }
}

/** One program that hands over what any denies; undefined when it would have more instructions than the kernel takes. */
function chain(newest: Program, older: readonly Program[]): Program | undefined {
  const parts = [newest, ...older].map(notifyDenials);
  const last = parts.length - 1;
  const insns = parts.flatMap((part, i) => {
    const passes = i === 0 ? isAllowed : (ret: number) => isAllowed(ret) || isKernels(ret);
    const body = i === last ? part.insns.map((insn) => ended(insn, passes)) : passedOn(part.insns, passes);
    return i === 0 ? body : [...cleared, ...body];
  });
  return insns.length > BPF_MAXINSNS ? undefined : check(insns, newest.endian);
}

/** A and X as every program finds them: `ld #0; tax`. */
const cleared: readonly SockFilter[] = [
  { code: 0x00, jt: 0, jf: 0, k: 0 },
  { code: 0x07, jt: 0, jf: 0, k: 0 },
];
const JA = 0x05;

/** `insns` with a jump behind their end in place of answers that are passed on. */
function passedOn(insns: readonly SockFilter[], passes: (ret: number) => boolean): SockFilter[] {
  return insns.map((insn, pc) =>
    insn.code === RET_K && passes(insn.k) ? { code: JA, jt: 0, jf: 0, k: insns.length - pc - 1 } : insn,
  );
}

function ended(insn: SockFilter, passes: (ret: number) => boolean): SockFilter {
  return insn.code === RET_K && passes(insn.k) ? { ...insn, k: actionValues.allow } : insn;
}

/** What only the kernel can do. */
function isKernels(ret: number): boolean {
  const { kind } = decodeAction(ret);
  return kind === "trap" || kind === "trace";
}

/** What to answer to a call that notifyStack(programs) handed over, and what `programs` themselves would have done. */
export function judge(
  programs: readonly Program[],
  call: Call,
): { readonly answer: Answer; readonly action: Action; readonly deniers: readonly number[] } {
  const returns = programs.map((program) => run(program, packData(call, program.endian)));
  const ret = combineReturns(returns.toReversed());
  const action = decodeAction(ret);
  const decider = returns.lastIndexOf(ret);
  const deniers = returns.flatMap((each, i) => (i === decider || isAllowed(each) ? [] : [i]));
  return { action, answer: answerOf(action), deniers: isAllowed(ret) ? [] : [decider, ...deniers] };
}

const RET_K = 0x06;

function isHandedOver(ret: number): boolean {
  const { kind } = decodeAction(ret);
  return kind === "kill_process" || kind === "kill_thread" || kind === "errno";
}

function answerOf(action: Action): Answer {
  switch (action.kind) {
    case "errno":
      return action.data === 0 ? { value: 0n } : { errno: action.data };
    case "kill_process":
    case "kill_thread":
      return { kill: true };
    case "user_notif":
      return { errno: "ENOSYS" }; // as from a kernel without a listener
    case "allow":
    case "log":
      return { continue: true };
    case "trap":
    case "trace":
      return { errno: "ENOSYS" }; // never handed over: the kernel's own answer comes first
    default: {
      const never: never = action;
      return never;
    }
  }
}
