import { fileURLToPath } from "node:url";

const up = fileURLToPath(new URL("../", import.meta.url));

/** The repository's root with a trailing slash, from the sources and from the build alike. */
export const root = up.endsWith("/dist/") ? up.slice(0, -"dist/".length) : up;
