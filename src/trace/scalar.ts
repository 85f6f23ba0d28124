// The arguments that conditions are learned for: numbers whose values have names (socket's domain, ioctl's request,
// open's flags, signals), as arch/family.ts has them. What a pointer or a descriptor is says nothing about the next
// run, so such arguments are never looked at.

import {
  type AbiName,
  type Arg,
  type ArgMeaning,
  abi as abiFacts,
  argMeaning,
  syscallArgs,
} from "../../arch/index.ts";
import type { CallEvent, Mode } from "./event.ts";
import { ownText } from "./journal.ts";
import { type Resolved, resolveShown } from "./name.ts";
import { constantOf, type Layout, layoutOf, registerTexts, shownRegister } from "./registers.ts";

/** An argument that a condition can be learned for. */
export interface Scalar {
  readonly index: number;
  readonly arg: Arg;
  readonly meaning: ArgMeaning;
  /** How many low bits the kernel reads. */
  readonly width: 16 | 32 | 64;
}

const widths = { i32: 32, u32: 32, i64: 64, u64: 64, ptr: 64, u16: 16 } as const;
const cache = new Map<string, readonly Scalar[]>();

/** Those of a call, in their order. */
export function scalarsOf({ abi, call }: Pick<Resolved, "abi" | "call">): readonly Scalar[] {
  if (typeof call !== "string") return [];
  const key = `${abi} ${call}`;
  const had = cache.get(key);
  if (had) return had;
  const made = (syscallArgs(abi, call) ?? []).flatMap((arg, index): Scalar[] => {
    const meaning = arg.split ? undefined : argMeaning(abi, call, index);
    const width = abiFacts(abi).argBits === 32 && widths[arg.type] === 64 ? 32 : widths[arg.type];
    return meaning ? [{ index, arg, meaning, width }] : [];
  });
  cache.set(key, made);
  return made;
}

/** The values of a call's scalars as one text that tells calls apart: `1,80002`, `?` for a value not known. */
export function markOf(values: readonly (bigint | undefined)[]): string {
  return values.map((value) => value?.toString(16) ?? "?").join(",");
}

/** What markOf was given, for a call with so many scalars; for any other text, as many values not known. */
export function readMark(mark: string, count: number): readonly (bigint | undefined)[] {
  const words = mark.split(",");
  if (words.length !== count) return new Array<undefined>(count).fill(undefined);
  return words.map((word) => (/^[0-9a-f]{1,16}$/.test(word) ? BigInt(`0x${word}`) : undefined));
}

/** More kinds of one call are not told apart, so that a log of many cannot fill the memory. */
export const mostMarks = 1024;

interface Marked {
  readonly resolved: Resolved;
  readonly scalars: readonly Scalar[];
  /** Their registers, one bit each. */
  readonly wanted: number;
  readonly layout: Layout;
  /** The marks, by the texts of the scalars. */
  readonly values: Map<string, string>;
  readonly marks: Set<string>;
}

/** Marks the calls of logs of a machine whose own ABI is `native`. */
export class ScalarMarks {
  readonly #native: AbiName;
  readonly #calls = new Map<string, Marked>();

  constructor(native: AbiName) {
    this.#native = native;
  }

  /** The mark of a call of a process in `mode`; "" for one without scalars. */
  mark(event: Pick<CallEvent, "name" | "nr" | "args">, mode: Mode | undefined): string {
    const call = this.#call(event.name, event.nr, mode);
    const { scalars, wanted, layout, values, marks, resolved } = call;
    if (scalars.length === 0) return "";
    // Not before: what is in the bytes of a log becomes text by being asked for.
    const texts = registerTexts(event.args, layout, wanted);
    let key = "";
    for (const [i, { index }] of scalars.entries())
      key = i === 0 ? (texts[index] ?? "") : `${key} ${texts[index] ?? ""}`;
    const had = values.get(key);
    if (had !== undefined) return had;
    const mark = markOf(scalars.map((scalar) => readShown(scalar, resolved.abi, texts[scalar.index] ?? "")));
    if (marks.size >= mostMarks && !marks.has(mark)) return markOf(scalars.map(() => undefined));
    marks.add(mark);
    if (values.size < mostMarks) values.set(ownText(key), mark);
    return mark;
  }

  #call(name: string, nr: number | undefined, mode: Mode | undefined): Marked {
    const key = nr === undefined && mode === undefined ? name : `${name} ${nr ?? ""} ${mode ?? ""}`;
    const had = this.#calls.get(key);
    if (had) return had;
    const resolved = resolveShown({ name, nr, mode }, this.#native);
    const scalars = scalarsOf(resolved);
    const made = {
      resolved,
      layout: layoutOf(name, resolved),
      scalars,
      wanted: scalars.reduce((bits, { index }) => bits | (1 << index), 0),
      values: new Map(),
      marks: new Set<string>(),
    };
    this.#calls.set(key, made);
    return made;
  }
}

/** Tells calls apart whose scalars differ, in whatever mode they are made. */
export function scalarsApart(native: AbiName): (call: Pick<CallEvent, "name" | "nr" | "args">) => string {
  const marks = new ScalarMarks(native);
  const modes: readonly (Mode | undefined)[] = [undefined, "64", "32", "x32"];
  return (call) => modes.map((mode) => marks.mark(call, mode)).join(" ");
}

function readShown({ width }: Scalar, abi: AbiName, text: string): bigint | undefined {
  if (text === "") return undefined;
  const value = shownRegister(text, abi, (words) => constantOf(abi, words));
  return value === undefined ? undefined : BigInt.asUintN(width, value);
}
