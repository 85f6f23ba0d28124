import { readdirSync, readFileSync } from "node:fs";
import { root } from "../root.ts";

/** One source file: path from the root with forward slashes, and its text. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/** All TypeScript sources under `folders` of the repository, ordered by path. */
export function sources(...folders: readonly string[]): Source[] {
  return folders.flatMap((folder) =>
    readdirSync(`${root}${folder}`, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
      .map((entry) => `${entry.parentPath ?? entry.path}/${entry.name}`.slice(root.length).replace(/^\//, ""))
      .sort()
      .map((path) => ({ path, text: readFileSync(`${root}${path}`, "utf8") })),
  );
}

/** The module specifiers that `source` imports or re-exports, static and dynamic. */
export function importsOf(source: Source): string[] {
  const found = source.text.matchAll(
    /(?:^|\n)\s*(?:import|export)\s(?:[^"';]*?\sfrom\s)?\s*"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)/g,
  );
  return [...found].map((match) => match[1] ?? match[2] ?? "");
}
