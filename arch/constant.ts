import type { AbiName } from "./abi.ts";
import { type ErrnoName, errnos, type SignalName, signals } from "./errno.ts";
import { values as constantTable, type ConstantName as PlainName } from "./table/constant.ts";
import { values } from "./value.ts";

/** Names that a condition may use for a value, errors and signals among them. */
export type ConstantName = PlainName | ErrnoName | SignalName;

const constants = values(constantTable);

/** The value of a constant on the ABI; undefined when it is unknown or the ABI has none. */
export function constant(abi: AbiName, name: string): bigint | undefined {
  return constants.get(abi, name) ?? errnos.get(abi, name) ?? signals.get(abi, name);
}

/** Whether some ABI has a constant of this name. */
export function isConstantName(s: string): s is ConstantName {
  return constants.has(s) || errnos.has(s) || signals.has(s);
}

/** Every constant's name. */
export function constantNames(): readonly ConstantName[] {
  return [...constants.names(), ...errnos.names(), ...signals.names()] as ConstantName[];
}
