import { SeccatError } from "../abi/error.ts";

/**
 * Options of Node that run code, or read a file that can name such options, before any `--import` on the command line, or
 * run the module without it (a snapshot's, an executable's) or in a Node of its own. In a child that has to be under
 * its filter first, they have no place.
 */
const early = [
  "-r",
  "--require",
  "--loader",
  "--experimental-loader",
  "--env-file",
  "--env-file-if-exists",
  "--experimental-config-file",
  "--experimental-default-config-file",
  "--openssl-config",
  "--run",
  "--snapshot-blob",
  "--build-snapshot",
  "--build-snapshot-config",
  "--build-sea",
  "--experimental-sea-config",
  "--watch",
  "--watch-path",
  "--test",
  "inspect",
];

/** `--import` of NODE_OPTIONS comes before those of the command line. */
const earlyInVariable = [...early, "--import"];

/** Refuses options under which something would run before the filter. Throws SeccatError "usage". */
export function refuseEarly(execArgv: readonly string[], nodeOptions: string | undefined): void {
  const found = execArgv.find((word) => early.includes(nameOf(word)));
  if (found !== undefined) throw tooEarly(found, "execArgv");
  // Quotes may stand within a word, and a blank within quotes: such a word is taken for several.
  const words = (nodeOptions ?? "").replace(/["\\]/g, "").split(/\s+/);
  const variable = words.find((word) => earlyInVariable.includes(nameOf(word)));
  if (variable !== undefined) throw tooEarly(variable, "NODE_OPTIONS");
}

/** The option of a word, without its value. Node takes `_` for `-` within a name. */
function nameOf(word: string): string {
  const [name = ""] = word.split("=", 1);
  return name.replace(/(?<=^--.*)_/g, "-");
}

function tooEarly(option: string, where: string): SeccatError {
  return new SeccatError({
    code: "usage",
    message: `${option} in ${where} would run code that is not under the filter`,
    expected: "options that run nothing before the module, and the module in the child itself",
    received: option,
    fix:
      where === "execArgv"
        ? "what --import in execArgv names runs under the filter; execArgv: [] takes over none of this process's options"
        : "give env without it, and --import in execArgv, which runs under the filter",
  });
}
