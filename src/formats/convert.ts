/** One notation of a policy to another. */
import { type Issue, throwIssues } from "../abi/error.ts";
import { readFile } from "./file.ts";
import { isOciText, type ReadOptions, readPolicy, readTree } from "./policy.ts";
import { Reading } from "./reading.ts";
import { type Notation, writeFile, writePolicy } from "./write.ts";

/**
 * `text` in another notation. A policy file keeps its includes, `native` and its conditions' words; comments
 * are lost. A container profile becomes the policy that it means.
 * Throws a SeccatError with every problem of the text.
 */
export function convertPolicy(
  text: string,
  to: Notation,
  options: ReadOptions = {},
): { readonly text: string; readonly warnings: readonly Issue[] } {
  const tree = readTree(text, options.file, options.format);
  if (isOciText(tree, options)) {
    const { policy, warnings } = readPolicy(text, options);
    return { text: writePolicy(policy, to), warnings };
  }
  const reading = new Reading();
  const file = readFile(reading, tree);
  throwIssues(reading.issues);
  return { text: file ? writeFile(file, to) : "", warnings: reading.warnings };
}
