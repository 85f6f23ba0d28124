/** The short form of bench/mutants.ts: planted faults are found, or proved to be none. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, seedOf } from "../seed.ts";
import { changes, plantFaults } from "./planted.ts";

const mutants = suite("prove/mutant");
const PROGRAMS = process.env.SECCAT_LONG === "1" ? 5_000 : 300;

mutants(
  `${PROGRAMS} programs, each with a fault of each kind, are proved equal, and are, or are given a witness, which is real`,
  () => {
    const { made, proved, differs } = plantFaults(new Random(seedOf("prove/mutant")), PROGRAMS, 3_000);
    for (const change of changes) assert.ok(made[change] > PROGRAMS * 0.9, `${made[change]} of ${change}`);
    assert.ok(differs > PROGRAMS && proved > 0, `${differs} differ, ${proved} are proved`);
  },
);

mutants.run();
