import { existsSync } from "node:fs";
import type { SeccatError } from "../abi/error.ts";
import { didYouMean } from "../abi/nearest.ts";
import { Args, usage } from "./args.ts";
import type { Command } from "./commands/index.ts";
import { usageLine } from "./help.ts";
import { plainWords } from "./plain.ts";

/** The arguments that `words` give to `command`. Throws a SeccatError "usage" with the nearest option's name. */
export async function parse(command: Command, words: readonly string[]): Promise<Args> {
  const dashes = command.starts === undefined ? -1 : words.indexOf("--");
  const own = dashes < 0 ? words : words.slice(0, dashes);
  const started = dashes < 0 ? [] : words.slice(dashes + 1);
  checkOptions(command, own);
  const parsed = plainWords(command, own) ?? (await parseWords(command, own));
  const values = withPositionals(command, parsed);
  checkChoices(command, values);
  return new Args(values, started);
}

const configuration = {
  "parse-numbers": false,
  "parse-positional-numbers": false,
  "dot-notation": false,
  "boolean-negation": false,
  "camel-case-expansion": false,
  "duplicate-arguments-array": true,
  "greedy-arrays": false,
  // -0x1 is an argument, not five switches; misspelt options are caught before.
  "unknown-options-as-args": true,
};

/** The words taken apart by the parser of yargs. Throws a SeccatError "usage" for an option without its value. */
export async function parseWords(
  { options }: Pick<Command, "options">,
  words: readonly string[],
): Promise<Record<string, unknown>> {
  const { Parser: parser } = await import("yargs/helpers");
  const all = Object.entries(options);
  const valued = all.flatMap(([name, { value }]) => (value === undefined ? [] : [name]));
  const { argv, error } = parser.detailed([...words], {
    configuration,
    string: valued,
    narg: Object.fromEntries(valued.map((name) => [name, 1])),
    boolean: all.flatMap(([name, { value }]) => (value === undefined ? [name] : [])),
    alias: Object.fromEntries(
      all.flatMap(([name, { alias }]) => (alias === undefined ? [] : [[name, [alias]]])),
    ),
  });
  if (error) throw refusal(error.message);
  return argv;
}

function refusal(message: string): SeccatError {
  const missing = /^Not enough arguments following: (.*)/.exec(message)?.[1];
  return usage(
    missing === undefined ? message : `${missing.length > 1 ? "--" : "-"}${missing} needs a value`,
  );
}

/** Refuses options that the command has not, before yargs would take them for switches. */
function checkOptions(command: Command, words: readonly string[]): void {
  const longs = [...Object.keys(command.options), "help"];
  const shorts = Object.values(command.options).flatMap(({ alias }) => alias ?? []);
  let valued = false;
  for (const word of words) {
    if (word === "--") return;
    if (!/^--?[A-Za-z]/.test(word)) {
      if (command.starts !== undefined && !valued) throw startless(command, word);
      valued = false;
      continue;
    }
    valued = takesValue(command, word);
    const name = /^--([^=]*)/.exec(word)?.[1];
    const option =
      name !== undefined && Object.hasOwn(command.options, name) ? command.options[name] : undefined;
    if (option && option.value === undefined && word.includes("="))
      throw usage(`--${name} takes no value`, { received: word, fix: `write --${name}, or leave it out` });
    if (name !== undefined ? longs.includes(name) : shorts.includes(word.charAt(1))) continue;
    const near =
      name === undefined
        ? undefined
        : didYouMean(
            `--${name}`,
            longs.map((long) => `--${long}`),
          );
    throw usage(
      `seccat ${command.name} has no option ${name === undefined ? word.slice(0, 2) : `--${name}`}`,
      {
        fix: near ?? `seccat ${command.name} --help lists its options`,
      },
    );
  }
}

/** Whether a value follows this option as a word of its own. */
function takesValue({ options }: Command, word: string): boolean {
  const option = Object.entries(options).find(
    ([name, { alias }]) => word === `--${name}` || (alias !== undefined && word === `-${alias}`),
  );
  return option?.[1].value !== undefined;
}

function startless(command: Command, word: string): Error {
  // A shell makes several words of a pattern.
  const several =
    existsSync(word) && Object.values(command.options).some(({ many, words }) => many && words === "file");
  return usage(`${word} stands where an option should`, {
    expected: usageLine(command),
    fix: several
      ? "put -- before the command to start, or quotes around a pattern of files: 'trace.*'"
      : "put -- before the command to start",
  });
}

/** Refuses values that are not among those of an option or positional that has a list of them. */
function checkChoices(command: Command, values: Readonly<Record<string, unknown>>): void {
  const places = command.positionals.map(({ name, words }) => ({ name, shown: name.toUpperCase(), words }));
  const options = Object.entries(command.options).map(([name, { words }]) => ({
    name,
    shown: `--${name}`,
    words,
  }));
  for (const { name, shown, words } of [...places, ...options]) {
    const value = values[name];
    if (
      typeof words === "string" ||
      words === undefined ||
      typeof value !== "string" ||
      words.includes(value)
    )
      continue;
    const fix = didYouMean(value, words);
    throw usage(`${shown} cannot be ${value}`, {
      expected: words.join(", "),
      received: value,
      ...(fix === undefined ? {} : { fix }),
    });
  }
}

/** yargs' leftover words under the names of the command's positionals. */
function withPositionals(command: Command, parsed: Record<string, unknown>): Record<string, unknown> {
  const words: readonly unknown[] = Array.isArray(parsed._) ? parsed._ : [];
  const values: Record<string, unknown> = { ...parsed };
  let next = 0;
  for (const { name, optional, many } of command.positionals) {
    const rest = words.slice(next);
    if (rest.length === 0 && !optional)
      throw usage(`${name.toUpperCase()} is missing`, { expected: usageLine(command) });
    if (many) values[name] = rest.map(String);
    else if (rest.length > 0) values[name] = String(rest[0]);
    next += many ? rest.length : 1;
  }
  if (words.length > next) {
    const extra = String(words[next]);
    throw usage(`seccat ${command.name} takes no further argument ${extra}`, {
      expected: usageLine(command),
    });
  }
  return values;
}
