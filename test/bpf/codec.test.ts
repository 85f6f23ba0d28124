import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SeccatError } from "../../src/abi/error.ts";
import { check } from "../../src/bpf/check.ts";
import { decode, encode, encodeInsns, guessEndian, readProgram } from "../../src/bpf/codec.ts";
import { seedOf } from "../seed.ts";
import { filterArb, programArb } from "./random.ts";

const test = suite("bpf/codec");
const seed = seedOf("bpf/codec");

const insns = [
  { code: 0x20, jt: 0, jf: 0, k: 4 },
  { code: 0x15, jt: 1, jf: 0, k: 0xc000003e },
  { code: 0x06, jt: 0, jf: 0, k: 0x80000000 },
  { code: 0x06, jt: 0, jf: 0, k: 0x7fff0000 },
];
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const bytes = (text: string) => new Uint8Array(Buffer.from(text.replace(/\s/g, ""), "hex"));
const little = "2000000004000000 150001003e0000c0 0600000000000080 060000000000ff7f";
const big = "0020000000000004 00150100c000003e 0006000080000000 000600007fff0000";

test("a program has the bytes of its own byte order", () => {
  assert.is(hex(encode(check(insns, "little"))), hex(bytes(little)));
  assert.is(hex(encode(check(insns, "big"))), hex(bytes(big)));
});

test("bytes become instructions in either byte order", () => {
  assert.equal(decode(bytes(little), "little"), insns);
  assert.equal(decode(bytes(big), "big"), insns);
});

test("a view into a larger buffer is read at its own place", () => {
  const buffer = new Uint8Array(40);
  buffer.set(bytes(little), 5);
  assert.equal(decode(buffer.subarray(5, 37), "little"), insns);
});

test("the byte order of a program is found", () => {
  assert.is(guessEndian(bytes(little)), "little");
  assert.is(guessEndian(bytes(big)), "big");
  assert.equal(readProgram(bytes(big)).insns, insns);
  assert.is(readProgram(bytes(big)).endian, "big");
});

const refused: readonly (readonly [name: string, text: string, message: RegExp])[] = [
  ["no bytes", "", /empty/],
  ["one byte", "06", /cut off/],
  ["an instruction and a half", `${little} 06000000`, /cut off/],
  ["bytes that are nothing in either order", "ffffffff00000000", /no seccomp program/],
];
for (const [name, text, message] of refused)
  test(`${name} are refused as binary`, () => {
    assert.throws(
      () => readProgram(bytes(text)),
      (error: unknown) =>
        error instanceof SeccatError &&
        error.code === "binary" &&
        message.test(error.message) &&
        error.expected !== undefined &&
        /bytes/.test(error.received ?? ""),
    );
  });

test("the size is checked with a given byte order too", () => {
  for (const size of [0, 1, 7, 9, 15])
    assert.throws(
      () => decode(new Uint8Array(size), "little"),
      (error: unknown) => error instanceof SeccatError && error.received === `${size} bytes`,
    );
});

test("a file in the wrong byte order is refused by the checks, not read as something else", () => {
  assert.throws(
    () => readProgram(bytes(big), "little"),
    (error: unknown) => error instanceof SeccatError && error.code === "program",
  );
});

test("every program survives encoding and decoding, and its byte order is always found", () => {
  fc.assert(
    fc.property(programArb(), (program) => {
      const coded = encode(program);
      assert.is(coded.length, program.insns.length * 8);
      assert.is(guessEndian(coded), program.endian);
      assert.equal(readProgram(coded), program);
    }),
    { seed, numRuns: 500 },
  );
});

test("instructions that no kernel takes survive too", () => {
  const any = fc.array(filterArb, { minLength: 1 });
  fc.assert(
    fc.property(any, fc.constantFrom("little" as const, "big" as const), (list, endian) =>
      assert.equal(decode(encodeInsns(list, endian), endian), list),
    ),
    { seed },
  );
});

test.run();
