import { closeSync, createReadStream, fstatSync, openSync, readSync, statSync } from "node:fs";
import { type Issue, type Place, SeccatError } from "../abi/error.ts";
import { decodeText } from "../formats/text.ts";
import { reasonOf } from "./output.ts";

/** The name under which messages speak of "-". */
export const STDIN = "(standard input)";

/** How messages call the input `path`. */
export function inputName(path: string): string {
  return path === "-" ? STDIN : path;
}

/** The most that is read of one policy, program or listing, far above any that makes sense. */
const MAX_INPUT = 64 << 20;

/** The bytes of a file, or of standard input for "-". Throws a SeccatError "file", or "limit" above 64 MiB. */
export function readInput(path: string): Uint8Array {
  try {
    const fd = path === "-" ? 0 : openSync(path, "r");
    try {
      return readAll(fd, path);
    } finally {
      if (fd !== 0) closeSync(fd);
    }
  } catch (error) {
    if (error instanceof SeccatError) throw error;
    throw new SeccatError({
      code: "file",
      message: `cannot read ${inputName(path)}: ${reasonOf(error)}`,
      ...(path.startsWith("pid:")
        ? { expected: "a file of that name; or, for a running process, pid:N or pid:N:I with its number" }
        : {}),
    });
  }
}

function readAll(fd: number, path: string): Uint8Array {
  const pieces: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    const piece = Buffer.allocUnsafe(1 << 16);
    const length = readSome(fd, piece);
    if (length === 0) return Buffer.concat(pieces);
    pieces.push(piece.subarray(0, length));
    total += length;
    if (total > MAX_INPUT)
      throw new SeccatError({
        code: "limit",
        message: "the input is too long",
        where: { file: inputName(path) },
        expected: "at most 64 MiB",
      });
  }
}

/** A read that waits where the descriptor is a pipe or terminal that somebody made non-blocking. */
function readSome(fd: number, piece: Uint8Array): number {
  for (;;) {
    try {
      return readSync(fd, piece);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

/**
 * The text of a file, without a byte order mark. Throws a SeccatError "file", or "syntax" when the bytes are
 * no UTF-8.
 */
export function readText(path: string): string {
  return decodeText(readInput(path), inputName(path));
}

/** As readText, for a file that another one names: there, `-` is a file of that name. */
export function readIncluded(path: string): string {
  return readText(path === "-" ? "./-" : path);
}

/**
 * As piecesOf, but each piece of a file is in the same memory: it must be done with before the next is asked for.
 * Reading a long file so takes less time, and no more memory than one piece.
 */
export async function* blocksOf(path: string): AsyncGenerator<Uint8Array> {
  if (path === "-" || statSync(path, { throwIfNoEntry: false })?.isFile() !== true) {
    yield* piecesOf(path);
    return;
  }
  try {
    const fd = openSync(path, "r");
    try {
      // Read by this thread, as what another has read is in the cache of another core.
      const block = Buffer.allocUnsafeSlow(BLOCK);
      for (let length = readSome(fd, block); length > 0; length = readSome(fd, block))
        yield block.subarray(0, length);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (error instanceof SeccatError) throw error;
    throw new SeccatError({ code: "file", message: `cannot read ${inputName(path)}: ${reasonOf(error)}` });
  }
}

const BLOCK = 1 << 18;
/** Node reads standard input in pieces of 64 KiB, and each has its price. */
const LARGE = { highWaterMark: BLOCK } as const;

/** To process.stdin a folder is an empty file. */
function standardInput(): NodeJS.ReadableStream {
  const stat = fstatSync(0);
  return stat.isFile() || stat.isDirectory()
    ? createReadStream("", { ...LARGE, fd: 0, autoClose: false })
    : process.stdin;
}

/** The bytes of a file, or of standard input for "-", as they come. Throws a SeccatError "file". */
export async function* piecesOf(path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of path === "-" ? standardInput() : createReadStream(path, LARGE)) {
      if (piece instanceof Uint8Array) yield piece;
    }
  } catch (error) {
    throw new SeccatError({ code: "file", message: `cannot read ${inputName(path)}: ${reasonOf(error)}` });
  }
}

/** What `work` returns; its SeccatErrors say the file where they say none. */
export function inFile<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SeccatError)) throw error;
    const [first, ...more] = error.issues.map((issue) => placed(issue, file));
    throw first ? new SeccatError(first, more) : error;
  }
}

/** `issue` with its file said. */
export function placed<T extends Issue>(issue: T, file: string): T & { readonly where: Place } {
  return { ...issue, where: { file, ...issue.where } };
}
