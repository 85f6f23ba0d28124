import { readFileSync } from "node:fs";
import { type Issue, type Place, SeccatError } from "../abi/error.ts";
import { decodeText } from "../formats/text.ts";
import { reasonOf } from "./output.ts";

/** The name under which messages speak of "-". */
export const STDIN = "(standard input)";

/** How messages call the input `path`. */
export function inputName(path: string): string {
  return path === "-" ? STDIN : path;
}

/** The bytes of a file, or of standard input for "-". Throws a SeccatError "file". */
export function readInput(path: string): Uint8Array {
  try {
    return readFileSync(path === "-" ? 0 : path);
  } catch (error) {
    throw new SeccatError({
      code: "file",
      message: `cannot read ${inputName(path)}: ${reasonOf(error)}`,
    });
  }
}

/**
 * The text of a file, without a byte order mark. Throws a SeccatError "file", or "syntax" when the bytes are
 * no UTF-8.
 */
export function readText(path: string): string {
  return decodeText(readInput(path), inputName(path));
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
