/**
 * Does any decision of a compiled program differ from its policy's? The long form of test/compile/random.test.ts.
 *
 *     npm run bench -- decisions [CALLS]        10,000,000 random and boundary calls of random policies
 *
 * Each policy is compiled for speed and for size, for Linux 5.4 and for the newest, and each call is decided by
 * `evaluate` and by all four programs. SECCAT_SEED repeats a run; it exits with 1 at the first difference.
 */
import { compareDecisions, ways } from "../test/compile/decisions.ts";
import { Random, seedOf } from "../test/seed.ts";
import { machine } from "./machine.ts";

const [calls = 10_000_000] = process.argv.slice(2).map(Number);
console.log(machine());
const random = new Random(seedOf("bench/decisions"));
const start = performance.now();
const done = compareDecisions(random, calls);
console.log(`${done.random} random and ${done.boundary} boundary calls under ${done.policies} policies`);
console.log(
  `  ${done.ofPrograms} decisions by ${ways.length} programs each, none of which differs from the policy's`,
);
console.log(`  ${done.bigEndian} calls of big-endian arches; ${done.arches.size} arches in all`);
console.log(`  in ${((performance.now() - start) / 1000).toFixed(1)} s`);
