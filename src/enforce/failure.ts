import { errnoName } from "../../arch/index.ts";
import { SeccatError } from "../abi/error.ts";
import type { Step } from "./launcher/block.ts";
import { WAIT_TIMED_OUT } from "./launcher/layout.ts";
import { type NotStarted, notEnforced, type Prepared } from "./prepare.ts";
import { type Failure, filterRefused, noNewPrivsRefused } from "./refusal.ts";
import type { Exit } from "./start.ts";

/** What the status page says: steps done, and the result of the last call. */
export interface Progress {
  readonly done: number;
  readonly result: number;
}

/** Why the launcher did not become the command, once it has ended; undefined when it did. */
export function failureOf(
  prepared: Prepared,
  { done, result }: Progress,
  exited: Promise<Exit>,
): Promise<NotStarted> | undefined {
  const { steps } = prepared.block;
  const step = steps[done];
  if (result >= 0 && done === steps.length - 1) return undefined;
  if (!step)
    throw new SeccatError({ code: "internal", message: `the launcher did ${done} of ${steps.length} steps` });
  return exited.then((exit) => explain(prepared, step, result, exit));
}

function explain(prepared: Prepared, step: Step, result: number, exit: Exit): NotStarted {
  if (result >= 0) return notEnforced(endedEarly(step, exit));
  const failure = { errno: -result, name: errnoName(prepared.here.abi, -result) ?? `errno ${-result}` };
  const { programs, flags, lastFlags } = prepared.orders;
  switch (step.stage) {
    case "start the command":
      return notExecuted(prepared, failure);
    case "install the filter": {
      const filter = step.filter ?? 0;
      const program = programs[filter];
      const last = filter === programs.length - 1;
      if (!program) break;
      return notEnforced(filterRefused(failure, program, [...flags, ...(last ? lastFlags : [])]));
    }
    case "set no_new_privs":
      return notEnforced(noNewPrivsRefused(failure));
    case "wait for the supervisor":
      if (result === WAIT_TIMED_OUT) return notEnforced(timedOut());
      break;
    case "set the groups":
    case "set the group":
    case "set the user":
      return notEnforced(userRefused(step.stage, failure));
    case "find its parent alive":
      return notEnforced(
        new SeccatError({ code: "enforce", message: "the process that started the command has ended" }),
      );
    default:
  }
  return notEnforced(
    new SeccatError({ code: "enforce", message: `the launcher could not ${step.stage}: ${failure.name}` }),
  );
}

function endedEarly(step: Step, { status, signal }: Exit): SeccatError {
  const how = signal === undefined ? `with status ${status}` : `by ${signal}`;
  return new SeccatError({
    code: "enforce",
    message: `the launcher ended ${how} before it could ${step.stage}`,
  });
}

function userRefused(stage: string, { name }: Failure): SeccatError {
  return new SeccatError({
    code: "enforce",
    message: `the launcher could not ${stage}: ${name}`,
    ...(name === "EPERM"
      ? { expected: "root, or CAP_SETGID and CAP_SETUID", fix: "leave out the user, or start as root" }
      : {}),
    ...(name === "EINVAL" ? { fix: "that id has no meaning in this user namespace" } : {}),
  });
}

function timedOut(): SeccatError {
  return new SeccatError({
    code: "enforce",
    message: "the launcher waited in vain for its supervisor",
    fix: "this process was too busy, or its temporary directory is not shared memory: set TMPDIR to a local directory",
  });
}

const whyNotExecuted: Readonly<Record<string, string>> = {
  ENOENT: "its interpreter does not exist (the program named after #!, or the dynamic loader)",
  ENOEXEC: "it is in no format that this kernel executes; a script begins with #! and its interpreter",
  EACCES: "no permission to execute it or its interpreter",
  EAGAIN: "its user has as many processes as it may (RLIMIT_NPROC)",
  E2BIG: "its arguments and environment are too long",
  ETXTBSY: "it is open for writing",
  ELIBBAD: "its interpreter is in no format that this kernel executes",
};

function notExecuted({ orders }: Prepared, { name }: Failure): NotStarted {
  const shown = JSON.stringify(Buffer.from(orders.command.path).toString("utf8"));
  return {
    kind: "not-started",
    status: name === "ENOENT" ? 127 : 126,
    ...(name === "ENOEXEC" ? { script: orders.command.path } : {}),
    error: new SeccatError({
      code: "file",
      message: `command not executable: ${shown}: ${whyNotExecuted[name] ?? name}`,
      received: `execve answers ${name}`,
    }),
  };
}
