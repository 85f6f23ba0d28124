/** A text with its places: every offset has a line and a column, and nothing is echoed raw to a terminal. */
import { type Place, SeccatError } from "../abi/error.ts";
import { wrongValue } from "../abi/fields.ts";

/** The longest text that is read as a policy, in UTF-16 code units: far above any policy, far below trouble. */
export const MAX_TEXT = 1 << 20;

/** A text to read, without its byte order mark. */
export interface Source {
  readonly text: string;
  readonly file?: string;
  /** The place of a 0-based offset into `text`. */
  readonly placeAt: (offset: number) => Place;
}

/** `text` ready for reading; throws a SeccatError "limit" when it is longer than MAX_TEXT. */
export function sourceOf(text: string, file?: string): Source {
  if (typeof text !== "string") throw wrongValue("this is no text to read", "a text", text);
  const named = file === undefined ? {} : { file };
  const plain = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  if (plain.length > MAX_TEXT)
    throw new SeccatError({
      code: "limit",
      message: "the text is too long for a policy",
      where: named,
      expected: `at most ${MAX_TEXT} characters`,
      received: `${plain.length} characters`,
    });
  const starts = lineStarts(plain);
  const placeAt = (offset: number): Place => {
    const line = lineOf(starts, offset);
    return { ...named, line: line + 1, column: offset - (starts[line] ?? 0) + 1 };
  };
  return { text: plain, ...named, placeAt };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** The index of the last start that is not after `offset`. */
function lineOf(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * The text of a file's bytes, which must be UTF-8 (a byte order mark is dropped).
 * Throws a SeccatError "syntax" that says what the bytes look like instead.
 */
export function decodeText(bytes: Uint8Array, file?: string): string {
  const fail = (received: string) =>
    new SeccatError({
      code: "syntax",
      message: "the file is no text in UTF-8",
      ...(file === undefined ? {} : { where: { file } }),
      expected: "UTF-8",
      received,
    });
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) throw fail("UTF-16");
  if (bytes.includes(0)) throw fail("binary data (it holds zero bytes)");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw fail("bytes that are no UTF-8");
  }
}

/** `text` as a message shows it: on one line, control characters escaped, cut after `most` characters. */
export function show(text: string, most = 60): string {
  const cut = text.length > most ? `${text.slice(0, most)}...` : text;
  return cut.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (char) => {
    const code = char.codePointAt(0) ?? 0;
    return code === 10 ? "\\n" : code === 9 ? "\\t" : `\\u{${code.toString(16)}}`;
  });
}
