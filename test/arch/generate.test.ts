import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { difference, generate } from "../../arch/generate.ts";
import { root } from "../root.ts";

const test = suite("arch: generate");
const made = generate(`${root}arch/data/`);

test("the tables in the repository are what their data makes", () => {
  assert.ok(made.size >= 7);
  assert.is(difference(made, `${root}arch/table/`), undefined);
});

test("every table says what it was made by", () => {
  for (const [name, text] of made)
    assert.match(text, /^\/\/ Generated from arch\/data by arch\/generate\.ts/, name);
});

test("a changed, cut or missing table is found with its line", () => {
  const folder = `${mkdtempSync(`${tmpdir()}/seccat-`)}/`;
  try {
    for (const [name, text] of made) writeFileSync(folder + name, text);
    assert.is(difference(made, folder), undefined);
    const errno = made.get("errno.ts") ?? "";
    writeFileSync(`${folder}errno.ts`, errno.replace('"EPERM"', '"EPREM"'));
    assert.match(difference(made, folder) ?? "", /^errno\.ts:4 is out of date.*EPREM.*EPERM/s);
    writeFileSync(`${folder}errno.ts`, errno.split("\n").slice(0, 5).join("\n"));
    assert.match(difference(made, folder) ?? "", /^errno\.ts:6 .*\n {2}is: {5}\(nothing\)/);
    rmSync(`${folder}errno.ts`);
    assert.match(difference(made, folder) ?? "", /^errno\.ts:1 /);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("tables are small enough to load at every start", () => {
  // Without the unions, which are types and never reach JavaScript.
  const scripts = [...made.values()].map((text) => text.replace(/^export type [^;]*;$/gm, ""));
  const size = scripts.reduce((total, text) => total + text.length, 0);
  assert.ok(size < 220_000, `${size} characters`);
});

test.run();
