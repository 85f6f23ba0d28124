import { chmodSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** A private directory with a launcher and its status file. */
export interface Place {
  readonly directory: string;
  readonly launcher: string;
  /** Descriptor of the status file, here, for reading and writing. */
  readonly status: number;
}

/** Directories to try in turn: the next where one cannot be written to, or where nothing can be executed (noexec). */
export function candidates(env: Readonly<Record<string, string | undefined>> = process.env): string[] {
  const home = homedir();
  const all = [tmpdir(), "/dev/shm", env.XDG_RUNTIME_DIR, env.XDG_CACHE_HOME, home && join(home, ".cache")];
  return [...new Set(all.flatMap((directory) => (directory ? whole(directory) : [])))];
}

/** A directory by its whole name, since the command may begin elsewhere; none when what it is relative to was deleted. */
function whole(directory: string): string[] {
  try {
    return [resolve(directory)];
  } catch {
    return [];
  }
}

/** Writes `launcher` and an empty status file of `statusSize` bytes into a new directory, for this user only (0700). */
export function makePlace(base: string, launcher: Uint8Array, statusSize: number): Place {
  const directory = mkdtempSync(join(base, "seccat-"));
  try {
    const file = join(directory, "launcher");
    const statusFile = join(directory, "status");
    // chmod, because the umask may take these bits away
    chmodSync(directory, 0o700);
    writeFileSync(file, launcher, { mode: 0o700, flag: "wx" });
    chmodSync(file, 0o700);
    writeFileSync(statusFile, new Uint8Array(statusSize), { mode: 0o600, flag: "wx" });
    chmodSync(statusFile, 0o600);
    return { directory, launcher: file, status: openSync(statusFile, "r+") };
  } catch (error) {
    removePlace(directory);
    throw error;
  }
}

/** Removes the directory; the status file's descriptor and a running launcher stay good. */
export function removePlace(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}
