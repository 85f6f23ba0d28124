/** The helps, made from the table of commands alone: nothing is loaded for them. */
import type { Command, Positional } from "./commands/index.ts";
import type { Style } from "./style.ts";
import { fold, lineWidth } from "./table.ts";

/** The help of seccat itself. */
export function overview(commands: readonly Command[], version: string, style: Style): string {
  const rows = commands.map(({ name, describe }): Row => [name, describe]);
  return `${[
    `${style.bold("seccat")} ${version}: learn, compile, test, explain and enforce seccomp filters`,
    "",
    `${style.bold("Usage:")} seccat COMMAND [ARGUMENTS]`,
    "",
    ...columns(rows, style),
    "",
    "  seccat COMMAND --help  tells its arguments; --version the version.",
    "",
    `${style.bold("Exit codes:")} 0 yes; 1 no (a denial, a difference, a failed test);`,
    "  2 wrong input or call; 3 this host cannot, or a proof did not come to an end.",
    "  run and supervise exit as their command does, 125 if they cannot enforce.",
  ].join("\n")}\n`;
}

/** The help of one command. */
export function helpOf(command: Command, style: Style): string {
  const { positionals, options, describe, examples } = command;
  const places = positionals.map(({ name, describe: what }): Row => [name.toUpperCase(), what]);
  const switches = Object.entries(options).map(([name, option]): Row => {
    const short = option.alias === undefined ? "    " : `-${option.alias}, `;
    return [`${short}--${name}${option.value === undefined ? "" : ` ${option.value}`}`, option.describe];
  });
  switches.push(["-h, --help", "show this help"]);
  const parts = [
    `${style.bold("Usage:")} ${usageLine(command)}`,
    "",
    `${describe.charAt(0).toUpperCase()}${describe.slice(1)}.`,
    ...(places.length > 0 ? ["", style.bold("Arguments:"), ...columns(places, style)] : []),
    "",
    style.bold("Options:"),
    ...columns(switches, style),
    ...(examples.length > 0 ? ["", style.bold("Examples:")] : []),
    ...examples.flatMap(([call, what]) => [`  ${call}`, `      ${style.dim(what)}`]),
  ];
  return `${parts.join("\n")}\n`;
}

/** `seccat emulate FILTER CALL [ARGS…] [OPTIONS]`. */
export function usageLine({ name, positionals, starts }: Command): string {
  const after = starts === undefined ? [] : [starts === "always" ? "-- CMD [ARG…]" : "[-- CMD [ARG…]]"];
  return ["seccat", name, ...positionals.map(spelling), "[OPTIONS]", ...after].join(" ");
}

function spelling({ name, optional, many }: Positional): string {
  const word = `${name.toUpperCase()}${many ? "…" : ""}`;
  return optional ? `[${word}]` : word;
}

type Row = readonly [name: string, text: string];

/** Two columns, the second one folded. */
function columns(rows: readonly Row[], style: Style): string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  const room = Math.max(20, Math.min(80, lineWidth()) - width - 4);
  return rows.map(([name, text]) => {
    const lines = fold(text, room).join(`\n${" ".repeat(width + 4)}`);
    return `  ${style.cyan(name)}${" ".repeat(width - name.length)}  ${lines}`;
  });
}
