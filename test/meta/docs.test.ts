import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sources } from "./sources.ts";

const docs = suite("meta/docs");

docs("every export has a sentence of its own", () => {
  const bare: string[] = [];
  for (const { path, text } of sources("arch", "src", "shim")) {
    if (path.startsWith("arch/table/")) continue;
    const lines = text.split("\n");
    lines.forEach((line, at) => {
      const name = /^export (?:declare )?(?:async )?(?:const|function\*?|class|interface|type) (\w+)/.exec(
        line,
      )?.[1];
      if (name === undefined) return;
      const before = lines[at - 1] ?? "";
      const overload = new RegExp(`^export (?:async )?function ${name}\\b`).test(before);
      if (!before.trimEnd().endsWith("*/") && !overload) bare.push(`${path}:${at + 1} ${name}`);
    });
  }
  assert.equal(bare, []);
});

docs.run();
