/**
 * Sets of calls in a person's terms: which values each field takes. A field whose bits stand together in the
 * order of the diagram splits it into one part per way out of it.
 */
import {
  type AbiName,
  abi as abiFacts,
  abiNames,
  abiOf,
  type SyscallName,
  syscallsOf,
  X32_BIT,
} from "../../arch/index.ts";
import { ARCH, BITS, highWord, lowWord, NR, type Order } from "./order.ts";
import { admits, projected, where } from "./set.ts";
import type { Space } from "./space.ts";
import { FALSE, LEAF, type Node, type Table, TRUE } from "./table.ts";

/** All numbers from `from` to `to`, both included. */
export interface Range {
  readonly from: bigint;
  readonly to: bigint;
}

/** All numbers x with x & mask == value. */
export interface Masked {
  readonly mask: bigint;
  readonly value: bigint;
}

/** A set of numbers, as ranges (sorted, apart) or as masked values (apart), whichever are fewer. */
export type Values = {
  /** Whether this is the set; else it is cut after 512 of them, or not worked out and too large. */
  readonly complete: boolean;
} & (
  | { readonly kind: "ranges"; readonly ranges: readonly Range[] }
  | { readonly kind: "masks"; readonly masks: readonly Masked[] }
);

/** Levels of the bits of one field, most significant first. */
export type Field = readonly number[];

/** One way out of a field. */
export interface Part {
  /** What follows the field there. */
  readonly out: Node;
  /** The numbers of the field for which that follows, as a set of calls. */
  readonly set: Node;
}

const LISTED = 512;
/** Masked values are taken only for what would be more ranges than this. */
const FEW_RANGES = 8;

/** The levels of a word. */
export function wordField({ levelOf }: Order, word: number): Field {
  return Array.from({ length: BITS }, (_, i) => levelOf[BITS * word + BITS - 1 - i] ?? 0);
}

/** The levels of `args[index]`, high half first; index 6 is the instruction pointer. */
export function wideField(order: Order, index: number): Field {
  return [...wordField(order, highWord(index)), ...wordField(order, lowWord(index))];
}

/** Whether nothing else is asked for between the bits of a field. */
export function isWhole(field: Field): boolean {
  return (field.at(-1) ?? 0) - (field[0] ?? 0) === field.length - 1;
}

/** The ways out of a whole field; together they are all calls. */
export function split(table: Table, f: Node, field: Field): Part[] {
  const last = field.at(-1) ?? 0;
  return [...outsOf(table, f, field)].map((out) => ({ out, set: where(table, f, new Set([out]), last) }));
}

function outsOf(table: Table, f: Node, field: Field): Set<Node> {
  const last = field.at(-1) ?? 0;
  const outs = new Set<Node>();
  const seen = new Set<Node>([f]);
  for (const node of seen) {
    if (table.level(node) > last) outs.add(node);
    else seen.add(table.low(node)).add(table.high(node));
  }
  return outs;
}

/** The numbers of `field` in `set`, which depends on nothing else. */
export function valuesOf(table: Table, set: Node, field: Field): Values {
  const ranges = rangesOf(table, set, field);
  if (ranges.length <= FEW_RANGES) return { kind: "ranges", ranges, complete: true };
  const masks = masksOf(table, set, field);
  const few = <T>(all: readonly T[]) => ({ complete: all.length <= LISTED, list: all.slice(0, LISTED) });
  if (2 * masks.length < ranges.length) {
    const { list, complete } = few(masks);
    return { kind: "masks", masks: list, complete };
  }
  const { list, complete } = few(ranges);
  return { kind: "ranges", ranges: list, complete };
}

/** The numbers of `field` in `set` as ranges, the first 513 of them at most. */
export function rangesOf(table: Table, set: Node, field: Field): Range[] {
  const ranges: { from: bigint; to: bigint }[] = [];
  const go = (node: Node, depth: number, from: bigint): void => {
    if (node === FALSE || ranges.length > LISTED) return;
    const size = 1n << BigInt(field.length - depth);
    if (node === TRUE) {
      const last = ranges.at(-1);
      if (last && last.to + 1n === from) last.to = from + size - 1n;
      else ranges.push({ from, to: from + size - 1n });
      return;
    }
    const asks = table.level(node) === field[depth];
    go(asks ? table.low(node) : node, depth + 1, from);
    go(asks ? table.high(node) : node, depth + 1, from + size / 2n);
  };
  go(set, 0, 0n);
  return ranges;
}

/** The same as masked values, the first 513 at most: one per way through the diagram. */
export function masksOf(table: Table, set: Node, field: Field): Masked[] {
  const masks: Masked[] = [];
  const go = (node: Node, mask: bigint, value: bigint): void => {
    if (node === FALSE || masks.length > LISTED) return;
    if (node === TRUE) {
      masks.push({ mask, value });
      return;
    }
    const bit = 1n << BigInt(field.length - 1 - field.indexOf(table.level(node)));
    go(table.low(node), mask | bit, value);
    go(table.high(node), mask | bit, value | bit);
  };
  go(set, 0n, 0n);
  return masks;
}

/** The levels that `f` asks for. */
export function levelsOf(table: Table, f: Node): Set<number> {
  const levels = new Set<number>();
  const seen = new Set<Node>([f]);
  for (const node of seen) {
    if (table.level(node) === LEAF) continue;
    levels.add(table.level(node));
    seen.add(table.low(node)).add(table.high(node));
  }
  return levels;
}

/** Calls of the same arches and numbers. */
export interface Region {
  /** AUDIT_ARCH_* values. */
  readonly arches: Values;
  readonly numbers: Values;
  /** The ABIs that the tables know among them, and the names that these have for the numbers. */
  readonly names: readonly { readonly abi: AbiName; readonly syscalls: readonly SyscallName[] }[];
}

/** A region of a diagram, and what the diagram says within it. */
export interface RegionPart {
  readonly region: Region;
  /** The region as a set of calls. */
  readonly set: Node;
  /** The diagram there. */
  readonly rest: Node;
  /** Whether `rest` asks for neither arch nor number: it is the same for every call of the region. */
  readonly uniform: boolean;
}

/** So many ways out of arch or of nr are told apart; a field with more becomes one region. */
const MOST_PARTS = 4096;

/**
 * The regions in which `f` says anything but FALSE, together all of that: one per arch set and number set with the
 * same rest. Where arch or nr takes turns with other words, or has more than 4096 ways out, it is one region that
 * holds them all.
 */
export function regionsOf(space: Space, f: Node): RegionPart[] {
  const { table, order } = space;
  const [arch, nr] = [wordField(order, ARCH), wordField(order, NR)];
  if (f === FALSE) return [];
  if (!isWhole(arch) || !isWhole(nr)) return [mixedRegion(space, f)];
  return partsOf(table, f, arch).flatMap((byArch) =>
    partsOf(table, byArch.out, nr).map(({ out, set }) => ({
      region: regionOf(space, byArch.set, set),
      set: table.and(byArch.set, set),
      rest: out,
      uniform: table.level(out) > (nr.at(-1) ?? 0),
    })),
  );
}

/** The ways out of a whole field but FALSE, or one for all of them when they are too many. */
function partsOf(table: Table, f: Node, field: Field): Part[] {
  const outs = outsOf(table, f, field);
  outs.delete(FALSE);
  const last = field.at(-1) ?? 0;
  if (outs.size > MOST_PARTS) return [{ out: f, set: where(table, f, outs, last) }];
  return [...outs].map((out) => ({ out, set: where(table, f, new Set([out]), last) }));
}

function mixedRegion(space: Space, f: Node): RegionPart {
  const { table, order, budget } = space;
  const set = table.not(where(table, f, new Set([FALSE])));
  const sets = table.attempt(budget, () => [ARCH, NR].map((word) => projected(table, order, set, 1 << word)));
  const [arches = TRUE, numbers = TRUE] = sets ?? [];
  const region = regionOf(space, arches, numbers);
  const cut = (values: Values): Values => ({ ...values, complete: false });
  return {
    region: sets ? region : { ...region, arches: cut(region.arches), numbers: cut(region.numbers) },
    set: table.and(arches, numbers),
    rest: f,
    uniform: false,
  };
}

function regionOf(space: Space, arches: Node, numbers: Node): Region {
  const { table, order } = space;
  const has = (set: Node, word: number, value: number) => admits(table, order, set, word, value);
  const names = abiNames
    .filter((abi) => has(arches, ARCH, abiFacts(abi).auditArch) && hasNumbersOf(space, numbers, abi))
    .map((abi) => ({
      abi,
      syscalls: syscallsOf(abi).flatMap(([name, nr]) => (has(numbers, NR, nr) ? [name] : [])),
    }));
  return {
    arches: valuesOf(table, arches, wordField(order, ARCH)),
    numbers: valuesOf(table, numbers, wordField(order, NR)),
    names,
  };
}

/** x86_64 has the numbers without bit 30, x32 those with it. */
function hasNumbersOf({ table, words }: Space, numbers: Node, abi: AbiName): boolean {
  const { auditArch } = abiFacts(abi);
  if (abiOf(auditArch, 0) === abiOf(auditArch, X32_BIT)) return true;
  const bit = words.input(NR).bits[BITS - 1 - Math.clz32(X32_BIT)] ?? FALSE;
  return table.and(numbers, abiOf(auditArch, X32_BIT) === abi ? bit : table.not(bit)) !== FALSE;
}
