import { readdirSync, readFileSync, symlinkSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { policyText } from "./policies.ts";
import { seccat, withFiles } from "./seccat.ts";

const test = suite("seccat asm");

const listing = `; little-endian, 4 instructions
;line  code   jt   jf          k
 0000: 0x20 0x00 0x00 0x00000004  A = arch
 0001: 0x15 0x00 0x01 0xc000003e  if (A != 0xc000003e) goto 0003
 0002: 0x06 0x00 0x00 0x7fff0000  return ALLOW
 0003: 0x06 0x00 0x00 0x80000000  return KILL_PROCESS
`;
const hex = "2000000004000000150000013e0000c0060000000000ff7f0600000000000080";

test("a listing becomes the bytes that it lists", () => {
  withFiles({ "p.asm": listing }, (folder) => {
    const { code, stderr } = seccat(["asm", "p.asm", "-o", "p.bpf"], { cwd: folder });
    assert.is(code, 0, stderr);
    assert.is(readFileSync(`${folder}/p.bpf`).toString("hex"), hex);
  });
});

test("what is read is not written over, by whatever name", () => {
  const files = { "p.asm": listing, "p.yaml": policyText, "p.bpf": Buffer.from(hex, "hex") };
  withFiles(files, (folder) => {
    symlinkSync("p.yaml", `${folder}/q.yaml`);
    for (const [command, input, output] of [
      ["asm", "p.asm", "p.asm"],
      ["disasm", "p.bpf", "./p.bpf"],
      ["compile", "p.yaml", `${folder}/p.yaml`],
      ["compile", "q.yaml", "p.yaml"],
    ] as const) {
      const before = readFileSync(`${folder}/${input}`);
      const { code, stderr } = seccat([command, input, "-o", output], { cwd: folder });
      assert.is(code, 2);
      assert.is(stderr, `seccat: error: ${output} would be written over\n  expected: a file of its own\n`);
      assert.equal(readFileSync(`${folder}/${input}`), before);
    }
  });
});

test("it reads standard input and prints JSON", () => {
  const { code, stdout } = seccat(["asm", "-", "--json"], { input: listing });
  assert.is(code, 0);
  const data = JSON.parse(stdout);
  assert.is(data.endian, "little");
  assert.equal(data.instructions[1], { code: 0x15, jt: 0, jf: 1, k: 0xc000003e });
});

test("a big-endian listing becomes big-endian bytes", () => {
  const { stdout } = seccat(["asm", "-", "--json"], {
    input: "; big-endian, 1 instruction\n 0000: 0x06 0x00 0x00 0x7fff0000  return ALLOW\n",
  });
  assert.is(JSON.parse(stdout).endian, "big");
});

test("a text without instructions is told by its name", () => {
  withFiles({ "p.asm": "; nothing\n" }, (folder) => {
    const { code, stderr } = seccat(["asm", "p.asm", "-o", "p.bpf"], { cwd: folder });
    assert.is(code, 2);
    assert.match(stderr, /^p\.asm: error: the program has no instructions\n/);
    assert.equal(readdirSync(folder), ["p.asm"]);
  });
});

test("a word that is none is an error with file, line and column, and no file is written", () => {
  withFiles({ "p.asm": "ld [0]\nfrob #1\nret #0\n" }, (folder) => {
    const { code, stdout, stderr } = seccat(["asm", "p.asm", "-o", "p.bpf"], { cwd: folder });
    assert.is(code, 2);
    assert.is(stdout, "");
    assert.match(stderr, /^p\.asm:2:1: error: /);
    assert.not.match(stderr, /\n {4}at /);
    assert.equal(readdirSync(folder), ["p.asm"]);
  });
});

test("a program that the kernel would refuse is an error that names the line", () => {
  withFiles({ "p.asm": "ld [3]\nret #0\n" }, (folder) => {
    const { code, stderr } = seccat(["asm", "p.asm", "-o", "p.bpf"], { cwd: folder });
    assert.is(code, 2);
    assert.match(
      stderr,
      /^p\.asm:1.*: error: a load outside the words of seccomp_data\n {2}expected: an offset of 0, 4, \.\.\. 60\n/,
    );
  });
});

test("a file that is not there is one line", () => {
  const { code, stderr } = seccat(["asm", "/nonexistent/p.asm"]);
  assert.is(code, 2);
  assert.is(stderr, "seccat: error: cannot read /nonexistent/p.asm: no such file or directory\n");
});

test("a file that cannot be written is one line, and the old one stays", () => {
  const { code, stderr } = seccat(["asm", "-", "-o", "/nonexistent/p.bpf"], { input: "ret #0\n" });
  assert.is(code, 2);
  assert.is(stderr, "seccat: error: cannot write /nonexistent/p.bpf: no such file or directory\n");
});

test.run();
