import {
  chmodSync,
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  rmSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { SeccatError } from "../abi/error.ts";

/** A private directory with a launcher, and a status file that has no name. */
export interface Place {
  readonly directory: string;
  readonly launcher: string;
  /** Descriptor of the status file, here, for reading and writing. */
  readonly status: number;
}

/** Directories to try in turn: the next where one cannot be written to, or where nothing can be executed (noexec). */
export function candidates(env: Readonly<Record<string, string | undefined>> = process.env): string[] {
  const home = homedir();
  const all = [tmpdir(), MEMORY, env.XDG_RUNTIME_DIR, env.XDG_CACHE_HOME, home && join(home, ".cache")];
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
  const directory = mkdtempSync(join(resolve(base), "seccat-"));
  try {
    const file = join(directory, "launcher");
    // chmod, because the umask may take these bits away
    chmodSync(directory, 0o700);
    writeFileSync(file, launcher, { mode: 0o700, flag: "wx" });
    chmodSync(file, 0o700);
    const status = openNameless(join(directory, "status"));
    ftruncateSync(status, statusSize);
    return { directory, launcher: file, status };
  } catch (error) {
    removePlace(directory);
    throw error;
  }
}

/** Removes the directory; the status file's descriptor and a running launcher stay good. */
export function removePlace(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}

/** A file system in memory. */
const MEMORY = "/dev/shm";

/**
 * A descriptor of a file without a name that holds `bytes`, to be read from its beginning. It is in memory, so that an
 * environment's secrets never come near a disk; undefined where there is no such file system, or no room in it.
 */
export function memoryFile(bytes: Uint8Array): number | undefined {
  let fd: number | undefined;
  try {
    fd = openNameless(join(MEMORY, `seccat-${process.pid}-${process.hrtime.bigint()}`));
    // At a position of its own, because the descriptor's is the reader's too.
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, done);
    return fd;
  } catch {
    if (fd !== undefined) closeSync(fd);
    return undefined;
  }
}

/**
 * A descriptor of a file without a name, of `size` zero bytes, for reading and writing, from the first directory that takes
 * one. Throws SeccatError "enforce" when none does.
 */
export function emptyFile(size: number): number {
  const tried: string[] = [];
  for (const directory of [MEMORY, ...candidates()])
    try {
      const fd = openNameless(join(directory, `seccat-${process.pid}-${process.hrtime.bigint()}`));
      ftruncateSync(fd, size);
      return fd;
    } catch (error) {
      tried.push(error instanceof Error ? error.message : String(error));
    }
  throw new SeccatError({
    code: "enforce",
    message: "there is no directory for a file that tells how far a launcher came",
    received: tried.join("; "),
    fix: "set TMPDIR to a directory where files can be written",
  });
}

/** A new file for reading and writing, which loses its name before there is anything in it. */
function openNameless(path: string): number {
  const fd = openSync(path, "wx+", 0o600);
  unlinkSync(path);
  return fd;
}
