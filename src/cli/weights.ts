/** `--weights FILE`: how often calls occur, as JSON or as strace wrote it. */
import type { AbiName } from "../../arch/index.ts";
import { type Issue, SeccatError } from "../abi/error.ts";
import type { CallWeights } from "../compile/index.ts";
import { decodeText, readCounts } from "../formats/index.ts";
import { logReader, newCounter } from "../trace/index.ts";
import { inFile, inputName, piecesOf } from "./input.ts";
import { unpacked } from "./unpack.ts";

/** Counts of calls, and what was left out. */
export interface Weights {
  readonly weights: CallWeights;
  readonly warnings: readonly Issue[];
}

/** The longest JSON that is read, in bytes; logs have no limit. */
const MAX_JSON = 1 << 20;

/**
 * The counts that `path` holds; `native` is the ABI of the machine that was traced.
 * Throws a SeccatError for a file that cannot be read, or holds no counts or wrong ones.
 */
export async function readWeights(path: string, native: AbiName): Promise<Weights> {
  const file = inputName(path);
  const pieces = unpacked(piecesOf(path), file);
  const first = await pieces.next();
  const begin = first.done ? new Uint8Array() : first.value;
  // Behind white space and a byte order mark.
  if (begin.find((byte) => byte > 0x20 && ![0xef, 0xbb, 0xbf].includes(byte)) === 0x7b) {
    const text = decodeText(await joined(begin, pieces, file), file);
    return inFile(file, () => {
      const { counts, warnings } = readCounts(text, file);
      return { weights: counts, warnings };
    });
  }
  const [counter, reader] = [newCounter(native), logReader({ native })];
  const take = (piece: Uint8Array) => reader.read(piece, (event) => counter.see(event));
  take(begin);
  for await (const piece of pieces) take(piece);
  for (const event of reader.end()) counter.see(event);
  const { counts, warnings } = inFile(file, () => counter.finish());
  return {
    weights: counts,
    warnings: warnings.map((message) => ({ code: "trace", message, where: { file } })),
  };
}

async function joined(begin: Uint8Array, rest: AsyncIterable<Uint8Array>, file: string): Promise<Uint8Array> {
  const all = [begin];
  let length = begin.length;
  for await (const piece of rest) {
    all.push(piece);
    length += piece.length;
    if (length > MAX_JSON)
      throw new SeccatError({
        code: "limit",
        message: "the counts are too long",
        where: { file },
        expected: `at most ${MAX_JSON} bytes`,
      });
  }
  return Buffer.concat(all);
}
