import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encode } from "../../src/bpf/codec.ts";
import { allowAll } from "../enforce/programs.ts";
import { root } from "../root.ts";
import { withFiles } from "./seccat.ts";

const bundle = suite("the bundle");
const folder = `${root}dist/cli/`;

/** The names of the files that a command loads, Node's own among them, in order. */
function loaded(cwd: string, ...args: readonly string[]): string[] {
  const script = `
    const Module = require("node:module");
    const names = new Set();
    const load = Module._load;
    Module._load = (name, ...rest) => (names.add(name), load(name, ...rest));
    process.on("exit", () => process.stderr.write("loaded: " + [...names].join(" ")));
    require(${JSON.stringify(`${folder}main.cjs`)}).main(process.argv.slice(1));`;
  const words = ["--input-type=commonjs", "-e", script, "--", ...args];
  const { stderr } = spawnSync(process.execPath, words, { cwd, encoding: "utf8" });
  const [, names] = /^loaded: (.*)$/m.exec(stderr) ?? [];
  assert.ok(names, stderr);
  return names
    .split(" ")
    .map((name) => name.replace(/^.*\/|\.cjs$/g, ""))
    .sort();
}

const json =
  '{"default":"kill_process","arches":["x86_64"],"rules":[{"action":"allow","syscalls":["read"]}]}';
const files = { "p.json": json, "p.bpf": encode(allowAll()), "a.log": "7 read(3) = 0\n" };

bundle("a command loads what it needs, few files and nothing beside the bundle", () => {
  if (!existsSync(`${folder}main.cjs`)) return console.log("skipped: there is no build");
  const bundled = new Set(readdirSync(folder).map((name) => name.replace(/\.cjs$/, "")));
  withFiles(files, (cwd) => {
    for (const { args, most, without } of [
      { args: ["--help"], most: 4, without: ["core", "node:child_process"] },
      {
        args: ["run", "-p", "p.bpf", "--", "true"],
        most: 5,
        without: ["policy", "proof", "helpers", "launch", "shim", "node:crypto"],
      },
      { args: ["compile", "p.json", "-o", "c.bpf"], most: 18, without: ["running", "node:child_process"] },
      {
        args: ["trace", "--from", "a.log", "--arch", "x86_64"],
        most: 20,
        without: ["running", "proof", "node:child_process", "node:crypto", "node:zlib"],
      },
      { args: ["emulate", "p.bpf", "read"], most: 30, without: ["running", "node:child_process"] },
    ]) {
      const names = loaded(cwd, ...args);
      const own = names.filter((name) => bundled.has(name));
      const other = names.filter((name) => !bundled.has(name));
      assert.ok(own.includes("base") && own.length <= most, `${args[0]}: ${own.join(" ")}`);
      for (const name of without) assert.not.ok(names.includes(name), `${args[0]} loads ${name}`);
      const foreign = other.filter((name) => /yargs|yaml|koffi|ffi/.test(name));
      assert.equal(foreign, [], `${args[0]} loads ${foreign.join(" ")}`);
    }
  });
});

bundle("holds nothing of yargs but its parser, and the licences of what it holds", () => {
  if (!existsSync(`${folder}main.cjs`)) return console.log("skipped: there is no build");
  for (const name of readdirSync(folder))
    assert.not.match(readFileSync(folder + name, "utf8"), /stdColumns|require\("cliui"\)/, name);
  const titles = readFileSync(`${folder}LICENSES`, "utf8").match(/^(yaml|yargs|yargs-parser)$/gm);
  assert.equal(titles, ["yaml", "yargs", "yargs-parser"]);
});

bundle.run();
