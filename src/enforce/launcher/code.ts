/** Machine code in the making: bytes, names for places, and jumps to those names. */
export type CodeItem =
  | readonly number[]
  | { readonly label: string }
  | {
      readonly to: string;
      readonly size: number;
      /** The jump's bytes, given where it begins and where it goes. */
      readonly encode: (from: number, to: number) => readonly number[];
    };

/** Code with every jump filled in, and the offset of every label. */
export interface Code {
  readonly bytes: Uint8Array;
  readonly labels: ReadonlyMap<string, number>;
}

/** Places the labels, then writes the bytes. */
export function assembleCode(items: readonly CodeItem[]): Code {
  const labels = new Map<string, number>();
  let size = 0;
  for (const item of items) {
    if ("label" in item) labels.set(item.label, size);
    else size += "to" in item ? item.size : item.length;
  }
  const bytes: number[] = [];
  for (const item of items) {
    if ("label" in item) continue;
    if (!("to" in item)) bytes.push(...item);
    else bytes.push(...item.encode(bytes.length, labelAt(labels, item.to)));
  }
  return { bytes: Uint8Array.from(bytes), labels };
}

function labelAt(labels: ReadonlyMap<string, number>, name: string): number {
  const at = labels.get(name);
  if (at === undefined) throw new RangeError(`no label is named ${name}`);
  return at;
}

/** `value` as four bytes, little-endian, two's complement. */
export function int32(value: number): number[] {
  return [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff];
}
