/**
 * A Node that comes under its filter before the first line of its module.
 *
 * The filter is installed by the child itself, from a preload (`--import`), and not by the launcher: so the policy need
 * not allow what Node's own start takes, execve before all. The launcher is there all the same, with a first filter that
 * answers io_uring_setup with ENOSYS, because a ring that libuv makes at the start would be a way around any later one.
 */
import type { ChildProcess } from "node:child_process";
import { Socket } from "node:net";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { SeccatError } from "../abi/error.ts";
import { encode } from "../bpf/codec.ts";
import type { Program } from "../bpf/program.ts";
import { type Environment, inheritedEnvironment, type Text } from "./command.ts";
import { GO, type Order, type Report } from "./control.ts";
import { refuseEarly } from "./early.ts";
import type { Installed } from "./install.ts";
import { type Started, spawnFiltered } from "./launch.ts";
import { native, nr } from "./native.ts";
import type { SpawnOptions, StdioEntry } from "./prepare.ts";
import type { Exit } from "./start.ts";
import { actionOf, checkFits, isAllowed, verdict } from "./verdict.ts";

/** How to fork a module, in the words of child_process.fork(). */
export interface ForkOptions {
  /** The module's arguments, process.argv from 2 on. */
  readonly args?: readonly Text[];
  /** Node's own options; those of this process when absent, without code that came with them. */
  readonly execArgv?: readonly string[];
  /** The Node to run; this one when absent. */
  readonly execPath?: string;
  readonly cwd?: string;
  /** The whole environment; this process's own when absent. */
  readonly env?: Environment;
  /** Its descriptors from 0 on, or one word for the first three; "inherit" when absent. The channel comes after them. */
  readonly stdio?: "inherit" | "pipe" | "ignore" | readonly StdioEntry[];
  readonly serialization?: "json" | "advanced";
  readonly signal?: AbortSignal;
  readonly killSignal?: NodeJS.Signals;
  readonly detached?: boolean;
  /** Have the kernel kill the child when this process ends. */
  readonly killOnParentExit?: boolean;
  /** Let the kernel log denials (Linux 4.14). */
  readonly log?: boolean;
  /** Leave speculative execution unmitigated (Linux 4.17). */
  readonly specAllow?: boolean;
}

/** The names of all options. */
export const forkKeys = Object.keys({
  args: true,
  execArgv: true,
  execPath: true,
  cwd: true,
  env: true,
  stdio: true,
  serialization: true,
  signal: true,
  killSignal: true,
  detached: true,
  killOnParentExit: true,
  log: true,
  specAllow: true,
} satisfies Record<keyof ForkOptions, true>);

/** A child whose filter is in place. */
export interface Forked {
  readonly child: ChildProcess;
  readonly exited: Promise<Exit>;
  /** What install() said in the child. */
  readonly installed: Installed;
}

/**
 * Starts `module` in a Node of its own under `program`; `before` is a filter from before Node's start. The module
 * begins to run in the next turn of the event loop, so that listeners can be set. Throws SeccatError "usage" when called
 * wrongly, and "enforce", "file" or "host" when the filter could not be installed: then nothing of the module ran, and the
 * child has ended.
 */
export async function forkFiltered(
  module: string | URL,
  program: Program,
  before: Program,
  options: ForkOptions = {},
): Promise<Forked> {
  const { args = [], execPath = process.execPath, execArgv = ownExecArgv(), ...rest } = options;
  const env = options.env ?? inheritedEnvironment();
  refuseEarly(execArgv, textOf(env.NODE_OPTIONS));
  const given = stdioOf(options.stdio ?? "inherit");
  const stdio: StdioEntry[] = given.includes("ipc") ? given : [...given, "ipc"];
  const control = stdio.length;
  const preload = `${preloadUrl}?control=${control}`;
  checkReport(program, control);
  const path = module instanceof URL ? fileURLToPath(module) : resolve(options.cwd ?? "", module);
  const argv = [execPath, `--import=${preload}`, ...execArgv, path, ...args];
  const { log, specAllow, ...spawning } = rest;
  const started = await spawned([before], argv, { ...spawning, env, stdio: [...stdio, "pipe"] });
  const order: Order = {
    program: Buffer.from(encode(program)).toString("base64"),
    options: { ...(log === undefined ? {} : { log }), ...(specAllow === undefined ? {} : { specAllow }) },
  };
  return await guarded(started, control, order, options.signal);
}

/** Refuses a filter under which the child could not say that it is in place, and could not be told to go on. */
function checkReport(program: Program, control: number): void {
  const here = native();
  checkFits([program], here);
  for (const call of ["write", "read", "close"] as const) {
    const args = [BigInt(control), 0n, 1n];
    const ret = verdict([program], { nr: nr(call, here), arch: here.auditArch, args });
    if (isAllowed(ret)) continue;
    throw new SeccatError({
      code: "enforce",
      message: `the child could not tell that its filter is in place: the filter answers ${call} with ${actionOf(ret)}`,
      expected: "read, write and close allowed, which any Node needs",
      received: actionOf(ret),
      fix: "allow @node-runtime/modules, for a start",
    });
  }
}

/** spawnFiltered() that tells an abort from other failures. */
async function spawned(
  programs: readonly Program[],
  argv: readonly Text[],
  options: SpawnOptions,
): Promise<Started> {
  const { signal } = options;
  signal?.throwIfAborted();
  try {
    return await spawnFiltered(programs, argv, options);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
const preloadUrl = new URL(`./preload.${extension}`, import.meta.url).href;

/** This process's options for Node, without code on the command line and what goes with it. */
function ownExecArgv(): string[] {
  const kept: string[] = [];
  for (let i = 0; i < process.execArgv.length; i++) {
    const word = process.execArgv[i] ?? "";
    if (/^(-e|--eval|-p|-pe|--print)$/.test(word)) i++;
    else if (!/^--(eval|print|input-type)=/.test(word)) kept.push(word);
  }
  return kept;
}

function textOf(text: Text | undefined): string | undefined {
  return text === undefined || typeof text === "string" ? text : Buffer.from(text).toString("latin1");
}

function stdioOf(stdio: NonNullable<ForkOptions["stdio"]>): StdioEntry[] {
  if (typeof stdio === "string") return [stdio, stdio, stdio];
  return [...stdio, ...Array<StdioEntry>(Math.max(0, 3 - stdio.length)).fill("inherit")];
}

/** Has the child install its filter, or ends it. */
async function guarded(
  { child, exited }: Started,
  control: number,
  order: Order,
  signal: AbortSignal | undefined,
): Promise<Forked> {
  const socket = child.stdio[control];
  if (!(socket instanceof Socket))
    throw new SeccatError({ code: "internal", message: "the child's control channel is no socket" });
  let isLate = false;
  const late = setTimeout(() => {
    isLate = true;
    child.kill("SIGKILL");
  }, PATIENCE);
  const onError = () => {}; // an abort, which kills the child
  child.on("error", onError);
  try {
    socket.write(`${JSON.stringify(order)}\n`);
    const report = await readReport(socket);
    if (report && "installed" in report) {
      setImmediate(() => socket.end(`${GO}\n`));
      return { child, exited, installed: report.installed };
    }
    socket.destroy();
    const exit = await exited;
    signal?.throwIfAborted();
    if (isLate) throw tooLate();
    throw report ? new SeccatError(report.issue) : endedEarly(exit);
  } finally {
    clearTimeout(late);
    child.off("error", onError);
  }
}

/** Milliseconds that a child may take to start and to install its filter. */
const PATIENCE = 60_000;

function tooLate(): SeccatError {
  return new SeccatError({
    code: "enforce",
    message: `the child did not install its filter within ${PATIENCE / 1000} seconds and was ended; nothing of the module ran`,
    fix: "leave out what makes Node wait at its start, such as --inspect-brk",
  });
}

/** What the child says up to the first newline; undefined when it says nothing of the kind. */
function readReport(socket: Socket): Promise<Report | undefined> {
  let text = "";
  return new Promise((resolve) => {
    if (socket.destroyed) resolve(undefined); // it said nothing, and is closed already
    socket.setEncoding("utf8");
    socket.on("data", (part: string) => {
      text += part;
      if (text.endsWith("\n")) resolve(reportOf(text));
    });
    socket.on("error", () => {}); // the child ended, which `close` tells as well
    socket.on("close", () => resolve(undefined));
  });
}

function reportOf(text: string): Report | undefined {
  const value: unknown = JSON.parse(text);
  return isReport(value) ? value : undefined;
}

function isReport(value: unknown): value is Report {
  return typeof value === "object" && value !== null && ("installed" in value || "issue" in value);
}

function endedEarly({ status, signal }: Exit): SeccatError {
  const how = signal === undefined ? `with status ${status}` : `by ${signal}`;
  return new SeccatError({
    code: "enforce",
    message: `the child ended ${how} before its filter was in place, and nothing of the module ran`,
    fix: "what Node printed says why; is execPath a Node of version 20 or later, and are execArgv its options?",
  });
}
