import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/**
 * Arguments of a Node that takes itself for one on riscv64, which has no launcher; the FFI package is loaded before, for this
 * machine. The Node that it starts is itself again, and so makes this machine's calls. Puts a file into `folder`.
 */
export function elsewhere(folder: string): string[] {
  const koffi = createRequire(import.meta.url).resolve("koffi");
  const file = join(folder, "elsewhere.cjs");
  writeFileSync(
    file,
    `require(${JSON.stringify(koffi)});\nObject.defineProperty(process, "arch", { value: "riscv64" });\n`,
  );
  return ["--require", file];
}
