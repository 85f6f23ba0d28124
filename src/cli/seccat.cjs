#!/usr/bin/env node
/**
 * The command `seccat`: runs the bundle that bundle.js makes, and has it made first in a clone that has none. Plain
 * JavaScript, because it has to run before anything is compiled, and CommonJS, because this file is a part of every start
 * and Node loads that faster than a module.
 */
"use strict";

/** The words for why there is nothing to run, then the end: 3, this host cannot. */
function giveUp(message, fix) {
  process.stderr.write(`seccat: ${message}\n  fix: ${fix}\n`);
  process.exit(3);
}

/** Compiles and bundles the sources beside `dist` and moves the result there whole, so that no other process sees half of it. */
function build(root) {
  const { spawnSync } = require("node:child_process");
  const { existsSync, renameSync, rmSync } = require("node:fs");
  const { dirname } = require("node:path");
  const fresh = join(root, `node_modules/.seccat-build-${process.pid}`);
  let compiler;
  try {
    compiler = join(dirname(require.resolve("typescript/package.json")), "bin/tsc");
  } catch {
    giveUp("this clone is not built, and TypeScript is not installed", "run `npm ci` first");
  }
  const steps = [
    [compiler, "-p", "tsconfig.json", "--outDir", fresh, "--incremental", "false"],
    ["src/cli/bundle.js", join(fresh, "cli")],
  ];
  process.stderr.write("seccat: building this clone, once\n");
  for (const step of steps) {
    const result = spawnSync(process.execPath, step, { cwd: root, encoding: "utf8" });
    if (result.status === 0) continue;
    rmSync(fresh, { recursive: true, force: true });
    process.stderr.write(result.stdout || result.stderr || `${result.error?.message ?? ""}\n`);
    giveUp("the build failed", "see above, then `npm run build`");
  }
  try {
    renameSync(fresh, join(root, "dist"));
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    if (!existsSync(join(root, "dist/cli/main.cjs"))) {
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
const { join } = require("node:path");
const root = join(__dirname, "../../");
const bundle = join(root, "dist/cli/main.cjs");
const { existsSync } = require("node:fs");
if (!existsSync(bundle)) {
  if (!existsSync(join(root, "tsconfig.json")))
    giveUp("this package lacks its dist folder", "install it again");
  build(root);
}
process.exitCode = 70; // a fault, should there be nothing left to wait for before it is done
require(bundle)
  .main(process.argv.slice(2))
  .then((status) => {
    process.exitCode = status;
  });
