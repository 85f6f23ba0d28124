/** The command line: finds the command, has its arguments read, turns every failure into words and a code. */
import { readFileSync } from "node:fs";
import type { ErrorCode } from "../abi/error.ts";
import { SeccatError } from "../abi/error.ts";
import { didYouMean } from "../abi/nearest.ts";
import { usage } from "./args.ts";
import { commands } from "./commands/index.ts";
import { helpOf, overview } from "./help.ts";
import { Exit, outStyle, print, printIssue, say } from "./output.ts";

/** Runs `seccat` with these arguments; the exit code. Never throws. */
export async function main(argv: readonly string[]): Promise<number> {
  const enforcing = argv[0] === "run" || argv[0] === "supervise" ? 125 : undefined;
  process.on("uncaughtException", (error) => process.exit(report(error, enforcing)));
  try {
    return await dispatch(argv);
  } catch (error) {
    return report(error, enforcing);
  }
}

async function dispatch(argv: readonly string[]): Promise<number> {
  const [first, ...rest] = argv;
  if (first === undefined) {
    print(overview(commands, await version(), outStyle()));
    return Exit.input;
  }
  if (first === "--help" || first === "-h" || (first === "help" && rest.length === 0)) {
    print(overview(commands, await version(), outStyle()));
    return Exit.yes;
  }
  if (first === "--version" || first === "-V") {
    print(`${await version()}\n`);
    return Exit.yes;
  }
  if (first === "help") return dispatch([...rest, "--help"]);
  const command = commands.find(({ name }) => name === first);
  if (command) {
    if (asksForHelp(rest)) {
      print(helpOf(command, outStyle()));
      return Exit.yes;
    }
    const { parse } = await import("./parse.ts");
    return command.run(await parse(command, rest));
  }
  if (first.startsWith("-"))
    throw usage(`unknown option ${first}`, {
      fix: didYouMean(first, ["--help", "--version"]) ?? "seccat --help",
    });
  const fix = didYouMean(
    first,
    commands.map(({ name }) => name),
  );
  throw usage(`unknown command ${first}`, { fix: fix ?? "seccat --help lists the commands" });
}

function asksForHelp(words: readonly string[]): boolean {
  const dashes = words.indexOf("--");
  const own = dashes < 0 ? words : words.slice(0, dashes);
  return own.includes("--help") || own.includes("-h");
}

/** Says what went wrong; the exit code of it. */
function report(error: unknown, enforcing: number | undefined): number {
  if (error instanceof SeccatError) {
    for (const issue of error.issues) printIssue(issue);
    return enforcing ?? exitCodeOf(error.code);
  }
  const message = error instanceof Error ? error.message : String(error);
  printIssue({ code: "internal", message: `a fault of seccat's own: ${message}` });
  if (process.env.SECCAT_DEBUG && error instanceof Error) say(error.stack ?? "");
  else say("  fix: please report it, with what SECCAT_DEBUG=1 adds");
  return enforcing ?? Exit.internal;
}

/** The exit code of a failure of that kind. */
export function exitCodeOf(code: ErrorCode): number {
  switch (code) {
    case "host":
    case "enforce":
    case "proof":
      return Exit.host;
    case "internal":
      return Exit.internal;
    default:
      return Exit.input;
  }
}

/** The version in package.json. */
async function version(): Promise<string> {
  const { root } = await import("./root.ts");
  const data: unknown = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
  return typeof data === "object" && data !== null && "version" in data ? String(data.version) : "unknown";
}
