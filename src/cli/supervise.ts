import { inheritedWords } from "../enforce/command.ts";
import { endKeepingTerminal } from "../enforce/ending.ts";
import { endWithParent } from "../enforce/parent.ts";
import { run } from "../enforce/run.ts";
import { supervisedSpawn } from "../enforce/supervise.ts";
import type { SupervisedCall } from "../enforce/supervisedcall.ts";
import { supervisedPrograms } from "../supervise.ts";
import { hostAbi } from "./arch.ts";
import { type Args, usage } from "./args.ts";
import { loadProgram, printWarnings } from "./binary.ts";
import { loadHandlers } from "./handlerfile.ts";
import { errStyle, printIssue, say } from "./output.ts";
import { readSetting } from "./setting.ts";

const expected = "seccat supervise --handlers FILE -- CMD [ARG…]";
/** Failures that are told one by one; a command can cause any number. */
const TOLD = 20;

/** `seccat supervise`: a command whose calls are decided about by handlers in a file. Exits as the command does, 125 when it could not be supervised. */
export async function superviseCommand(args: Args): Promise<number> {
  const { command } = args;
  const file = args.maybe("handlers");
  if (command.length === 0) throw usage("there is no command to supervise", { expected });
  if (file === undefined) throw usage("--handlers is missing", { expected });
  process.prependListener("uncaughtException", (error) => {
    printIssue({
      code: "enforce",
      message: `an error that no handler caught: ${error.message}`,
      where: { file },
    });
    process.exit(125); // the kernel ends the command
  });
  const { handlers, options } = await loadHandlers(file);
  const path = args.maybe("policy");
  const filter = path === undefined ? undefined : await loadProgram(path, hostAbi());
  if (filter) printWarnings(filter);
  const programs = supervisedPrograms(filter?.program, handlers, options.otherwise !== undefined);
  const timeout = timeoutOf(args.maybe("timeout"));
  const { spawn } = readSetting(args);
  const json = args.flag("json");
  const failures = new Failures(json);
  if (spawn.killOnParentExit) endWithParent();
  const result = await run(
    programs,
    inheritedWords(command),
    supervisedSpawn(handlers, {
      ...spawn,
      ...options,
      ...(timeout === undefined ? {} : { timeout }),
      onFailure: options.onFailure ?? ((error, call) => failures.tell(error, call)),
    }),
  );
  if (result.kind === "not-started") {
    for (const issue of result.error.issues) printIssue(issue);
    return result.status;
  }
  const { status, signal } = result;
  if (json) say(JSON.stringify({ event: "ended", status, signal: signal ?? null, failures: failures.count }));
  else failures.sum();
  endKeepingTerminal(result.status);
  return result.status;
}

function timeoutOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const timeout = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (timeout > 0) return timeout;
  throw usage("--timeout needs milliseconds", { expected: "--timeout MS", received: text });
}

/** Tells what went wrong with handlers, and how often when that is too often to tell. */
class Failures {
  readonly #json: boolean;
  #count = 0;

  constructor(json: boolean) {
    this.#json = json;
  }

  get count(): number {
    return this.#count;
  }

  tell(error: unknown, { name, pid, notification }: SupervisedCall): void {
    this.#count++;
    if (this.#count > TOLD) return;
    const what = error instanceof Error ? error.message : String(error);
    if (this.#json) {
      say(
        JSON.stringify({ event: "failed", pid, nr: notification.nr, syscall: name ?? null, message: what }),
      );
      return;
    }
    const style = errStyle();
    say(
      `seccat: ${style.red("failed")}: the handler of ${name ?? `call ${notification.nr}`}, pid ${pid}: ${what}`,
    );
  }

  sum(): void {
    if (this.#count > TOLD) say(`seccat: ${this.#count - TOLD} more failures of handlers`);
  }
}
