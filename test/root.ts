import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const up = fileURLToPath(new URL("../", import.meta.url));

/** The repository's root with a trailing slash, from the sources and from the build alike. */
export const root = existsSync(`${up}package.json`) ? up : fileURLToPath(new URL("../../", import.meta.url));
