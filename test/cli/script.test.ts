/** Scripts without `#!`, which the kernel does not execute: what `seccat run` makes of them, against `env`. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encode } from "../../src/bpf/codec.ts";
import { allowAll, denyOnly, ret, skip, whyNotHere } from "../enforce/programs.ts";
import { seccat } from "./seccat.ts";

const test = suite("scripts without #!");
const folder = mkdtempSync(join(tmpdir(), "seccat-test-"));
test.after(() => rmSync(folder, { recursive: true, force: true }));
mkdirSync(join(folder, "bin"));
const program = join(folder, "all.bpf");
writeFileSync(program, encode(allowAll()));
writeFileSync(join(folder, "nodirs.bpf"), encode(denyOnly(ret.errno(28), "mkdir", "mkdirat")));

const script = (name: string, text: string) => writeFileSync(join(folder, name), text, { mode: 0o755 });
script("plain", 'echo "$0 $#:$1:$2"; exit 7\n');
script("bin/found", 'echo "$0 $*"; cat\n');
script("empty", "");
script("-x", "echo dash\n");
script("wrong", "if\n");
script("killed", "kill -TERM $$\n");
script("sees", 'tr "\\0" "|" < /proc/$$/cmdline\n');
script("maker", `mkdir ${folder}/made; grep Seccomp_filters /proc/self/status\n`);

const commands: readonly (readonly string[])[] = [
  ["./plain", "a b", ""],
  [join(folder, "plain"), "1", "2", "3"],
  ["found", "words"],
  ["./empty"],
  ["./-x"],
  ["./wrong"],
  ["./sees", "-c", "echo never"],
];

for (const words of commands)
  test(`${words.join(" ").replace(folder, "DIR")} does what it does under env`, () => {
    const env = { PATH: `${folder}/bin:${process.env.PATH}` };
    const given = { cwd: folder, input: "in\n", env: { ...process.env, ...env } };
    const plain = spawnSync("env", words, { ...given, encoding: "utf8" });
    const { code, stdout, stderr } = seccat(["run", "-p", program, "--", ...words], given);
    assert.equal([code, stdout, stderr], [plain.status, plain.stdout, plain.stderr]);
  });

test("one that a signal ends gives 128 and its number", () => {
  assert.is(seccat(["run", "-p", program, "--", "./killed"], { cwd: folder }).code, 143);
});

test("one is under the same filters, supervised or not", () => {
  for (const options of [[], ["--explain"], ["--kill-on-parent-exit"]]) {
    const words = ["run", "-p", "nodirs.bpf", "-p", program, ...options, "--", "./maker"];
    const { stdout, stderr } = seccat(words, { cwd: folder });
    assert.match(stdout, /^Seccomp_filters:\t2$/m, stderr);
    assert.match(stderr, /No space left on device/);
    assert.not(existsSync(join(folder, "made")));
  }
});

test("the shell is looked at anew: a filter that denies its start ends it, and nothing ran", () => {
  writeFileSync(join(folder, "few.bpf"), encode(denyOnly(ret.kill_process, "mmap", "mmap2", "brk")));
  const { code, stdout } = seccat(["run", "-p", "few.bpf", "--", "./plain"], { cwd: folder });
  assert.equal([code, stdout], [159, ""]);
});

const why = await whyNotHere();
if (why) {
  rmSync(folder, { recursive: true, force: true });
  skip("scripts without #!", why);
} else test.run();
