/** Plain words taken apart without yargs, whose parser takes longer to load than most commands take to do their work. */
import type { Command } from "./commands/index.ts";

/**
 * What yargs would make of words that are options by their whole name or alias, each with its value as the next word, and
 * of words between them that begin with no dash. Undefined for all else, which is for yargs to read: `--name=value`, several
 * short options in one word, switches given twice or told whether they are on, values that are missing or begin with a dash.
 */
export function plainWords(
  { options }: Pick<Command, "options">,
  words: readonly string[],
): Record<string, unknown> | undefined {
  const all = Object.entries(options);
  const given = new Map<string, true | string | string[]>();
  const others: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    if (!word.startsWith("-")) {
      others.push(word);
      continue;
    }
    const found = all.find(
      ([name, { alias }]) => word === `--${name}` || (alias !== undefined && word === `-${alias}`),
    );
    if (!found) return undefined;
    const [name, { value }] = found;
    const before = given.get(name);
    if (value === undefined) {
      if (before !== undefined || /^(true|false)$/.test(words[i + 1] ?? "")) return undefined;
      given.set(name, true);
      continue;
    }
    const next = words[++i];
    if (next === undefined || next.startsWith("-") || before === true) return undefined;
    given.set(name, before === undefined ? next : [before, next].flat());
  }
  return { _: others, ...Object.fromEntries(given) };
}
