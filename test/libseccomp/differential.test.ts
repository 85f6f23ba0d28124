import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, seedOf } from "../seed.ts";
import { compare, report } from "./differential.ts";
import { agreedNames } from "./names.ts";
import { openOracle } from "./oracle.ts";

const differential = suite("libseccomp/differential");
const oracle = openOracle();

if ("missing" in oracle) console.log(`libseccomp/differential: skipped, ${oracle.missing}`);
else {
  differential("x", () => {
    const random = new Random(seedOf("libseccomp/differential"));
    const names = agreedNames(oracle);
    const tally = compare(oracle, random, Number(process.env.N ?? 500), 200, names);
    console.log(report(tally, oracle.version).join("\n"));
    assert.ok(tally.alike > 0);
  });
}

differential.run();
