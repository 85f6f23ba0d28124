import { posix } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { importsOf, sources } from "./sources.ts";

const layers = suite("meta/layers");

/** The layer of each folder; files import from their own folder and from lower layers only. */
const rank: readonly (readonly [folder: string, layer: number])[] = [
  ["arch/", 0],
  ["src/abi/", 1],
  ["shim/", 2],
  ["src/bpf/", 2],
  ["src/decode/", 2],
  ["src/policy/", 2],
  ["src/formats/", 3],
  ["src/compile/", 3],
  ["src/prove/", 3],
  ["src/trace/", 3],
  ["src/explain/", 4],
  ["src/audit/", 4],
  ["src/enforce/", 4],
  ["src/testing/", 4],
  ["src/proof.ts", 5],
  ["src/supervise.ts", 6],
  ["src/fork.ts", 6],
  ["src/index.ts", 7],
  ["src/libseccomp", 7],
  ["src/cli/", 8],
  ["src/web/", 8],
];
/** Layers that also run in a browser. */
const core = [
  "arch/",
  "src/abi/",
  "src/bpf/",
  "src/decode/",
  "src/policy/",
  "src/compile/",
  "src/prove/",
  "src/explain/",
];
const places = (path: string) => rank.find(([folder]) => path.startsWith(folder));

layers("every source file belongs to a layer", () => {
  for (const { path } of sources("arch", "src", "shim"))
    assert.ok(places(path), `${path} is in no folder that has a layer`);
});

layers("imports go down, or stay in their folder", () => {
  for (const source of sources("arch", "src", "shim")) {
    const from = places(source.path);
    for (const specifier of importsOf(source).filter((name) => name.startsWith("."))) {
      const target = posix.join(posix.dirname(source.path), specifier);
      const to = places(target);
      assert.ok(to, `${source.path} imports ${target}, which is in no layer`);
      if (!from || !to || from === to) continue;
      assert.ok(to[1] < from[1], `${source.path} imports ${target}: upward or sideways`);
    }
  }
});

layers("the shim imports src/abi alone, and only src/enforce imports the shim", () => {
  for (const source of sources("arch", "src", "shim"))
    for (const specifier of importsOf(source).filter((name) => name.startsWith("."))) {
      const target = posix.join(posix.dirname(source.path), specifier);
      if (source.path.startsWith("shim/"))
        assert.ok(/^(shim|src\/abi)\//.test(target), `${source.path} imports ${target}`);
      else if (target.startsWith("shim/"))
        assert.ok(source.path.startsWith("src/enforce/"), `${source.path} imports ${target}`);
    }
});

layers("the core has no dependency and no Node import", () => {
  for (const source of sources("arch", "src")) {
    if (!core.some((folder) => source.path.startsWith(folder)) || source.path === "arch/generate.ts")
      continue;
    const foreign = importsOf(source).filter((name) => !name.startsWith("."));
    assert.equal(foreign, [], `${source.path} imports ${foreign.join(", ")}`);
  }
});

layers("nothing reads outside the repository by a relative path", () => {
  for (const { path, text } of sources("arch", "src", "shim", "test", "bench"))
    assert.not.match(text, new RegExp(`\\.\\./${"shared"}`), path);
});

layers("the reader of imports sees every form", () => {
  const text = `import a from "./a.ts";\nimport {\n  b,\n} from "./b.ts";\nimport "./c.ts";\nexport * from "./d.ts";\nexport { type E } from "./e.ts";\nconst f = await import("./f.ts");\n`;
  assert.equal(
    importsOf({ path: "x.ts", text }),
    ["a", "b", "c", "d", "e", "f"].map((name) => `./${name}.ts`),
  );
});

layers.run();
