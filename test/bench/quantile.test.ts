import { suite } from "uvu";
import * as assert from "uvu/assert";
import { medianInterval, spreadOf } from "../../bench/quantile.ts";
import { Random, seedOf } from "../seed.ts";

const quantiles = suite("bench/quantile");

quantiles("the spread of 0 to 100 in any order", () => {
  const random = new Random(seedOf("bench/quantile"));
  const values = Array.from({ length: 101 }, (_, i) => i).sort(() => random.below(3) - 1);
  assert.equal(spreadOf(values), { median: 50, p10: 10, p90: 90 });
});

quantiles("the interval holds the true median in nineteen of twenty samples", () => {
  const random = new Random(seedOf("bench/quantile"));
  // Skewed as times are: the median of the square of a uniform number is a quarter.
  let held = 0;
  for (let i = 0; i < 2000; i++) {
    const { low, high } = medianInterval(Array.from({ length: 150 }, () => (random.u32() / 2 ** 32) ** 2));
    if (low <= 0.25 && high >= 0.25) held++;
  }
  assert.ok(held > 1860 && held < 1960, `it did in ${held} of 2000`);
});

quantiles.run();
