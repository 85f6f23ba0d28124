/**
 * Names are literal types: tsc, which reads this file with the project, fails when a misspelt one compiles.
 * Nothing here runs.
 */
import {
  type AbiName,
  type ConstantName,
  type ErrnoName,
  expandGroup,
  type GroupName,
  type SignalName,
  type SyscallName,
  syscallNr,
} from "../../arch/index.ts";

/** Names that compile. */
export const right: readonly [
  SyscallName,
  GroupName,
  ConstantName,
  ConstantName,
  ErrnoName,
  SignalName,
  AbiName,
] = ["openat2", "@system-service", "O_CLOEXEC", "SIGKILL", "EPERM", "SIGSYS", "mipsel64n32"];

/** Names that do not. */
export function wrong(): void {
  // @ts-expect-error: a misspelt call
  syscallNr("x86_64", "opennat2");
  // @ts-expect-error: a misspelt ABI
  syscallNr("x64", "openat2");
  // @ts-expect-error: a misspelt group
  expandGroup("@system-services");
  // @ts-expect-error: a misspelt constant
  const constant: ConstantName = "O_CREATE";
  // @ts-expect-error: a misspelt error
  const error: ErrnoName = "EPREM";
  // @ts-expect-error: a misspelt signal
  const signal: SignalName = "SIGKIL";
  void [constant, error, signal];
}
