/**
 * Starts a command under filters that Node itself never comes under, and tells when it runs.
 *
 * A launcher, about 500 bytes of machine code in a file of its own, is started by child_process; it receives through
 * a channel what to do, sets no_new_privs, installs the filters and becomes the command. Between the last filter
 * and the command it makes one system call, execve, and nothing else that a filter could end. How far it came is
 * in a page of memory that it shares with this process, so a failure can be told even when the filters let
 * it say nothing. The file is removed before the launcher does anything.
 *
 * Where there is no machine code for the machine, a Node does the launcher's work (see launcher/calls.ts).
 *
 * Not handled: descriptors that Node inherited besides 0, 1 and 2 (it marks them close-on-exec; pass them in `stdio`),
 * and signals that were ignored or blocked when Node started (it resets them). The command outlives this process,
 * unless `killOnParentExit` says otherwise.
 */
import type { ChildProcess } from "node:child_process";
import { closeSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { SeccatError } from "../abi/error.ts";
import type { Program } from "../bpf/program.ts";
import { takeListener } from "./attach.ts";
import type { Text } from "./command.ts";
import { failureOf } from "./failure.ts";
import type { Way } from "./launcher/index.ts";
import { STATUS_GO } from "./launcher/layout.ts";
import { type NotStarted, notEnforced, type Prepared, prepare, type SpawnOptions } from "./prepare.ts";
import { orAsScript } from "./script.ts";
import type { Supervisor } from "./serve.ts";
import { type Exit, exitOf, ignore, readProgress, startLauncher } from "./start.ts";
import { supervision } from "./supervision.ts";
import { programList } from "./verdict.ts";

/** A command that runs under its filters. */
export interface Started {
  readonly kind: "started";
  readonly pid: number;
  /** The process with its streams, as child_process.spawn() gives it; it may have ended already, so wait for `exited`. */
  readonly child: ChildProcess;
  /** Resolves when the command has ended. */
  readonly exited: Promise<Exit>;
  /** Who answers the calls that are handed over, where `onCall`, `onDenied` or `onListener` was given. */
  readonly supervisor?: Supervisor;
}

/**
 * Starts `argv` under `programs`, installed in this order. The command has begun to run when this resolves to
 * `started`; otherwise nothing of it ran. Throws SeccatError "usage" or "schema" when called wrongly. `way` is for tests
 * of what other machines do.
 */
export async function launch(
  programs: Program | readonly Program[],
  argv: readonly Text[],
  options: SpawnOptions = {},
  way?: Way,
): Promise<Started | NotStarted> {
  return orAsScript(argv, (words) => launchFile(programs, words, options, way));
}

async function launchFile(
  programs: Program | readonly Program[],
  argv: readonly Text[],
  options: SpawnOptions,
  way: Way | undefined,
): Promise<Started | NotStarted> {
  const prepared = prepare(programList(programs), argv, options, supervision, way);
  if (prepared.kind === "not-started") return prepared;
  try {
    return await carryOut(prepared, options);
  } catch (error) {
    if (error instanceof SeccatError) return notEnforced(error);
    throw error;
  }
}

/** launch() that throws where the command was not started: SeccatError "file" when it cannot be found or executed, else "enforce" or "host". */
export async function spawnFiltered(
  programs: Program | readonly Program[],
  argv: readonly Text[],
  options: SpawnOptions = {},
): Promise<Started> {
  const launched = await launch(programs, argv, options);
  if (launched.kind === "not-started") throw launched.error;
  return launched;
}

async function carryOut(prepared: Prepared, options: SpawnOptions): Promise<Started | NotStarted> {
  const { child, pid, status, message } = await startLauncher(prepared, options, "pipe");
  const exited = exitOf(child);
  const release = holdOutput(child, prepared.orders.channel);
  const hungUp = send(child, prepared.orders.channel, message);
  let supervisor: Supervisor | undefined;
  try {
    if (prepared.onListener) {
      endAtExit(child);
      supervisor = await attach(prepared, pid, status, hungUp).finally(() => waiting.delete(child));
    }
    await hungUp.promise;
    const failure = failureOf(prepared, readProgress(status), exited);
    if (!failure) return { kind: "started", pid, child, exited, ...(supervisor ? { supervisor } : {}) };
    supervisor?.close();
    return because(await failure, await supervisor?.done.catch((error: unknown) => error));
  } catch (error) {
    supervisor?.close();
    child.kill("SIGKILL");
    await exited;
    throw error;
  } finally {
    child.off("error", ignore);
    closeSync(status);
    release();
  }
}

/** Launchers that wait to be let go on. */
const waiting = new Set<ChildProcess>();
let isHooked = false;

/** Ends a launcher that still waits when this process exits, which would find out after seconds only that nobody answers. */
function endAtExit(child: ChildProcess): void {
  waiting.add(child);
  if (isHooked) return;
  isHooked = true;
  process.on("exit", () => {
    for (const launcher of waiting) launcher.kill("SIGKILL");
  });
}

/** The failure with what a handler threw, where one did: it may be the call that became the command. */
function because(failure: NotStarted, thrown: unknown): NotStarted {
  const [issue, ...others] = failure.error.issues;
  if (thrown === undefined || !issue) return failure;
  const received = `a handler failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
  return { ...failure, error: new SeccatError({ ...issue, received }, others) };
}

/**
 * Keeps what a short-lived command prints until the caller can listen: at its exit, child_process throws away the output
 * of streams that nobody reads. Gives what ends that.
 */
function holdOutput({ stdio }: ChildProcess, channel: number): () => void {
  const reader = () => {};
  const streams = stdio.slice(1, channel).filter((stream) => stream instanceof Readable);
  for (const stream of streams) stream.on("readable", reader);
  return () => {
    for (const stream of streams) stream.off("readable", reader);
  };
}

/** When the launcher's end of the channel is closed: it became the command, or ended. */
interface HangUp {
  readonly promise: Promise<void>;
  happened: boolean;
}

function send(child: ChildProcess, fd: number, message: Uint8Array): HangUp {
  const channel = child.stdio[fd];
  if (!(channel instanceof Socket))
    throw new SeccatError({ code: "internal", message: "the launcher's channel is no socket" });
  const hangUp: HangUp = {
    happened: false,
    promise: new Promise((resolve) => {
      channel.once("close", () => {
        hangUp.happened = true;
        resolve();
      });
    }),
  };
  channel.on("error", () => {}); // the launcher ended early; its status page says why
  channel.resume();
  channel.end(message);
  return hangUp;
}

/** Takes the listener of a launcher that waits for it, then lets the launcher go on. */
async function attach(
  { block, onListener }: Prepared,
  pid: number,
  status: number,
  hungUp: HangUp,
): Promise<Supervisor | undefined> {
  const step = block.steps.findIndex(({ nr }) => nr === undefined);
  while (!hungUp.happened && onListener) {
    const { done, result } = readProgress(status);
    if (done === step && result >= 0) {
      const supervisor = onListener(await takeListener(pid, { listener: result }));
      const go = new Uint8Array(8).fill(1);
      writeSync(status, go, 0, go.length, STATUS_GO);
      return supervisor;
    }
    await sleep(1);
  }
  return undefined;
}
