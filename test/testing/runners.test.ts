/**
 * The examples in test/data/runners under the runners that are here: uvu and Node's own. Each is also run with a
 * policy that breaks them, so that an expectation that is not met is a failed test there, with its words. Those for
 * vitest and jest are the same calls under other names; these runners are not installed for them.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { root } from "../root.ts";

const runners = suite("testing/runners");

const examples: readonly (readonly [name: string, args: readonly string[], passes: RegExp, fails: RegExp])[] =
  [
    ["uvu", ["uvu.test.mjs"], /Passed: +2\n/, /Passed: +1\n/],
    [
      "node:test",
      ["--test", "--test-reporter=tap", "node.test.mjs"],
      /\n# pass 3\n# fail 0\n/,
      /\n# pass 1\n# fail 2\n/,
    ],
  ];

/** A folder with the examples, in which `seccat` and `uvu` are found. */
function withExamples(work: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "seccat-runners-"));
  try {
    cpSync(`${root}test/data/runners`, folder, { recursive: true });
    // So that no package.json of a folder above says what `seccat` is.
    writeFileSync(join(folder, "package.json"), "{}\n");
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(root, join(folder, "node_modules", "seccat"));
    symlinkSync(`${root}node_modules/uvu`, join(folder, "node_modules", "uvu"));
    work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

for (const [name, args, passes, fails] of examples)
  runners(`the example for ${name} passes, and fails when the policy no longer does`, () => {
    withExamples((folder) => {
      const { NODE_TEST_CONTEXT: _, FORCE_COLOR: __, ...env } = process.env;
      const run = () =>
        spawnSync(process.execPath, args, {
          cwd: folder,
          encoding: "utf8",
          timeout: 60_000,
          env: { ...env, NO_COLOR: "1" },
        });
      const good = run();
      assert.is(good.status, 0, good.stdout + good.stderr);
      assert.match(good.stdout, passes);
      const policy = readFileSync(join(folder, "cat.mjs"), "utf8");
      writeFileSync(join(folder, "cat.mjs"), policy.replace('deny("EPERM"', 'deny("EACCES"'));
      const bad = run();
      assert.is(bad.status, 1);
      assert.match(bad.stdout, fails);
      assert.match(bad.stdout + bad.stderr, /ptrace on x86_64: expected errno EPERM, got errno EACCES/);
    });
  });

runners("the examples for vitest and jest import nothing else", () => {
  for (const name of ["vitest", "jest"]) {
    const text = readFileSync(`${root}test/data/runners/${name}.test.mjs`, "utf8");
    const imports = [...text.matchAll(/ from "([^"]+)"/g)].map(([, from]) => from);
    assert.equal(
      imports.filter((from) => from !== name),
      ["seccat/testing", "./cat.mjs"],
    );
  }
});

runners.run();
