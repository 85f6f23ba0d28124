import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SeccatError } from "../../src/abi/error.ts";
import type { Program } from "../../src/bpf/program.ts";
import { launch } from "../../src/enforce/launch.ts";
import { sacrificed } from "./child.ts";
import { output, refusal, sourceUrl } from "./launched.ts";
import { allowAll, allowOnly, byName, denyOnly, here, ret, skip, whyNotHere } from "./programs.ts";

const test = suite("failure");
const folder = mkdtempSync(join(tmpdir(), "seccat-test-"));
test.after(() => rmSync(folder, { recursive: true, force: true }));

test("a command that does not exist is 127", async () => {
  for (const command of [
    "seccat-no-such-command",
    "/seccat/no/such/command",
    "./no-such",

    "",
  ]) {
    const { status, code, message } = await refusal([allowAll()], [command]);
    assert.equal([status, code], [127, "file"], command);
    assert.match(message, /^command not found: /);
  }
});

test("a command that cannot be executed is 126", async () => {
  const plain = join(folder, "plain");
  writeFileSync(plain, "#!/bin/sh\n", { mode: 0o644 });
  for (const [command, words] of [
    [plain, /no permission/],
    [folder, /is a directory/],
    [`${plain}/x`, /a part of its path is no directory/],
  ] as const) {
    const { status, code, message } = await refusal([allowAll()], [command]);
    assert.equal([status, code], [126, "file"]);
    assert.match(message, words);
  }
  const env = { PATH: folder };
  assert.is(
    (await refusal([allowAll()], ["plain"], { env })).status,
    126,
    "found in PATH, and not executable",
  );
});

test("a missing interpreter is 127, and one that may not be executed 126", async () => {
  const missing = join(folder, "no-interpreter");
  writeFileSync(missing, "#!/seccat/no/such/interpreter\n", { mode: 0o755 });
  const first = await refusal([allowAll()], [missing]);
  assert.is(first.status, 127);
  assert.match(first.message, /its interpreter does not exist/);
  const forbidden = join(folder, "forbidden-interpreter");
  writeFileSync(forbidden, `#!${folder}/plain\n`, { mode: 0o755 });
  const second = await refusal([allowAll()], [forbidden]);
  assert.is(second.status, 126);
  assert.match(second.message, /no permission to execute it or its interpreter/);
});

test("tells a failed execve even when the filter allows nothing else", async () => {
  const silent = join(folder, "silent");
  writeFileSync(silent, "#!/seccat/no/such/interpreter\n", { mode: 0o755 });
  for (const program of [allowOnly("execve"), byName(["execve"], ret.allow, ret.errno(1))]) {
    const { status, message } = await refusal([program], [silent]);
    assert.is(status, 127);
    assert.match(message, /its interpreter does not exist/);
  }
});

/** A command that leaves a file behind if it ever runs. */
function proof(name: string): { readonly argv: string[]; readonly ran: () => boolean } {
  const path = join(folder, name);
  return { argv: ["sh", "-c", `echo ran > ${path}`], ran: () => existsSync(path) };
}

test("a filter that the kernel refuses is 125, and the command never runs", async () => {
  const { argv, ran } = proof("refused");
  // ld M[0] of a cell that nothing was stored in: the one thing that the interpreter runs and the kernel refuses
  const unchecked = JSON.stringify({
    endian: here?.endian,
    insns: [{ code: 0x60, jt: 0, jf: 0, k: 0 }, ...allowAll().insns],
  });
  const broken: Program = JSON.parse(unchecked);
  const { status, code, message } = await refusal([allowAll(), broken], argv);
  assert.equal([status, code], [125, "enforce"]);
  assert.match(message, /the kernel refused the filter with EINVAL/);
  assert.not(ran());
});

test("filters that are too long together are 125, and the command never runs", async () => {
  const { argv, ran } = proof("too-long");
  const { status, code, message } = await refusal(Array(4).fill(allowAll(4096)), argv);
  assert.equal([status, code], [125, "limit"]);
  assert.match(message, /4 stacked filters are longer/);
  assert.not(ran());
});

test("filters that are too long on top of those that are there already are 125", async () => {
  const { said, stderr } = await sacrificed(
    `const { launch } = await import(${JSON.stringify(sourceUrl("src/enforce/launch"))});
     for (let i = 0; i < 3; i++) install(programs.long);
     const launched = await launch([programs.long], ["true"], { stdio: "ignore" });
     say([launched.status, launched.error.code, launched.error.message]);`,
    { long: allowAll(4096) },
  );
  const [answer] = said;
  assert.ok(Array.isArray(answer), stderr);
  if (!Array.isArray(answer)) return;
  assert.equal(answer.slice(0, 2), [125, "enforce"]);
  assert.match(answer[2], /ENOMEM: .*longer than 32768/);
});

test("refuses beforehand a filter that does not allow execve", async () => {
  const { argv, ran } = proof("no-execve");
  for (const [denial, words] of [
    [ret.kill_process, "kill_process"],
    [ret.errno(13), "errno(13)"],
    [ret.trap, "trap(0)"],
    [ret.user_notif, "user_notif"],
    [ret.trace, "trace(0)"],
  ] as const) {
    const { status, code, error } = await refusal([denyOnly(denial, "execve")], argv);
    assert.equal([status, code, error.fix, error.received], [125, "enforce", "allow execve", words]);
  }
  assert.not(ran());
});

test("refuses beforehand a filter of another architecture", async () => {
  const other = byName(["ptrace"], ret.errno(1), ret.allow, here?.abi === "aarch64" ? "x86_64" : "aarch64");
  const { status, message } = await refusal([other], ["true"]);
  assert.is(status, 125);
  assert.match(message, /denies every call of/);
});

test("refuses beforehand a stack whose earlier filters deny seccomp(2)", async () => {
  const { status, error } = await refusal([denyOnly(ret.errno(1), "seccomp"), allowAll()], ["true"]);
  assert.is(status, 125);
  assert.match(
    error.message,
    /^filter 2 could never be installed: those before it answer seccomp with errno\(1\)/,
  );
  assert.is((await output([allowAll(), denyOnly(ret.errno(1), "seccomp")], ["true"])).status, 0);
});

test("says that arguments are too long, and starts nothing", async () => {
  const { status, message } = await refusal([allowAll()], ["true", "x".repeat(200_000)]);
  assert.is(status, 126);
  assert.match(message, /its arguments and environment are too long/);
});

test("refuses a directory that does not exist", async () => {
  const { status, code, message } = await refusal([allowAll()], ["true"], { cwd: join(folder, "nowhere") });
  assert.equal([status, code], [125, "file"]);
  assert.match(message, /: it does not exist$/);
});

test("refuses to start nothing, and words with NUL bytes", async () => {
  const codes: string[] = [];
  for (const [programs, argv, env] of [
    [[allowAll()], [], {}],
    [[], ["true"], {}],
    [[allowAll()], ["true", "a\0b"], {}],
    [[allowAll()], ["true"], { A: "a\0b" }],
  ] as const)
    try {
      await launch(programs, argv, { env: { PATH: process.env.PATH, ...env } });
    } catch (error) {
      codes.push(error instanceof SeccatError ? error.code : String(error));
    }
  assert.equal(codes, ["usage", "usage", "usage", "usage"]);
});

const why = await whyNotHere();
if (why) {
  rmSync(folder, { recursive: true, force: true });
  skip("refusing commands", why);
} else test.run();
