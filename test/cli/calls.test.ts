/** `seccat run` where there is no launcher: commands are started by FFI calls, and it says so. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encode } from "../../src/bpf/codec.ts";
import { allowAll, skip, whyNotHere } from "../enforce/programs.ts";
import { elsewhere } from "./elsewhere.ts";
import { seccat } from "./seccat.ts";

const test = suite("seccat run by FFI calls");
const folder = mkdtempSync(join(tmpdir(), "seccat-test-"));
test.after(() => rmSync(folder, { recursive: true, force: true }));
const program = join(folder, "all.bpf");
writeFileSync(program, encode(allowAll()));
writeFileSync(join(folder, "script"), "echo script $1; exit 5\n", { mode: 0o755 });
const node = elsewhere(folder);
const env = { SECCAT_FFI: "koffi" };

const run = (options: readonly string[], words: readonly string[]) =>
  seccat(["run", "-p", program, ...options, "--", ...words], { cwd: folder, env, node });

const said = "on riscv64 commands are started by FFI calls \\(koffi\\), not by machine code: [^\n]+";

for (const [words, code, stdout, more] of [
  [["sh", "-c", "echo hello; exit 4"], 4, "hello\n", ""],
  [["sh", "-c", "kill -KILL $$"], 137, "", ""],
  [["./script", "x"], 5, "script x\n", ""],
  [["seccat-no-such-command"], 127, "", "seccat: error: command not found: [^\n]+\n"],
  [["/"], 126, "", "seccat: error: command not executable: [^\n]+\n"],
] as const)
  test(`says so once, and ends as the command does: ${words.join(" ")}`, () => {
    const ended = run([], words);
    assert.equal([ended.code, ended.stdout], [code, stdout], ended.stderr);
    assert.match(ended.stderr, new RegExp(`^seccat: ${said}\n${more}$`));
  });

test("says so as JSON too", () => {
  const { stderr } = run(["--json"], ["true"]);
  const [starting, ended] = stderr
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.equal([starting.event, starting.by], ["starting", "calls"]);
  assert.match(starting.message, new RegExp(`^${said}$`));
  assert.equal(ended, { event: "ended", status: 0, signal: null });
});

test("--explain is refused, and so is trace", () => {
  const refused = /^seccat: error: calls of a command cannot be answered or named on riscv64: /;
  const explained = run(["--explain"], ["true"]);
  assert.is(explained.code, 125);
  assert.match(explained.stderr, refused);
  const traced = seccat(["trace", "--engine", "notify", "--", "true"], { cwd: folder, env, node });
  assert.not.equal(traced.code, 0);
  assert.match(traced.stderr, /cannot be answered or named on riscv64/);
});

test("the doctor says so, and what it costs", () => {
  const { stdout } = seccat(["doctor", "--json"], { env, node });
  const facts: readonly Record<string, string>[] = JSON.parse(stdout).facts;
  const start = facts.find(({ name }) => name === "start of commands");
  assert.equal([start?.value, start?.state], ["FFI calls", "no"]);
  assert.match(start?.reason ?? "", new RegExp(`^${said}$`));
  assert.match(start?.cost ?? "", /no run --explain/);
});

test("where there is a launcher nothing is said", () => {
  const { stderr } = seccat(["run", "-p", program, "--", "true"]);
  assert.is(stderr, "");
  const { facts } = JSON.parse(seccat(["doctor", "--json"]).stdout);
  const start = facts.find(({ name }: { name: string }) => name === "start of commands");
  assert.equal([start.value, start.state], ["machine code", "yes"]);
});

const why = await whyNotHere();
if (why) {
  rmSync(folder, { recursive: true, force: true });
  skip("seccat run by FFI calls", why);
} else test.run();
