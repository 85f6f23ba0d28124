import { suite } from "uvu";
import * as assert from "uvu/assert";
import { packData, type SeccompData, unpackData, wordName, wordOffset } from "../../src/abi/data.ts";

const test = suite("abi/data");

const call: SeccompData = {
  nr: 0x40000001,
  arch: 0xc000003e,
  instructionPointer: 0x00007f0011223344n,
  args: [1n, 0xffffffffffffffffn, 0x8000000000000000n, 0x1234567890abcdefn, 0n, 0xffffffffn],
};

test("a little-endian target has the low half first", () => {
  assert.equal(
    [...packData(call, "little")],
    [
      0x40000001, 0xc000003e, 0x11223344, 0x7f00, 1, 0, 0xffffffff, 0xffffffff, 0, 0x80000000, 0x90abcdef,
      0x12345678, 0, 0, 0xffffffff, 0,
    ],
  );
});

test("a big-endian target has the high half first", () => {
  assert.equal(
    [...packData(call, "big")],
    [
      0x40000001, 0xc000003e, 0x7f00, 0x11223344, 0, 1, 0xffffffff, 0xffffffff, 0x80000000, 0, 0x12345678,
      0x90abcdef, 0, 0, 0, 0xffffffff,
    ],
  );
});

test("packing loses nothing in either byte order", () => {
  for (const endian of ["little", "big"] as const)
    assert.equal(unpackData(packData(call, endian), endian), call);
});

test("arguments and address that are missing are 0, a negative number wraps", () => {
  const words = packData({ nr: -1, arch: 0x40000003, args: [7n] }, "little");
  assert.equal([...words], [0xffffffff, 0x40000003, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
});

test("every word has one name in each byte order, and the name leads back to it", () => {
  for (const endian of ["little", "big"] as const) {
    const names = Array.from({ length: 16 }, (_, i) => wordName(i * 4, endian) ?? "");
    assert.is(new Set(names).size, 16);
    assert.equal(
      names.map((name) => wordOffset(name, endian)),
      names.map((_, i) => i * 4),
    );
  }
  assert.is(wordName(16, "little"), "args[0].lo");
  assert.is(wordName(16, "big"), "args[0].hi");
  assert.is(wordName(60, "little"), "args[5].hi");
  assert.is(wordName(8, "big"), "ip.hi");
});

test("what is no word has no name, and what is no name has no word", () => {
  for (const offset of [-4, 1, 2, 63, 64]) assert.is(wordName(offset, "little"), undefined);
  for (const name of ["", "args[6].lo", "args[0]", "NR"]) assert.is(wordOffset(name, "little"), undefined);
});

test.run();
