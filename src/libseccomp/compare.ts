/** The comparison macros of seccomp.h. */
import { SeccatError } from "../abi/error.ts";

/** A value to compare with; negative ones mean their two's complement in 64 bits, as in C. */
export type scmp_datum_t = number | bigint;

/** One comparison, as SCMP_CMP and its kin make them. */
export interface scmp_arg_cmp {
  readonly arg: number;
  readonly op: number;
  /** The value; the mask of SCMP_CMP_MASKED_EQ. */
  readonly datum_a: bigint;
  /** The value of SCMP_CMP_MASKED_EQ. */
  readonly datum_b: bigint;
}

type Compare = (op: number, datum_a: scmp_datum_t, datum_b?: scmp_datum_t) => scmp_arg_cmp;

/**
 * The comparison `op` of argument `arg` with 64-bit data. Throws a SeccatError "usage" for a number that is not
 * whole or too large to be exact.
 */
export function SCMP_CMP64(
  arg: number,
  op: number,
  datum_a: scmp_datum_t,
  datum_b: scmp_datum_t = 0n,
): scmp_arg_cmp {
  return { arg, op, datum_a: datum(datum_a, 64), datum_b: datum(datum_b, 64) };
}

/** SCMP_CMP64. */
export const SCMP_CMP: typeof SCMP_CMP64 = SCMP_CMP64;

/**
 * SCMP_CMP64 with data cut to 32 bits. It cuts the data, not the argument: all 64 bits of the register are
 * compared on 64-bit architectures.
 */
export function SCMP_CMP32(
  arg: number,
  op: number,
  datum_a: scmp_datum_t,
  datum_b: scmp_datum_t = 0n,
): scmp_arg_cmp {
  return { arg, op, datum_a: datum(datum_a, 32), datum_b: datum(datum_b, 32) };
}

function datum(value: scmp_datum_t, bits: 32 | 64): bigint {
  if (typeof value === "number" && !Number.isSafeInteger(value))
    throw new SeccatError({
      code: "usage",
      message: "this number is not exact",
      expected: "a whole number up to 2^53, or a bigint",
      received: String(value),
      fix: "write it as a bigint, such as 0xffffffffffffffffn",
    });
  return BigInt.asUintN(bits, BigInt(value));
}

const wide =
  (arg: number): Compare =>
  (op, datum_a, datum_b) =>
    SCMP_CMP64(arg, op, datum_a, datum_b);
const narrow =
  (arg: number): Compare =>
  (op, datum_a, datum_b) =>
    SCMP_CMP32(arg, op, datum_a, datum_b);

/** SCMP_CMP64 of argument 0. */
export const SCMP_A0: Compare = wide(0);
/** SCMP_CMP64 of argument 0. */
export const SCMP_A0_64: Compare = SCMP_A0;
/** SCMP_CMP32 of argument 0. */
export const SCMP_A0_32: Compare = narrow(0);
/** SCMP_CMP64 of argument 1. */
export const SCMP_A1: Compare = wide(1);
/** SCMP_CMP64 of argument 1. */
export const SCMP_A1_64: Compare = SCMP_A1;
/** SCMP_CMP32 of argument 1. */
export const SCMP_A1_32: Compare = narrow(1);
/** SCMP_CMP64 of argument 2. */
export const SCMP_A2: Compare = wide(2);
/** SCMP_CMP64 of argument 2. */
export const SCMP_A2_64: Compare = SCMP_A2;
/** SCMP_CMP32 of argument 2. */
export const SCMP_A2_32: Compare = narrow(2);
/** SCMP_CMP64 of argument 3. */
export const SCMP_A3: Compare = wide(3);
/** SCMP_CMP64 of argument 3. */
export const SCMP_A3_64: Compare = SCMP_A3;
/** SCMP_CMP32 of argument 3. */
export const SCMP_A3_32: Compare = narrow(3);
/** SCMP_CMP64 of argument 4. */
export const SCMP_A4: Compare = wide(4);
/** SCMP_CMP64 of argument 4. */
export const SCMP_A4_64: Compare = SCMP_A4;
/** SCMP_CMP32 of argument 4. */
export const SCMP_A4_32: Compare = narrow(4);
/** SCMP_CMP64 of argument 5. */
export const SCMP_A5: Compare = wide(5);
/** SCMP_CMP64 of argument 5. */
export const SCMP_A5_64: Compare = SCMP_A5;
/** SCMP_CMP32 of argument 5. */
export const SCMP_A5_32: Compare = narrow(5);
