import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AbiName, abi, abiNames, abiOf, isAbiName, nativeAbi, X32_BIT } from "../../arch/index.ts";

const test = suite("arch: ABIs");

test("there are 24 ABIs, each with its own name", () => {
  assert.is(abiNames.length, 24);
  assert.is(new Set(abiNames).size, 24);
  for (const name of abiNames) assert.is(abi(name).name, name);
  assert.ok(isAbiName("riscv32"));
  assert.not.ok(isAbiName("x64"));
  assert.not.ok(isAbiName("constructor"));
});

test("an audit arch is the ELF machine with bit 31 for 64-bit registers and bit 30 for little-endian", () => {
  const machines: Record<string, number> = {
    x86: 3,
    m68k: 4,
    mips: 8,
    parisc: 15,
    ppc: 20,
    ppc64: 21,
    s390: 22,
    arm: 40,
    sh: 42,
    x32: 62,
    x86_64: 62,
    aarch64: 183,
    riscv: 243,
    loongarch: 258,
  };
  for (const name of abiNames) {
    const { auditArch, endian, argBits } = abi(name);
    const machine = Object.entries(machines)
      .filter(([prefix]) => name.startsWith(prefix))
      .sort(([a], [b]) => b.length - a.length)[0]?.[1];
    const n32 = name.endsWith("n32") ? 0x20000000 : 0;
    const flags = (argBits === 64 ? 0x80000000 : 0) + (endian === "little" ? 0x40000000 : 0) + n32;
    assert.is(auditArch, flags + (machine ?? Number.NaN), name);
  }
});

test("a call's arch and number tell its ABI, x32 by bit 30", () => {
  for (const name of abiNames) assert.is(abiOf(abi(name).auditArch, abi(name).nrBase), name);
  const { auditArch } = abi("x86_64");
  assert.is(abiOf(auditArch, 0), "x86_64");
  assert.is(abiOf(auditArch, X32_BIT), "x32");
  assert.is(abiOf(auditArch, X32_BIT + 520), "x32");
  assert.is(abiOf(auditArch, 0xffffffff), "x32");
  assert.is(abiOf(auditArch | 0, 59), "x86_64", "a signed u32 is the same arch");
  assert.is(abiOf(abi("x86").auditArch, X32_BIT), "x86", "bit 30 means nothing elsewhere");
  assert.is(abiOf(0xc0009026, 1), undefined, "alpha has no tables here");
});

const processes: readonly (readonly [string, "LE" | "BE", AbiName | undefined])[] = [
  ["x64", "LE", "x86_64"],
  ["ia32", "LE", "x86"],
  ["arm", "LE", "arm"],
  ["arm64", "LE", "aarch64"],
  ["ppc64", "LE", "ppc64le"],
  ["ppc64", "BE", "ppc64"],
  ["s390x", "BE", "s390x"],
  ["riscv64", "LE", "riscv64"],
  ["loong64", "LE", "loongarch64"],
  ["mips", "BE", "mips"],
  ["mipsel", "LE", "mipsel"],
  ["wasm", "LE", undefined],
  ["x64", "BE", undefined],
];
for (const [arch, endianness, name] of processes)
  test(`a Node of ${arch} ${endianness} runs on ${name}`, () => assert.is(nativeAbi(arch, endianness), name));

test("multiplexers are where the tables have them", () => {
  assert.equal(abi("x86").multiplexers, { socketcall: 102, ipc: 117 });
  assert.equal(abi("mips").multiplexers, { socketcall: 4102, ipc: 4117, syscall: 4000 });
  assert.equal(abi("x86_64").multiplexers, {});
});

test("names by which others call an ABI are not shared by two, but for one uname and one audit arch", () => {
  for (const kind of ["libseccomp", "oci", "systemd", "goarch"] as const) {
    const all = abiNames.map((name) => abi(name).names[kind]).filter((name) => name !== undefined);
    assert.is(new Set(all).size, all.length, kind);
  }
  const shared = abiNames.filter((a) =>
    abiNames.some((b) => a !== b && abi(a).auditArch === abi(b).auditArch),
  );
  assert.equal(shared, ["x86_64", "x32"]);
});

test.run();
