import { suite } from "uvu";
import * as assert from "uvu/assert";
import { holds, type ResolvedCondition } from "../../src/policy/condition.ts";
import { clip, complement, intersect, testSet } from "../../src/policy/interval.ts";
import { type Demand, satisfy } from "../../src/policy/satisfy.ts";
import type { CompareOp } from "../../src/policy/types.ts";
import { Random, seedOf } from "../seed.ts";

const satisfaction = suite("policy/satisfy");
const ops: readonly CompareOp[] = ["==", "!=", "<", "<=", ">", ">=", "s<", "s<=", "s>", "s>="];

/** A condition on 16 bits of one register, so that every value can be tried. */
function randomCondition(random: Random, depth: number): ResolvedCondition {
  if (depth > 0 && !random.once(3)) {
    if (random.once(4)) return { kind: "not", of: randomCondition(random, depth - 1) };
    const of = Array.from({ length: 2 }, () => randomCondition(random, depth - 1));
    return random.once(2) ? { kind: "and", of } : { kind: "or", of };
  }
  const small = () =>
    BigInt(random.once(2) ? random.below(8) : random.pick([0x7fff, 0x8000, 0xffff, 0xfffe]));
  const mask = random.once(2) ? 0xffffn : BigInt(random.pick([1, 3, 4, 6, 0x8000, 0xfff0, 0]));
  const side = { index: 0, width: 16, mask } as const;
  if (random.once(4)) {
    const from = small();
    return { kind: "in", ...side, set: [{ from, to: from + BigInt(random.below(9)) }] };
  }
  return { kind: "compare", ...side, op: random.pick(ops), value: small() };
}

satisfaction("agrees with trying every value, on 400 random demands over one 16-bit register", () => {
  const random = new Random(seedOf("policy/satisfy"));
  for (let i = 0; i < 400; i++) {
    const demands: Demand[] = Array.from({ length: 1 + random.below(3) }, () => ({
      condition: randomCondition(random, 2),
      holds: random.once(2),
    }));
    const met = (args: readonly bigint[]) =>
      demands.every((demand) => holds(demand.condition, args) === demand.holds);
    const answer = satisfy(demands);
    if (answer.kind === "yes") assert.ok(met(answer.args), "the witness is real");
    else {
      assert.is(answer.kind, "no");
      for (let value = 0n; value < 0x10000n; value++) assert.not(met([value]), `${value} satisfies`);
    }
  }
});

satisfaction("gives up with `unknown`, never with `no`, when the budget runs out", () => {
  const either = (index: number): ResolvedCondition => ({
    kind: "or",
    of: Array.from({ length: 8 }, (_, i) => ({
      kind: "compare" as const,
      index,
      width: 64 as const,
      mask: 0x0101010101010101n << BigInt(i),
      op: "==" as const,
      value: BigInt(i + 2),
    })),
  });
  const demands = [0, 1, 2, 3, 4, 5].flatMap((index) =>
    Array.from({ length: 6 }, () => ({ condition: either(index), holds: true })),
  );
  assert.is(satisfy(demands).kind, "unknown");
});

satisfaction(
  "takes conditions without parts for what they are: all of none holds, any of none does not",
  () => {
    assert.is(satisfy([{ condition: { kind: "and", of: [] }, holds: true }]).kind, "yes");
    assert.is(satisfy([{ condition: { kind: "or", of: [] }, holds: true }]).kind, "no");
    assert.is(satisfy([{ condition: { kind: "and", of: [] }, holds: false }]).kind, "no");
  },
);

satisfaction("answers about 20,000 demands without running out of stack", () => {
  const unlike = (value: bigint): Demand => {
    const test = { kind: "compare", index: 0, width: 64, mask: (1n << 64n) - 1n, op: "==", value } as const;
    return { condition: { kind: "and", of: [test, { ...test, index: 1 }] }, holds: false };
  };
  assert.is(satisfy(Array.from({ length: 20_000 }, (_, i) => unlike(BigInt(i)))).kind, "yes");
});

satisfaction("turns every comparison into the set of values that it holds for", () => {
  for (const op of ops)
    for (const value of [0n, 1n, 0x7fffn, 0x8000n, 0xffffn])
      for (const width of [16, 32] as const) {
        const test = {
          kind: "compare",
          index: 0,
          width,
          mask: (1n << BigInt(width)) - 1n,
          op,
          value,
        } as const;
        const set = testSet(test);
        const half = 1n << BigInt(width - 1);
        for (const x of [
          0n,
          1n,
          2n,
          value - 1n,
          value,
          value + 1n,
          half - 1n,
          half,
          half + 1n,
          2n * half - 1n,
        ]) {
          if (x < 0n || x >= 2n * half) continue;
          const inside = set.some(({ from, to }) => from <= x && x <= to);
          assert.is(inside, holds(test, [x]), `${x} ${op} ${value} on ${width} bits`);
        }
      }
});

satisfaction("compares a signed value that is wider than a narrow ABI's register as what it is", () => {
  const test = {
    kind: "compare",
    index: 0,
    width: 32,
    mask: 0xffffffffn,
    op: "s>",
    value: 1n << 32n,
  } as const;
  assert.not(holds(test, [0x7fffffffn]));
  assert.equal(testSet(test), []);
  const below = { ...test, op: "s<", value: (1n << 64n) - (1n << 40n) } as const;
  assert.not(holds(below, [0x80000000n]));
  assert.equal(testSet(below), []);
});

satisfaction("keeps sets sorted, merged and within bounds", () => {
  assert.equal(
    clip(
      [
        { from: 5n, to: 9n },
        { from: 1n, to: 4n },
        { from: 20n, to: 300n },
      ],
      255n,
    ),
    [
      { from: 1n, to: 9n },
      { from: 20n, to: 255n },
    ],
  );
  assert.equal(
    complement(
      [
        { from: 0n, to: 3n },
        { from: 7n, to: 255n },
      ],
      255n,
    ),
    [{ from: 4n, to: 6n }],
  );
  assert.equal(complement([], 255n), [{ from: 0n, to: 255n }]);
  assert.equal(
    intersect(
      [{ from: 0n, to: 9n }],
      [
        { from: 3n, to: 4n },
        { from: 9n, to: 12n },
      ],
    ),
    [
      { from: 3n, to: 4n },
      { from: 9n, to: 9n },
    ],
  );
});

satisfaction.run();
