import { suite } from "uvu";
import * as assert from "uvu/assert";
import { commands } from "../../src/cli/commands/index.ts";
import { parseWords } from "../../src/cli/parse.ts";
import { plainWords } from "../../src/cli/plain.ts";
import { Random, seedOf } from "../seed.ts";

const test = suite("plain words");

const options = {
  policy: { describe: "a value, again and again", value: "FILE", alias: "p", many: true },
  output: { describe: "a value", value: "FILE" },
  json: { describe: "a switch" },
};

test("options by their whole names and words between them are taken apart", () => {
  assert.equal(plainWords({ options }, ["a", "-p", "x", "--json", "--policy", "y", "--output", "", "b"]), {
    _: ["a", "b"],
    policy: ["x", "y"],
    json: true,
    output: "",
  });
  assert.equal(plainWords({ options }, []), { _: [] });
});

test("all else is left to yargs", () => {
  for (const words of [
    ["--policy=x"],
    ["-px"],
    ["--policy"],
    ["--policy", "-x"],
    ["--json", "--json"],
    ["--json", "true"],
    ["--no-json"],
    ["-undefined"],
    ["-"],
    ["--"],
    ["-1"],
    ["--toString"],
  ])
    assert.is(plainWords({ options }, words), undefined, words.join(" "));
});

test("every command's plain words mean what yargs takes them for", async () => {
  const random = new Random(seedOf("cli/plain"));
  const pick = (words: readonly string[]) => words[random.below(words.length)] ?? "";
  let plain = 0;
  for (const command of commands) {
    const names = Object.entries(command.options).flatMap(([name, { alias }]) => [
      `--${name}`,
      ...(alias === undefined ? [] : [`-${alias}`]),
    ]);
    for (let i = 0; i < 200; i++) {
      const length = random.below(7);
      const words = Array.from({ length }, () =>
        pick(random.below(2) === 0 && names.length > 0 ? names : others),
      );
      const read = plainWords(command, words);
      if (!read) continue;
      plain++;
      const expected = await parseWords(command, words);
      const known = (values: Record<string, unknown>) =>
        ["_", ...Object.keys(command.options)].map((name) => [name, values[name]]);
      assert.equal(known(read), known(expected), `${command.name} ${JSON.stringify(words)}`);
    }
  }
  assert.ok(plain > 500, `${plain} of them`);
});

const others = [
  ..."a|5|0x10|1e3|true|false|null|undefined|a=b|'q'|\"q\"|a.b|__proto__|--|-|-1|-x|--x=1|ü|a b|\n".split(
    "|",
  ),
  "",
];

test.run();
