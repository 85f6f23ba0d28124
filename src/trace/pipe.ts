import { execFile } from "node:child_process";
import { closeSync, constants, createReadStream, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { SeccatError } from "../abi/error.ts";

const run = promisify(execFile);

/** A named pipe in a folder of its own, open for reading. */
export interface NamedPipe {
  readonly path: string;
  /** What is written to it: it ends when its last writer closes it, but not before `release`. Once. */
  read(): AsyncIterable<Uint8Array>;
  /** Says that no further writer will come. */
  release(): void;
  /** Closes what is not being read, and removes it. */
  close(): void;
}

/** Makes a named pipe. Throws SeccatError "host" when this machine cannot. */
export async function makePipe(): Promise<NamedPipe> {
  let folder: string | undefined;
  try {
    folder = mkdtempSync(join(tmpdir(), "seccat-"));
    const path = join(folder, "trace");
    await run("mkfifo", ["-m", "600", path]);
    return openPipe(folder, path);
  } catch (error) {
    if (folder !== undefined) remove(folder);
    const received = error instanceof Error ? error.message.trim() : String(error);
    throw new SeccatError({ code: "host", message: `no named pipe can be made in ${tmpdir()}`, received });
  }
}

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

function openPipe(folder: string, path: string): NamedPipe {
  // A writer of our own (Linux opens both ways without waiting): no open waits for the other side, and there
  // is no end before we close it, whether strace comes late, early or never.
  let writer: number | undefined = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  let reader: number | undefined = openSync(path, constants.O_RDONLY);
  const release = () => {
    if (writer !== undefined) closeSync(writer);
    writer = undefined;
  };
  return {
    path,
    release,
    async *read() {
      if (reader === undefined) return;
      // The stream closes it.
      const stream = createReadStream("", { fd: reader, highWaterMark: 65536 });
      reader = undefined;
      for await (const piece of stream) yield piece;
    },
    close() {
      release();
      if (reader !== undefined) closeSync(reader);
      reader = undefined;
      remove(folder);
    },
  };
}
