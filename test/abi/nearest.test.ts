import { suite } from "uvu";
import * as assert from "uvu/assert";
import { didYouMean, nearest } from "../../src/abi/nearest.ts";

const test = suite("abi/nearest");
const names = ["read", "readv", "write", "openat", "openat2", "clock_gettime", "exit_group"];

const cases: readonly (readonly [string, string | undefined])[] = [
  ["raed", "read"], // two neighbours swapped
  ["reed", "read"], // one replaced
  ["reat", "read"],
  ["opeant", "openat"],
  ["oepnat2", "openat2"],
  ["clockgettime", "clock_gettime"], // one missing
  ["EXIT_GROUP", "exit_group"], // letters' case does not count
  ["exitt_groups", "exit_group"],
  ["mount", undefined],
  ["x", undefined],
  ["", undefined],
];
for (const [word, found] of cases)
  test(`${word || "nothing"} is near ${found ?? "nothing"}`, () => assert.is(nearest(word, names), found));

test("the advice is a question, or nothing", () => {
  assert.is(didYouMean("wriet", names), "did you mean write?");
  assert.is(didYouMean("completely_else", names), undefined);
});

test("with no candidates nothing is near", () => {
  assert.is(nearest("read", []), undefined);
});

test.run();
