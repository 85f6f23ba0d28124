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
  { name: "base", test: /\/src\/cli\/(main|parse)\.ts$/ },
  {
    name: "core",
    test: /\/(arch\/errno|src\/(cli\/(arch|binary)|enforce\/(seccomp|verdict)))\.ts$/,
  },
  { name: "running", test: /\/src\/(enforce\/run|cli\/(run|setting))\.ts$/ },
  { name: "shim", test: /\/(shim\/index|src\/enforce\/dump)\.ts$/ },
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

/**
 * Text in pure ASCII, which takes V8 half the memory of other text, and less time: what is beyond is written as the
 * escapes that strings and expressions have for it. Nothing else is beyond, because there are no comments.
 */
const ascii = {
  name: "ascii",
  renderChunk(code) {
    if (/String\.raw`[^`]*[^\0-\x7f]/.test(code))
      throw new Error("an escape means something else in a raw text");
    return code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  },
};

/**
 * What one file takes from another is a plain property where it cannot change any more: rolldown makes a getter of each,
 * which is longer and slower. It stands at the end of its file, where all functions, classes and constants are there.
 */
const properties = {
  name: "properties",
  renderChunk(code) {
    const getter =
      /^Object\.defineProperty\(exports, "([\w$]+)", \{\s*enumerable: true,\s*get: function\s*\(\)\s*\{\s*return ([\w$]+);\s*\}\s*\}\);$/gm;
    return code.replace(getter, (whole, name, value) => {
      const fixed = new RegExp(
        `^(?:const|class|(?:async )?function\\*?) ${value.replaceAll("$", "\\$")}\\b`,
        "m",
      ).test(code);
      return fixed ? `exports.${name} = ${value};` : whole;
    });
  },
};

/**
 * The parser of yargs without the `require` that it reads configuration files with, which is asked for by nobody here:
 * to make one, Node loads all that its modules need.
 */
const requireless = {
  name: "requireless",
  transform(code, id) {
    if (!id.endsWith("/yargs-parser/build/lib/index.js")) return null;
    const parts = [
      "import { createRequire } from 'node:module';",
      "createRequire ? createRequire(import.meta.url) : ",
    ];
    if (parts.some((part) => !code.includes(part)))
      throw new Error("yargs-parser makes its require in another way now");
    return parts.reduce((rest, part) => rest.replace(part, ""), code);
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
  plugins: [places, requireless, ascii, properties, licences],
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
