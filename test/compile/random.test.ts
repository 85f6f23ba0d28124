/** The short form of bench/decisions.ts. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { abiNames } from "../../arch/index.ts";
import { Random, seedOf } from "../seed.ts";
import { compareDecisions, ways } from "./decisions.ts";

const compiling = suite("compile/random");
const CALLS = process.env.SECCAT_LONG === "1" ? 10_000_000 : 1_000_000;

compiling(
  `${CALLS} random and boundary calls are decided as their policies do by ${ways.length} programs each`,
  () => {
    const done = compareDecisions(new Random(seedOf("compile/random")), CALLS);
    console.log(`compile/random: ${done.policies} policies, ${done.ofPrograms} decisions of programs`);
    assert.ok(done.random + done.boundary >= CALLS);
    assert.ok(done.boundary > CALLS / 10, `${done.boundary} boundary calls`);
    assert.ok(done.bigEndian > CALLS / 10, `${done.bigEndian} calls of big-endian arches`);
    assert.is(done.arches.size, abiNames.length);
  },
);

compiling.run();
