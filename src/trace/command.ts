import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { SeccatError } from "../abi/error.ts";

/** Where a command is looked for. */
export interface Search {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * The path of the file that execvp would run for `name`. Throws SeccatError "file", `received` ENOENT when
 * there is none (exit code 127 in a shell), EACCES when it is not executable (126).
 */
export function findCommand(name: string, search: Search = {}): string {
  const base = search.cwd ?? process.cwd();
  const path = (search.env ?? process.env).PATH ?? "/usr/local/bin:/usr/bin:/bin";
  const places = name.includes("/") ? [name] : path.split(delimiter).map((folder) => join(folder, name));
  let forbidden = false;
  for (const place of name === "" ? [] : places) {
    const file = resolve(base, place);
    const state = executable(file);
    if (state === "yes") return file;
    if (state === "no") forbidden = true;
  }
  const message = forbidden ? `the command ${name} cannot be executed` : `there is no command ${name}`;
  const where = name.includes("/") ? { file: name } : undefined;
  throw new SeccatError({
    code: "file",
    message,
    received: forbidden ? "EACCES" : "ENOENT",
    ...(where && { where }),
  });
}

function executable(file: string): "yes" | "no" | "absent" {
  try {
    if (statSync(file).isDirectory()) return "no";
    accessSync(file, constants.X_OK);
    return "yes";
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EACCES" ? "no" : "absent";
  }
}
