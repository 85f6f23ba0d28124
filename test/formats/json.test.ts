import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SeccatError } from "../../src/abi/error.ts";
import { readJson } from "../../src/formats/json.ts";
import { sourceOf } from "../../src/formats/text.ts";
import type { Tree } from "../../src/formats/tree.ts";

const test = suite("formats/json");

/** The plain value of a tree. */
function plain(tree: Tree): unknown {
  if (tree.kind === "scalar") return tree.value;
  if (tree.kind === "list") return tree.items.map(plain);
  return Object.fromEntries(tree.entries.map(({ key, value }) => [key, plain(value)]));
}

function read(text: string): unknown {
  return plain(readJson(sourceOf(text)));
}

test("every kind of value is read", () => {
  assert.equal(read(' {"a":[1,-2,3.5,1e3,true,false,null,"x"],"b":{}, "c" : [ ]} '), {
    a: [1n, -2n, 3.5, 1000, true, false, null, "x"],
    b: {},
    c: [],
  });
});

test("whole numbers are exact beyond 2^53", () => {
  assert.equal(read("[18446744073709551615, 9007199254740993]"), [18446744073709551615n, 9007199254740993n]);
});

test("escapes give the characters that they stand for", () => {
  assert.is(read('"\\u0041\\n\\t\\"\\\\\\/\\ud83d\\ude00"'), 'A\n\t"\\/😀');
});

test("what the engine reads as JSON is read, and nothing else", () => {
  const texts =
    '{} [] "" 0 -0 01 1. .5 +1 1e5 1E+5 1e 0x1 NaN Infinity true True nul {"a"} {"a":} {"a":1,} [1,] [,1] [1 2] {a:1} ' +
    '"a "\\x" "\\u12" \'a\' -1 - "\t" [[]] {"a":{"b":[1]}} "\\u00e9" 1_0 undefined [1]] {"a":1}} //';
  for (const text of texts.split(" "))
    assert.is(
      accepts(() => read(text)),
      accepts(() => JSON.parse(text)),
      text,
    );
});

function accepts(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

test("every value has the place of its first character", () => {
  const tree = readJson(sourceOf('{\n  "a": [1,\r\n    {"b": "x"}]\n}', "f.json"));
  assert.equal(tree.place, { file: "f.json", line: 1, column: 1 });
  assert.ok(tree.kind === "map");
  const [a] = tree.entries;
  assert.equal(a?.place, { file: "f.json", line: 2, column: 3 });
  assert.ok(a?.value.kind === "list");
  assert.equal(a.value.place, { file: "f.json", line: 2, column: 8 });
  assert.equal(
    a.value.items.map(({ place }) => [place.line, place.column]),
    [
      [2, 9],
      [3, 5],
    ],
  );
});

test("a character behind escapes has its true place", () => {
  const tree = readJson(sourceOf('["a\\u0062c\\n\\"d"]'));
  assert.ok(tree.kind === "list");
  const [text] = tree.items;
  assert.ok(text?.kind === "scalar");
  assert.is(text.value, 'abc\n"d');
  assert.equal(
    [0, 1, 2, 3, 4, 5, 6].map((index) => text.at(index).column),
    [3, 4, 10, 11, 13, 15, 16],
  );
});

test("nesting is bounded, and a deep text is refused without a stack overflow", () => {
  assert.ok(Array.isArray(read("[".repeat(100) + "]".repeat(100))));
  assert.throws(
    () => read("[".repeat(200_000)),
    (error: unknown) => error instanceof SeccatError && error.message === "this is nested too deeply",
  );
});

test("every key that is given twice is reported", () => {
  try {
    read('{"a":1,"b":2,"a":3,"b":{"c":1,"c":2}}');
    assert.unreachable();
  } catch (error) {
    assert.ok(error instanceof SeccatError);
    assert.equal(
      error.issues.map(({ message, where }) => [message, where?.column]),
      [
        ["the key c is given twice", 31],
        ["the key a is given twice", 14],
        ["the key b is given twice", 20],
      ],
    );
  }
});

test.run();
