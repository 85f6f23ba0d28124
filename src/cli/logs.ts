/** Logs of programs as the command line names them: files, patterns, standard input; packed, and in sets. */
import { readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { AbiName } from "../../arch/index.ts";
import { SeccatError } from "../abi/error.ts";
import { logReader, type StraceEvent } from "../trace/index.ts";
import { blocksOf, inputName } from "./input.ts";
import { reasonOf } from "./output.ts";
import { Progress, sizeOf } from "./progress.ts";
import { unpacked } from "./unpack.ts";

/** A file of a set that `strace -ff -o STEM` wrote. */
interface Member {
  readonly stem: string;
  readonly pid: number;
}

/**
 * The files that words stand for: patterns such as `trace.*` are taken apart where the shell has not done so, and the
 * files of a set are in the order of their pids, as who was made comes after its maker. Throws a SeccatError "file".
 */
export function logFiles(words: readonly string[]): string[] {
  const paths = words.flatMap((word) => (/[*?]/.test(word) && !exists(word) ? matching(word) : [word]));
  const groups = new Map<string, string[]>();
  for (const path of paths) {
    const key = memberOf(path)?.stem ?? path;
    groups.set(key, [...(groups.get(key) ?? []), path]);
  }
  const pid = (path: string) => memberOf(path)?.pid ?? 0;
  return [...groups.values()].flatMap((group) => group.sort((a, b) => pid(a) - pid(b)));
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function matching(pattern: string): string[] {
  const folder = dirname(pattern);
  const source = basename(pattern).replace(/[.*+?^${}()|[\]\\]/g, (char) =>
    char === "*" ? ".*" : char === "?" ? "." : `\\${char}`,
  );
  const names = namesIn(folder).filter((name) => new RegExp(`^${source}$`, "s").test(name));
  if (names.length === 0) throw new SeccatError({ code: "file", message: `no file matches ${pattern}` });
  names.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  return names.map((name) => (pattern.includes("/") ? join(folder, name) : name));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    throw new SeccatError({ code: "file", message: `cannot read ${folder}: ${reasonOf(error)}` });
  }
}

function memberOf(path: string): Member | undefined {
  const [, stem, pid] = /^(.+)\.([1-9]\d{0,6})$/.exec(path.replace(/\.(?:gz|zst)$/, "")) ?? [];
  return stem === undefined ? undefined : { stem, pid: Number(pid) };
}

/** Whether two files are of one set, by their names. */
export function isOneSet(path: string, other: string): boolean {
  const stem = memberOf(path)?.stem;
  return stem !== undefined && stem === memberOf(other)?.stem;
}

/** The names that logs go by: a set that `strace -ff -o STEM` wrote is `STEM.*`. */
export function logNames(paths: readonly string[]): string[] {
  return [...new Set(paths.map((path) => setOf(path, paths)?.name ?? basename(inputName(path))))];
}

/** The name of the set that a file is of, when several of it are there, and the process that it is about. */
export function setOf(
  path: string,
  paths: readonly string[],
): { readonly name: string; readonly pid: number } | undefined {
  const member = memberOf(path);
  const others = paths.some((other) => other !== path && isOneSet(other, path));
  return member && others ? { name: `${basename(member.stem)}.*`, pid: member.pid } : undefined;
}

/**
 * Tells the events of logs of any format, one log after the other, with a line of progress on a terminal. `see` must
 * not keep an event: the next is told in the same object. Throws a SeccatError "file", or "host" for a packed log that
 * nothing here unpacks.
 */
export async function readLogs(
  paths: readonly string[],
  native: AbiName,
  see: (event: StraceEvent) => void,
): Promise<void> {
  for (const [i, path] of paths.entries()) {
    const pid = setOf(path, paths)?.pid;
    const continues = pid !== undefined && isOneSet(path, paths[i + 1] ?? "");
    const reader = logReader({ native, ...(pid === undefined ? {} : { pid, continues }) });
    const progress = new Progress(`reading ${inputName(path)}`, sizeOf(path));
    try {
      let read = 0;
      const tell = (bytes: number) => {
        read += bytes;
      };
      for await (const piece of unpacked(blocksOf(path), inputName(path), tell)) {
        reader.read(piece, see);
        progress.add(piece.length, read);
      }
    } finally {
      progress.end();
    }
    for (const event of reader.end()) see(event);
  }
}
