/** What unpacks: Node gzip, and zstd from 22.15 on, else its command. Loaded only for what is packed. */
import { spawn } from "node:child_process";
import { Duplex, pipeline, Readable } from "node:stream";
import * as zlib from "node:zlib";
import { SeccatError } from "../abi/error.ts";
import { findCommand } from "../trace/command.ts";
import { reasonOf } from "./output.ts";

const PIECE = 1 << 18;

/** The bytes of `packed`, unpacked; `name` is for messages. Throws a SeccatError as unpacked does. */
export async function* through(
  packed: AsyncIterable<Uint8Array>,
  packing: "gzip" | "zstd",
  name: string,
): AsyncGenerator<Uint8Array> {
  const unpack = packing === "gzip" ? zlib.createGunzip({ chunkSize: PIECE }) : unzstd();
  const source = Readable.from(packed, { objectMode: true, highWaterMark: 1 });
  // Its errors come out of the iteration below.
  pipeline(source, unpack, () => undefined);
  try {
    for await (const piece of unpack) if (piece instanceof Uint8Array) yield piece;
  } catch (error) {
    if (error instanceof SeccatError) throw error;
    const cut = error instanceof Error && "code" in error && error.code === "Z_BUF_ERROR";
    const reason = cut ? "it ends too early" : reasonOf(error);
    throw new SeccatError({ code: "file", message: `cannot unpack ${name}: ${reason}` });
  } finally {
    unpack.destroy();
  }
}

function unzstd(): Duplex {
  const make: unknown = Reflect.get(zlib, "createZstdDecompress");
  const made: unknown =
    typeof make === "function" ? Reflect.apply(make, zlib, [{ chunkSize: PIECE }]) : undefined;
  return made instanceof Duplex ? made : zstdCommand();
}

function zstdPath(): string {
  try {
    return findCommand("zstd");
  } catch (error) {
    if (!(error instanceof SeccatError)) throw error;
    const message = "this Node cannot unpack zstd, and there is no zstd command";
    throw new SeccatError({ code: "host", message, fix: "install zstd, or take Node 22.15 or later" });
  }
}

/** The installed `zstd` as a stream. */
function zstdCommand(): Duplex {
  const child = spawn(zstdPath(), ["-dcq"], { stdio: "pipe" });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = `${said}${text}`.slice(0, 1000);
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(said.trim() || `zstd ended with ${code}`));
    });
  });
  ended.catch(() => undefined);
  child.stdin.on("error", () => undefined);
  const unpack = Duplex.from({
    readable: (async function* () {
      try {
        yield* child.stdout;
        await ended;
      } finally {
        child.kill();
      }
    })(),
    writable: child.stdin,
  });
  return unpack;
}
