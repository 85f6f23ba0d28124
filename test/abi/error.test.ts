import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatIssue, formatPlace, type Issue, SeccatError, throwIssues } from "../../src/abi/error.ts";

const test = suite("abi/error");

const issue: Issue = {
  code: "name",
  message: "no such syscall",
  where: { file: "p.yaml", line: 3, column: 7 },
  expected: "a syscall's name",
  received: "raed",
  fix: "did you mean read?",
};

test("an error carries its first issue's parts and all issues", () => {
  const second: Issue = { code: "schema", message: "unknown key" };
  const error = new SeccatError(issue, [second]);
  assert.is(error.name, "SeccatError");
  assert.is(error.message, "no such syscall");
  assert.is(error.code, "name");
  assert.equal(error.where, issue.where);
  assert.is(error.received, "raed");
  assert.equal(error.issues, [issue, second]);
});

test("parts that an issue has not are not there", () => {
  const error = new SeccatError({ code: "usage", message: "no" });
  assert.not.ok("where" in error && error.where);
  assert.is(error.fix, undefined);
});

test("no issues throw nothing, several throw once", () => {
  throwIssues([]);
  try {
    throwIssues([issue, issue]);
    assert.unreachable("it must throw");
  } catch (error) {
    assert.instance(error, SeccatError);
    if (error instanceof SeccatError) assert.is(error.issues.length, 2);
  }
});

const places: readonly (readonly [Issue["where"], string])[] = [
  [undefined, ""],
  [{}, ""],
  [{ file: "a" }, "a"],
  [{ file: "a", line: 2 }, "a:2"],
  [{ file: "a", line: 2, column: 5 }, "a:2:5"],
  [{ line: 2, column: 5 }, "2:5"],
  [{ file: "a", column: 5 }, "a"],
  [{ pc: 0 }, "pc 0"],
  [{ path: "rules[2].when" }, "rules[2].when"],
  [{ file: "a", line: 2, pc: 7 }, "a:2 (pc 7)"],
];
for (const [where, text] of places)
  test(`the place ${JSON.stringify(where)} reads "${text}"`, () => assert.is(formatPlace(where), text));

test("an issue reads as its place and message, then what is known", () => {
  assert.is(
    formatIssue(issue),
    "p.yaml:3:7: no such syscall\n  expected: a syscall's name\n  received: raed\n  fix: did you mean read?",
  );
  assert.is(formatIssue({ code: "usage", message: "no" }), "no");
});

test.run();
