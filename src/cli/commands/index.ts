/**
 * Every command in one table, light enough to print the help and the completions from: what a command does
 * is loaded when it is called.
 */
import type { Command } from "./command.ts";
import { compiling } from "./compiling.ts";
import { enforcing } from "./enforcing.ts";
import { judging } from "./judging.ts";
import { learning } from "./learning.ts";
import { shell } from "./shell.ts";

export type { Command, Option, Positional, Words } from "./command.ts";

/** The commands, in the order of the help. */
export const commands: readonly Command[] = Object.freeze([
  ...learning,
  ...compiling,
  ...judging,
  ...enforcing,
  ...shell,
]);
