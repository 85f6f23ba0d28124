/** Sets of numbers in words. */
import { complement, type Interval } from "../policy/interval.ts";

/** How one number is said. */
export type NumberText = (value: bigint) => string;

/** So many numbers are listed one by one rather than as ranges or by what is left out. */
const FEW = 8;

/** `== 3`, `!= 3`, `<= 2`, `in {1, 4..7}`: a set of 0..max; `name` says the numbers that stand alone. */
export function intervalsText(set: readonly Interval[], max: bigint, name: NumberText = numberText): string {
  const rest = complement(set, max);
  const [first, hole] = [set[0], rest[0]];
  if (rest.length === 1 && hole && hole.from === hole.to) return `!= ${name(hole.from)}`;
  if (set.length === 1 && first) {
    if (first.from === first.to) return `== ${name(first.from)}`;
    if (first.from === 0n) return `<= ${numberText(first.to)}`;
    if (first.to === max) return `>= ${numberText(first.from)}`;
  }
  const few = (part: readonly Interval[]) => part.length <= FEW && part.every(({ from, to }) => from === to);
  const without = few(rest) === few(set) ? rest.length < set.length : few(rest);
  return without ? `not in {${items(rest, name)}}` : `in {${items(set, name)}}`;
}

function items(set: readonly Interval[], name: NumberText): string {
  return set
    .map(({ from, to }) => {
      if (from === to) return name(from);
      const names = namesIn(from, to, name);
      if (names) return names.join(", ");
      return to === from + 1n ? `${name(from)}, ${name(to)}` : `${numberText(from)}..${numberText(to)}`;
    })
    .join(", ");
}

/** The names of all numbers of a short range, when all have one. */
function namesIn(from: bigint, to: bigint, name: NumberText): string[] | undefined {
  if (to - from >= FEW) return undefined;
  const numbers = Array.from({ length: Number(to - from) + 1 }, (_, i) => from + BigInt(i));
  const names = numbers.map(name);
  return numbers.every((value, i) => names[i] !== numberText(value)) ? names : undefined;
}

/** Decimal where people count, hexadecimal above. */
export function numberText(value: bigint): string {
  return value < 4096n ? String(value) : `0x${value.toString(16)}`;
}
