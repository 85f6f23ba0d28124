import type { Graph } from "../../src/compile/graph.ts";
import type { Run } from "../../src/compile/run.ts";
import type { Random } from "../seed.ts";

/** `count` runs over all u32, few numbers each but the last, to four decisions. */
export function randomRuns(random: Random, graph: Graph, count: number): Run[] {
  const runs: Run[] = [];
  let from = 0;
  for (let i = 0; i < count; i++) {
    const last = runs.at(-1)?.node;
    const leaves = [0, 1, 2, 3].map((ret) => graph.leaf(ret)).filter((leaf) => leaf !== last);
    const to = i === count - 1 ? 0xffffffff : from + (random.once(2) ? 0 : random.below(5));
    const known = Array.from({ length: Math.min(to - from, 9) + 1 }, (_, j): readonly [number, number] => {
      return [from + j, random.once(3) ? 0 : random.below(100)];
    });
    const weight = known.reduce((sum, [, share]) => sum + share, 0);
    runs.push({ from, to, node: random.pick(leaves), weight, ...(from < to ? { counts: known } : {}) });
    from = to + 1;
  }
  return runs;
}
