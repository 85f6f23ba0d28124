/**
 * Starts a command under filters that Node itself never comes under.
 *
 * A launcher, about 400 bytes of machine code in a file of its own, is started by child_process; it receives through
 * a channel what to do, sets no_new_privs, installs the filters and becomes the command. Between the last filter
 * and the command it makes one system call, execve, and nothing else that a filter could end. How far it came is
 * in a page of memory that it shares with this process, so a failure can be told even when the filters let
 * it say nothing. The file is removed before the launcher does anything.
 *
 * Not handled: descriptors that Node inherited besides 0, 1 and 2 (it marks them close-on-exec; pass them in `stdio`),
 * and signals that were ignored or blocked when Node started (it resets them). The command outlives this process,
 * unless `killOnParentExit` says otherwise.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, readSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { SeccatError } from "../abi/error.ts";
import type { Program } from "../bpf/program.ts";
import { takeListener } from "./attach.ts";
import type { Text } from "./command.ts";
import { failureOf, type Progress } from "./failure.ts";
import { STATUS_DONE, STATUS_GO, STATUS_RESULT, STATUS_SIZE } from "./launcher/layout.ts";
import { type NotStarted, notEnforced, type Prepared, prepare, type SpawnOptions } from "./prepare.ts";
import type { Supervisor } from "./serve.ts";
import { candidates, makePlace, type Place, removePlace } from "./temporary.ts";
import { programList } from "./verdict.ts";

/** How a command ended: with a status, or by a signal. */
export interface Exit {
  readonly status: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
}

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
 * `started`; otherwise nothing of it ran. Throws SeccatError "usage" or "schema" when called wrongly.
 */
export async function launch(
  programs: Program | readonly Program[],
  argv: readonly Text[],
  options: SpawnOptions = {},
): Promise<Started | NotStarted> {
  const prepared = prepare(programList(programs), argv, options);
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
  const { child, pid, status } = await startLauncher(prepared, options);
  const exited = exitOf(child);
  const release = holdOutput(child, prepared.orders.channel);
  const hungUp = sendBlock(child, prepared);
  let supervisor: Supervisor | undefined;
  try {
    if (prepared.onListener) supervisor = await attach(prepared, pid, status, hungUp);
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

/** The failure with what a handler threw, where one did: it may be the call that became the command. */
function because(failure: NotStarted, thrown: unknown): NotStarted {
  const [issue, ...others] = failure.error.issues;
  if (thrown === undefined || !issue) return failure;
  const received = `a handler failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
  return { ...failure, error: new SeccatError({ ...issue, received }, others) };
}

/** A running launcher; its file is gone already. */
interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Descriptor of the file behind the status page. */
  readonly status: number;
}

async function startLauncher(prepared: Prepared, options: SpawnOptions): Promise<Running> {
  const tried: string[] = [];
  for (const base of candidates()) {
    let place: Place;
    try {
      place = makePlace(base, prepared.launcher, STATUS_SIZE);
    } catch (error) {
      tried.push(`${base}: ${codeOf(error)}`);
      continue;
    }
    const child = await spawnAt(place, prepared, options).finally(() => removePlace(place.directory));
    if (typeof child === "object") return { ...child, status: place.status };
    closeSync(place.status);
    tried.push(`${base}: ${child}`);
    if (child !== "EACCES" && child !== "EPERM") break; // not a matter of the directory
  }
  throw new SeccatError({
    code: "enforce",
    message: "the launcher could not be started from any directory",
    received: tried.join("; "),
    fix: "set TMPDIR to a directory where files can be written and executed (not mounted noexec)",
  });
}

/** The launcher as a process, or the name of the errno with which it could not be started. */
async function spawnAt(
  place: Place,
  { stdio }: Prepared,
  options: SpawnOptions,
): Promise<{ child: ChildProcess; pid: number } | string> {
  for (let tries = 0; ; tries++) {
    const attempt = trySpawn(place, stdio, options);
    if (typeof attempt === "object") {
      const { pid } = attempt;
      if (pid !== undefined) return { child: attempt, pid };
    }
    const problem = typeof attempt === "string" ? attempt : codeOf((await once(attempt, "error"))[0]);
    // Another thread's fork may hold the file open for writing for a moment.
    if (problem !== "ETXTBSY" || tries === 50) return problem;
    await sleep(1);
  }
}

function trySpawn(place: Place, stdio: Prepared["stdio"], options: SpawnOptions): ChildProcess | string {
  try {
    const child = spawn(place.launcher, [], {
      argv0: "seccat-launcher",
      env: {},
      stdio: [...stdio, "pipe", place.status],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.detached === undefined ? {} : { detached: options.detached }),
      ...(options.serialization === undefined ? {} : { serialization: options.serialization }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.killSignal === undefined ? {} : { killSignal: options.killSignal }),
    });
    child.on("error", ignore);
    return child;
  } catch (error) {
    return codeOf(error);
  }
}

/** An abort emits `error`, which is for the caller to hear once the command runs; until then its end says enough. */
function ignore(): void {}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once("exit", (status, signal) =>
      resolve({ status: status ?? undefined, signal: signal ?? undefined }),
    );
  });
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

function sendBlock(child: ChildProcess, { orders, block }: Prepared): HangUp {
  const channel = child.stdio[orders.channel];
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
  channel.end(block.bytes);
  return hangUp;
}

function readProgress(status: number): Progress {
  const bytes = new Uint8Array(STATUS_SIZE);
  readSync(status, bytes, 0, bytes.length, 0);
  const view = new DataView(bytes.buffer);
  return {
    done: Number(view.getBigUint64(STATUS_DONE, true)),
    result: Number(view.getBigInt64(STATUS_RESULT, true)),
  };
}

/** Takes the listener of a launcher that waits for it, then lets the launcher go on. */
async function attach(
  { block, onListener }: Prepared,
  pid: number,
  status: number,
  hungUp: HangUp,
): Promise<Supervisor | undefined> {
  const waiting = block.steps.findIndex((step) => step.nr === undefined);
  while (!hungUp.happened && onListener) {
    const { done, result } = readProgress(status);
    if (done === waiting && result >= 0) {
      const supervisor = onListener(await takeListener(pid, { listener: result }));
      const go = new Uint8Array(8).fill(1);
      writeSync(status, go, 0, go.length, STATUS_GO);
      return supervisor;
    }
    await sleep(1);
  }
  return undefined;
}
