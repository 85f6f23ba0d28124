/** What must hold on a way through a program, in the words of the call's arguments. */
import type { Arg } from "../../arch/index.ts";
import { ARCH_OFFSET, argHighOffset, argLowOffset, type Endian, NR_OFFSET, wordName } from "../abi/data.ts";
import { complement, type Interval } from "../policy/interval.ts";
import type { Way } from "./walk.ts";

const MAX32 = 0xffffffffn;

/** The conditions of `way` on anything but arch and number, in order; all of them hold there. */
export function conditionsOf(way: Way, endian: Endian, args: readonly Arg[] = []): string[] {
  const words = new Map(way.words);
  const texts: string[] = [];
  for (let index = 0; index < 6; index++) {
    const [low, high] = [argLowOffset(index, endian), argHighOffset(index, endian)];
    const whole = wholeValue(words.get(high), words.get(low));
    const name = args[index]?.name ?? `arg${index}`;
    const narrow = args[index] !== undefined && !["i64", "u64", "ptr"].includes(args[index]?.type ?? "");
    if (whole !== undefined) {
      texts.push(`${narrow ? `u64(${name})` : name} ${inWords(whole, (1n << 64n) - 1n)}`);
      words.delete(high);
    } else if (words.has(low)) {
      texts.push(`${narrow ? name : `u32(${name})`} ${inWords(words.get(low) ?? [], MAX32)}`);
    }
    words.delete(low);
  }
  for (const [offset, set] of [...words].sort(([a], [b]) => a - b)) {
    if (offset === NR_OFFSET || offset === ARCH_OFFSET) continue;
    texts.push(`${wordName(offset, endian)} ${inWords(set, MAX32)}`);
  }
  return [...texts, ...way.tests.map(({ text, holds }) => (holds ? bare(text) : `!(${bare(text)})`))];
}

/** A value of 64 bits that both halves pin down to one, or to a set below 2^32. */
function wholeValue(
  high: readonly Interval[] | undefined,
  low: readonly Interval[] | undefined,
): readonly Interval[] | undefined {
  const [only] = high ?? [];
  if (high?.length !== 1 || !only || only.from !== only.to) return undefined;
  const base = only.from << 32n;
  return (low ?? [{ from: 0n, to: MAX32 }]).map(({ from, to }) => ({ from: base + from, to: base + to }));
}

/** `== 3`, `!= 3`, `> 2`, `in {1, 4..7}`: a set of 0..max. */
function inWords(set: readonly Interval[], max: bigint): string {
  const [first] = set;
  if (!first) return "in {}";
  if (set.length === 1) {
    if (first.from === first.to) return `== ${number(first.from)}`;
    if (first.from === 0n) return `<= ${number(first.to)}`;
    if (first.to === max) return `>= ${number(first.from)}`;
  }
  const rest = complement(set, max);
  const [hole] = rest;
  if (rest.length === 1 && hole && hole.from === hole.to) return `!= ${number(hole.from)}`;
  const items = (list: readonly Interval[]) =>
    list.map(({ from, to }) => (from === to ? number(from) : `${number(from)}..${number(to)}`)).join(", ");
  return rest.length < set.length ? `not in {${items(rest)}}` : `in {${items(set)}}`;
}

function number(value: bigint): string {
  return value < 4096n ? String(value) : `0x${value.toString(16)}`;
}

/** The text of an open test, `a & b` being a test of bits. */
function bare(text: string): string {
  return / & [^ ]+$/.test(text) && !text.endsWith(")") ? `${text} != 0` : text;
}
