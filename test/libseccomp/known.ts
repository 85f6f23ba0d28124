/**
 * Where libseccomp 2.5 is known to decide otherwise, told from the rules alone.
 *
 * halves     On 64-bit architectures a comparison is split, and two rules share the test of the upper half. When
 *            both order one argument (or use !=) by values with one upper half, and go on differently (other
 *            comparisons, another action), what one of them adds below the shared test is added to the other, or is
 *            lost where an order meets a !=. GHSA-4q85-33p6-j5g6 is the same sharing.
 *
 *                x == args[0], y == args[1]        x > 0x1_00000003 && y == 1 -> allow
 *                                                  x > 0x1_00000005 && y == 2 -> allow
 *                x = 0x1_00000004, y = 2           is allowed
 *
 * opposite   A rule is dropped when one of its later comparisons is the opposite of another rule's only one, which
 *            is taken for a shorter rule that covers it.
 *
 *                args[1] == 0 -> errno 1           args[0] != 0 && args[1] != 0 -> errno 1   is dropped
 */
import { type AbiName, abi } from "../../arch/index.ts";
import { type Target, targetsOf } from "../../src/libseccomp/syscall.ts";
import type { Comparison } from "../../src/libseccomp/tree.ts";
import {
  SCMP_CMP_EQ,
  SCMP_CMP_GE,
  SCMP_CMP_GT,
  SCMP_CMP_LE,
  SCMP_CMP_LT,
  SCMP_CMP_MASKED_EQ,
  SCMP_CMP_NE,
} from "../../src/libseccomp.ts";
import type { Filter, Ruling } from "./random.ts";

/** A rule as it stands under one number of one architecture. */
export interface Placed {
  readonly action: number;
  readonly args: readonly Comparison[];
}

/** Whether the last architecture of `filter` is added behind some rules. */
export function isLate({ arches, lateAfter }: Filter): boolean {
  return arches.length > 1 && lateAfter > 0;
}

/** The numbers of `arch` under which one rule stands, unsigned. */
export function numbersOf(rule: Ruling, arch: AbiName, native: AbiName): number[] {
  return placesOf(rule, arch, native).map(({ nr }) => nr >>> 0);
}

/** The rules under number `nr` of `arch`, in the order in which they were added. */
export function rulesAt(filter: Filter, arch: AbiName, native: AbiName, nr: number): Placed[] {
  const late = isLate(filter) && filter.arches.at(-1) === arch;
  return filter.rules.slice(late ? filter.lateAfter : 0).flatMap((rule) =>
    placesOf(rule, arch, native)
      .filter((place) => place.nr >>> 0 === nr)
      .map(({ args }) => ({ action: rule.action, args })),
  );
}

function placesOf({ nr, args }: Ruling, arch: AbiName, native: AbiName): readonly Target[] {
  const comparisons = args.map(({ arg, op, datum_a, datum_b }) =>
    op === SCMP_CMP_MASKED_EQ
      ? { arg, op, mask: datum_a, datum: datum_b }
      : { arg, op, mask: 0xffff_ffff_ffff_ffffn, datum: datum_a },
  );
  const targets = targetsOf(arch, native, { nr, args: comparisons, exact: false });
  return typeof targets === "string" ? [] : targets;
}

/** Why libseccomp may decide otherwise by these rules of one syscall; undefined when it may not. */
export function knownFault(arch: AbiName, rules: readonly Placed[]): "halves" | "opposite" | undefined {
  const pairs = rules.flatMap((a, i) => rules.slice(i + 1).map((b) => [a, b] as const));
  if (abi(arch).wordBits === 64 && pairs.some(([a, b]) => shareHalves(a, b))) return "halves";
  const bits = abi(arch).wordBits;
  return pairs.some(([a, b]) => isOpposite(a, b, bits) || isOpposite(b, a, bits)) ? "opposite" : undefined;
}

const ordering = [SCMP_CMP_LT, SCMP_CMP_LE, SCMP_CMP_GT, SCMP_CMP_GE];

function shareHalves(a: Placed, b: Placed): boolean {
  return a.args.some((x) =>
    b.args.some((y) => {
      const splits = (op: number) => ordering.includes(op) || op === SCMP_CMP_NE;
      if (x.arg !== y.arg || !splits(x.op) || !splits(y.op)) return false;
      if (x.datum >> 32n !== y.datum >> 32n) return false;
      const goesOn = (rule: Placed) => rule.args.some(({ arg }) => arg > x.arg);
      return a.action !== b.action || goesOn(a) || goesOn(b);
    }),
  );
}

const opposites: ReadonlyMap<number, number> = new Map([
  [SCMP_CMP_EQ, SCMP_CMP_NE],
  [SCMP_CMP_NE, SCMP_CMP_EQ],
  [SCMP_CMP_GE, SCMP_CMP_LT],
  [SCMP_CMP_LT, SCMP_CMP_GE],
  [SCMP_CMP_GT, SCMP_CMP_LE],
  [SCMP_CMP_LE, SCMP_CMP_GT],
]);

function isOpposite(short: Placed, long: Placed, bits: 32 | 64): boolean {
  return short.args.some((x) =>
    long.args.some(
      (y) =>
        x.arg === y.arg &&
        opposites.get(x.op) === y.op &&
        BigInt.asUintN(bits, x.datum) === BigInt.asUintN(bits, y.datum) &&
        long.args.some(({ arg }) => arg < y.arg),
    ),
  );
}
