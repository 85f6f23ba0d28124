import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const source = fileURLToPath(new URL("../../../../src/cli/randomcat/", import.meta.url));

/** The folder that holds `images` and `recorded`, with a trailing slash, from the sources and the build alike. */
export const folder = existsSync(`${here}images`) ? here : source;

/** The module `name` of this folder, as a path that this Node can run. */
export function modulePath(name: string): string {
  return `${here}${name}${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`;
}
