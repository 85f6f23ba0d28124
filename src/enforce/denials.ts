/**
 * Denials that a supervisor hears of before they happen, so that it can name them.
 *
 * `notifyDenials` makes a program that hands every denial of the original to its listener, and
 * `judge` tells from the original what to answer. A call is then denied as before, with these differences: what would
 * have ended one thread ends its process, without a supervisor every denial becomes ENOSYS, of several filters the errno
 * of another wins over a kill that was handed over, and no process under the filter can open a listener of its own.
 */
import { type Action, actionValues, decodeAction } from "../abi/action.ts";
import { SeccatError } from "../abi/error.ts";
import { opcodeOf } from "../abi/opcode.ts";
import { check } from "../bpf/check.ts";
import type { Program } from "../bpf/program.ts";
import type { Answer, Call } from "./notify.ts";
import { isAllowed, verdict } from "./verdict.ts";

/** A call that a program denies, and how. */
export interface Denial {
  readonly call: Call;
  readonly action: Action;
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

/** What to answer to a call that notifyDenials(program) handed over, and what `program` itself would have done. */
export function judge(program: Program, call: Call): { readonly answer: Answer; readonly action: Action } {
  const action = decodeAction(verdict([program], call));
  return { action, answer: answerOf(action) };
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
      throw new SeccatError({
        code: "internal",
        message: `a call with the verdict ${action.kind} was handed over`,
      });
    default: {
      const never: never = action;
      return never;
    }
  }
}
