import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SeccatError } from "../../src/abi/error.ts";
import {
  environmentBytes,
  findCommand,
  inheritedEnvironment,
  inheritedWords,
  wordBytes,
} from "../../src/enforce/command.ts";

const test = suite("command");
const folder = mkdtempSync(join(tmpdir(), "seccat-test-"));
test.after(() => rmSync(folder, { recursive: true, force: true }));

for (const [directory, file, mode] of [
  ["first", "plain", 0o644],
  ["second", "plain", 0o755],
  ["second", "tool", 0o755],
  ["first", "only-plain", 0o644],
] as const) {
  mkdirSync(join(folder, directory), { recursive: true });
  writeFileSync(join(folder, directory, file), "#!/bin/sh\n", { mode });
}
mkdirSync(join(folder, "first", "tool"));

const find = (name: string, path?: string, cwd = folder) => {
  const found = findCommand(Buffer.from(name), path, cwd);
  return "path" in found ? Buffer.from(found.path).toString() : found.status;
};

/** Where a name is found, as `env` would find it with the same PATH. */
const table: readonly (readonly [string, string, string | undefined, string | number])[] = [
  ["the first directory of PATH that has it", "tool", "second:first", "second/tool"],
  ["a directory of that name is passed over", "tool", "first:second", "second/tool"],
  ["a file that is not executable is passed over", "plain", "first:second", "second/plain"],
  ["when all that is found is not executable, that is told", "only-plain", "second:first", 126],
  ["nothing found is 127", "nothing", "first:second", 127],
  ["an empty PATH entry, where nothing is, adds nothing", "tool", "first:", 126],
  ["a missing directory in PATH does not matter", "tool", "/seccat/none:second", "second/tool"],
  ["a file in the place of a directory does not matter", "tool", "second/plain:second", "second/tool"],
  ["a name with a slash is not looked up in PATH", "second/tool", "first", "second/tool"],
  ["a name with a slash that does not exist is 127", "second/none", "first:second", 127],
  ["a directory by its path is 126", "./second", "", 126],
  ["a path through a file is 126", "second/tool/x", "", 126],
  ["an empty name is 127", "", "second", 127],
  ["without a PATH, the system's directories are searched", "sh", undefined, "/bin/sh"],
];
for (const [sentence, name, path, expected] of table)
  test(sentence, () => assert.is(find(name, path), expected));

test("env agrees about status and file", () => {
  for (const [sentence, name, path, expected] of table) {
    if (path === undefined || name === "") continue; // env(1) has its own PATH then; and takes "" for a variable
    const env = spawnSync("/usr/bin/env", [name], { cwd: folder, env: { PATH: path } });
    const status = typeof expected === "number" ? expected : 0;
    assert.is(env.status, status, `${sentence}: ${env.stderr}`);
  }
});

test("an empty PATH entry finds a file in the directory where the command will start", () => {
  assert.is(find("tool", "first:", join(folder, "second")), "./tool");
  assert.is(find("tool", "", join(folder, "second")), "./tool");
});

test("text is UTF-8, bytes stay as they are, and NUL is refused with the place", () => {
  assert.equal([...wordBytes("ü", "word")], [0xc3, 0xbc]);
  assert.equal([...wordBytes(Uint8Array.of(255, 1), "word")], [255, 1]);
  try {
    wordBytes("a\0b", "word 3 of the command");
    assert.unreachable("it was taken");
  } catch (error) {
    assert.ok(error instanceof SeccatError && error.code === "usage");
    assert.is(error.message, "word 3 of the command holds a NUL byte");
  }
});

test("an environment is NAME=value in order, without the undefined", () => {
  const lines = environmentBytes({ B: "1", A: Uint8Array.of(254), C: undefined, D: "" });
  assert.equal(
    lines.map((line) => Buffer.from(line).toString("latin1")),
    ["B=1", "A=\xfe", "D="],
  );
});

test("this process's words and environment are text when they were text", () => {
  const words = process.argv.slice(1);
  assert.equal(inheritedWords(words), words);
  assert.equal(inheritedWords([]), []);
  assert.is(inheritedEnvironment().PATH, process.env.PATH);
});

test("a U+FFFD that someone really wrote stays text", () => {
  process.env.SECCAT_TEST_ODD = "\ufffd";
  assert.is(inheritedEnvironment().SECCAT_TEST_ODD, "\ufffd");
  delete process.env.SECCAT_TEST_ODD;
  assert.equal(inheritedWords(["\ufffd"]), ["\ufffd"]);
});

if (process.platform === "linux") test.run();
else {
  rmSync(folder, { recursive: true, force: true });
  console.log(`skipped: finding commands as Linux does: this is ${process.platform}`);
}
