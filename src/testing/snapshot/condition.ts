/** A condition as the condition language of policies writes it, so that it can be read back. */
import { type AbiName, type Arg, type SyscallName, syscallArgs } from "../../../arch/index.ts";
import type { Constraint, When } from "../../prove/index.ts";

type Values = Constraint["values"];
type Range = { readonly from: bigint; readonly to: bigint };

/**
 * `domain == 1 || domain == 2 && type & 0xf == 1`. What is not said, or not all, is told by `mark` after a #:
 * it is another for another condition.
 */
export function conditionText(
  when: When | undefined,
  mark: string,
  abi: AbiName,
  syscall: SyscallName | undefined,
): string {
  if (when === undefined) return `#${mark}`;
  const args = syscall === undefined ? [] : (syscallArgs(abi, syscall) ?? []);
  const some = when.any.map((constraints) =>
    constraints.map((one) => constraintText(one, args)).join(" && "),
  );
  const whole = when.complete && when.any.flat().every(({ values }) => values.complete);
  return `${some.join(" || ")}${whole ? "" : ` and more, #${mark}`}`;
}

/** `== 3`, `in {1, 4..7}`, a set of ranges or masked values of `name`. */
export function valuesText(name: string, values: Values, bits: number): string {
  const max = (1n << BigInt(bits)) - 1n;
  if (values.kind === "masks") {
    const some = values.masks.map(({ mask, value }) =>
      mask === max ? `${name} == ${number(value)}` : `${name} & ${number(mask)} == ${number(value)}`,
    );
    return some.length === 1 ? (some[0] ?? "") : `(${some.join(" || ")})`;
  }
  const { ranges } = values;
  const bitsSet = asMasked(ranges, max);
  if (bitsSet) return `${name} & ${number(bitsSet.mask)} == ${number(bitsSet.value)}`;
  const [first, second] = ranges;
  if (first && !second) {
    if (first.from === first.to) return `${name} == ${number(first.from)}`;
    if (first.from === 0n) return `${name} <= ${number(first.to)}`;
    if (first.to === max) return `${name} >= ${number(first.from)}`;
  }
  const hole = second && ranges.length === 2 && first?.from === 0n && second.to === max;
  if (hole && first.to + 2n === second.from) return `${name} != ${number(first.to + 1n)}`;
  return `${name} in {${rangesText(ranges)}}`;
}

/** Ranges of one length that are all numbers with certain bits: `flags & 0x10000000 == 0x10000000`. */
function asMasked(ranges: readonly Range[], max: bigint): { mask: bigint; value: bigint } | undefined {
  const [first, second] = ranges;
  if (!first || !second || first.to === first.from) return undefined;
  const size = first.to - first.from + 1n;
  const free = ranges.reduce((bits, { from, to }) => bits | (from ^ first.from) | (to ^ first.to), size - 1n);
  const covered = ranges.every(({ from, to }) => to - from + 1n === size) ? size * BigInt(ranges.length) : 0n;
  const count = free.toString(2).replaceAll("0", "").length;
  if (covered !== 1n << BigInt(count)) return undefined;
  return { mask: max & ~free, value: first.from & ~free };
}

/** `1, 4..7`. */
export function rangesText(ranges: readonly Range[]): string {
  return ranges
    .map(({ from, to }) => (from === to ? number(from) : `${number(from)}..${number(to)}`))
    .join(", ");
}

function constraintText({ field, bits, values }: Constraint, args: readonly Arg[]): string {
  if (field === "ip") return valuesText("instruction_pointer", values, bits);
  const arg = args[field];
  const width = arg?.type === "i32" || arg?.type === "u32" ? 32 : 64;
  const plain = arg !== undefined && arg.type !== "ptr" && arg.type !== "u16" && width === bits;
  const name = arg?.name ?? `arg${field}`;
  return valuesText(plain ? name : `u${bits}(${name})`, values, bits);
}

function number(value: bigint): string {
  return value < 0x10000n ? String(value) : `0x${value.toString(16)}`;
}
