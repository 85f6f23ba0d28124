import { spawn, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { abi as factsOf } from "../../../arch/index.ts";
import { loadShim } from "../../../shim/index.ts";
import { makeKeeper } from "../../../src/enforce/keeper/index.ts";
import { keeperParameters } from "../../../src/enforce/keeper/layout.ts";
import { mapPage } from "../../../src/enforce/keeper/page.ts";
import type { Native } from "../../../src/enforce/native.ts";
import { build, whyNoGcc } from "../live/programs.ts";
import { skip, whyNotHere } from "../programs.ts";

const test = suite("enforce/keeper");
const folder = mkdtempSync(join(tmpdir(), "seccat-test-"));
test.after(() => rmSync(folder, { recursive: true, force: true }));
const why = (await whyNotHere()) ?? whyNoGcc();
const HEADERS = 176;

function machine(name: "x86_64" | "aarch64" | "riscv64"): Native {
  const { auditArch, endian } = factsOf(name);
  return { abi: name, auditArch, endian, wordBytes: 8 };
}

/** What each disassembly must hold, in this order, among others. */
const listings = {
  x86_64: {
    tool: ["objdump", "-m", "i386:x86-64", "-M", "intel"],
    lines: [
      /mov +eax,0x1b4$/,
      /syscall/,
      /mov +edi,0x10000000$/,
      /mov +r8d,0x4$/,
      /syscall/,
      /mov +edi,0x10010000$/,
      /mov +esi,0x2000$/,
      /mov +r8,0xffffffffffffffff$/,
      /mov +QWORD PTR \[rbx\+0x14\],0x1$/,
      /mov +QWORD PTR \[rbx\+0x18\],0x3$/,
      /mov +QWORD PTR \[rbx\+0x1c\],0x1$/,
      /cmp +rax,0xfffffffffffffffc/,
      /jg /,
      /mov +rax,QWORD PTR \[rbp\+0x0\]/,
      /mov +QWORD PTR \[rbx\+0x0\],rax/,
      /mov +esi,0xc0182101/,
      /shr +rax,0x30/,
      /test +al,0x1/,
      /mov +ecx,0x20$/,
      /rep stos/,
      /mov +esi,0xc0502100/,
      /js /,
      /mov +esi,0xc0182101/,
      /mov +eax,0xe7/,
      /hlt/,
    ],
  },
  aarch64: {
    tool: ["aarch64-linux-gnu-objdump", "-m", "aarch64"],
    lines: [
      /mov\s+x8, #0x1b4\s/,
      /svc\s+#0x0/,
      /mov\s+x4, #0x4\s/,
      /svc\s+#0x0/,
      /mov\s+x4, #0xffffffffffffffff/,
      /lsl\s+x9, x9, #32/,
      /str\s+x9, \[x19, #16\]/,
      /add\s+x9, x9, x10/,
      /str\s+x9, \[x19, #24\]/,
      /cmn\s+x0, #0x4/,
      /b\.gt/,
      /ldr\s+x9, \[x20\]/,
      /str\s+x9, \[x19\]/,
      /movk\s+x1, #0xc018, lsl #16/,
      /ldrh\s+w9, \[x19, #30\]/,
      /tst\s+x9, #0x1/,
      /str\s+xzr, \[x21\]/,
      /str\s+xzr, \[x21, #248\]/,
      /movk\s+x1, #0xc050, lsl #16/,
      /b\.lt/,
      /ldr\s+x9, \[x21\]/,
      /movk\s+x1, #0xc018, lsl #16/,
      /mov\s+x8, #0x5e/,
      /brk/,
    ],
  },
} as const;

for (const name of ["x86_64", "aarch64"] as const)
  test(`disassembles to its listing for ${name}`, () => {
    const path = join(folder, name);
    const parameters = { ...keeperParameters(machine(name)), recv: 0xc0502100, send: 0xc0182101 };
    writeFileSync(path, makeKeeper(machine(name), parameters)?.subarray(HEADERS) ?? "");
    const [tool, ...flags] = listings[name].tool;
    const dump = spawnSync(tool, ["-D", "-b", "binary", ...flags, path], { encoding: "utf8" });
    if (dump.error) return skip(`the disassembly for ${name}`, `${tool} cannot be run`);
    const lines = dump.stdout.split("\n").slice(7);
    assert.not(/\(bad\)|undefined|\.inst/.test(dump.stdout), dump.stdout);
    let at = 0;
    for (const wanted of listings[name].lines) {
      const found = lines.findIndex((line, i) => i >= at && wanted.test(line));
      assert.ok(found >= 0, `${wanted} behind line ${at} of\n${dump.stdout}`);
      at = found + 1;
    }
  });

test("there is none for other machines", () => {
  assert.is(makeKeeper(machine("riscv64"), keeperParameters(machine("x86_64"))), undefined);
});

test("what is written to a page is in its file, until the page is left", () => {
  if (why !== undefined) return skip("the page", why);
  const path = join(folder, "page");
  writeFileSync(path, new Uint8Array(4096));
  const fd = openSync(path, "r+");
  const page = mapPage(loadShim(), fd, 4096);
  closeSync(fd);
  page.bytes.set([1, 2, 3]);
  assert.equal([...readFileSync(path).subarray(0, 3)], [1, 2, 3]);
  page.leave();
  page.bytes.set([4, 5, 6]);
  assert.equal([...readFileSync(path).subarray(0, 3)], [1, 2, 3]);
  assert.equal([...page.bytes.subarray(0, 3)], [4, 5, 6]);
});

for (const signal of ["SIGKILL", "SIGSEGV"] as const)
  test(`a command goes on when the process that watches it is ended by ${signal}`, async () => {
    if (why !== undefined) return skip("the end of a watcher", why);
    const told = join(folder, `told-${signal}`);
    writeFileSync(told, "");
    const module = new URL("../../../src/enforce/live/record.js", import.meta.url).href;
    const command = `echo begun >> ${told}; ${build("calls", folder)} 30000 > ${told}.time; echo ended $? >> ${told}`;
    const script = `
      import { record } from ${JSON.stringify(module)};
      await record(["sh", "-c", ${JSON.stringify(command)}], { each() {}, stdio: "ignore" });`;
    const watcher = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "ignore" });
    const until = async (text: string) => {
      for (let i = 0; i < 1000 && !readFileSync(told, "utf8").includes(text); i++)
        await new Promise((resolve) => setTimeout(resolve, 20));
    };
    await until("begun");
    await new Promise((resolve) => setTimeout(resolve, 20));
    watcher.kill(signal);
    await until("ended");
    assert.is(readFileSync(told, "utf8"), "begun\nended 0\n");
  });

test.run();
