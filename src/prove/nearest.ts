/**
 * The smallest change of a call's arguments that gets another answer. As few registers as can be are changed;
 * then each as little as can be: by value where the wanted values are ranges (a size, a domain), by bits where they
 * are said by bits (a flag word).
 */
import { abi as abiFacts, abiOf } from "../../arch/index.ts";
import type { SeccompData } from "../abi/data.ts";
import { mixedWords } from "./flow.ts";
import { isOpen, retOf } from "./leaf.ts";
import { ARCH, highWord, lowWord, NR } from "./order.ts";
import { type Field, levelsOf, masksOf, rangesOf, wideField, wordField } from "./region.ts";
import { leavesOf, projected, restricted, where } from "./set.ts";
import { programsOf, type Side, sideDiagram } from "./side.ts";
import { defaultBudget, makeSpace, type Space } from "./space.ts";
import { FALSE, LEAF, type Node, type Table } from "./table.ts";

/** A call, that there is none, or that it was not worked out. */
export type Nearest =
  | {
      readonly kind: "found";
      readonly call: SeccompData;
      /** Indices of the arguments that are not as they were. */
      readonly changed: readonly number[];
    }
  | { readonly kind: "none" | "unknown" };

/** Looks for a call of the same arch and number whose answer (u32) is accepted; of `call` itself it is not. */
export type NearestSearch = (call: SeccompData, accepts: (ret: number) => boolean) => Nearest;

/** One search may take a small part of what a diagram may. */
const SEARCH = Object.freeze({ nodes: 1 << 17, steps: 1 << 20 });
const REGISTERS = [0, 1, 2, 3, 4, 5];

/** The search among the answers of `side`. Throws a SeccatError when a policy does not resolve. */
export function nearestIn(side: Side): NearestSearch {
  const space = makeSpace(mixedWords(programsOf(side)), defaultBudget);
  const diagram = sideDiagram(space, side);
  return (call, accepts) => {
    const search = () => (diagram === undefined ? undefined : nearest(space, diagram, call, accepts));
    return space.table.attempt(SEARCH, search) ?? { kind: "unknown" };
  };
}

function nearest(space: Space, diagram: Node, call: SeccompData, accepts: (ret: number) => boolean): Nearest {
  const { table } = space;
  const same = ofCall(space, diagram, call);
  const leaves = leavesOf(table, same);
  const isKnown = (leaf: Node) => !isOpen(table, leaf) && retOf(table, leaf) !== undefined;
  const accepted = leaves.filter((leaf) => isKnown(leaf) && accepts(retOf(table, leaf) ?? 0));
  const set = where(table, same, new Set(accepted));
  for (const changed of subsets()) {
    const kept = REGISTERS.filter((index) => !changed.includes(index));
    const left = kept.reduce((rest, index) => withRegister(space, rest, index, call.args[index] ?? 0n), set);
    if (left === FALSE) continue;
    return { kind: "found", call: { ...call, args: changedArgs(space, left, call.args, changed) }, changed };
  }
  return { kind: leaves.every(isKnown) ? "none" : "unknown" };
}

/** What `diagram` says for the arch, number and instruction pointer of `call`, of what a kernel can show. */
function ofCall(space: Space, diagram: Node, { arch, nr, instructionPointer = 0n }: SeccompData): Node {
  const { table, order } = space;
  const ofArch = restricted(table, order, diagram, ARCH, arch);
  const ofNumber = withRegister(
    space,
    restricted(table, order, ofArch, NR, nr),
    REGISTERS.length,
    instructionPointer,
  );
  const abi = abiOf(arch, nr);
  if (abi === undefined || abiFacts(abi).argBits === 64) return ofNumber;
  return REGISTERS.reduce((rest, index) => restricted(table, order, rest, highWord(index), 0), ofNumber);
}

function withRegister({ table, order }: Space, f: Node, index: number, value: bigint): Node {
  const high = restricted(table, order, f, highWord(index), Number(value >> 32n));
  return restricted(table, order, high, lowWord(index), Number(value & 0xffffffffn));
}

/** The sets of registers but the empty one, the small ones first. */
function subsets(): number[][] {
  const all = Array.from({ length: (1 << REGISTERS.length) - 1 }, (_, i) =>
    REGISTERS.filter((index) => ((i + 1) >> index) & 1),
  );
  return all.sort((a, b) => a.length - b.length);
}

function changedArgs(
  space: Space,
  set: Node,
  args: readonly bigint[],
  changed: readonly number[],
): readonly bigint[] {
  const { table, order } = space;
  const result = [...args];
  let left = set;
  for (const index of changed) {
    const own = (1 << highWord(index)) | (1 << lowWord(index));
    const value = nearestValue(space, projected(table, order, left, own), index, args[index] ?? 0n);
    result[index] = value;
    left = withRegister(space, left, index, value);
  }
  return result;
}

/** The member of `values`, a set that asks for one register, that is nearest to `value`. */
function nearestValue({ table, order }: Space, values: Node, index: number, value: bigint): bigint {
  const low = wordField(order, lowWord(index));
  const narrow = [...levelsOf(table, values)].every((level) => low.includes(level));
  if (!narrow) return nearestInField(table, values, wideField(order, index), value);
  const upper = (value >> 32n) << 32n;
  return upper | nearestInField(table, values, low, value & 0xffffffffn);
}

function nearestInField(table: Table, values: Node, field: Field, value: bigint): bigint {
  const rising = field.every((level, i) => i === 0 || level > (field[i - 1] ?? 0));
  if (!rising || masksOf(table, values, field).length < rangesOf(table, values, field).length)
    return byBits(table, values, field, value);
  const [below, above] = [false, true].map((up) => beside(table, values, field, value, up));
  if (below === undefined || above === undefined) return below ?? above ?? value;
  return value - below <= above - value ? below : above;
}

/** The member next to `value`, at most it or, with `up`, at least it. */
function beside(table: Table, set: Node, field: Field, value: bigint, up: boolean): bigint | undefined {
  const go = (node: Node, depth: number, bound: boolean): bigint | undefined => {
    if (node === FALSE) return undefined;
    if (depth === field.length) return 0n;
    const bit = 1n << BigInt(field.length - 1 - depth);
    const asks = table.level(node) === field[depth];
    const own = (value & bit) !== 0n;
    const take = (one: boolean) => {
      const child = asks ? (one ? table.high(node) : table.low(node)) : node;
      const rest = go(child, depth + 1, bound && one === own);
      return rest === undefined ? undefined : rest + (one ? bit : 0n);
    };
    if (!bound) return take(!up) ?? take(up);
    const kept = take(own);
    return kept ?? (own === up ? undefined : take(up));
  };
  return go(set, 0, true);
}

/** The member that differs from `value` in the fewest bits. */
function byBits(table: Table, set: Node, field: Field, value: bigint): bigint {
  const places = new Map(field.map((level, i) => [level, BigInt(field.length - 1 - i)]));
  const costs = new Map<Node, number>();
  const isSet = (node: Node) => ((value >> (places.get(table.level(node)) ?? 0n)) & 1n) === 1n;
  const kept = (node: Node) => (isSet(node) ? table.high(node) : table.low(node));
  const flipped = (node: Node) => (isSet(node) ? table.low(node) : table.high(node));
  const cost = (node: Node): number => {
    if (table.level(node) === LEAF) return node === FALSE ? Number.POSITIVE_INFINITY : 0;
    const known = costs.get(node) ?? Math.min(cost(kept(node)), 1 + cost(flipped(node)));
    costs.set(node, known);
    return known;
  };
  let result = value;
  for (let node = set; table.level(node) !== LEAF; ) {
    const keeps = cost(kept(node)) <= 1 + cost(flipped(node));
    if (!keeps) result ^= 1n << (places.get(table.level(node)) ?? 0n);
    node = keeps ? kept(node) : flipped(node);
  }
  return result;
}
