import type { Command } from "./commands.ts";
import type { Style } from "./style.ts";

/** The help of seccat itself. */
export function overview(commands: readonly Command[], version: string, style: Style): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const rows = commands.map(({ name, describe }) => `  ${style.cyan(name.padEnd(width))}  ${describe}`);
  return `${[
    `${style.bold("seccat")} ${version}: learn, compile, test, explain and enforce seccomp filters`,
    "",
    `${style.bold("Usage:")} seccat COMMAND [ARGUMENTS]`,
    "",
    ...rows,
    "",
    "  seccat COMMAND --help  tells its arguments; --version the version.",
    "",
    `${style.bold("Exit codes:")} 0 yes; 1 no (a denial, a failed test); 2 wrong input or call;`,
    "  3 this host cannot. run exits as its command does, 125 if it cannot enforce.",
  ].join("\n")}\n`;
}
