/** Starts a launcher as a process, from the first directory where that can be done, and reads how far it came. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, readSync } from "node:fs";
import { SeccatError } from "../abi/error.ts";
import { codeOf } from "./fact.ts";
import type { Progress } from "./failure.ts";
import { STATUS_DONE, STATUS_RESULT, STATUS_SIZE } from "./launcher/layout.ts";
import type { Prepared, SpawnOptions, StdioEntry } from "./prepare.ts";
import { candidates, makePlace, type Place, removePlace } from "./temporary.ts";

/** How a command ended: with a status, or by a signal. */
export interface Exit {
  readonly status: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
}

/** A running launcher. */
export interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  /** What it is to be sent through its channel. */
  readonly message: Uint8Array;
  /** Descriptor of the file behind the status page. */
  readonly status: number;
  /** Where its file is, or was; undefined for a Node. */
  readonly directory: string | undefined;
}

/**
 * Starts the launcher, whose block it reads from `channel`. From a pipe it comes when the launcher's file is gone; from a
 * descriptor it is there at once, and then the launcher removes its file itself, before it does anything else.
 * Throws SeccatError "enforce" when it can be started from no directory.
 */
export async function startLauncher(
  prepared: Prepared,
  options: SpawnOptions,
  channel: "pipe" | number,
): Promise<Running> {
  const { launcher, stdio } = prepared;
  if (launcher === undefined) return (await import("./startcalls.ts")).startCalls(prepared, options);
  const tried: string[] = [];
  for (const base of candidates()) {
    let place: Place;
    try {
      place = makePlace(base, launcher, STATUS_SIZE);
    } catch (error) {
      tried.push(`${base}: ${codeOf(error)}`);
      continue;
    }
    const { directory, status } = place;
    let child: Awaited<ReturnType<typeof spawnImage>> | undefined;
    try {
      const words = channel === "pipe" ? [] : [place.launcher, directory];
      const image = { file: place.launcher, words, env: {} };
      child = await spawnImage(image, [...stdio, channel, status], options);
    } finally {
      if (typeof child !== "object" || channel === "pipe") removePlace(directory);
    }
    if (typeof child === "object") return { ...child, message: prepared.block.bytes, status, directory };
    closeSync(status);
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

/** What is executed to become the command later. */
export interface Image {
  readonly file: string;
  readonly words: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** A process of `image` with these descriptors, or the name of the errno with which it could not be started. */
export async function spawnImage(
  image: Image,
  stdio: readonly StdioEntry[],
  options: SpawnOptions,
): Promise<{ child: ChildProcess; pid: number } | string> {
  for (let tries = 0; ; tries++) {
    const attempt = trySpawn(image, stdio, options);
    if (typeof attempt === "object") {
      const { pid } = attempt;
      if (pid !== undefined) return { child: attempt, pid };
    }
    const problem = typeof attempt === "string" ? attempt : codeOf(await failureIn(attempt));
    // Another thread's fork may hold the file open for writing for a moment.
    if (problem !== "ETXTBSY" || tries === 50) return problem;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function failureIn(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => child.once("error", resolve));
}

function trySpawn(
  { file, words, env }: Image,
  stdio: readonly StdioEntry[],
  options: SpawnOptions,
): ChildProcess | string {
  try {
    const child = spawn(file, [...words], {
      argv0: "seccat-launcher",
      env,
      stdio: [...stdio],
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
export function ignore(): void {}

/** Resolves when the process has ended. */
export function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once("exit", (status, signal) =>
      resolve({ status: status ?? undefined, signal: signal ?? undefined }),
    );
  });
}

/** How far the launcher came, by the file behind its status page. */
export function readProgress(status: number): Progress {
  const bytes = new Uint8Array(STATUS_SIZE);
  readSync(status, bytes, 0, bytes.length, 0);
  const view = new DataView(bytes.buffer);
  return {
    done: Number(view.getBigUint64(STATUS_DONE, true)),
    result: Number(view.getBigInt64(STATUS_RESULT, true)),
  };
}
