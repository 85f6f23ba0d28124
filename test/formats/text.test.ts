import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SeccatError } from "../../src/abi/error.ts";
import { decodeText } from "../../src/formats/index.ts";
import { MAX_TEXT, show, sourceOf } from "../../src/formats/text.ts";

const test = suite("formats/text");

const refused: readonly (readonly [string, readonly number[], string])[] = [
  ["UTF-16 with the low byte first", [0xff, 0xfe, 0x61, 0x00], "UTF-16"],
  ["UTF-16 with the high byte first", [0xfe, 0xff, 0x00, 0x61], "UTF-16"],
  ["zero bytes", [0x61, 0x00, 0x62], "binary data (it holds zero bytes)"],
  ["Latin-1", [0x63, 0x61, 0x66, 0xe9], "bytes that are no UTF-8"],
  ["an encoded surrogate", [0xed, 0xa0, 0x80], "bytes that are no UTF-8"],
];

for (const [what, bytes, received] of refused)
  test(`${what} is refused with what it is`, () => {
    assert.throws(
      () => decodeText(Uint8Array.from(bytes), "p.yaml"),
      (error: unknown) =>
        error instanceof SeccatError &&
        error.code === "syntax" &&
        error.received === received &&
        error.where?.file === "p.yaml",
    );
  });

test("UTF-8 is read, with and without a byte order mark", () => {
  assert.is(decodeText(new TextEncoder().encode("a: é😀")), "a: é😀");
  assert.is(decodeText(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)), "a");
});

test("lines end at \\n and \\r\\n, and columns count UTF-16 units", () => {
  const { placeAt } = sourceOf("a\r\n😀b\n\nc");
  const at = (offset: number) => [placeAt(offset).line, placeAt(offset).column];
  assert.equal([0, 1, 3, 5, 7, 8, 9].map(at), [
    [1, 1],
    [1, 2],
    [2, 1],
    [2, 3],
    [3, 1],
    [4, 1],
    [4, 2],
  ]);
});

test("a text longer than the bound is refused", () => {
  assert.is(sourceOf("x".repeat(MAX_TEXT)).text.length, MAX_TEXT);
  assert.throws(
    () => sourceOf("x".repeat(MAX_TEXT + 1), "big.yaml"),
    (error: unknown) => error instanceof SeccatError && error.code === "limit",
  );
});

test("a shown text has no character that moves a terminal, and is short", () => {
  assert.is(show("a\x1b[31m\u202e\n\tb\u2028"), "a\\u{1b}[31m\\u{202e}\\n\\tb\\u{2028}");
  assert.is(show("x".repeat(61)), `${"x".repeat(60)}...`);
  assert.is(show("é😀"), "é😀");
});

test.run();
