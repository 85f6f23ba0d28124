/** What must hold on a way through a program, in the words of the call's arguments. */
import type { Arg } from "../../arch/index.ts";
import type { Interval } from "../policy/interval.ts";
import { intervalsText } from "./interval.ts";
import type { Way } from "./walk.ts";

const MAX32 = 0xffffffffn;
const MAX64 = (1n << 64n) - 1n;

/** The conditions of `way` on anything but arch and number, in order; all of them hold there. */
export function conditionsOf(way: Way, args: readonly Arg[] = []): string[] {
  const values = new Map(way.values);
  const texts: string[] = [];
  values.delete("nr");
  values.delete("arch");
  for (let index = 0; index < 6; index++) {
    const [low, high] = [`args[${index}].lo`, `args[${index}].hi`];
    const whole = wholeValue(values.get(high), values.get(low));
    if (whole === undefined) continue;
    const name = args[index]?.name ?? `arg${index}`;
    texts.push(`${isNarrow(args[index]) ? `u64(${name})` : name} ${intervalsText(whole, MAX64)}`);
    values.delete(high);
    values.delete(low);
  }
  for (const [text, set] of [...values].sort(([a], [b]) => (a < b ? -1 : 1)))
    texts.push(`${named(text, args)} ${intervalsText(set, MAX32)}`);
  for (const { text, holds } of way.tests) texts.push(holds ? named(text, args) : `!(${named(text, args)})`);
  return texts;
}

/** Whether the kernel reads no more than the low half of the argument. */
export function isNarrow(arg: Arg | undefined): boolean {
  return arg !== undefined && (arg.type === "i32" || arg.type === "u32" || arg.type === "u16");
}

/** The words of arguments by their names: `type` or `u32(offset)` for a low half, `offset >> 32` for a high one. */
function named(text: string, args: readonly Arg[]): string {
  return text.replace(/args\[(\d)\]\.(lo|hi)/g, (_, digit: string, half: string) => {
    const arg = args[Number(digit)];
    const name = arg?.name ?? `arg${digit}`;
    if (half === "hi") return `(${name} >> 32)`;
    return isNarrow(arg) && arg?.type !== "u16" ? name : `u32(${name})`;
  });
}

/** A value of 64 bits, when the high half can be one number only. */
function wholeValue(
  high: readonly Interval[] | undefined,
  low: readonly Interval[] | undefined,
): readonly Interval[] | undefined {
  const [only] = high ?? [];
  if (high?.length !== 1 || !only || only.from !== only.to) return undefined;
  const base = only.from << 32n;
  return (low ?? [{ from: 0n, to: MAX32 }]).map(({ from, to }) => ({ from: base + from, to: base + to }));
}
