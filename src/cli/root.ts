import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The package's folder with a trailing slash, from the sources, the build and the bundle alike. */
export const root: string = above(new URL("./", import.meta.url));

function above(folder: URL): string {
  const up = new URL("../", folder);
  return existsSync(new URL("package.json", folder)) || up.href === folder.href
    ? fileURLToPath(folder)
    : above(up);
}
