import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatIssue, SeccatError } from "../../src/abi/error.ts";
import { readCounts } from "../../src/formats/index.ts";

const counting = suite("formats/counts");

counting("reads counts by name, of any size, and other spellings of a name", () => {
  const { counts, warnings } = readCounts('{"read": 120, "write": 0.5, "pread": 2, "pread64": 1, "brk": 0}');
  assert.equal(counts, { read: 120, write: 0.5, pread64: 3, brk: 0 });
  assert.equal(warnings, []);
});

counting("reads what seccat trace --json prints; a call without a name is left out, and told", () => {
  const call = (name: string | number, count: number) => ({ call: name, count, failed: 0, line: 1 });
  const report = { policy: {}, report: { counts: { read: 9 }, syscalls: [call("read", 3), call(999, 1)] } };
  const { counts, warnings } = readCounts(JSON.stringify(report));
  assert.equal(counts, { read: 3 });
  assert.equal(
    warnings.map(({ message }) => message),
    ["the call with number 999 has no name, and is left out"],
  );
});

const most = Number.MAX_SAFE_INTEGER;
const wrong: readonly (readonly [sentence: string, text: string, lines: readonly string[]])[] = [
  [
    "an unknown name",
    '{\n  "raed": 5\n}',
    ["w.json:2:3: unknown syscall raed", "  received: raed", "  fix: did you mean read?"],
  ],
  [
    "a negative count",
    '{"read": -5}',
    ["w.json:1:10: the count of read is negative", `  expected: 0..${most}`, "  received: -5"],
  ],
  [
    "a count too large to be one",
    '{"read": 1e999}',
    ["w.json:1:10: the count of read is out of range", `  expected: 0..${most}`, "  received: 1e999"],
  ],
  [
    "a text for a count",
    '{"read": "5"}',
    ["w.json:1:10: the count of read has to be a number", `  expected: 0..${most}`, '  received: "5"'],
  ],
  [
    "every problem at once",
    '{"read": null, "raed": -1}',
    [
      "w.json:1:10: the count of read has to be a number",
      `  expected: 0..${most}`,
      "  received: null",
      "w.json:1:16: unknown syscall raed",
      "  received: raed",
      "  fix: did you mean read?",
      "w.json:1:24: the count of raed is negative",
      `  expected: 0..${most}`,
      "  received: -1",
    ],
  ],
  [
    "no count at all",
    "{}",
    [
      "w.json:1:1: no call is counted here",
      '  expected: {"read": 120, "write": 44}, say',
      "  received: a mapping",
    ],
  ],
  [
    "nothing but zeros",
    '{"read": 0}',
    [
      "w.json:1:1: no call is counted here",
      '  expected: {"read": 120, "write": 44}, say',
      "  received: a mapping",
    ],
  ],
  [
    "a list",
    "[5]",
    ["w.json:1:1: counts of calls has to be a mapping", "  expected: a mapping", "  received: a list"],
  ],
  [
    "a report without a count",
    '{"report": {"syscalls": [{"call": "read"}]}}',
    [
      "w.json:1:26: a call of a report lacks its name or count",
      "  expected: call, count",
      "  received: a mapping",
    ],
  ],
];
for (const [sentence, text, lines] of wrong) {
  counting(`refuses ${sentence}`, () => {
    try {
      readCounts(text, "w.json");
    } catch (error) {
      if (!(error instanceof SeccatError)) throw error;
      assert.equal(error.issues.map(formatIssue).join("\n").split("\n"), lines);
      return;
    }
    assert.unreachable("it was read");
  });
}

counting.run();
