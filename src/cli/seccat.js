#!/usr/bin/env node
/**
 * The command `seccat`: runs the build, and makes it first in a clone that has none.
 * Plain JavaScript, because it has to run before anything is compiled.
 */
import { spawnSync } from "node:child_process";
import { existsSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The words for why there is nothing to run, then the end: 3, this host cannot. */
function giveUp(message, fix) {
  process.stderr.write(`seccat: ${message}\n  fix: ${fix}\n`);
  process.exit(3);
}

/** Compiles the sources beside `dist` and moves the result there whole, so that no other process sees half of it. */
function build() {
  let compiler;
  try {
    compiler = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
  } catch {
    giveUp("this clone is not built, and TypeScript is not installed", "run `npm ci` first");
  }
  process.stderr.write("seccat: building this clone, once\n");
  const fresh = join(root, `node_modules/.seccat-build-${process.pid}`);
  const args = [compiler, "-p", join(root, "tsconfig.json"), "--outDir", fresh, "--incremental", "false"];
  const result = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (result.status !== 0) {
    rmSync(fresh, { recursive: true, force: true });
    process.stderr.write(result.stdout || result.stderr || `${result.error?.message ?? ""}\n`);
    giveUp("the build failed", "see above, then `npm run build`");
  }
  try {
    renameSync(fresh, join(root, "dist"));
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    if (!existsSync(join(root, "dist/src/cli/main.js"))) {
      giveUp(
        `the build cannot be put in place: ${error.message}`,
        "remove the folder dist, then `npm run build`",
      );
    }
  }
}

if (Number.parseInt(process.versions.node, 10) < 20) {
  giveUp(`Node ${process.versions.node} is too old`, "use Node 20 or newer");
}
if (!existsSync(join(root, "dist/src/cli/main.js"))) {
  if (!existsSync(join(root, "tsconfig.json")))
    giveUp("this package lacks its dist folder", "install it again");
  build();
}
const { main } = await import("../../dist/src/cli/main.js");
process.exitCode = await main(process.argv.slice(2));
