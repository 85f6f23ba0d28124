/** Everything about a launch that can be decided, and refused, before any process is made. */

import { statSync } from "node:fs";
import type { Stream } from "node:stream";
import { decodeAction } from "../abi/action.ts";
import type { SeccompData } from "../abi/data.ts";
import { SeccatError, throwIssues } from "../abi/error.ts";
import { keyIssues, wrongValue } from "../abi/fields.ts";
import { checkStack } from "../bpf/check.ts";
import type { Program } from "../bpf/program.ts";
import {
  type Environment,
  environmentBytes,
  findCommand,
  inheritedEnvironment,
  type Text,
  whyNotReached,
  wordBytes,
} from "./command.ts";
import type { Denial } from "./denials.ts";
import { codeOf } from "./fact.ts";
import { type Block, layOut, type Orders, type Step, stepData } from "./launcher/block.ts";
import { launcherMachines, makeLauncher, type Way, wayOf } from "./launcher/index.ts";
import type { Listener } from "./listener.ts";
import { type Native, native } from "./native.ts";
import { type OpenFiles, openFiles } from "./openfiles.ts";
import type { FilterFlag } from "./seccomp.ts";
import type { CallHandler, Supervisor } from "./serve.ts";
import { strayDescriptors } from "./stray.ts";
import { type Identity, isId, isRoot } from "./user.ts";
import { actionOf, checkFits, isAllowed, verdict } from "./verdict.ts";

/** What a descriptor of the command is, as child_process.spawn() takes it; `ipc`, at most once, is a channel for a Node. */
export type StdioEntry = "inherit" | "pipe" | "ignore" | "ipc" | number | Stream;

/** How to start a command under filters. */
export interface SpawnOptions {
  readonly cwd?: string;
  /** The whole environment; this process's own when absent. */
  readonly env?: Environment;
  /** Its descriptors from 0 on, at least three; or one word for those three. "pipe" when absent. */
  readonly stdio?: "inherit" | "pipe" | "ignore" | readonly StdioEntry[];
  /** Make it the leader of its own process group and session. */
  readonly detached?: boolean;
  /** How messages go through a channel: as JSON, the default, or as structured clones. */
  readonly serialization?: "json" | "advanced";
  /** Kills the command when it is aborted; the child emits `error` then, as child_process has it. */
  readonly signal?: AbortSignal;
  /** What it is killed with then; SIGTERM when absent. */
  readonly killSignal?: NodeJS.Signals;
  /** Let the kernel log denials (Linux 4.14). */
  readonly log?: boolean;
  /** Leave speculative execution unmitigated (Linux 4.17). */
  readonly specAllow?: boolean;
  /** Its RLIMIT_NOFILE; that of this process, whose soft limit Node raised, when absent. */
  readonly openFiles?: OpenFiles;
  /** Who the command is; this process's own user when absent. Takes root. */
  readonly user?: Identity;
  /** Refuse to start the command as root. */
  readonly noRoot?: boolean;
  /** Have the kernel kill the command when this process ends, or the thread of it that started the command. */
  readonly killOnParentExit?: boolean;
  /** Answers the calls that the newest program hands over with USER_NOTIF. */
  readonly onCall?: CallHandler;
  /**
   * Hears of every call that the programs deny by kill or errno, before it is denied; where they are too long together,
   * of what the newest denies (see notifyStack). When it throws, the call is denied with EPERM. Excludes onCall.
   */
  readonly onDenied?: (denial: Denial) => void;
  /**
   * Takes over the listener of the newest program, which hands over calls with USER_NOTIF, and serves it from then on: for
   * who has a loop of their own. Called before the command is executed, which waits for its return. Excludes onCall and onDenied.
   */
  readonly onListener?: (listener: Listener) => Supervisor;
}

const optionKeys = Object.keys({
  cwd: true,
  env: true,
  stdio: true,
  detached: true,
  serialization: true,
  signal: true,
  killSignal: true,
  log: true,
  specAllow: true,
  openFiles: true,
  user: true,
  noRoot: true,
  killOnParentExit: true,
  onCall: true,
  onDenied: true,
  onListener: true,
} satisfies Record<keyof SpawnOptions, true>);

/** Why a command was not started, and the status that a wrapper such as `env` ends with then. */
export interface NotStarted {
  readonly kind: "not-started";
  /** 127: no such command; 126: it cannot be executed; 125: it could not be put under the filters. */
  readonly status: 125 | 126 | 127;
  readonly error: SeccatError;
  /** The file that the kernel answered ENOEXEC to: a script, for all it knows. */
  readonly script?: Uint8Array;
}

/** A launch that nothing is known to stand against. */
export interface Prepared {
  readonly kind: "prepared";
  readonly here: Native;
  readonly orders: Orders;
  readonly block: Block;
  /** The launcher's file; undefined where a Node does its work. */
  readonly launcher: Uint8Array | undefined;
  readonly stdio: readonly StdioEntry[];
  readonly onListener: SpawnOptions["onListener"];
}

/** That the filters could not be enforced. */
export function notEnforced(error: SeccatError): NotStarted {
  return { kind: "not-started", status: 125, error };
}

/**
 * Looks for the command, lays out the launcher's block, and asks the interpreter whether the filters let the command start.
 * `supervise` says who answers calls: supervision() where an option may ask for that. By FFI calls it is started where
 * there is no launcher, or where `way` says so.
 */
export function prepare(
  programs: readonly Program[],
  argv: readonly Text[],
  options: SpawnOptions,
  supervise: (programs: readonly Program[], options: SpawnOptions) => Supervision,
  way?: Way,
): Prepared | NotStarted {
  if (!Array.isArray(argv)) throw wrongValue("the command is no list of words", '["ls", "-l"]', argv);
  throwIssues(keyIssues(options, optionKeys));
  const words = argv.map((word, i) => wordBytes(word, `word ${i} of the command`));
  const [name] = words;
  if (!name || programs.length === 0) throw nothing(name === undefined ? "command" : "program");
  try {
    const here = native();
    const byCalls = (way ?? wayOf(here)) === "calls";
    checkFits(programs, here);
    checkStack(programs.toReversed());
    checkUser(options);
    const cwd = options.cwd ?? "."; // not by its name, for it may have been deleted
    checkDirectory(cwd);
    const stdio = stdioOf(options.stdio ?? "pipe");
    const env = { ...(options.env ?? inheritedEnvironment()), ...channelEnvironment(stdio, options) };
    const found = findCommand(name, env.PATH, cwd);
    if ("error" in found) return { kind: "not-started", ...found };
    if (byCalls) checkUnsupervised(options, here);
    const { onListener, enforced, lastFlags } = supervise(programs, options);
    const orders: Orders = {
      ...ordersOf(stdio, options),
      ...(byCalls ? throughNode(stdio, options) : {}),
      command: { path: found.path, argv: words, env: environmentBytes(env) },
      programs: enforced,
      lastFlags,
    };
    const block = layOut(orders, here);
    const made = byCalls ? undefined : makeLauncher(here, orders.channel, block.bytes.length);
    checkPath(programs, block, Boolean(options.onCall ?? options.onListener), (step) =>
      stepData(step, here, made?.instructionPointer ?? 0n),
    );
    return { kind: "prepared", here, orders, block, launcher: made?.file, stdio, onListener };
  } catch (error) {
    if (error instanceof SeccatError && error.code !== "usage") return notEnforced(error);
    throw error;
  }
}

/** Descriptors from 0 on, as child_process.spawn() completes them. */
function stdioOf(stdio: NonNullable<SpawnOptions["stdio"]>): StdioEntry[] {
  if (typeof stdio !== "object") return [stdio, stdio, stdio];
  return [...stdio, ...Array<StdioEntry>(Math.max(0, 3 - stdio.length)).fill("pipe")];
}

/** How a Node finds its channel; the launcher, which child_process tells, passes nothing on. */
function channelEnvironment(stdio: readonly StdioEntry[], { serialization }: SpawnOptions): Environment {
  const channel = stdio.indexOf("ipc");
  if (channel < 0) return {};
  return {
    NODE_CHANNEL_FD: String(channel),
    NODE_CHANNEL_SERIALIZATION_MODE: serialization ?? "json",
  };
}

/** The orders that follow from the options alone; the launcher's own two descriptors come after the command's. */
function ordersOf(stdio: readonly StdioEntry[], options: SpawnOptions) {
  const { log, specAllow, openFiles, user, killOnParentExit } = options;
  const channel = stdio.length;
  const flags: FilterFlag[] = [];
  if (log) flags.push("log");
  if (specAllow) flags.push("specAllow");
  const stray = strayDescriptors((fd) => fd <= channel + 1 && !isLeft(stdio, fd));
  return {
    flags,
    stray,
    channel,
    status: channel + 1,
    endsWithParent: killOnParentExit === true,
    ...(openFiles ? { openFiles } : {}),
    ...(user ? { user } : {}),
  };
}

/** The orders for a Node, which raises the limit of open files again. */
function throughNode(stdio: readonly StdioEntry[], options: SpawnOptions) {
  const limit = options.openFiles ?? openFiles("self");
  return {
    passedOn: [...stdio.keys()].filter((fd) => !isLeft(stdio, fd)),
    ...(limit ? { openFiles: limit } : {}),
  };
}

/** Whether child_process leaves a descriptor as it is. */
function isLeft(stdio: readonly StdioEntry[], fd: number): boolean {
  return fd > 2 && stdio[fd] === "ignore";
}

function checkUnsupervised({ onCall, onDenied, onListener }: SpawnOptions, { abi }: Native): void {
  if (!(onCall ?? onDenied ?? onListener)) return;
  throw new SeccatError({
    code: "host",
    message: `calls of a command cannot be answered or named on ${abi}: it is started by FFI calls, and between its filter and itself nothing could wait for a supervisor`,
    expected: launcherMachines.join(" or "),
    received: abi,
    fix: "run it under the filter alone, without asking for its calls or denials",
  });
}

function checkUser({ user, noRoot }: SpawnOptions): void {
  for (const id of user ? [user.uid, user.gid, ...user.groups] : [])
    if (!isId(id)) throw wrongValue("this is no id of a user or group", "0 to 4294967294", id);
  if (!noRoot || (user ? user.uid !== 0 : !isRoot())) return;
  throw new SeccatError({
    code: "enforce",
    message: "the command would run as root",
    expected: "another user",
    fix: "--user nobody, or another user that has what the command needs",
  });
}

function nothing(what: string): SeccatError {
  return new SeccatError({ code: "usage", message: `no ${what} is given to start`, expected: `a ${what}` });
}

function checkDirectory(cwd: string): void {
  let problem = "it is no directory";
  try {
    if (statSync(cwd).isDirectory()) return;
  } catch (error) {
    const code = codeOf(error);
    problem = code === "ENOENT" ? "it does not exist" : (whyNotReached[code] ?? code);
  }
  throw new SeccatError({
    code: "file",
    message: `the command cannot be started in ${JSON.stringify(cwd)}: ${problem}`,
  });
}

/** The programs as they are installed, and who answers what they hand over. */
export interface Supervision {
  readonly onListener: SpawnOptions["onListener"];
  readonly enforced: readonly Program[];
  readonly lastFlags: readonly FilterFlag[];
}

/** The supervision of a command that is asked for by no option: none. */
export function unsupervised(programs: readonly Program[]): Supervision {
  return { onListener: undefined, enforced: programs, lastFlags: [] };
}

/** Refuses filters under which the launcher could not do what is left to do: install the others, and execve. */
function checkPath(
  programs: readonly Program[],
  block: Block,
  answered: boolean,
  dataOf: (step: Step) => SeccompData,
): void {
  for (const step of block.steps) {
    const isExec = step.stage === "start the command";
    if (!isExec && step.filter === undefined) continue;
    const ret = verdict(programs.slice(0, step.filter ?? programs.length), dataOf(step));
    if (isAllowed(ret)) continue;
    if (isExec && answered && decodeAction(ret).kind === "user_notif") continue;
    const denies = (program: Program) => !isAllowed(verdict([program], dataOf(step)));
    if (isExec) throw cannotStart(programs, ret, denies);
    throw cannotStack(programs, step.filter ?? 0, ret, denies);
  }
}

function cannotStart(
  programs: readonly Program[],
  ret: number,
  denies: (program: Program) => boolean,
): SeccatError {
  const numbers = programs.flatMap((program, i) => (denies(program) ? [i + 1] : []));
  const which = numbers.length === 1 ? `filter ${numbers[0]}` : `filters ${numbers.join(", ")}`;
  return new SeccatError({
    code: "enforce",
    message: `the command could never start: the filter answers execve with ${actionOf(ret)}`,
    expected: "execve allowed, because the filter is in place before the command is executed",
    received: actionOf(ret),
    fix: programs.length === 1 ? "allow execve" : `allow execve in ${which}`,
  });
}

function cannotStack(
  programs: readonly Program[],
  filter: number,
  ret: number,
  denies: (program: Program) => boolean,
): SeccatError {
  const first = programs.findIndex(denies) + 1;
  const alone = programs.filter(denies).length === 1;
  return new SeccatError({
    code: "enforce",
    message: `filter ${filter + 1} could never be installed: those before it answer seccomp with ${actionOf(ret)}`,
    expected: "seccomp allowed by all filters but the last",
    received: actionOf(ret),
    fix: alone
      ? `give filter ${first} last`
      : `allow seccomp in filter ${first}: a later one that denies it denies it to the command all the same`,
  });
}
