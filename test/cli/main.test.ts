import { spawnSync } from "node:child_process";
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { commands } from "../../src/cli/commands/index.ts";
import { root } from "../root.ts";
import { seccat, seccatArgs, withFiles } from "./seccat.ts";

const test = suite("the command line");

test("--help lists every command on stdout and exits 0", () => {
  const { code, stdout, stderr } = seccat(["--help"]);
  assert.is(code, 0);
  assert.is(stderr, "");
  for (const { name, describe } of commands)
    assert.match(stdout, new RegExp(`^  ${name} +${describe.slice(0, 20)}`, "m"));
});

test("no line of any help is wider than 80 columns", () => {
  for (const args of [["--help"], ...commands.map(({ name }) => [name, "--help"])]) {
    const { code, stdout } = seccat(args);
    assert.is(code, 0, args.join(" "));
    for (const line of stdout.split("\n")) assert.ok(line.length <= 80, `${args.join(" ")}: ${line}`);
  }
});

test("the help of every command names its options", () => {
  for (const { name, options } of commands) {
    const { stdout } = seccat([name, "--help"]);
    for (const option of Object.keys(options))
      assert.ok(stdout.includes(`--${option}`), `${name} --${option}`);
  }
});

test("every command prints JSON", () => {
  for (const { name, options } of commands) assert.ok("json" in options, name);
});

test("without arguments it prints the help and exits 2", () => {
  const { code, stdout } = seccat([]);
  assert.is(code, 2);
  assert.match(stdout, /Usage: seccat COMMAND/);
});

test("`help COMMAND` is `COMMAND --help`", () => {
  assert.is(seccat(["help", "compile"]).stdout, seccat(["compile", "--help"]).stdout);
});

test("--version prints the package's version", () => {
  assert.match(seccat(["--version"]).stdout, /^\d+\.\d+\.\d+\n$/);
});

test("an unknown command is refused with the nearest name", () => {
  const { code, stdout, stderr } = seccat(["compil", "x"]);
  assert.is(code, 2);
  assert.is(stdout, "");
  assert.is(stderr, "seccat: error: unknown command compil\n  fix: did you mean compile?\n");
});

test("an unknown option is refused with the nearest name", () => {
  const { code, stderr } = seccat(["compile", "--fromat", "asm", "x"]);
  assert.is(code, 2);
  assert.is(stderr, "seccat: error: seccat compile has no option --fromat\n  fix: did you mean --format?\n");
});

test("an unknown option of seccat itself is refused with the nearest name", () => {
  const { code, stderr } = seccat(["--hlep"]);
  assert.is(code, 2);
  assert.is(stderr, "seccat: error: unknown option --hlep\n  fix: did you mean --help?\n");
});

test("a full disk under stdout is one line and exit code 2", () => {
  if (!existsSync("/dev/full")) {
    console.log("skipped: there is no /dev/full");
    return;
  }
  const full = openSync("/dev/full", "w");
  const result = spawnSync(process.execPath, [...seccatArgs, "resolve", "read"], {
    stdio: ["ignore", full, "pipe"],
    encoding: "utf8",
  });
  closeSync(full);
  assert.is(result.status, 2);
  assert.is(result.stderr, "seccat: error: cannot write standard output: no space left on device\n");
});

test("a missing argument is refused with the usage", () => {
  const { code, stderr } = seccat(["compile"]);
  assert.is(code, 2);
  assert.is(stderr, "seccat: error: POLICY is missing\n  expected: seccat compile POLICY [OPTIONS]\n");
});

test("an argument too many is refused", () => {
  const { code, stderr } = seccat(["resolve", "read", "write"]);
  assert.is(code, 2);
  assert.match(stderr, /^seccat: error: seccat resolve takes no further argument write\n/);
});

test("a switch takes no value, and names inherited from objects are no options", () => {
  for (const word of ["--stats=no", "--stats=", "--json=true"]) {
    const { code, stderr } = seccat(["compile", "x", word]);
    assert.is(code, 2);
    const name = word.slice(0, word.indexOf("="));
    assert.is(
      stderr,
      `seccat: error: ${name} takes no value\n  received: ${word}\n  fix: write ${name}, or leave it out\n`,
    );
  }
  for (const word of ["--constructor=1", "--toString", "--hasOwnProperty=x"])
    assert.match(seccat(["compile", "x", word]).stderr, /^seccat: error: seccat compile has no option --/);
});

test("an empty word where a file or a name should stand is refused", () => {
  for (const args of [
    ["compile", ""],
    ["test", ""],
    ["trace", "--from", ""],
    ["resolve", ""],
  ])
    assert.match(seccat(args).stderr, /^seccat: error: \w+ is empty\n$/, args.join());
});

test("an option given twice is refused", () => {
  const { code, stderr } = seccat(["asm", "x", "-o", "a", "-o", "b"]);
  assert.is(code, 2);
  assert.match(stderr, /--output is given 2 times/);
});

test("an option without its value is refused", () => {
  const { code, stderr } = seccat(["resolve", "read", "--arch"]);
  assert.is(code, 2);
  assert.is(stderr, "seccat: error: --arch needs a value\n");
});

test("colours are for terminals, and FORCE_COLOR and NO_COLOR decide otherwise", () => {
  const esc = String.fromCharCode(27);
  assert.not.ok(seccat(["resolve", "read"]).stdout.includes(esc));
  assert.ok(seccat(["resolve", "read"], { env: { FORCE_COLOR: "1" } }).stdout.includes(esc));
  assert.not.ok(seccat(["resolve", "read"], { env: { FORCE_COLOR: "0" } }).stdout.includes(esc));
  assert.not.ok(seccat(["resolve", "read"], { env: { NO_COLOR: "1" } }).stdout.includes(esc));
});

test("-o - and --json are not both stdout", () => {
  const { code, stdout, stderr } = seccat(["compile", "-", "-o", "-", "--json"], {
    input: "default: allow\nrules: []\n",
  });
  assert.is(code, 2);
  assert.is(stdout, "");
  assert.is(
    stderr,
    "seccat: error: -o - and --json both mean standard output\n  fix: leave out one of them\n",
  );
});

test("a command to start without -- before it is refused", () => {
  for (const words of [
    ["ls", "-l"],
    ["-o", "p.yaml", "ls", "-l"],
  ]) {
    const { code, stderr } = seccat(["trace", ...words]);
    assert.is(code, 2);
    assert.is(
      stderr,
      "seccat: error: ls stands where an option should\n  expected: seccat trace [OPTIONS] [-- CMD [ARG…]]\n  fix: put -- before the command to start\n",
    );
  }
});

test("an input without an end is refused", () => {
  if (!existsSync("/dev/zero")) {
    console.log("skipped: there is no /dev/zero");
    return;
  }
  const { code, stderr } = seccat(["disasm", "/dev/zero"]);
  assert.is(code, 2);
  assert.is(stderr, "/dev/zero: error: the input is too long\n  expected: at most 64 MiB\n");
});

test("a value that an option does not take is refused with the nearest one", () => {
  const { code, stderr } = seccat(["compile", "x", "--format", "hax"]);
  assert.is(code, 2);
  assert.is(
    stderr,
    "seccat: error: --format cannot be hax\n  expected: raw, asm, c, json, hex\n  received: hax\n  fix: did you mean hex?\n",
  );
});

test("the bin says what is missing in a folder that was never built", () => {
  withFiles({}, (folder) => {
    mkdirSync(`${folder}/src/cli`, { recursive: true });
    copyFileSync(`${root}src/cli/seccat.cjs`, `${folder}/src/cli/seccat.cjs`);
    writeFileSync(`${folder}/package.json`, '{"type":"module"}');
    const run = () =>
      spawnSync(process.execPath, ["src/cli/seccat.cjs", "--help"], { cwd: folder, encoding: "utf8" });
    const lacking = run();
    assert.is(lacking.status, 3);
    assert.is(lacking.stdout, "");
    assert.is(lacking.stderr, "seccat: this package lacks its dist folder\n  fix: install it again\n");
    writeFileSync(`${folder}/tsconfig.json`, "{}");
    const unbuilt = run();
    assert.is(unbuilt.status, 3);
    assert.is(
      unbuilt.stderr,
      "seccat: this clone is not built, and TypeScript is not installed\n  fix: run `npm ci` first\n",
    );
  });
});

test("the bin builds a clone once, whole, and says so", () => {
  withFiles({}, (folder) => {
    mkdirSync(`${folder}/src/cli`, { recursive: true });
    mkdirSync(`${folder}/node_modules`);
    for (const file of ["seccat.cjs", "bundle.js"])
      copyFileSync(`${root}src/cli/${file}`, `${folder}/src/cli/${file}`);
    for (const name of ["typescript", "rolldown"])
      symlinkSync(`${root}node_modules/${name}`, `${folder}/node_modules/${name}`);
    writeFileSync(`${folder}/package.json`, '{"type":"module"}');
    writeFileSync(
      `${folder}/tsconfig.json`,
      '{"compilerOptions":{"module":"NodeNext","target":"ES2022","rootDir":".","outDir":"dist","types":[]},"include":["src"]}',
    );
    writeFileSync(
      `${folder}/src/cli/main.ts`,
      "export const main = async (argv: string[]): Promise<number> => argv.length;\n",
    );
    const run = () =>
      spawnSync(process.execPath, ["src/cli/seccat.cjs", "a", "b"], { cwd: folder, encoding: "utf8" });
    const first = run();
    assert.is(first.status, 2, first.stderr);
    assert.is(first.stderr, "seccat: building this clone, once\n");
    assert.equal(readdirSync(`${folder}/node_modules`), ["rolldown", "typescript"]);
    const second = run();
    assert.is(second.status, 2);
    assert.is(second.stderr, "");
  });
});

test("the bin is runnable by itself", () => {
  if (!existsSync(`${root}dist/cli/main.cjs`)) {
    console.log("skipped: there is no build");
    return;
  }
  const result = spawnSync(process.execPath, [`${root}src/cli/seccat.cjs`, "--version"], {
    encoding: "utf8",
  });
  assert.is(result.status, 0, result.stderr);
  assert.match(result.stdout, /^\d+\.\d+\.\d+\n$/);
});

test.run();
