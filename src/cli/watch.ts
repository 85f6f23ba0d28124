/**
 * Runs again whenever a file that was read has changed. What is watched are the folders of these files, so that a
 * file that an editor replaces, or that is not there yet, is seen too; whether one changed is told by its own state
 * before it was read, so that nothing that happens while a run is going on is missed.
 */
import { existsSync, type FSWatcher, statSync, watch } from "node:fs";
import { dirname, resolve } from "node:path";
import { SeccatError } from "../abi/error.ts";
import { errStyle, print, printIssue, say } from "./output.ts";

/** As shells say it: 128 and SIGINT. */
const INTERRUPTED = 130;
/** An editor may write a file in several steps; what follows within so many milliseconds is one change. */
const SETTLE_MS = 40;

/** What a file was like before it was read, by path. */
type States = ReadonlyMap<string, string>;

/** Calls `run`, which tells the files that it reads, again and again until Ctrl-C; 130. */
export async function watchFiles(run: (onRead: (path: string) => void) => number): Promise<number> {
  const interrupted = new AbortController();
  const end = () => interrupted.abort();
  process.once("SIGINT", end);
  try {
    while (!interrupted.signal.aborted) {
      const states = new Map<string, string>();
      clear();
      runOrTell(() => run((path) => states.set(resolve(path), states.get(resolve(path)) ?? stateOf(path))));
      const files = states.size === 1 ? "1 file" : `${states.size} files`;
      await changed(states, interrupted.signal, () => say(errStyle().dim(`watching ${files}; Ctrl-C ends`)));
    }
  } finally {
    process.off("SIGINT", end);
  }
  return INTERRUPTED;
}

/** What is on the screen goes, what was scrolled away stays; nothing of it where no terminal looks. */
function clear(): void {
  if (process.stdout.isTTY && process.env.TERM !== "dumb") print("\x1b[2J\x1b[H");
}

/** A file that is half written is told of, and waited for. */
function runOrTell(run: () => number): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof SeccatError)) throw error;
    for (const issue of error.issues) printIssue(issue);
  }
}

/** Resolves when a file is not as `states` says, or `signal` comes; calls `ready` once nothing can be missed. */
function changed(states: States, signal: AbortSignal, ready: () => void): Promise<void> {
  return new Promise((done) => {
    let timer: NodeJS.Timeout | undefined;
    const watchers: FSWatcher[] = [];
    const finish = () => {
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
      signal.removeEventListener("abort", finish);
      done();
    };
    const look = () => {
      if (![...states].some(([path, state]) => stateOf(path) !== state)) return;
      clearTimeout(timer);
      timer = setTimeout(finish, SETTLE_MS);
    };
    signal.addEventListener("abort", finish);
    for (const folder of new Set([...states.keys()].map(folderOf)))
      watchers.push(watch(folder, look).on("error", look));
    ready();
    look();
    if (signal.aborted) finish();
  });
}

/** The nearest folder that exists. */
function folderOf(path: string): string {
  const folder = dirname(path);
  return existsSync(folder) || folder === path ? folder : folderOf(folder);
}

function stateOf(path: string): string {
  try {
    const { ino, size, mtimeNs } = statSync(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs}`;
  } catch {
    return "missing";
  }
}
