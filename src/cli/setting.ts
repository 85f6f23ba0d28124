/** What a command of `seccat run` starts with, from the options. */
import { fstatSync, readdirSync, readlinkSync } from "node:fs";
import { resolve } from "node:path";
import { type Environment, inheritedEnvironment } from "../enforce/command.ts";
import type { SpawnOptions, StdioEntry } from "../enforce/prepare.ts";
import { findUser, type User } from "../enforce/user.ts";
import { type Args, usage } from "./args.ts";

/** The command's surroundings as its launch takes them, and as a dry run tells them. */
export interface Setting {
  readonly spawn: SpawnOptions;
  readonly user: User | undefined;
  readonly cwd: string;
  /** Descriptors above 2 that it keeps. */
  readonly kept: readonly number[];
}

/** Reads the options --chdir, --env, --unset-env, --clear-env, --preserve-fd, --user, --no-root and --kill-on-parent-exit. */
export function readSetting(args: Args): Setting {
  const chdir = args.maybe("chdir");
  const who = args.maybe("user");
  const user = who === undefined ? undefined : findUser(who);
  const kept = keptDescriptors(args.texts("preserve-fd"));
  const spawn: SpawnOptions = {
    stdio: stdioOf(kept),
    env: environment(args, user),
    ...(chdir === undefined ? {} : { cwd: chdir }),
    ...(user ? { user: { uid: user.uid, gid: user.gid, groups: user.groups } } : {}),
    ...(args.flag("no-root") ? { noRoot: true } : {}),
    ...(args.flag("kill-on-parent-exit") ? { killOnParentExit: true } : {}),
  };
  return { spawn, user, cwd: directory(chdir), kept };
}

/** The directory by its whole name, unless what it is relative to has none any more. */
function directory(chdir = "."): string {
  try {
    return resolve(chdir);
  } catch {
    return chdir;
  }
}

/** Ours; or nothing with --clear-env; then the user's; then what --unset-env takes away; then what --env says, in order. */
function environment(args: Args, user: User | undefined): Environment {
  const own = inheritedEnvironment();
  const env: Record<string, Environment[string]> = args.flag("clear-env") ? {} : { ...own };
  if (user) {
    env.HOME = user.home;
    env.USER = user.name;
    env.LOGNAME = user.name;
  }
  for (const name of args.texts("unset-env")) env[variable("unset-env", name)] = undefined;
  for (const text of args.texts("env")) {
    const [, name = "", value] = /^([^=]*)(?:=(.*))?$/s.exec(text) ?? [];
    env[variable("env", name, text)] = value ?? own[name];
  }
  return env;
}

function variable(option: string, name: string, text = name): string {
  if (text.includes("\ufffd"))
    throw usage(`--${option} takes text in UTF-8`, {
      fix: "set the variable before seccat starts: env NAME=VALUE seccat run …",
    });
  if (name !== "" && !name.includes("=")) return name;
  throw usage(`--${option} needs the name of a variable`, {
    expected: option === "env" ? "NAME=VALUE or NAME" : "NAME",
    received: text,
  });
}

function keptDescriptors(texts: readonly string[]): number[] {
  const numbers = texts.map((text) => {
    const fd = /^\d{1,7}$/.test(text) ? Number(text) : -1;
    if (fd < 0) throw usage(`${text} is no descriptor`, { expected: "--preserve-fd N", received: text });
    if (!isOpen(fd)) throw usage(`descriptor ${fd} is not open`, { fix: `seccat run … ${fd}< FILE` });
    if (fd > 2) refuseOurs(fd);
    return fd;
  });
  return [...new Set(numbers)].filter((fd) => fd > 2).sort((a, b) => a - b);
}

function isOpen(fd: number): boolean {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
}

/**
 * Node's own descriptors have numbers that a mistaken N can hit. They are known by their kind: events, or a pipe with
 * both its ends in this process, which a command cannot use anyway.
 */
function refuseOurs(fd: number): void {
  const kind = linkOf(fd);
  const node = /^anon_inode:\[(eventpoll|eventfd|io_uring)\]$/.test(kind) || hasBothEnds(fd, kind);
  if (node)
    throw usage(`descriptor ${fd} is not one that seccat was started with, but Node's own`, {
      received: kind,
      fix: `seccat run … ${fd}< FILE`,
    });
}

function hasBothEnds(fd: number, kind: string): boolean {
  if (!kind.startsWith("pipe:")) return false;
  const others = readdirSync("/proc/self/fd").map(Number);
  return others.some((other) => other > 2 && other !== fd && linkOf(other) === kind);
}

function linkOf(fd: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return "";
  }
}

/** Descriptors from 0 on; those between that are not kept are not opened. */
function stdioOf(kept: readonly number[]): StdioEntry[] {
  return Array.from({ length: (kept.at(-1) ?? 2) + 1 }, (_, fd) => {
    if (fd <= 2) return "inherit";
    return kept.includes(fd) ? fd : "ignore";
  });
}
