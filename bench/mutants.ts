/**
 * Does the prover find every fault that is planted in a compiled program? The long form of test/prove/mutant.test.ts.
 *
 *     npm run bench -- mutants [PROGRAMS]        2,500 programs, each changed once in each of four ways
 *
 * Each mutant is proved equal, and then asked all boundary calls of its policy, its original and itself; or it is
 * given a witness, which the interpreter and the policy confirm. SECCAT_SEED repeats a run; it exits with 1 when one of
 * this fails.
 */
import { changes, plantFaults } from "../test/prove/planted.ts";
import { Random, seedOf } from "../test/seed.ts";
import { machine } from "./machine.ts";

const [programs = 2_500] = process.argv.slice(2).map(Number);
console.log(machine());
const random = new Random(seedOf("bench/mutants"));
const start = performance.now();
const { made, proved, differs, asked, cut } = plantFaults(random, programs);
const mutants = proved + differs;
console.log(
  `${programs} programs, ${mutants} mutants (${changes.map((change) => `${change} ${made[change]}`).join(", ")})`,
);
console.log(`  ${differs} differ, each with a witness that is real`);
console.log(`  ${proved} are proved equal, and answer ${asked} boundary calls as their policies do`);
console.log(`  ${cut} of ${3 * proved} searches for such calls ended at their limit of 20000`);
console.log(`  in ${((performance.now() - start) / 1000).toFixed(1)} s`);
