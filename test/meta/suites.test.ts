import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sources } from "./sources.ts";

const suites = suite("meta/suites");
const tests = sources("test").filter(({ text }) => /from "uvu"/.test(text));

suites("every suite is run: a forgotten .run() passes in silence", () => {
  for (const { path, text } of tests) {
    const names = [...text.matchAll(/\bconst (\w+) = suite\b/g)].map((match) => match[1]);
    assert.ok(names.length > 0 || /\btest\.run\(\)/.test(text), `${path} makes no suite`);
    for (const name of names)
      assert.match(text, new RegExp(`\\b${name}\\.run\\(\\)`), `${path}: ${name} never runs`);
  }
});

suites("every file with a suite is named *.test.ts, so that the runner finds it", () => {
  for (const { path, text } of tests)
    if (/\.run\(\);?\s*$/.test(text)) assert.match(path, /\.test\.ts$/, `${path} is never loaded`);
});

suites("no case is left as .only or .skip", () => {
  for (const { path, text } of tests)
    if (path !== "test/meta/suites.test.ts")
      assert.not.match(text, /\b\w+\.(only|skip)\(/, `${path} leaves cases out`);
});

suites.run();
