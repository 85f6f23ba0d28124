import { suite } from "uvu";
import * as assert from "uvu/assert";
import { equal, greater } from "../../src/prove/arithmetic.ts";
import { ARCH, lowWord, NR } from "../../src/prove/order.ts";
import { admits, restricted } from "../../src/prove/set.ts";
import { defaultBudget, makeSpace, type Space } from "../../src/prove/space.ts";
import { FALSE, type Node, TRUE } from "../../src/prove/table.ts";
import { Random, seedOf } from "../seed.ts";

const sets = suite("prove/set");

const WORDS = [ARCH, NR, lowWord(0), lowWord(1)];
const VALUES = [0, 1, 2, 59, 0x3fffffff, 0x40000000, 0xc000003e, 0xffffffff];

/** Of comparisons of words with numbers. */
function randomSet(space: Space, random: Random, depth: number): Node {
  const { table, words } = space;
  if (depth > 0) {
    const [a, b] = [randomSet(space, random, depth - 1), randomSet(space, random, depth - 1)];
    return random.once(2) ? table.and(a, b) : table.or(a, random.once(3) ? table.not(b) : b);
  }
  const left = words.input(random.pick(WORDS)).bits;
  const right = words.constant(random.pick(VALUES));
  return random.once(2)
    ? equal(table, left, right.bits)
    : greater(table, left, right.bits, random.pick([FALSE, TRUE]));
}

/** Orders of the bits: words by themselves, and taking turns with others before or behind them. */
const orders: readonly (readonly number[])[] = [
  [],
  [(1 << ARCH) | (1 << lowWord(0))],
  [(1 << NR) | (1 << lowWord(1))],
  [(1 << lowWord(0)) | (1 << lowWord(1))],
];

sets("a set admits a value of a word when something is left of it with that value", () => {
  const random = new Random(seedOf("prove/set"));
  const counts = [0, 0];
  for (let i = 0; i < 100; i++) {
    const space = makeSpace(random.pick(orders), defaultBudget);
    const { table, order } = space;
    const set = randomSet(space, random, 3);
    for (const word of WORDS)
      for (const value of VALUES) {
        const left = restricted(table, order, set, word, value) !== FALSE;
        assert.is(admits(table, order, set, word, value), left);
        counts[Number(left)] = (counts[Number(left)] ?? 0) + 1;
      }
  }
  assert.ok(
    counts.every((count) => count > 200),
    counts.join(),
  );
});

sets.run();
