import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Graph } from "../../src/compile/graph.ts";
import { firstWith, firstWithout, half, hasBit, lastWith, lastWithout } from "../../src/compile/half.ts";
import { Random, seedOf } from "../seed.ts";
import { randomRuns } from "./runs.ts";

const halving = suite("compile/half");

/** The first of `numbers` for which `holds`. */
function first(numbers: Iterable<number>, holds: (value: number) => boolean): number | undefined {
  for (const value of numbers) if (holds(value)) return value;
  return undefined;
}

function* upFrom(from: number): Generator<number> {
  for (let value = from; value <= 0xffffffff && value < from + 300; value++) yield value;
}

function* downFrom(from: number): Generator<number> {
  for (let value = from; value >= 0 && value > from - 300; value--) yield value;
}

halving("the next numbers with and without a bit of a mask, as counting finds them", () => {
  for (const base of [0, 0x7fffff00, 0x80000000 - 60, 0xffffffff - 130])
    for (let mask = 1; mask < 64; mask++)
      for (let value = base; value <= base + 130; value++) {
        const at = `mask ${mask}, value ${value}`;
        const has = (n: number) => hasBit(n, mask);
        const lacks = (n: number) => !hasBit(n, mask);
        assert.is(firstWith(value, mask), first(upFrom(value), has) ?? 0x100000000, at);
        assert.is(firstWithout(value, mask), first(upFrom(value), lacks) ?? 0x100000000, at);
        assert.is(lastWith(value, mask), first(downFrom(value), has) ?? -1, at);
        assert.is(lastWithout(value, mask), first(downFrom(value), lacks), at);
      }
});

halving("the highest bit is one like the others", () => {
  assert.is(firstWith(5, 0x80000000), 0x80000000);
  assert.is(firstWithout(0x80000000, 0x80000000), 0x100000000);
  assert.is(lastWith(0x7fffffff, 0x80000000), -1);
  assert.is(lastWithout(0xffffffff, 0x80000000), 0x7fffffff);
});

halving("both halves of 300 random partitions decide as the whole, and share its weight", () => {
  const random = new Random(seedOf("compile/half"));
  for (let i = 0; i < 300; i++) {
    const runs = randomRuns(random, new Graph(), 2 + random.below(20));
    const mask = 1 + random.below(63);
    const halves = [half(runs, mask, false), half(runs, mask, true)];
    for (let value = 0; value < 150; value++) {
      const own = halves[hasBit(value, mask) ? 1 : 0];
      const within = (run: { from: number; to: number }) => run.from <= value && value <= run.to;
      assert.is(own?.find(within)?.node, runs.find(within)?.node, `${value} & ${mask}`);
    }
    const sum = (parts: readonly { weight: number }[]) => parts.reduce((all, { weight }) => all + weight, 0);
    assert.ok(Math.abs(sum(halves.flat()) - sum(runs)) < 1e-9);
    for (const parts of halves)
      for (let at = 1; at < parts.length; at++) assert.is.not(parts[at]?.node, parts[at - 1]?.node);
  }
});

halving.run();
