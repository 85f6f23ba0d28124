/** Errors and signals: apart from the other constants, whose table is thirty times as long. */
import type { AbiName } from "./abi.ts";
import { type ErrnoName, values as errnoTable } from "./table/errno.ts";
import { type SignalName, values as signalTable } from "./table/signal.ts";
import { type Values, values } from "./value.ts";

export type { ErrnoName, SignalName };

/** The table of errors. */
export const errnos: Values = values(errnoTable);
/** The table of signals. */
export const signals: Values = values(signalTable);

/** Every error's name, by x86's number; second names of one number (EWOULDBLOCK) at the end. */
export const errnoNames: readonly ErrnoName[] = errnos.names() as ErrnoName[];

/** The number of an error on the ABI; undefined when it is unknown or the ABI has none. */
export function errnoNumber(abi: AbiName, name: string): number | undefined {
  return number(errnos, abi, name);
}

/** The first name of error number `n` on the ABI. */
export function errnoName(abi: AbiName, n: number): ErrnoName | undefined {
  return nameOf(errnos, abi, n) as ErrnoName | undefined;
}

/** Every signal's name, by x86's number; second names of one number (SIGIOT) at the end. */
export const signalNames: readonly SignalName[] = signals.names() as SignalName[];

/** The number of a signal on the ABI; undefined when it is unknown or the ABI has none. */
export function signalNumber(abi: AbiName, name: string): number | undefined {
  return number(signals, abi, name);
}

/** The first name of signal number `n` on the ABI. */
export function signalName(abi: AbiName, n: number): SignalName | undefined {
  return nameOf(signals, abi, n) as SignalName | undefined;
}

function number(table: Values, abi: AbiName, name: string): number | undefined {
  const value = table.get(abi, name);
  return value === undefined ? undefined : Number(value);
}

const names = new Map<Values, Map<AbiName, Map<bigint, string>>>();

/** The first name of a number, by an index that is made once for each table and ABI. */
function nameOf(table: Values, abi: AbiName, n: number): string | undefined {
  const byAbi = names.get(table) ?? new Map<AbiName, Map<bigint, string>>();
  names.set(table, byAbi);
  const known = byAbi.get(abi);
  if (known) return known.get(BigInt(n));
  const index = new Map<bigint, string>();
  for (const name of table.names()) {
    const value = table.get(abi, name);
    if (value !== undefined && !index.has(value)) index.set(value, name);
  }
  byAbi.set(abi, index);
  return index.get(BigInt(n));
}
