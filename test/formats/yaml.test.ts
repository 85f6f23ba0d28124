import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SeccatError } from "../../src/abi/error.ts";
import { sourceOf } from "../../src/formats/text.ts";
import type { ScalarTree, Tree } from "../../src/formats/tree.ts";
import { readYaml } from "../../src/formats/yaml.ts";

const test = suite("formats/yaml");

function read(text: string): Tree {
  return readYaml(sourceOf(text));
}

/** The plain value of a tree. */
function plain(tree: Tree): unknown {
  if (tree.kind === "scalar") return tree.value;
  if (tree.kind === "list") return tree.items.map(plain);
  return Object.fromEntries(tree.entries.map(({ key, value }) => [key, plain(value)]));
}

/** The value of the only key. */
function only(text: string): ScalarTree {
  const tree = read(text);
  assert.ok(tree.kind === "map");
  const value = tree.entries[0]?.value;
  assert.ok(value?.kind === "scalar");
  return value;
}

function messages(text: string): string[] {
  try {
    read(text);
    return [];
  } catch (error) {
    assert.ok(error instanceof SeccatError, String(error));
    return error.issues.map(({ message }) => message);
  }
}

test("words that YAML 1.1 took for truth values are texts", () => {
  assert.equal(plain(read("[no, off, yes, on, y, n, NO, true, null, ~]")), [
    "no",
    "off",
    "yes",
    "on",
    "y",
    "n",
    "NO",
    true,
    null,
    null,
  ]);
});

test("numbers keep the text that they were written as", () => {
  const cases = [
    ["6.10", 6.1],
    ["017", 17n],
    ["0x1f", 31n],
    ["0o17", 15n],
    ["18446744073709551615", 18446744073709551615n],
    ["1_000", "1_000"],
  ] as const;
  for (const [written, value] of cases) {
    const scalar = only(`a: ${written}\n`);
    assert.is(scalar.written, written);
    assert.is(scalar.value, value);
  }
});

test("a key without a value has nothing", () => {
  assert.equal(plain(read("a:\nb: 1\n? c\n")), { a: null, b: 1n, c: null });
});

test("anchors and aliases are followed", () => {
  assert.equal(plain(read("a: &x [read, write]\nb: *x\nc: &x 5\nd: *x\n")), {
    a: ["read", "write"],
    b: ["read", "write"],
    c: 5n,
    d: 5n,
  });
});

test("an alias means the last anchor before it, not one that another alias repeats", () => {
  assert.equal(plain(read("a: &x [&y 1]\nb: &y 2\nc: *x\nd: *y\n")), { a: [1n], b: 2n, c: [1n], d: 2n });
});

test("aliases that multiply are refused in no time", () => {
  const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
  for (let i = 1; i < 12; i++)
    lines.push(
      `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(", ")}]`,
    );
  const start = Date.now();
  assert.equal(messages(lines.join("\n")), ["the aliases make the text too large"]);
  assert.ok(Date.now() - start < 5000);
});

test("an alias inside of what it names is refused", () => {
  assert.equal(messages("a: &x [*x]"), ["this is nested too deeply"]);
});

test("deep nesting is refused without a stack overflow", () => {
  for (const text of ["[".repeat(20_000), "- ".repeat(3000), "a: ".repeat(3000), "{a: ".repeat(3000)])
    assert.ok(/nested too deeply|not valid YAML/.test(messages(text).join()), text.slice(0, 20));
  assert.equal(messages(`${"[".repeat(101)}${"]".repeat(101)}`), ["this is nested too deeply"]);
});

test("at most five faults of syntax are told: the rest follows from them", () => {
  const found = messages("a: b: c\n".repeat(20));
  assert.is(found.length, 5);
  assert.ok(found.every((message) => message.startsWith("not valid YAML: ")));
});

test("a document end and comments after it are no second document", () => {
  assert.equal(plain(read("---\na: 1\n...\n# the end\n")), { a: 1n });
});

test("a byte order mark does not move the first column", () => {
  assert.equal(only("\ufeffa: 1\n").place, { line: 1, column: 4 });
});

test("a directive for YAML 1.2 is read, an unknown one refused", () => {
  assert.equal(plain(read("%YAML 1.2\n---\na: no\n")), { a: "no" });
  assert.equal(messages("%FOO bar\n---\na: 1\n"), ["not valid YAML: unknown directive %FOO"]);
});

const placed: readonly (readonly [string, string, string, readonly (readonly [string, number, number])[]])[] =
  [
    [
      "a plain text",
      "w: ab cd",
      "ab cd",
      [
        ["a", 1, 4],
        ["c", 1, 7],
      ],
    ],
    [
      "a plain text over lines",
      "w: ab\n   cd\n\n   ef",
      "ab cd\nef",
      [
        ["c", 2, 4],
        ["e", 4, 4],
      ],
    ],
    [
      "single quotes",
      "w: 'it''s x'",
      "it's x",
      [
        ["i", 1, 5],
        ["'", 1, 7],
        ["s", 1, 9],
        ["x", 1, 11],
      ],
    ],
    [
      "double quotes with escapes",
      'w: "\\x41\\u0042 c"',
      "AB c",
      [
        ["A", 1, 5],
        ["B", 1, 9],
        ["c", 1, 16],
      ],
    ],
    [
      "double quotes over lines",
      'w: "ab \\\n    cd\n  ef"',
      "ab cd ef",
      [
        ["c", 2, 5],
        ["e", 3, 3],
      ],
    ],
    [
      "a literal block",
      "w: |\n    ab\n      cd\n",
      "ab\n  cd\n",
      [
        ["a", 2, 5],
        ["c", 3, 7],
      ],
    ],
    [
      "a folded block with a comment",
      "w: >- # ab\n  ab\n  cd\n",
      "ab cd",
      [
        ["a", 2, 3],
        ["c", 3, 3],
      ],
    ],
  ];

for (const [what, text, value, places] of placed)
  test(`every character of ${what} has its place`, () => {
    const scalar = only(text);
    assert.is(scalar.value, value);
    for (const [char, line, column] of places)
      assert.equal(scalar.at(value.indexOf(char)), { line, column }, `${char} in ${text}`);
  });

test("the place after the last character is where the text ends", () => {
  assert.equal(only("w: ab").at(2), { line: 1, column: 6 });
  assert.equal(only('w: "ab"').at(2), { line: 1, column: 7 });
});

test.run();
