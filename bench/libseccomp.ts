/**
 * How many random filters does Seccat decide as libseccomp does? The long form of test/libseccomp.
 *
 *     node bench/libseccomp.ts [FILTERS [CALLS]]        20000 filters, 200 calls each
 *
 * SECCAT_SEED repeats a run. Exits with 1 when a call is decided otherwise for no known reason.
 */
import { compare, report } from "../test/libseccomp/differential.ts";
import { agreedNames } from "../test/libseccomp/names.ts";
import { openOracle } from "../test/libseccomp/oracle.ts";
import { Random, seedOf } from "../test/seed.ts";

const [filters = 20_000, calls = 200] = process.argv.slice(2).map(Number);
const oracle = openOracle();
if ("missing" in oracle) {
  console.error(`libseccomp cannot be asked here: ${oracle.missing}`);
  process.exitCode = 3;
} else {
  const random = new Random(seedOf("bench/libseccomp"));
  const start = performance.now();
  console.log(
    report(compare(oracle, random, filters, calls, agreedNames(oracle)), oracle.version).join("\n"),
  );
  console.log(`  in ${((performance.now() - start) / 1000).toFixed(1)} s`);
}
