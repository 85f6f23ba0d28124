/**
 * Makes dist/cli, which the command `seccat` runs: the command line with all that it needs, yaml and the parser of yargs
 * too, in some fifty files instead of four hundred, each loaded when a command asks for it. They are CommonJS, because
 * Node loads that faster than modules, and not minified, so that a stack trace tells functions and lines.
 *
 *     node src/cli/bundle.js [FOLDER]
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The licences of the packages that are in the bundle, in a file beside it. */
const licences = {
  name: "licences",
  generateBundle(_, files) {
    const modules = Object.values(files).flatMap((file) => (file.type === "chunk" ? file.moduleIds : []));
    const folders = modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id) ?? []);
    const texts = [...new Set(folders)].sort().map((folder) => {
      const name = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
      if (name === undefined) throw new Error(`${folder} has no licence`);
      return `${folder.replace(/^.*\/node_modules\//, "")}\n\n${readFileSync(join(folder, name), "utf8")}`;
    });
    this.emitFile({ type: "asset", fileName: "LICENSES", source: texts.join("\n----\n\n") });
  },
};

/** What is loaded together goes into one file, with all that it imports and no earlier group has: each file takes its time. */
const groups = [
  { name: "base", test: /\/src\/cli\/(main|parse)\.ts$|\/yargs/ },
  {
    name: "core",
    test: /\/(arch\/errno|shim\/index|src\/(cli\/(arch|binary)|enforce\/(seccomp|verdict)))\.ts$/,
  },
  { name: "running", test: /\/src\/enforce\/run\.ts$/ },
  { name: "rules", test: /\/src\/(cli\/action|policy\/satisfy|policy\/resolve)\.ts$/ },
].map((group, i) => ({ ...group, priority: 9 - i }));

/** A module finds files by where it lies in `dist`: the threads and processes that it starts run those. */
const places = {
  name: "places",
  transform(code, id) {
    const path = id.slice(root.length).replace(/\.ts$/, ".js");
    if (!id.startsWith(root) || path.startsWith("node_modules/")) return null;
    return code.replaceAll("import.meta.url", `new URL("../${path}", import.meta.url).href`);
  },
};

await build({
  cwd: root,
  input: { main: "src/cli/main.ts" },
  platform: "node",
  // What yaml gives Node is CommonJS, of which no part can be left out.
  resolve: { alias: { yaml: join(root, "node_modules/yaml/browser/index.js") } },
  // Of yargs only the parser is taken: the rest looks at the terminal when it is loaded, for which Node opens it
  // anew, and a command that `seccat run` starts would inherit that.
  treeshake: { moduleSideEffects: false },
  plugins: [places, licences],
  output: {
    dir: process.argv[2] ?? "dist/cli",
    cleanDir: true,
    format: "cjs",
    entryFileNames: "[name].cjs",
    chunkFileNames: "[name].cjs",
    comments: false,
    codeSplitting: { groups },
  },
});
