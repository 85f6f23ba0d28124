import { spawn, spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex, Writable } from "node:stream";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { abi as factsOf } from "../../../arch/index.ts";
import { actionValues } from "../../../src/abi/action.ts";
import { check } from "../../../src/bpf/check.ts";
import { type Block, layOut, type Orders, stepData } from "../../../src/enforce/launcher/block.ts";
import { assembleCode, int32 } from "../../../src/enforce/launcher/code.ts";
import { codeAddress } from "../../../src/enforce/launcher/elf.ts";
import { type Launcher, launcherMachines, makeLauncher, wayOf } from "../../../src/enforce/launcher/index.ts";
import { BLOCK, STATUS_SIZE, STEP_SIZE, STEPS, WAIT } from "../../../src/enforce/launcher/layout.ts";
import type { Native } from "../../../src/enforce/native.ts";
import { here, skip } from "../programs.ts";

type Machine = (typeof launcherMachines)[number];

/** A machine as native() would describe it there. */
function machine(name: Machine | "riscv64"): Native {
  const { auditArch, endian } = factsOf(name);
  return { abi: name, auditArch, endian, wordBytes: 8 };
}

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const allow = check([{ code: 0x06, jt: 0, jf: 0, k: actionValues.allow }], "little");

function launcherFor(name: Machine, channel: number, length: number): Launcher {
  const made = makeLauncher(machine(name), channel, length);
  assert.ok(made);
  return made;
}

const orders = (argv: readonly string[], more: Partial<Orders> = {}): Orders => ({
  command: { path: bytes(argv[0] ?? ""), argv: argv.map(bytes), env: [bytes("A=1")] },
  programs: [],
  flags: [],
  lastFlags: [],
  stray: [],
  channel: 3,
  status: 4,
  ...more,
});

const layout = suite("launcher block");

/** The NUL-ended string, and the 64-bit word, at an address of a block. */
const stringAt = (block: Block, address: number | bigint) => {
  const at = Number(address) - STEPS;
  return Buffer.from(block.bytes.subarray(at, block.bytes.indexOf(0, at))).toString();
};
const wordAt = (block: Block, address: number | bigint) =>
  new DataView(block.bytes.buffer).getBigUint64(Number(address) - STEPS, true);

layout("holds path, argv and envp at the addresses that execve is given", () => {
  const block = layOut(orders(["/bin/echo", "one", ""]), machine("x86_64"));
  const exec = block.steps.at(-1);
  assert.is(exec?.stage, "start the command");
  const [path, argv, env] = exec?.args ?? [];
  assert.is(stringAt(block, path ?? 0), "/bin/echo");
  const pointers = [0, 8, 16, 24].map((offset) => wordAt(block, BigInt(argv ?? 0) + BigInt(offset)));
  assert.equal(
    pointers.slice(0, 3).map((pointer) => stringAt(block, pointer)),
    ["/bin/echo", "one", ""],
  );
  assert.is(pointers[3], 0n);
  assert.is(stringAt(block, wordAt(block, env ?? 0)), "A=1");
  assert.is(wordAt(block, BigInt(env ?? 0) + 8n), 0n);
});

layout("begins with the steps, numbered for their machine", () => {
  for (const [name, execve] of [
    ["x86_64", 59n],
    ["aarch64", 221n],
  ] as const) {
    const block = layOut(orders(["/bin/true"]), machine(name));
    const last = STEPS + (block.steps.length - 1) * STEP_SIZE;
    assert.is(wordAt(block, last), execve);
    block.steps.at(-1)?.args.forEach((arg, i) => {
      assert.is(wordAt(block, last + 8 + 8 * i), BigInt(arg));
    });
  }
});

layout("installs each program from a sock_fprog of its own, and waits only behind a listener", () => {
  const block = layOut(
    orders(["/bin/true"], {
      programs: [allow, allow],
      flags: ["log"],
      lastFlags: ["newListener"],
      stray: [9],
    }),
    machine("x86_64"),
  );
  assert.equal(
    block.steps.map((step) => step.stage),
    [
      "share the status page",
      "hide a descriptor",
      "hide a descriptor",
      "hide a descriptor",
      "set no_new_privs",
      "install the filter",
      "install the filter",
      "wait for the supervisor",
      "start the command",
    ],
  );
  const filters = block.steps.filter((step) => step.filter !== undefined);
  assert.equal(
    filters.map(({ args }) => args.slice(0, 2)),
    [
      [1, 2],
      [1, 2 | 8],
    ],
  );
  for (const { args } of filters) {
    const fprog = Number(args[2]);
    assert.is(wordAt(block, fprog) & 0xffffn, 1n);
    assert.is(wordAt(block, wordAt(block, fprog + 8)), 0x7fff000000000006n);
  }
  assert.is(wordAt(block, STEPS + 7 * STEP_SIZE), WAIT);
});

layout("becomes another user before all that needs no rights, groups first and capabilities last", () => {
  const user = { uid: 65534, gid: 7, groups: [1, 4294967294] };
  const block = layOut(
    orders(["/bin/true"], { programs: [allow], user, endsWithParent: true }),
    machine("x86_64"),
  );
  assert.equal(
    block.steps.slice(3).map((step) => step.stage),
    [
      "set the groups",
      "set the group",
      "set the user",
      "give up the capabilities",
      "end with its parent",
      "find its parent alive",
      "set no_new_privs",
      "install the filter",
      "start the command",
    ],
  );
  const [groups, group, whose, capabilities, death, alive] = block.steps.slice(3);
  assert.equal([groups?.nr, groups?.args[0]], [116, 2]);
  assert.is(wordAt(block, groups?.args[1] ?? 0), 0xfffffffe_00000001n);
  assert.equal([group?.nr, group?.args], [119, [7, 7, 7]]);
  assert.equal([whose?.nr, whose?.args], [117, [65534, 65534, 65534]]);
  const [header = 0, data = 0] = capabilities?.args ?? [];
  assert.equal([capabilities?.nr, wordAt(block, header)], [126, 0x20080522n]);
  for (const offset of [0n, 8n, 16n]) assert.is(wordAt(block, BigInt(data) + offset), 0n);
  assert.equal([death?.nr, death?.args.slice(0, 2)], [157, [1, 9]]);
  assert.equal([alive?.nr, alive?.args[0], alive?.args[3]], [44, 3, 0x4040]);
});

layout("gives up no capability of root, who would get it back by execve", () => {
  const user = { uid: 0, gid: 0, groups: [] };
  const { steps } = layOut(orders(["/bin/true"], { user }), machine("aarch64"));
  assert.equal(
    steps.slice(3, -1).map((step) => [step.stage, step.nr]),
    [
      ["set the groups", 159],
      ["set the group", 149],
      ["set the user", 147],
      ["set no_new_privs", 167],
    ],
  );
});

layout("for a Node it undoes what Node does to itself, before anything that takes a right away", () => {
  const made = layOut(
    orders(["/bin/true"], { programs: [allow], passedOn: [0, 1, 2, 5], openFiles: { soft: 1n, hard: 2n } }),
    machine("riscv64"),
    0x1000,
  );
  const stages = made.steps.map((step) => step.stage);
  assert.equal(
    stages.filter((stage, i) => stage !== stages[i - 1]),
    [
      "share the status page",
      "hide a descriptor",
      "pass on a descriptor",
      "reset a signal",
      "unblock the signals",
      "restore the limit of open files",
      "set no_new_privs",
      "install the filter",
      "start the command",
    ],
  );
  const of = (stage: string) => made.steps.filter((step) => step.stage === stage);
  assert.equal(of("share the status page")[0]?.args, [0, 4096, 3, 1, 4, 0]);
  assert.equal(
    of("pass on a descriptor").map(({ args }) => args),
    [0, 1, 2, 5].map((fd) => [fd, 2, 0]),
  );
  const signals = of("reset a signal").map(({ args }) => Number(args[0]));
  assert.equal(
    signals,
    [...Array(65).keys()].slice(1).filter((signal) => signal !== 9 && signal !== 19),
  );
});

/** Words of other machines: where their numbers and layouts are not those of x86_64. */
const others: readonly [
  abi: "s390x" | "arm" | "mips64" | "ppc64le",
  wordBytes: 4 | 8,
  mmap: number,
  setgroups: number,
  openFiles: number,
  signals: number,
][] = [
  ["s390x", 8, 90, 206, 7, 62],
  ["arm", 4, 192, 206, 7, 62],
  ["mips64", 8, 5009, 5114, 5, 126],
  ["ppc64le", 8, 90, 81, 7, 62],
];

for (const [abi, wordBytes, mmap, setgroups, openFiles, signals] of others)
  layout(`for a Node on ${abi}, in its numbers, words and byte order`, () => {
    const { auditArch, endian } = factsOf(abi);
    const start = 0x20000;
    const user = { uid: 5, gid: 7, groups: [1, 2] };
    const { bytes: data, steps } = layOut(
      orders(["/bin/echo", "x"], {
        programs: [check(allow.insns, endian)],
        passedOn: [0],
        openFiles: { soft: 1n, hard: 2n },
        user,
      }),
      { abi, auditArch, endian, wordBytes },
      start,
    );
    const view = new DataView(data.buffer);
    const little = endian === "little";
    const long = (address: number | bigint) =>
      wordBytes === 8
        ? Number(view.getBigUint64(Number(address) - start, little))
        : view.getUint32(Number(address) - start, little);
    const text = (address: number) =>
      Buffer.from(data.subarray(address - start, data.indexOf(0, address - start)));
    const first = (stage: string) => steps.find((step) => step.stage === stage);
    const share = first("share the status page");
    assert.is(share?.nr, mmap);
    const shared =
      abi === "s390x" ? [0, 8, 16, 24, 32, 40].map((at) => long(Number(share?.args[0]) + at)) : share?.args;
    assert.equal(shared, [0, 4096, 3, 1, 4, 0]);
    const groups = first("set the groups");
    assert.equal([groups?.nr, groups?.args[0]], [setgroups, 2]);
    const list = Number(groups?.args[1]) - start;
    assert.equal(
      [0, 4].map((at) => view.getUint32(list + at, little)),
      [1, 2],
    );
    const capabilities = Number(first("give up the capabilities")?.args[0]) - start;
    assert.equal(
      [0, 4].map((at) => view.getUint32(capabilities + at, little)),
      [0x20080522, 0],
    );
    const limit = first("restore the limit of open files");
    assert.is(limit?.args[1], openFiles);
    const limits = Number(limit?.args[2]) - start;
    assert.equal(
      [0, 8].map((at) => view.getBigUint64(limits + at, little)),
      [1n, 2n],
    );
    assert.is(steps.filter(({ stage }) => stage === "reset a signal").length, signals);
    const fprog = Number(first("install the filter")?.args[2]);
    assert.is(view.getUint16(fprog - start, little), 1);
    assert.is(view.getUint16(long(fprog + wordBytes) - start, little), 6);
    const [path = 0, argv = 0] = first("start the command")?.args ?? [];
    assert.is(text(Number(path)).toString(), "/bin/echo");
    assert.is(text(long(Number(argv) + wordBytes)).toString(), "x");
    assert.is(long(Number(argv) + 2 * wordBytes), 0);
  });

layout("says what a filter sees of a step", () => {
  const block = layOut(orders(["/bin/true"]), machine("aarch64"));
  const exec = block.steps.at(-1);
  assert.ok(exec);
  if (!exec) return;
  const data = stepData(exec, machine("aarch64"), codeAddress(4));
  assert.is(data.nr, 221);
  assert.is(data.arch, 0xc00000b7);
  assert.is(data.args.length, 6);
  assert.is(data.args[0], BigInt(exec.args[0] ?? 0));
  assert.is(data.instructionPointer, codeAddress(4));
});

layout.run();

const code = suite("launcher code");

/** Bytes of ELF header and two program headers, before the code. */
const HEADERS = 64 + 2 * 56;

code("labels are places, and jumps know where they begin and where they go", () => {
  const jump = (to: string) => ({ to, size: 2, encode: (from: number, target: number) => [from, target] });
  const { bytes: made, labels } = assembleCode([[1], jump("end"), { label: "end" }, [2, 3], jump("end")]);
  assert.equal([...made], [1, 1, 3, 2, 3, 5, 3]);
  assert.is(labels.get("end"), 3);
  assert.throws(() => assembleCode([jump("nowhere")]), /no label is named nowhere/);
  assert.equal(int32(-2), [0xfe, 0xff, 0xff, 0xff]);
});

code("is small, and says behind which instruction its calls come from", () => {
  for (const name of launcherMachines) {
    const { file, instructionPointer } = launcherFor(name, 3, 1000);
    assert.ok(file.length < 600, `${name}: ${file.length} bytes`);
    const at = HEADERS + Number(instructionPointer - codeAddress(0));
    const behind = name === "x86_64" ? [0x0f, 0x05] : [0x01, 0x00, 0x00, 0xd4];
    assert.equal([...file.subarray(at - behind.length, at)], behind);
  }
});

code("does not exist for other machines", () => {
  assert.is(makeLauncher(machine("riscv64"), 3, 1000), undefined);
  assert.equal([...launcherMachines, "riscv64" as const].map(machine).map(wayOf), ["code", "code", "calls"]);
});

const folder = mkdtempSync(join(tmpdir(), "seccat-test-"));
code.after(() => rmSync(folder, { recursive: true, force: true }));

const disassemblers: Readonly<Record<Machine, readonly string[]>> = {
  x86_64: ["objdump", "-m", "i386:x86-64", "-M", "intel"],
  aarch64: ["aarch64-linux-gnu-objdump", "-m", "aarch64"],
};

/** What each line of a disassembly must hold, in this order, among others. */
const listings: Readonly<Record<Machine, readonly RegExp[]>> = {
  x86_64: [
    /cmp +QWORD PTR \[rsp\],0x3/,
    /mov +eax,0x107$/,
    /mov +rdi,0xffffffffffffff9c$/,
    /mov +rsi,QWORD PTR \[rsp\+0x10\]/,
    /mov +edx,0x0$/,
    /syscall/,
    /mov +rsi,QWORD PTR \[rsp\+0x18\]/,
    /mov +edx,0x200$/,
    /syscall/,
    /mov +eax,0x9$/,
    /mov +edi,0x10000000$/,
    /mov +r8,0xffffffffffffffff$/,
    /syscall/,
    /cmp +rax,0x10000000$/,
    /mov +ebx,0x10010000$/,
    /mov +r12d,0x3e8$/,
    /mov +edi,0x7$/,
    /syscall/,
    /test +rax,rax/,
    /sub +r12,rax/,
    /mov +rax,QWORD PTR \[rbx\+0x0\]/,
    /mov +r9,QWORD PTR \[rbx\+0x30\]/,
    /syscall/,
    /mov +QWORD PTR \[rbp\+0x8\],rax/,
    /cmp +rax,0xfffffffffffff001/,
    /inc +QWORD PTR \[rbp\+0x0\]/,
    /add +rbx,0x38/,
    /pause/,
    /cmp +QWORD PTR \[rbp\+0x10\],0x0/,
    /mov +QWORD PTR \[rbp\+0x8\],0xffffffffffffff92/,
    /mov +eax,0xe7/,
    /mov +edi,0x7d/,
    /syscall/,
    /hlt/,
  ],
  aarch64: [
    /ldr\s+x9, \[sp\]/,
    /cmp\s+x9, #0x3/,
    /mov\s+x8, #0x23\s/,
    /mov\s+x0, #0xffffffffffffff9c/,
    /ldr\s+x1, \[sp, #16\]/,
    /svc\s+#0x0/,
    /ldr\s+x1, \[sp, #24\]/,
    /mov\s+x2, #0x200\s/,
    /svc\s+#0x0/,
    /mov\s+x8, #0xde\s/,
    /movk\s+x0, #0x1000, lsl #16/,
    /mov\s+x4, #0xffffffffffffffff/,
    /svc\s+#0x0/,
    /cmn\s+x0, #0xfff/,
    /movk\s+x19, #0x1001, lsl #16/,
    /mov\s+x21, #0x3e8/,
    /mov\s+x8, #0x3f\s/,
    /mov\s+x0, #0x7\s/,
    /svc\s+#0x0/,
    /cmp\s+x0, #0x0/,
    /add\s+x19, x19, x0/,
    /subs\s+x21, x21, x0/,
    /ldr\s+x8, \[x19\]/,
    /ldp\s+x0, x1, \[x19, #8\]/,
    /ldp\s+x2, x3, \[x19, #24\]/,
    /ldp\s+x4, x5, \[x19, #40\]/,
    /svc\s+#0x0/,
    /str\s+x0, \[x20, #8\]/,
    /cmn\s+x0, #0xfff/,
    /add\s+x19, x19, #0x38/,
    /yield/,
    /ldr\s+x10, \[x20, #16\]/,
    /mov\s+x0, #0xffffffffffffff92/,
    /mov\s+x8, #0x5e/,
    /mov\s+x0, #0x7d/,
    /svc\s+#0x0/,
    /brk/,
  ],
};

for (const name of launcherMachines)
  code(`disassembles to its listing for ${name}`, () => {
    const path = join(folder, name);
    writeFileSync(path, launcherFor(name, 7, 1000).file.subarray(HEADERS));
    const [tool = "", ...flags] = disassemblers[name];
    const dump = spawnSync(tool, ["-D", "-b", "binary", ...flags, path], { encoding: "utf8" });
    if (dump.error) return skip(`the disassembly for ${name}`, `${tool} cannot be run`);
    const lines = dump.stdout.split("\n").slice(7);
    assert.not(/\(bad\)|undefined|\.inst/.test(dump.stdout), dump.stdout);
    let at = 0;
    for (const wanted of listings[name]) {
      const found = lines.findIndex((line, i) => i >= at && wanted.test(line));
      assert.ok(found >= 0, `${wanted} behind line ${at} of\n${dump.stdout}`);
      at = found + 1;
    }
  });

/** How to run programs of a machine here; undefined when that is not possible. */
function emulator(name: Machine): readonly string[] | undefined {
  if (process.platform !== "linux") return undefined;
  if (here?.abi === name) return [];
  const qemu = `qemu-${name}`;
  return spawnSync(qemu, ["--version"]).error ? undefined : [qemu];
}

interface LauncherRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly done: bigint;
  readonly result: bigint;
}

/**
 * Runs a launcher with a block, perhaps cut off; lets it go on where it waits when `go` is set. Descriptor 5 is a
 * socket too, whose other end is closed before all is said with `leave`.
 */
async function runLauncher(
  name: Machine,
  block: Block,
  cut = block.bytes.length,
  go = false,
  leave = false,
): Promise<LauncherRun> {
  const path = join(folder, `launcher-${name}`);
  const statusPath = join(folder, `status-${name}`);
  rmSync(path, { force: true });
  writeFileSync(path, launcherFor(name, 3, block.bytes.length).file, { mode: 0o700 });
  const page = Buffer.alloc(STATUS_SIZE);
  if (go) page.writeBigUInt64LE(1n, 16);
  writeFileSync(statusPath, page);
  const status = openSync(statusPath, "r+");
  const [command = path, ...rest] = [...(emulator(name) ?? []), path];
  const child = spawn(command, rest, {
    stdio: ["ignore", "pipe", "inherit", "pipe", status, "pipe"],
    timeout: 20_000,
  });
  closeSync(status);
  let stdout = "";
  child.stdout?.on("data", (data) => {
    stdout += data;
  });
  const channel = child.stdio[3];
  if (!(channel instanceof Writable)) throw new Error("no channel");
  channel.on("error", () => {});
  // in pieces, so that the launcher has to read more than once
  channel.write(block.bytes.subarray(0, Math.min(100, cut)));
  const other = child.stdio.at(5);
  if (!(other instanceof Duplex)) throw new Error("no second channel");
  other.resume();
  if (leave) await new Promise<void>((resolve) => void other.destroy().once("close", resolve));
  setTimeout(() => channel.end(block.bytes.subarray(100, Math.max(100, cut))), 20);
  const ending = await new Promise<number | null>((resolve) => child.once("close", resolve));
  const written = readFileSync(statusPath);
  return { status: ending, stdout, done: written.readBigUInt64LE(0), result: written.readBigInt64LE(8) };
}

for (const name of launcherMachines) {
  if (!emulator(name)) {
    skip(
      `running the launcher for ${name}`,
      `this is ${here?.abi ?? process.platform}, and there is no qemu-${name}`,
    );
    continue;
  }

  code(`becomes the command (${name})`, async () => {
    const block = layOut(orders(["/bin/echo", "from", "a launcher"]), machine(name));
    const run = await runLauncher(name, block);
    assert.equal([run.status, run.stdout], [0, "from a launcher\n"]);
    assert.equal([run.done, run.result], [BigInt(block.steps.length - 1), 0n]);
  });

  code(`says how far it came when a call fails, and ends with 125 (${name})`, async () => {
    const block = layOut(orders(["/seccat/no/such/file"]), machine(name));
    const run = await runLauncher(name, block);
    assert.is(run.status, 125);
    assert.equal([run.done, run.result], [BigInt(block.steps.length - 1), -2n]);
    const early = await runLauncher(
      name,
      layOut(orders(["/bin/echo", "never"], { stray: [77] }), machine(name)),
    );
    assert.equal(early, { status: 125, stdout: "", done: 3n, result: -9n });
  });

  code(`ends with 125 when its parent goes away before all is said (${name})`, async () => {
    const block = layOut(orders(["/bin/echo", "never"]), machine(name));
    for (const cut of [0, 99, block.bytes.length - 1])
      assert.equal(await runLauncher(name, block, cut), { status: 125, stdout: "", done: 0n, result: 0n });
  });

  code(`starts nothing when its parent has ended in the meantime (${name})`, async () => {
    const block = layOut(orders(["/bin/echo", "lived"], { endsWithParent: true, channel: 5 }), machine(name));
    const alone = BigInt(block.steps.findIndex(({ stage }) => stage === "find its parent alive"));
    const left = await runLauncher(name, block, undefined, false, true);
    assert.equal(left, { status: 125, stdout: "", done: alone, result: -32n });
    const stayed = await runLauncher(name, block);
    assert.equal([stayed.status, stayed.stdout], [0, "lived\n"]);
  });

  code(`removes its file and directory first where it is told both, and nothing else (${name})`, () => {
    const [word = "", ...emulated] = emulator(name) ?? [];
    for (const [count, left] of [
      [1, ["launcher"]],
      [2, ["launcher"]],
      [3, undefined],
      [4, ["launcher"]],
    ] as const) {
      const directory = mkdtempSync(join(folder, "own-"));
      const path = join(directory, "launcher");
      writeFileSync(path, launcherFor(name, 3, 8).file, { mode: 0o700 });
      const words = [path, directory, "more"].slice(0, count - 1);
      const command = word === "" ? [path, ...words] : [word, ...emulated, path, ...words];
      const { status } = spawnSync(command[0] ?? "", command.slice(1), { timeout: 20_000 });
      assert.is(status, 125, "there is no block");
      assert.equal(existsSync(directory) ? readdirSync(directory) : undefined, left, `${count} words`);
    }
  });

  code(`waits until it may go on (${name})`, async () => {
    const block = layOut(orders(["/bin/echo", "went on"], { lastFlags: ["newListener"] }), machine(name));
    assert.is(block.steps.at(-2)?.stage, "wait for the supervisor");
    const run = await runLauncher(name, block, undefined, true);
    assert.equal([run.status, run.stdout], [0, "went on\n"]);
  });

  code(`keeps its memory where it says (${name})`, async () => {
    assert.is(BLOCK % 0x10000, 0);
    assert.is(STEPS % 0x10000, 0);
    const words = Array.from({ length: 3000 }, (_, i) => `word${i}`);
    const run = await runLauncher(name, layOut(orders(["/bin/echo", ...words]), machine(name)));
    assert.is(run.stdout, `${words.join(" ")}\n`);
  });
}

code.run();
