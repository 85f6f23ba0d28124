import type { Node } from "./graph.ts";

/** Numbers that decide alike, with how often they are looked up. */
export interface Run {
  readonly from: number;
  readonly to: number;
  readonly node: Node;
  /** Share of all look-ups, 0 or more. */
  readonly weight: number;
  /** The numbers that make up the weight of a run of several, where known, with their shares. */
  readonly counts?: readonly Count[];
}

/** A number and its share of all look-ups. */
export type Count = readonly [value: number, weight: number];

/** The weight of runs together. */
export function weightOf(runs: readonly Run[]): number {
  return runs.reduce((sum, { weight }) => sum + weight, 0);
}

/** Puts `run` behind `runs`, into the last of them where both decide alike. */
export function append(runs: Run[], run: Run): void {
  const last = runs.at(-1);
  if (last?.node === run.node) runs[runs.length - 1] = joined(last, run);
  else runs.push(run);
}

/** Neighbouring runs of one decision as one. */
function joined(left: Run, right: Run): Run {
  const known = left.counts && right.counts;
  const counts = known ? { counts: [...countsOf(left), ...countsOf(right)] } : {};
  return { from: left.from, to: right.to, node: left.node, weight: left.weight + right.weight, ...counts };
}

function countsOf({ from, to, weight, counts }: Run): readonly Count[] {
  return from === to ? [[from, weight]] : (counts ?? []);
}
