import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { AbiName } from "../../arch/index.ts";
import { SeccatError } from "../../src/abi/error.ts";
import { decodeStruct, encodeStruct, type Layout, structSize } from "../../src/enforce/struct.ts";

const test = suite("struct");

const mixed = { a: "u8", b: "u64", c: "u16", d: "ptr", e: { bytes: 3 }, f: "i32" } as const satisfies Layout;

test("fields lie where C puts them on that ABI, and the whole is a multiple of the widest", () => {
  const sizes: readonly (readonly [AbiName, Layout, number])[] = [
    ["x86_64", mixed, 40],
    ["x86", mixed, 28],
    ["arm", mixed, 32],
    ["x86_64", { tv_sec: "long", tv_nsec: "long" }, 16],
    ["x86", { tv_sec: "long", tv_nsec: "long" }, 8],
    ["x86_64", { family: "u16", port: "u16be", host: { bytes: 4 }, zero: { bytes: 8 } }, 16],
    ["x86_64", {}, 0],
  ];
  for (const [abi, layout, size] of sizes)
    assert.is(structSize(layout, abi), size, `${abi} ${Object.keys(layout)}`);
});

test("what is encoded is decoded again, on ABIs of both byte orders", () => {
  const values = { a: 255, b: 2n ** 64n - 1n, c: 65535, d: 0x7f00n, e: new Uint8Array([1, 2, 3]), f: -2 };
  for (const abi of ["x86_64", "x86", "s390x", "ppc", "x32"] as const) {
    const bytes = encodeStruct(values, mixed, abi);
    assert.is(bytes.length, structSize(mixed, abi));
    assert.equal(decodeStruct(bytes, mixed, abi), values, abi);
  }
});

test("the byte order is the ABI's, or the network's where a field says so", () => {
  const layout = { own: "u32", net: "u32be", short: "u16be", long: "u64be" } as const;
  const values = { own: 1, net: 2, short: 3, long: 4n };
  const hex = (abi: AbiName) => Buffer.from(encodeStruct(values, layout, abi)).toString("hex");
  assert.is(hex("x86_64"), "010000000000000200030000000000000000000000000004");
  assert.is(hex("s390x"), "000000010000000200030000000000000000000000000004");
});

test("signed fields keep their sign", () => {
  const layout = { a: "i8", b: "i16", c: "i32", d: "i64", e: "long" } as const;
  const values = { a: -1, b: -2, c: -3, d: -4n, e: -5n };
  for (const abi of ["x86_64", "x86", "s390x"] as const)
    assert.equal(decodeStruct(encodeStruct(values, layout, abi), layout, abi), values);
});

test("values without a place, bytes that are too few, and unknown types are refused", () => {
  const refused = (work: () => unknown) => {
    try {
      work();
    } catch (error) {
      return error instanceof SeccatError ? `${error.code} ${error.expected}` : String(error);
    }
    return "taken";
  };
  const one = (field: Layout[string], value: number | bigint | Uint8Array) =>
    // @ts-expect-error: as from JavaScript
    refused(() => encodeStruct({ x: value }, { x: field }, "x86_64"));
  assert.is(one("u8", 256), "usage an unsigned integer of 8 bits");
  assert.is(one("u8", -1), "usage an unsigned integer of 8 bits");
  assert.is(one("i8", 128), "usage a signed integer of 8 bits");
  assert.is(one("u64", 2n ** 64n), "usage an unsigned integer of 64 bits");
  assert.is(one("u32", 1.5), "usage an integer");
  assert.is(one({ bytes: 2 }, new Uint8Array(3)), "usage 2 bytes");
  assert.is(one({ bytes: 2 }, 5), "usage 2 bytes");
  // @ts-expect-error: as from JavaScript
  assert.match(one("int", 5), /^usage u8, i8/);
  // @ts-expect-error: as from JavaScript
  assert.match(one("toString", 5), /^usage u8, i8/);
  assert.is(
    refused(() => decodeStruct(new Uint8Array(3), { x: "u32" }, "x86_64")),
    "usage 4 bytes",
  );
});

test.run();
