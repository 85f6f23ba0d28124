import type { Args } from "../args.ts";

/** What a shell can offer for a value. */
export type Words = "file" | "arch" | "action" | "syscall" | "name" | readonly string[];

/** One option of a command. */
export interface Option {
  readonly describe: string;
  readonly alias?: string;
  /** The placeholder of its value; a switch has none. */
  readonly value?: string;
  readonly words?: Words;
  /** Whether it can be given several times. */
  readonly many?: boolean;
}

/** One positional argument of a command. */
export interface Positional {
  readonly name: string;
  readonly describe: string;
  readonly words?: Words;
  readonly optional?: boolean;
  /** Whether it takes all that follow. */
  readonly many?: boolean;
}

/** One command. */
export interface Command {
  readonly name: string;
  readonly describe: string;
  readonly positionals: readonly Positional[];
  readonly options: Readonly<Record<string, Option>>;
  /** Whether the words after `--` are a command to start. */
  readonly starts?: "always" | "sometimes";
  readonly examples: readonly (readonly [call: string, what: string])[];
  /** Does the work and says the exit code. */
  readonly run: (args: Args) => Promise<number>;
}
