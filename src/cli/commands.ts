/**
 * Every command in one table, light enough to print the help and the completions from: what a command does
 * is loaded when it is called.
 */
import type { Args } from "./args.ts";

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
  readonly starts?: boolean;
  readonly examples: readonly (readonly [call: string, what: string])[];
  /** Does the work and says the exit code. */
  readonly run: (args: Args) => Promise<number>;
}

const json: Option = { describe: "print JSON" };
const output: Option = { describe: "where to write; - is stdout", alias: "o", value: "FILE", words: "file" };
const filterArches: Option = {
  describe: "the arches meant, such as x86_64,aarch64",
  value: "LIST",
  words: "arch",
};

/** The commands, in the order of the help. */
export const commands: readonly Command[] = Object.freeze<Command[]>([
  {
    name: "asm",
    describe: "assemble a listing",
    positionals: [{ name: "file", describe: "the listing; - is stdin", words: "file" }],
    options: {
      output,
      endian: { describe: "byte order when the listing says none", value: "ORDER", words: ["little", "big"] },
      json,
    },
    examples: [["seccat asm p.asm -o p.bpf", "the way back from disasm"]],
    run: async (args) => (await import("./asm.ts")).asm(args),
  },
  {
    name: "resolve",
    describe: "look up a syscall, a number, a group, a constant or an errno",
    positionals: [
      {
        name: "name",
        describe: "a syscall's name or number, @group, constant or errno",
        words: "name",
      },
    ],
    options: { arch: { ...filterArches, describe: "only these arches" }, json },
    examples: [["seccat resolve openat", "its number on every arch"]],
    run: async (args) => (await import("./resolve.ts")).resolveCommand(args),
  },
]);
