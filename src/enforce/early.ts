import { SeccatError } from "../abi/error.ts";

/**
 * Options of Node that run code, or read a file that can name such options, before any `--import` on the command line:
 * in a child that has to be under its filter first, they have no place.
 */
const early =
  /^(-r|--require|--loader|--experimental-loader|--env-file|--env-file-if-exists|--experimental-config-file|--experimental-default-config-file|--snapshot-blob|--openssl-config|--run)(=|$)/;

/** `--import` of NODE_OPTIONS comes before those of the command line. */
const earlyInVariable = new RegExp(early.source.replace("--run", "--run|--import"));

/** Refuses options under which something would run before the filter. Throws SeccatError "usage". */
export function refuseEarly(execArgv: readonly string[], nodeOptions: string | undefined): void {
  const found = execArgv.find((word) => early.test(normal(word)));
  if (found !== undefined) throw tooEarly(found, "execArgv");
  const variable = (nodeOptions ?? "").split(/[\s"]+/).find((word) => earlyInVariable.test(normal(word)));
  if (variable !== undefined) throw tooEarly(variable, "NODE_OPTIONS");
}

/** Node takes `_` for `-` within the name of an option. */
function normal(word: string): string {
  const [name = ""] = word.split("=", 1);
  return name.replace(/(?<=^--.*)_/g, "-") + word.slice(name.length);
}

function tooEarly(option: string, where: string): SeccatError {
  return new SeccatError({
    code: "usage",
    message: `${option} in ${where} would run code before the filter is in place`,
    expected: "options that run nothing before the module",
    received: option,
    fix:
      where === "execArgv"
        ? "give --import in execArgv instead, which runs under the filter, or import it in the module"
        : "give env without it, and --import in execArgv, which runs under the filter",
  });
}
