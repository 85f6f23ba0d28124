/**
 * Structures of C as the kernel's interfaces use them: fields in order, each at its natural place.
 *
 *     { tv_sec: "long", tv_nsec: "long" }               struct timespec
 *     { family: "u16", port: "u16be", host: { bytes: 4 } }   the start of struct sockaddr_in
 *
 * Not handled: bit fields, packed structures, structures in structures (write their fields out).
 */
import { type AbiName, abi as factsOf } from "../../arch/index.ts";
import { SeccatError } from "../abi/error.ts";

/** A field: an integer (`be`: big-endian whatever the machine, as in addresses of the network), a C long or pointer, or bytes. */
export type Field = keyof typeof integers | "long" | "ulong" | "ptr" | { readonly bytes: number };

/** A structure's fields in order. */
export type Layout = Readonly<Record<string, Field>>;

/** A structure as JavaScript holds it: numbers up to 32 bits, bigints above and for long and pointers. */
export type StructOf<Fields extends Layout> = {
  readonly [Name in keyof Fields]: Fields[Name] extends "u64" | "i64" | "u64be" | "long" | "ulong" | "ptr"
    ? bigint
    : Fields[Name] extends string
      ? number
      : Uint8Array;
};

interface Integer {
  readonly size: 1 | 2 | 4 | 8;
  readonly signed: boolean;
  readonly big?: boolean;
}

const integers = Object.freeze({
  u8: { size: 1, signed: false },
  i8: { size: 1, signed: true },
  u16: { size: 2, signed: false },
  i16: { size: 2, signed: true },
  u32: { size: 4, signed: false },
  i32: { size: 4, signed: true },
  u64: { size: 8, signed: false },
  i64: { size: 8, signed: true },
  u16be: { size: 2, signed: false, big: true },
  u32be: { size: 4, signed: false, big: true },
  u64be: { size: 8, signed: false, big: true },
} as const satisfies Readonly<Record<string, Integer>>);

interface Placed {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  /** Undefined for bytes. */
  readonly integer: Integer | undefined;
  /** Whether it is a bigint here. */
  readonly wide: boolean;
}

/** The bytes that a structure takes on an ABI. */
export function structSize(layout: Layout, abi: AbiName): number {
  return placed(layout, abi).size;
}

/** The structure in `bytes`. Throws SeccatError "usage" when there are too few, or for a field of no known type. */
export function decodeStruct<Fields extends Layout>(
  bytes: Uint8Array,
  layout: Fields,
  abi: AbiName,
): StructOf<Fields>;
/** The same for any layout. */
export function decodeStruct(
  bytes: Uint8Array,
  layout: Layout,
  abi: AbiName,
): Readonly<Record<string, bigint | number | Uint8Array>> {
  const { fields, size } = placed(layout, abi);
  if (bytes.length < size)
    throw new SeccatError({
      code: "usage",
      message: "these bytes are too few for the structure",
      expected: `${size} bytes`,
      received: `${bytes.length} bytes`,
    });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = factsOf(abi).endian === "little";
  const values: Record<string, bigint | number | Uint8Array> = {};
  for (const { name, offset, size: length, integer, wide } of fields) {
    if (!integer) values[name] = bytes.slice(offset, offset + length);
    else {
      const value = getInteger(view, offset, integer, integer.big ? false : little);
      values[name] = wide ? value : Number(value);
    }
  }
  return values;
}

/** The bytes of a structure; what lies between its fields is zero. Throws SeccatError "usage" for a value that has no place in its field. */
export function encodeStruct<Fields extends Layout>(
  values: StructOf<Fields>,
  layout: Fields,
  abi: AbiName,
): Uint8Array;
/** The same for any layout. */
export function encodeStruct(
  values: Readonly<Record<string, bigint | number | Uint8Array>>,
  layout: Layout,
  abi: AbiName,
): Uint8Array {
  const { fields, size } = placed(layout, abi);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  const little = factsOf(abi).endian === "little";
  for (const { name, offset, size: length, integer } of fields) {
    const value = values[name];
    if (!integer) {
      if (!(value instanceof Uint8Array) || value.length !== length) throw misfit(name, `${length} bytes`);
      bytes.set(value, offset);
    } else {
      if (typeof value !== "bigint" && !Number.isInteger(value)) throw misfit(name, "an integer");
      setInteger(view, offset, integer, integer.big ? false : little, integerOf(name, value, integer));
    }
  }
  return bytes;
}

function integerOf(name: string, value: unknown, { size, signed }: Integer): bigint {
  const integer = typeof value === "bigint" ? value : BigInt(Number(value));
  const bits = 8 * size;
  const fits = signed ? BigInt.asIntN(bits, integer) : BigInt.asUintN(bits, integer);
  if (fits !== integer) throw misfit(name, `${signed ? "a signed" : "an unsigned"} integer of ${bits} bits`);
  return integer;
}

function misfit(name: string, expected: string): SeccatError {
  return new SeccatError({
    code: "usage",
    message: `the value of ${name} has no place in its field`,
    expected,
    where: { path: name },
  });
}

function getInteger(view: DataView, offset: number, { size, signed }: Integer, little: boolean): bigint {
  switch (size) {
    case 1:
      return BigInt(signed ? view.getInt8(offset) : view.getUint8(offset));
    case 2:
      return BigInt(signed ? view.getInt16(offset, little) : view.getUint16(offset, little));
    case 4:
      return BigInt(signed ? view.getInt32(offset, little) : view.getUint32(offset, little));
    default:
      return signed ? view.getBigInt64(offset, little) : view.getBigUint64(offset, little);
  }
}

function setInteger(view: DataView, offset: number, { size }: Integer, little: boolean, value: bigint): void {
  if (size === 1) view.setUint8(offset, Number(BigInt.asUintN(8, value)));
  else if (size === 2) view.setUint16(offset, Number(BigInt.asUintN(16, value)), little);
  else if (size === 4) view.setUint32(offset, Number(BigInt.asUintN(32, value)), little);
  else view.setBigUint64(offset, BigInt.asUintN(64, value), little);
}

function placed(layout: Layout, abi: AbiName): { readonly fields: readonly Placed[]; readonly size: number } {
  const { wordBits } = factsOf(abi);
  const word = wordBits === 64 ? 8 : 4;
  const fields: Placed[] = [];
  let end = 0;
  let widest = 1;
  for (const [name, field] of Object.entries(layout)) {
    const integer = integerAs(name, field, word);
    const size = typeof field === "object" ? field.bytes : (integer?.size ?? 0);
    const natural = integer?.size ?? 1;
    const alignment = natural === 8 && abi === "x86" ? 4 : natural; // i386 has its 64-bit integers at multiples of 4
    const offset = Math.ceil(end / alignment) * alignment;
    fields.push({ name, offset, size, integer, wide: size === 8 || isWord(field) });
    end = offset + size;
    widest = Math.max(widest, alignment);
  }
  return { fields, size: Math.ceil(end / widest) * widest };
}

function isWord(field: Field): boolean {
  return field === "long" || field === "ulong" || field === "ptr";
}

function integerAs(name: string, field: Field, word: 4 | 8): Integer | undefined {
  if (typeof field === "object" && Number.isSafeInteger(field.bytes) && field.bytes >= 0) return undefined;
  if (field === "long") return { size: word, signed: true };
  if (field === "ulong" || field === "ptr") return { size: word, signed: false };
  if (typeof field === "string" && Object.hasOwn(integers, field)) return integers[field];
  throw new SeccatError({
    code: "usage",
    message: `the field ${name} has no known type`,
    expected: `${Object.keys(integers).join(", ")}, long, ulong, ptr or { bytes: N }`,
    where: { path: name },
  });
}
