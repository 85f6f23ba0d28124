import { execFile } from "node:child_process";
import { closeSync, constants, createReadStream, openSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { SeccatError } from "../abi/error.ts";

const run = promisify(execFile);

/** A named pipe in a folder of its own. */
export interface NamedPipe {
  readonly path: string;
  /** What is written to it, until its last writer closes it; the name is gone as soon as one has opened it. */
  read(): AsyncIterable<Uint8Array>;
  /** Ends a read for which no writer has come. Call it when none will. */
  release(): void;
  /** Removes the name, if it is still there. */
  remove(): Promise<void>;
}

/** Makes a named pipe. Throws SeccatError "host" when this machine cannot. */
export async function makePipe(): Promise<NamedPipe> {
  let folder: string | undefined;
  try {
    folder = await mkdtemp(join(tmpdir(), "seccat-"));
    const path = join(folder, "trace");
    await run("mkfifo", ["-m", "600", path]);
    return pipeAt(folder, path);
  } catch (error) {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    const received = error instanceof Error ? error.message.trim() : String(error);
    throw new SeccatError({ code: "host", message: `no named pipe can be made in ${tmpdir()}`, received });
  }
}

function pipeAt(folder: string, path: string): NamedPipe {
  const remove = () => rm(folder, { recursive: true, force: true });
  let opened = false;
  return {
    path,
    remove,
    async *read() {
      // Opening waits, in a thread of its own, for the writer.
      const stream = createReadStream(path, { highWaterMark: 65536 });
      stream.once("open", () => {
        opened = true;
        remove().catch(() => undefined);
      });
      for await (const piece of stream) yield piece;
    },
    release() {
      if (opened) return;
      try {
        closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
      } catch {
        // ENXIO or ENOENT: nobody waits.
      }
    },
  };
}
