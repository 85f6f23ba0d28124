/**
 * A command under a policy, and handlers that decide about the calls that it hands over: the compiler and the
 * supervisor know nothing of each other, and meet here, with the prover, which tells whether they fit.
 */
import { type AbiName, type SyscallName, syscallNr } from "../arch/index.ts";
import { actionValues } from "./abi/action.ts";
import { type Issue, SeccatError, throwIssues } from "./abi/error.ts";
import { isFields } from "./abi/fields.ts";
import type { Program } from "./bpf/program.ts";
import {
  type Handlers,
  handledNames,
  native,
  type Supervised,
  type SuperviseOptions,
  superviseProgram,
  type Text,
} from "./enforce/index.ts";
import type { Policy } from "./policy/types.ts";
import { compile } from "./proof.ts";
import { verdicts } from "./prove/index.ts";

/** What a supervised command is put under; undefined for what follows from the handlers alone (see policyOf). */
export type Supervisable = Policy | Program | readonly Program[] | undefined;

/**
 * Starts `argv` under `policy`; the calls that its newest filter hands over (user_notif) are decided about by `handlers`.
 * Without a policy, the calls that have handlers are handed over and all others are allowed.
 *
 *     await supervise(undefined, { mkdir: ({ args }) => ({ errno: "EROFS" }) }, ["sh", "-c", "mkdir x"])
 *
 * Answering { continue: true } is NO SECURITY DECISION about anything behind a pointer: see Answer. Throws where the
 * command was not started: SeccatError "policy" when a handler would never be asked, or a call has no handler
 * and there is no `otherwise`; else as compile(), spawnFiltered() and handledNames().
 */
export async function supervise(
  policy: Supervisable,
  handlers: Handlers,
  argv: readonly Text[],
  options: SuperviseOptions = {},
): Promise<Supervised> {
  const programs = supervisedPrograms(policy, handlers, options.otherwise !== undefined);
  return superviseProgram(programs, handlers, argv, options);
}

/**
 * The programs, oldest first, for supervise(). Throws a SeccatError "policy" when the newest one and the handlers do not fit: a call
 * is handled that is never handed over, or handed over and not handled, which `open` allows.
 */
export function supervisedPrograms(
  policy: Supervisable,
  handlers: Handlers,
  open: boolean,
): readonly Program[] {
  const names = handledNames(handlers);
  const { abi } = native();
  if (policy === undefined) return [compile(policyOf(names, abi)).program];
  const programs = isPolicy(policy) ? [compile(policy).program] : isStack(policy) ? policy : [policy];
  checkHandled(programs, names, abi, open);
  return programs;
}

/** The policy that hands over `names` and allows everything else on this machine's own ABI; calls by way of another one are killed. */
export function policyOf(names: readonly SyscallName[], abi: AbiName): Policy {
  const known = names.filter((name) => syscallNr(abi, name) !== undefined);
  if (known.length === 0)
    throw new SeccatError({
      code: "policy",
      message: "no handler is for a call that this machine has, so nothing would be supervised",
      received: names.join(", ") || "no handlers",
    });
  return {
    arches: [abi],
    default: { kind: "allow" },
    rules: [{ action: { kind: "user_notif" }, syscalls: known }],
  };
}

function checkHandled(
  programs: readonly Program[],
  names: readonly SyscallName[],
  abi: AbiName,
  open: boolean,
): void {
  const [table] = verdicts(programs.toReversed(), [abi]).arches;
  const handedOver = new Set(
    table?.calls.flatMap(({ syscall, cases }) =>
      cases.some(({ ret }) => ret === actionValues.user_notif) ? [syscall] : [],
    ),
  );
  const unasked = names.filter((name) => syscallNr(abi, name) !== undefined && !handedOver.has(name));
  const unhandled = open ? [] : [...handedOver].filter((name) => !names.includes(name));
  throwIssues([
    ...unasked.map(
      (name): Issue => ({
        code: "policy",
        message: `the handler of ${name} would never be asked: the policy does not hand that call over`,
        fix: `add a rule with the action user_notif and the syscall ${name}, or take the handler away`,
      }),
    ),
    ...unhandled.map(
      (name): Issue => ({
        code: "policy",
        message: `the policy hands over ${name}, and there is no handler for it`,
        fix: "write one, or give otherwise",
      }),
    ),
  ]);
}

function isPolicy(value: Policy | Program | readonly Program[]): value is Policy {
  return isFields(value) && "rules" in value;
}

function isStack(value: Program | readonly Program[]): value is readonly Program[] {
  return Array.isArray(value);
}
