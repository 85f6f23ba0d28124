import { root } from "../root.ts";

/** The folder that holds `images` and `recorded`, with a trailing slash. */
export const folder = `${root}src/cli/randomcat/`;

/** The module `name` of this folder, as a path that this Node can run. */
export function modulePath(name: string): string {
  return import.meta.url.endsWith(".ts") ? `${folder}${name}.ts` : `${root}dist/src/cli/randomcat/${name}.js`;
}
