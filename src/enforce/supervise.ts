/**
 * A program whose calls are decided about by another one, in TypeScript.
 *
 *     WHAT THIS CANNOT DO. { continue: true } lets the kernel make the call with whatever the memory behind its
 *     pointers holds by then, and the program can change that after a handler looked. So a handler must not continue a call
 *     because of a path, an address or a structure that it read. It can deny because of one, and it can do in the
 *     program's place what was asked for, and answer with the value or a descriptor. Numbers in registers do not change.
 *
 * And a handler sees the calls of its name only: what openat does, open, openat2 and io_uring do too.
 */
import { SeccatError, throwIssues } from "../abi/error.ts";
import { keyIssues } from "../abi/fields.ts";
import type { Program } from "../bpf/program.ts";
import { type AttachOptions, takeListener } from "./attach.ts";
import type { Text } from "./command.ts";
import {
  type AnswerOptions,
  answerKeys,
  checkAnswerOptions,
  type Handlers,
  handledNames,
  serveHandlers,
} from "./handlers.ts";
import { type Started, spawnFiltered } from "./launch.ts";
import type { SpawnOptions } from "./prepare.ts";
import type { Supervisor } from "./serve.ts";

/** How to start a supervised command: as any other, and what is answered where no handler decides. */
export type SuperviseOptions = Omit<SpawnOptions, "onCall" | "onDenied" | "onListener"> & AnswerOptions;

/** A command that runs under its filters and its supervisor. */
export interface Supervised extends Started {
  readonly supervisor: Supervisor;
}

/** What SpawnOptions a supervised command is started with. Throws as handledNames() does. */
export function supervisedSpawn(handlers: Handlers, options: SuperviseOptions): SpawnOptions {
  handledNames(handlers);
  const { otherwise, failure, timeout, onFailure, ...spawn } = options;
  const answers = Object.fromEntries(
    Object.entries({ otherwise, failure, timeout, onFailure }).filter(([, value]) => value !== undefined),
  );
  checkAnswerOptions(answers);
  return {
    killOnParentExit: true,
    ...spawn,
    onListener: (listener) => serveHandlers(listener, handlers, answers),
  };
}

/**
 * Starts `argv` under `programs`; the calls that the newest one hands over with USER_NOTIF are decided about by `handlers`, here, for as
 * long as any process is left under it. Unless `killOnParentExit` is false the kernel kills the command when this process
 * ends; what else is left then gets ENOSYS for those calls. Throws where the command was not started, as spawnFiltered() does.
 */
export async function superviseProgram(
  programs: Program | readonly Program[],
  handlers: Handlers,
  argv: readonly Text[],
  options: SuperviseOptions = {},
): Promise<Supervised> {
  const started = await spawnFiltered(programs, argv, supervisedSpawn(handlers, options));
  const { supervisor } = started;
  if (!supervisor) throw new SeccatError({ code: "internal", message: "the command has no supervisor" });
  return { ...started, supervisor };
}

/**
 * Decides about the calls that process `pid` hands over: one that installed its filter with the listener option and waits
 * for somebody to serve it. Throws SeccatError "enforce" when it has no listener or that cannot be taken, "host" where the
 * kernel has no pidfd_getfd (Linux 5.6), "schema" and "name" for handlers that are none.
 */
export async function attach(
  pid: number,
  handlers: Handlers,
  options: AttachOptions & AnswerOptions = {},
): Promise<Supervisor> {
  throwIssues(keyIssues(options, [...answerKeys, "listener", "wait"]));
  handledNames(handlers);
  const { listener, wait, ...answers } = options;
  checkAnswerOptions(answers);
  const where = { ...(listener === undefined ? {} : { listener }), ...(wait === undefined ? {} : { wait }) };
  return serveHandlers(await takeListener(pid, where), handlers, answers);
}
