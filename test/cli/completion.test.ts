import { spawnSync } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { commands } from "../../src/cli/commands/index.ts";
import { seccat, withFiles } from "./seccat.ts";

const test = suite("seccat completion");

const script = seccat(["completion", "bash"]).stdout;

/** What bash would offer for the last of these words. */
function offered(...words: string[]): string[] {
  const line = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}; _seccat; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return withFiles({ "p.yaml": "", "c.bash": script }, (folder) => {
    const result = spawnSync("bash", ["-c", `source ./c.bash; ${line}`], { cwd: folder, encoding: "utf8" });
    assert.is(result.stderr, "");
    return result.stdout.split("\n").filter((word) => word !== "");
  });
}

test("every command is offered", () => {
  assert.equal(
    offered("seccat", "").slice(0, commands.length),
    commands.map(({ name }) => name),
  );
  assert.equal(offered("seccat", "em"), ["emulate"]);
});

test("options, files and syscall names are offered where they stand", () => {
  assert.equal(offered("seccat", "compile", "p.yaml", "--form"), ["--format"]);
  assert.equal(offered("seccat", "compile", "p.yaml", "--format", "r"), ["raw"]);
  assert.equal(offered("seccat", "disasm", "p."), ["p.yaml"]);
  assert.equal(offered("seccat", "emulate", "p.yaml", "opena"), ["openat", "openat2"]);
  assert.equal(offered("seccat", "emulate", "--arch", "x86", "p.yaml", "opena"), ["openat", "openat2"]);
  assert.equal(offered("seccat", "explain", "--arch", "aarc"), ["aarch64"]);
  assert.equal(offered("seccat", "resolve", "@timer"), ["@timer"]);
  assert.equal(offered("seccat", "run", "-p", "p."), ["p.yaml"]);
  assert.ok(offered("seccat", "run", "-p", "p.yaml", "--", "bas").includes("bash"));
});

test("zsh and fish have scripts with every command", () => {
  for (const shell of ["zsh", "fish"]) {
    const { code, stdout } = seccat(["completion", shell]);
    assert.is(code, 0);
    for (const { name } of commands) assert.ok(stdout.includes(name), `${shell} ${name}`);
  }
});

test("the shell is that of $SHELL when none is named", () => {
  assert.is(seccat(["completion"], { env: { SHELL: "/bin/bash" } }).stdout, script);
  const { code, stderr } = seccat(["completion"], { env: { SHELL: "/bin/tcsh" } });
  assert.is(code, 2);
  assert.match(stderr, /^seccat: error: there is no completion for tcsh\n/);
});

test.run();
