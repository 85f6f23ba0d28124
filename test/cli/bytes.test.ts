import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Bytes } from "../../src/cli/bytes.ts";
import { Random, seedOf } from "../seed.ts";

const test = suite("cli/bytes");
const decoder = new TextDecoder();

/** What `write` leaves to be printed. */
function written(write: (bytes: Bytes) => void): string {
  const bytes = new Bytes();
  bytes.room(64);
  write(bytes);
  return decoder.decode(bytes.take());
}

const edges = [0, 1, 9, 10, 15, 16, 99, 100, 255, 256, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff];

test("numbers are written in decimal as JavaScript does, up to 2^53", () => {
  for (const value of [...edges, 10 ** 15 - 1, 10 ** 15, Number.MAX_SAFE_INTEGER])
    assert.is(
      written((bytes) => bytes.decimal(value)),
      String(value),
    );
});

test("two halves are written as one number in hexadecimal", () => {
  const random = new Random(seedOf("cli/bytes"));
  const halves = [...edges, ...Array.from({ length: 50 }, () => random.u32() >>> random.below(32))];
  for (const high of halves)
    for (const low of halves)
      assert.is(
        written((bytes) => bytes.hex(low, high)),
        ((BigInt(high) << 32n) | BigInt(low)).toString(16),
      );
});

test("everything that was added is taken in order, once, however much it is", () => {
  const bytes = new Bytes();
  const line = Uint8Array.from("a line of output\n", (char) => char.charCodeAt(0));
  const count = 20_000;
  for (let i = 0; i < count; i++) {
    bytes.room(64);
    bytes.decimal(i);
    bytes.byte(0x20);
    bytes.byte(0x21);
    bytes.unsay();
    bytes.bytes(line);
  }
  bytes.text("Größe\n");
  const expected = Array.from({ length: count }, (_, i) => `${i} a line of output\n`).join("");
  const first = bytes.take();
  assert.is(decoder.decode(bytes.take()), "");
  bytes.room(64);
  bytes.bytes(line);
  assert.is(decoder.decode(first), `${expected}Größe\n`, "what was taken stays as it was");
});

test.run();
