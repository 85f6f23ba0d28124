import { suite } from "uvu";
import * as assert from "uvu/assert";
import { syscallNames } from "../../arch/index.ts";
import { Random, seedOf } from "../seed.ts";
import { compare, report } from "./differential.ts";
import { agreedNames } from "./names.ts";
import { openOracle } from "./oracle.ts";

const differential = suite("libseccomp/differential");
const oracle = openOracle();
/** bench/libseccomp.ts compares more. */
const FILTERS = process.env.SECCAT_LONG ? 20_000 : 2000;

const library = "missing" in oracle ? undefined : oracle;
if ("missing" in oracle) console.log(`libseccomp/differential: Seccat's side only, ${oracle.missing}`);

differential(`${FILTERS} random filters decide as libseccomp's do, 200 calls each`, () => {
  const random = new Random(seedOf("libseccomp/differential"));
  const names = library ? agreedNames(library) : syscallNames;
  const tally = compare(library, random, FILTERS, 200, names);
  console.log(report(tally, library?.version ?? "not here").join("\n"));
  assert.is(tally.calls, FILTERS * 200);
  // What is set apart must stay the exception, or the comparison says nothing.
  assert.ok(tally.judged > tally.calls * 0.5, `only ${tally.judged} calls judged by the union`);
  if (library) assert.ok(tally.alike > tally.calls * 0.97, `only ${tally.alike} calls alike`);
});

differential.run();
