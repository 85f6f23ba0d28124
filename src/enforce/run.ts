/** A command in place of this process, as `env` and `timeout` run one: same terminal, same signals, same ending. */
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { isatty } from "node:tty";
import type { Program } from "../bpf/program.ts";
import type { Text } from "./command.ts";
import { type Exit, launch } from "./launch.ts";
import type { NotStarted, SpawnOptions } from "./prepare.ts";

/** How a command came out. */
export type RunResult =
  | NotStarted
  | {
      readonly kind: "ended";
      /** What a wrapper ends with: the command's own status, or 128 plus the signal that ended it. */
      readonly status: number;
      readonly signal: NodeJS.Signals | undefined;
      /** The command's process id, which may be another's by now. */
      readonly pid: number;
    };

/** Signals that are passed on to the command while it runs. */
const forwarded: readonly NodeJS.Signals[] = ["SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"];

/** Those that a terminal's keys send to the command as well when it is in the foreground. */
const fromKeys: readonly NodeJS.Signals[] = ["SIGINT", "SIGQUIT"];

/**
 * Runs `argv` under `programs` with this process's own stdin, stdout and stderr, passes signals on to it, and resolves when
 * it has ended, and so has a supervisor that outlasts it, which a signal closes then. Never ends this process itself. If this
 * process is killed, the command goes on, under its filters.
 * Throws SeccatError "usage" or "schema" when called wrongly; every other failure is a result of kind `not-started`.
 */
export async function run(
  programs: Program | readonly Program[],
  argv: readonly Text[],
  options: SpawnOptions = {},
): Promise<RunResult> {
  const limit = options.openFiles ?? originalOpenFiles();
  if (options.onCall ?? options.onDenied ?? options.onListener) setUpPipes();
  const early = new Set<NodeJS.Signals>();
  let deliver = (signal: NodeJS.Signals): void => void early.add(signal);
  const onSignal = (signal: NodeJS.Signals) => deliver(signal);
  let onChild = (): void => {};
  const onStop = () => onChild();
  for (const signal of forwarded) process.on(signal, onSignal);
  process.on("SIGCHLD", onStop);
  try {
    const launched = await launch(programs, argv, {
      stdio: "inherit",
      ...options,
      ...(limit ? { openFiles: limit } : {}),
    });
    if (launched.kind === "not-started") return launched;
    deliver = (signal) => {
      const sentAlready = fromKeys.includes(signal) && !options.detached && inForeground();
      if (!sentAlready) launched.child.kill(signal);
    };
    for (const signal of early) deliver(signal);
    if (!options.detached) onChild = () => void stopWith(launched.pid);
    onChild(); // it may have stopped already
    const exit = await launched.exited;
    const { supervisor } = launched;
    if (supervisor?.outlasts) deliver = () => supervisor.close();
    else supervisor?.close(); // processes that it left behind are denied from now on by ENOSYS
    await supervisor?.done;
    return endedAs(exit, launched.pid);
  } finally {
    for (const signal of forwarded) process.off(signal, onSignal);
    process.off("SIGCHLD", onStop);
  }
}

/**
 * Has Node make its streams of pipes now: that makes the pipes non-blocking, which a launch undoes, and which would fail
 * the command's writes when a handler prints for the first time while it runs. Terminals Node opens anew when it makes theirs.
 */
function setUpPipes(): void {
  if (!isatty(1)) pipes.add(process.stdout);
  if (!isatty(2)) pipes.add(process.stderr);
}

const pipes = new WeakSet<NodeJS.WriteStream>();

/** How a wrapper tells that a command has ended. */
export function endedAs(
  { status, signal }: Exit,
  pid: number,
): Extract<RunResult, { readonly kind: "ended" }> {
  return { kind: "ended", status: signal ? 128 + constants.signals[signal] : (status ?? 0), signal, pid };
}

/** Whether a terminal's signals reach this process group, and so the command as well. */
function inForeground(): boolean {
  const [, , group, , terminal, foreground] = statFields("self");
  return group !== undefined && terminal !== "0" && group === foreground;
}

/** state ppid pgrp session tty_nr tpgid ... of a process; nothing where they cannot be read. */
function statFields(pid: number | "self"): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" "); // behind the name, which may hold blanks and brackets
  } catch {
    return [];
  }
}

/** A command that a shell continues may still be seen stopped for so long, in milliseconds. */
const SETTLED = 20;

/**
 * Stops this process when the command has stopped itself (`suspend`, ssh's ~^Z), for the shell to get its terminal back; the
 * shell continues both. By SIGTSTP, which the kernel leaves out where there is no such shell.
 */
async function stopWith(pid: number): Promise<void> {
  const isStopped = () => statFields(pid)[0] === "T" && inForeground();
  if (!isStopped()) return;
  await sleep(SETTLED, undefined, { ref: false });
  if (isStopped()) process.kill(process.pid, "SIGTSTP");
}

/**
 * The limit of open files that this process was started with, which Node raised to the hard one: that of its
 * parent, provided that their hard limits agree. Undefined when it cannot be told or was not raised.
 */
export function originalOpenFiles(): { soft: bigint; hard: bigint } | undefined {
  const own = openFiles("self");
  const parent = openFiles(String(process.ppid));
  return own && parent && own.hard === parent.hard && parent.soft < own.soft ? parent : undefined;
}

function openFiles(pid: string): { soft: bigint; hard: bigint } | undefined {
  try {
    const limits = readFileSync(`/proc/${pid}/limits`, "latin1");
    const [, soft, hard] = /^Max open files\s+(\d+)\s+(\d+)/m.exec(limits) ?? [];
    return soft && hard ? { soft: BigInt(soft), hard: BigInt(hard) } : undefined;
  } catch {
    return undefined;
  }
}
