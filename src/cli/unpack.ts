/** Packed input, known by its first bytes, as it comes: gzip by Node, zstd by Node from 22.15 on, else by its command. */
import { spawn } from "node:child_process";
import { Duplex, pipeline, Readable } from "node:stream";
import * as zlib from "node:zlib";
import { SeccatError } from "../abi/error.ts";
import { findCommand } from "../trace/command.ts";
import { reasonOf } from "./output.ts";

const PIECE = 1 << 18;

interface Packing {
  readonly magic: readonly number[];
  readonly unpack: () => Duplex;
}

/** Those that nothing here unpacks, by the command that does. */
const others: readonly { readonly magic: readonly number[]; readonly command: string }[] = [
  { magic: [0xfd, 0x37, 0x7a, 0x58], command: "xz" },
  { magic: [0x42, 0x5a, 0x68], command: "bzip2" },
  { magic: [0x50, 0x4b, 0x03, 0x04], command: "unzip" },
];

const packings: readonly Packing[] = [
  { magic: [0x1f, 0x8b], unpack: () => zlib.createGunzip({ chunkSize: PIECE }) },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], unpack: unzstd },
];

/**
 * The bytes of `pieces`, unpacked where they are packed; `name` is for messages, `tell` gets how many packed bytes were
 * read. Throws a SeccatError "file" when what is packed is damaged, cut off or packed in another way, "host" when nothing
 * here unpacks it.
 */
export async function* unpacked(
  pieces: AsyncIterable<Uint8Array>,
  name: string,
  tell: (bytes: number) => void = () => undefined,
): AsyncGenerator<Uint8Array> {
  const source = counted(pieces, tell);
  let begin: Uint8Array = new Uint8Array(0);
  let next = await source.next();
  // What is kept is copied: the next piece may come in the same memory.
  for (; next.done !== true && begin.length + next.value.length < 4; next = await source.next())
    begin = Buffer.concat([begin, next.value]);
  if (next.done !== true && begin.length > 0) next.value = Buffer.concat([begin, next.value]);
  else if (next.done === true && begin.length > 0) {
    yield begin;
    return;
  }
  if (next.done === true) return;
  const first = next.value;
  const begins = ({ magic }: { readonly magic: readonly number[] }) =>
    magic.every((byte, i) => first[i] === byte);
  const other = others.find(begins);
  if (other) throw notUnpacked(name, other.command);
  const packing = packings.find(begins);
  if (packing) {
    yield* through(copied(first, source), packing.unpack(), name);
    return;
  }
  yield first;
  yield* source;
}

function notUnpacked(name: string, command: string): SeccatError {
  const unpack = command === "unzip" ? "unzip -p" : `${command} -dc`;
  return new SeccatError({
    code: "file",
    message: `${name} is packed by ${command === "unzip" ? "zip" : command}, and only gzip and zstd are unpacked here`,
    fix: `${unpack} FILE | seccat … -`,
  });
}

async function* counted(
  pieces: AsyncIterable<Uint8Array>,
  tell: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    tell(piece.length);
    yield piece;
  }
}

async function* copied(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield Buffer.from(first);
  for await (const piece of rest) yield Buffer.from(piece);
}

async function* through(
  packed: AsyncIterable<Uint8Array>,
  unpack: Duplex,
  name: string,
): AsyncGenerator<Uint8Array> {
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
      else if (said.includes("premature")) reject(new Error("it ends too early"));
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
