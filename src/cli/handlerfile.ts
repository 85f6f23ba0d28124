/** The module that `seccat supervise --handlers FILE` names. */
import { accessSync, constants } from "node:fs";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Issue, SeccatError } from "../abi/error.ts";
import { type AnswerOptions, checkAnswerOptions, checkHandlers, type Handlers } from "../enforce/handlers.ts";
import { inFile } from "./input.ts";
import { reasonOf } from "./output.ts";

/** What such a module exports: handlers by default, and what is answered where none decides as `options`. */
export interface HandlerFile {
  readonly handlers: Handlers;
  readonly options: AnswerOptions;
}

/**
 * Loads and checks it. Throws a SeccatError "file" when it cannot be read or fails, "host" for TypeScript on a Node that
 * does not take it, and as handledNames() for what are no handlers.
 */
export async function loadHandlers(path: string): Promise<HandlerFile> {
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    throw new SeccatError({
      code: "file",
      message: `the handlers cannot be read: ${reasonOf(error)}`,
      where: { file: path },
    });
  }
  refuseTypeScript(path);
  const module = await imported(path);
  return inFile(path, () => {
    if (module.default === undefined)
      throw new SeccatError({
        code: "schema",
        message: "there are no handlers: the module has no default export",
        expected: "export default { openat(call) { … } }",
        received: Object.keys(module).join(", ") || "no exports",
      });
    const { default: handlers, options = {} } = module;
    checkHandlers(handlers);
    checkAnswerOptions(options);
    return { handlers, options };
  });
}

/** Node takes the types out of .ts files itself since 22.18 and 23.6, and since 22.6 when it is asked to. */
function refuseTypeScript(path: string): void {
  if (!/^\.[mc]?ts$/.test(extname(path)) || Reflect.get(process.features, "typescript")) return;
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const asked = major > 22 || (major === 22 && minor >= 6);
  throw new SeccatError({
    code: "host",
    message: `this Node does not run TypeScript: ${process.version}`,
    where: { file: path },
    expected: "Node 22.18, 23.6 or later; or a .mjs or .js file",
    fix: asked
      ? "NODE_OPTIONS=--experimental-strip-types seccat supervise …"
      : "use a newer Node, or take the types out: npx tsc makes JavaScript of it",
  });
}

async function imported(path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await import(pathToFileURL(resolve(path)).href);
  } catch (error) {
    if (error instanceof SeccatError) throw error;
    throw new SeccatError(failed(path, error));
  }
}

function failed(path: string, error: unknown): Issue {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const file = pathToFileURL(resolve(path)).href;
  const at = stack.indexOf(file);
  const [, line, column] = /^:(\d+)(?::(\d+))?/.exec(at < 0 ? "" : stack.slice(at + file.length)) ?? [];
  return {
    code: "file",
    message: `the handlers cannot be loaded: ${message.split("\n")[0]}`,
    where: {
      file: path,
      ...(line === undefined ? {} : { line: Number(line) }),
      ...(column === undefined ? {} : { column: Number(column) }),
    },
  };
}
