/** Handlers by the names of calls, and what is answered where they do not decide. */
import { type ErrnoName, isSyscallName, type SyscallName, syscallNames } from "../../arch/index.ts";
import { type Issue, throwIssues } from "../abi/error.ts";
import { isFields, keyIssues, shown, wrongValue } from "../abi/fields.ts";
import { didYouMean } from "../abi/nearest.ts";
import type { Listener } from "./listener.ts";
import type { Answer, Call } from "./notify.ts";
import { type Supervisor, serve } from "./serve.ts";
import { answerFor, argsOf, type CallOf, SupervisedCall } from "./supervisedcall.ts";

/** Decides about the calls of one name. See Answer for what it can say, and for what `continue` cannot decide. */
export type Handler<Name extends SyscallName> = (call: CallOf<Name>) => Answer | Promise<Answer>;

/** Who decides about which calls, by their names. */
export type Handlers = { readonly [Name in SyscallName]?: Handler<Name> };

/** What is answered where no handler decides. */
export interface AnswerOptions {
  /** Decides about calls that have no handler of their own; without it they get ENOSYS, as without a supervisor. */
  readonly otherwise?: (call: SupervisedCall) => Answer | Promise<Answer>;
  /** What a call gets whose handler throws, gives no answer or takes too long; EPERM when absent. */
  readonly failure?: { readonly errno: ErrnoName | number } | { readonly kill: true };
  /**
   * How long a handler may take, in milliseconds; 10,000 when absent, Infinity for ever. One that blocks the
   * event loop cannot be overtaken: its caller waits.
   */
  readonly timeout?: number;
  /** Hears of every such failure at once; without it, the first one rejects `done`. */
  readonly onFailure?: (error: unknown, call: SupervisedCall) => void;
}

/** The keys of AnswerOptions. */
export const answerKeys = Object.keys({
  otherwise: true,
  failure: true,
  timeout: true,
  onFailure: true,
} satisfies Record<keyof AnswerOptions, true>);

const TIMEOUT = 10_000;

/** Throws a SeccatError "schema" or "name" when `handlers` is no object of functions by the names of calls. */
export function checkHandlers(handlers: unknown): asserts handlers is Handlers {
  handledNames(handlers);
}

/** The names that have a handler. Throws as checkHandlers() does. */
export function handledNames(given: unknown): SyscallName[] {
  const expected = "an object with functions by the names of calls: { openat(call) { … } }";
  if (!isFields(given)) throw wrongValue("these are no handlers", expected, given);
  const names: SyscallName[] = [];
  const issues: Issue[] = [];
  for (const [name, handler] of Object.entries(given)) {
    if (handler === undefined) continue;
    if (!isSyscallName(name)) issues.push(unknownCall(name));
    else if (typeof handler !== "function")
      issues.push({
        code: "schema",
        message: `the handler of ${name} is no function`,
        received: shown(handler),
      });
    else names.push(name);
  }
  throwIssues(issues);
  return names;
}

function unknownCall(name: string): Issue {
  const fix = didYouMean(name, syscallNames);
  return {
    code: "name",
    message: `there is no system call ${name} to handle`,
    received: name,
    ...(fix === undefined ? {} : { fix }),
  };
}

/** Throws a SeccatError "schema" for options that are none. */
export function checkAnswerOptions(options: unknown): asserts options is AnswerOptions {
  throwIssues(keyIssues(options, answerKeys));
  const { timeout = TIMEOUT } = isFields(options) ? options : {};
  if (typeof timeout === "number" && timeout > 0) return;
  throw wrongValue("this is no time for handlers", "milliseconds, or Infinity", timeout);
}

/** Serves a listener, whose calls are decided about by `handlers`, and closes it in the end. Throws as handledNames() does. */
export function serveHandlers(
  listener: Listener,
  handlers: Handlers,
  options: AnswerOptions = {},
): Supervisor {
  handledNames(handlers);
  checkAnswerOptions(options);
  const { otherwise, failure, timeout = TIMEOUT, onFailure } = options;
  const supervised = (call: Call) => new SupervisedCall(listener, call, argsOf);
  const decide = (call: Call): Answer | Promise<Answer> => {
    const made = supervised(call);
    const handler: unknown = made.name === undefined ? undefined : handlers[made.name];
    if (typeof handler === "function") return Reflect.apply(handler, handlers, [made]);
    return otherwise ? otherwise(made) : { errno: "ENOSYS" };
  };
  return serve(listener, decide, {
    answerFor,
    timeout,
    ...(failure ? { failure } : {}),
    ...(onFailure ? { onFailure: (error: unknown, call: Call) => onFailure(error, supervised(call)) } : {}),
  });
}
