import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SeccatError } from "../../src/abi/error.ts";
import { condenser } from "../../src/trace/condense.ts";
import {
  formatPartial,
  isPartialText,
  mergePartials,
  missingParts,
  type Partial,
  readPartials,
} from "../../src/trace/partial.ts";
import { seedOf } from "../seed.ts";

const test = suite("trace/partial");
const seed = seedOf("trace/partial");

function partOf(log: string, at: number, of: number | undefined, lines: readonly string[]): Partial {
  const part = condenser();
  part.push(lines.map((line) => `${line}\n`).join(""));
  return {
    place: { log, digest: "", at, of },
    options: { native: "x86_64" },
    piece: part.end(),
  };
}

const line = fc.constantFrom(
  '10 read(3, "x", 1) = 1',
  '11 read(3, "\\n\u00fc", 1) = -1 EIO (Input/output error)',
  "10 clone(child_stack=NULL, flags=SIGCHLD) = 11",
  "11 write(1, <unfinished ...>",
  '11 <... write resumed>"x", 1) = 1',
  "",
  "noise",
);
/** Sets of parts in which a place always holds the same part. */
const sets = fc.array(fc.array(line, { maxLength: 8 }), { minLength: 1, maxLength: 6 }).chain((contents) => {
  const parts = contents.map((lines, i) => partOf(i % 2 === 0 ? "a.log" : "b.log", i, undefined, lines));
  return fc.array(fc.subarray(parts), { minLength: 3, maxLength: 3 });
});

const textOf = (parts: readonly Partial[]) => parts.map(formatPartial).join("");
const merged = (...texts: readonly string[]) => textOf(mergePartials(texts.flatMap(readPartials)));

test("merging is commutative, associative and idempotent, to the byte", () => {
  fc.assert(
    fc.property(sets, (some) => {
      const [a = "", b = "", c = ""] = some.map(textOf);
      assert.is(merged(a, b), merged(b, a));
      assert.is(merged(merged(a, b), c), merged(a, merged(b, c)));
      assert.is(merged(a, a), merged(a));
      assert.is(merged(merged(a)), merged(a));
      assert.is(merged(`${a}${b}${c}`), merged(c, b, a));
    }),
    { seed },
  );
});

test("what is written is read back as it was", () => {
  fc.assert(
    fc.property(sets, ([parts = []]) => {
      assert.equal(readPartials(textOf(parts)), parts);
      assert.is(isPartialText(textOf(parts)), parts.length > 0);
    }),
    { seed },
  );
});

test("spaces, tabs and blank lines that a framework puts around lines do not matter", () => {
  const part = partOf("a.log", 1, 1, ["10 read(3) = 1"]);
  assert.equal(readPartials(`\n${formatPartial(part).trimEnd()}\t\n  \n`), [part]);
});

test("a text that is changed anywhere is refused as an error or read as another profile, and nothing else", () => {
  const text = formatPartial(
    partOf("a.log", 1, 2, ["10 read(3) = 1", "10 read(4) = 1", "", "10 close(3) = 0"]),
  );
  const junk = fc.constantFrom("", "0", "-1", "1.5", "null", "[]", "{}", '"', "\\n", "9".repeat(40));
  fc.assert(
    fc.property(fc.nat(text.length), fc.nat(6), junk, (at, length, put) => {
      try {
        for (const part of readPartials(text.slice(0, at) + put + text.slice(at + length)))
          assert.is(part.piece.lines, part.piece.kept.length + part.piece.skipped.lines);
      } catch (error) {
        if (!(error instanceof SeccatError)) throw error;
        assert.ok(["syntax", "schema"].includes(error.code));
      }
    }),
    { seed, numRuns: 2000 },
  );
});

function refused(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof SeccatError) return error.message;
    throw error;
  }
  throw new Error("nothing was refused");
}

test("two parts in one place that differ are refused, and so are other options", () => {
  const a = partOf("a.log", 1, undefined, ["10 read(3) = 1"]);
  const b = partOf("a.log", 1, undefined, ["10 write(3) = 1"]);
  assert.is(
    refused(() => mergePartials([a, b])),
    "two parts of a.log have the number 1, and differ",
  );
  const other: Partial = {
    ...b,
    options: { native: "x86_64", after: "listen" },
    place: { ...b.place, at: 2 },
  };
  assert.match(
    refused(() => mergePartials([a, other])),
    "were made with different options",
  );
});

test("parts of a log are numbers, so that the tenth comes behind the second", () => {
  const parts = [10, 2, 1].map((at) => partOf("a.log", at, undefined, ["10 read(3) = 1"]));
  assert.equal(
    mergePartials(parts).map(({ place }) => place.at),
    [1, 2, 10],
  );
});

test("parts that are missing are told, where the number of parts is known", () => {
  const parts = [1, 3].map((at) => partOf("a.log", at, 4, ["10 read(3) = 1"]));
  assert.equal(missingParts(mergePartials(parts)), [{ log: "a.log", of: 4, missing: [2, 4] }]);
  assert.equal(missingParts([partOf("b.log", 7, undefined, [])]), []);
});

test.run();
