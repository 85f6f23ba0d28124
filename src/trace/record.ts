// Runs the installed strace on a command and reads its log through a named pipe while it is written, so that
// nothing is left on disk. strace opens the pipe itself and marks it close-on-exec: the command inherits
// nothing but its three streams. strace follows all that the command starts, and ends when the last of it has; what
// outlasts the command can be let go before.

import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { SeccatError } from "../abi/error.ts";
import { findCommand, type Search } from "./command.ts";
import type { CallEvent, ExitEvent, StraceEvent } from "./event.ts";
import { makePipe, type NamedPipe } from "./pipe.ts";
import { straceReader } from "./reader.ts";
import { findStrace, type Strace, straceComplaint } from "./strace.ts";

/** Processes that end within so many milliseconds behind the command are no news. */
const SETTLE = 1000;

/** A standard stream of the command: this process's, none, or an open descriptor. */
export type Stream = "inherit" | "ignore" | number;

/** How to run a command under strace. */
export interface RecordOptions extends Search {
  /** Gets every event as soon as strace has written it; what it throws ends the recording. */
  readonly each: (event: StraceEvent) => void;
  /** The strace to run; the one in PATH when absent. */
  readonly strace?: string;
  /** Standard input, output and error; this process's own when absent. */
  readonly stdio?: readonly [Stream, Stream, Stream];
  /** Has strace say what each descriptor is. */
  readonly descriptors?: boolean;
  /** Kills the command and all that it started. */
  readonly signal?: AbortSignal;
  /** Whether a terminal sends SIGINT and SIGQUIT to the command as well; true when absent. */
  readonly areKeysShared?: () => boolean;
  /** Hears once the pids that are still waited for, when the command itself ended a second ago. */
  readonly onRemaining?: (pids: readonly number[]) => void;
}

/** How the command ended: one of the two is defined. */
export interface Recorded {
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  /** The processes that it left and that were let go. */
  readonly left: readonly number[];
}

/** What is known of a recording under way. */
interface Session {
  readonly child: ChildProcess;
  /** Pids that strace follows. */
  readonly live: Set<number>;
  /** The command's own. */
  root: number | undefined;
  calls: number;
  /** The first call, an execve, if it failed. */
  refused: CallEvent | undefined;
  killing: NodeJS.Timeout | undefined;
  /** How the command's own process ended, and what tells who remains. */
  ended: ExitEvent | undefined;
  telling: NodeJS.Timeout | undefined;
  left: readonly number[];
}

/**
 * Runs a command under strace and hands on what strace tells. Until it ends, SIGINT and SIGQUIT do not end this process,
 * as a terminal sends them to the command as well (see `areKeysShared`), and SIGTERM and SIGHUP go to the command. Behind
 * its end, each of them lets go what it left.
 *
 * Throws SeccatError: "usage" without a command; "file" when there is no such command (`received` ENOENT) or
 * it cannot be executed (EACCES, ENOEXEC); "host" when strace is missing or not allowed to trace.
 */
export async function recordStrace(command: readonly string[], options: RecordOptions): Promise<Recorded> {
  const [name] = command;
  if (name === undefined) throw new SeccatError({ code: "usage", message: "there is no command to trace" });
  const strace = await findStrace(options.strace);
  findCommand(name, options);
  const pipe = await makePipe();
  try {
    const session = start(strace, command, pipe, options);
    const recorded = await watch(session, pipe, options);
    await judge(session, strace, name);
    return recorded;
  } finally {
    pipe.close();
  }
}

function start(strace: Strace, command: readonly string[], pipe: NamedPipe, options: RecordOptions): Session {
  const { cwd, env, stdio, descriptors } = options;
  const more = descriptors ? ["-y"] : [];
  const child = spawn(strace.path, [...strace.options, ...more, "-o", pipe.path, "--", ...command], {
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env: { ...env } }),
    // It begins its messages with this name.
    argv0: "strace",
    stdio: stdio ? [...stdio] : "inherit",
  });
  return {
    child,
    live: new Set(),
    root: undefined,
    calls: 0,
    refused: undefined,
    killing: undefined,
    ended: undefined,
    telling: undefined,
    left: [],
  };
}

async function watch(session: Session, pipe: NamedPipe, options: RecordOptions): Promise<Recorded> {
  const ended = new Promise<Recorded>((done, fail) => {
    session.child.once("error", (error) => {
      pipe.release();
      fail(
        new SeccatError({ code: "host", message: "strace could not be started", received: error.message }),
      );
    });
    session.child.once("exit", (code, signal) => {
      pipe.release();
      done({ code: code ?? undefined, signal: signal ?? undefined, left: [] });
    });
  });
  // Awaited below, but only after the log.
  ended.catch(() => undefined);
  const unguard = guard(session, pipe, options);
  try {
    const failures = await readLog(session, pipe, options);
    const recorded = await ended;
    for (const failure of failures) throw failure;
    return session.left.length > 0 ? commandsOwn(session) : recorded;
  } finally {
    unguard();
  }
}

/**
 * Reads the log to its end and returns what `each` threw, if it did: who the command's processes are stands
 * in the log only, so it is read on while they are killed.
 */
async function readLog(
  session: Session,
  pipe: NamedPipe,
  { each, onRemaining }: RecordOptions,
): Promise<unknown[]> {
  const reader = straceReader();
  const failures: unknown[] = [];
  const pass = (events: readonly StraceEvent[]) => {
    for (const event of events) {
      note(session, event, onRemaining);
      if (failures.length > 0) continue;
      try {
        each(event);
      } catch (error) {
        failures.push(error);
        killOn(session);
      }
    }
  };
  for await (const piece of pipe.read()) pass(reader.push(piece));
  pass(reader.end());
  return failures;
}

function note(session: Session, event: StraceEvent, onRemaining: RecordOptions["onRemaining"]): void {
  const { live } = session;
  if (event.kind === "exit") {
    if (event.pid !== undefined) live.delete(event.how === "superseded" ? Number(event.by) : event.pid);
    if (event.pid !== session.root || event.how === "superseded" || session.ended) return;
    session.ended = event;
    const tell = () => {
      const remaining = [...live].filter(isAlive);
      if (remaining.length > 0) onRemaining?.(remaining);
    };
    session.telling = setTimeout(tell, SETTLE);
    return;
  }
  if (event.kind !== "call" && event.kind !== "begin") return;
  if (event.pid !== undefined) live.add(event.pid);
  session.root ??= event.pid;
  if (event.kind !== "call") return;
  session.calls++;
  if (session.calls === 1 && event.name === "execve" && event.result?.startsWith("-1 "))
    session.refused = event;
}

/** How the command itself ended, when strace did not live to tell. */
function commandsOwn({ ended, left }: Session): Recorded {
  if (ended?.how === "killed") {
    return { code: undefined, signal: isSignal(ended.by) ? ended.by : undefined, left };
  }
  return { code: Number(ended?.by), signal: undefined, left };
}

function isSignal(name: string): name is NodeJS.Signals {
  return name in constants.signals;
}

/** Has strace let go what outlasts the command. */
function letGo(session: Session): void {
  session.left = [...session.live].filter(isAlive);
  if (session.left.length > 0) session.child.kill("SIGKILL"); // it blocks all others, and the kernel detaches then
}

/** Passes signals on while the command runs; returns what undoes it. */
function guard(
  session: Session,
  pipe: NamedPipe,
  { signal: abort, areKeysShared = () => true }: RecordOptions,
): () => void {
  const forward = (signal: NodeJS.Signals) => {
    if (session.ended) letGo(session);
    else send(session.root, signal);
  };
  const key = (signal: NodeJS.Signals) => {
    if (session.ended || !areKeysShared()) forward(signal);
  };
  const aborted = () => killOn(session);
  const last = () => {
    killAll(session);
    session.child.kill("SIGKILL");
    // Or the end of this process would wait for the one that waits for the log.
    pipe.close();
  };
  for (const signal of ["SIGINT", "SIGQUIT"] as const) process.on(signal, key);
  for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, forward);
  process.on("exit", last);
  if (abort?.aborted) aborted();
  abort?.addEventListener("abort", aborted);
  return () => {
    for (const signal of ["SIGINT", "SIGQUIT"] as const) process.off(signal, key);
    for (const signal of ["SIGTERM", "SIGHUP"] as const) process.off(signal, forward);
    process.off("exit", last);
    abort?.removeEventListener("abort", aborted);
    clearInterval(session.killing);
    clearTimeout(session.telling);
  };
}

/** Kills what strace follows, again and again: what is started in the meantime has to go too. */
function killOn(session: Session): void {
  killAll(session);
  session.killing ??= setInterval(() => killAll(session), 50);
}

function send(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** strace itself ends with the last that it follows; killed, it would leave them running. */
function killAll(session: Session): void {
  const { child, live } = session;
  for (const pid of live) send(pid, "SIGKILL");
  for (const pid of childrenOf(child.pid)) send(pid, "SIGKILL");
}

function childrenOf(pid: number | undefined): number[] {
  if (pid === undefined) return [];
  try {
    const list = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
    return list
      .split(" ")
      .filter((word) => word !== "")
      .map(Number);
  } catch {
    return [];
  }
}

/** Throws when what ran was not the command, or ran on without strace. */
async function judge(session: Session, strace: Strace, name: string): Promise<void> {
  const { refused, calls, left } = session;
  const escaped = [...session.live].filter((pid) => !left.includes(pid) && isAlive(pid));
  if (escaped.length > 0) {
    killAll(session);
    const message = "strace ended before the command, which was killed";
    throw new SeccatError({ code: "host", message, received: `left: pid ${escaped.join(", ")}` });
  }
  if (calls === 0) {
    const received = await straceComplaint(strace);
    const fix =
      "in a container, allow ptrace (docker run --cap-add=SYS_PTRACE); see also /proc/sys/kernel/yama/ptrace_scope";
    throw new SeccatError({ code: "host", message: "strace could not trace the command", received, fix });
  }
  if (refused && calls === 1) {
    const received = refused.result?.split(" ")[1] ?? "";
    throw new SeccatError({ code: "file", message: `the command ${name} cannot be executed`, received });
  }
}
