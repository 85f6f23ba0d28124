/**
 * Names are literal types: tsc, which reads this file with the project, fails when a misspelt one compiles.
 * Nothing here runs.
 */
import {
  type AbiName,
  type ArgValues,
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

/** Arguments by the name of a call, of which the kernel reads 32, 16 and 64 bits. */
export const values: readonly [
  ArgValues<"openat">,
  ArgValues<"lseek">,
  ArgValues<"_llseek">,
  ArgValues<"getpid">,
] = [
  { dirfd: -100, pathname: 0x7fff0000n, flags: 0, mode: 0o644 },
  { fd: 3, offset: -1n, whence: 2 },
  { fd: 3, offset_high: 0n, offset_low: 0n, result: 0n, whence: 0 },
  {},
];

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
  // @ts-expect-error: an address is no number
  const address: ArgValues<"read">["buf"] = 5;
  // @ts-expect-error: a misspelt argument
  const argument: ArgValues<"read">["buff"] = 5n;
  // @ts-expect-error: a misspelt signal
  const signal: SignalName = "SIGKIL";
  void [constant, error, signal, address, argument];
}
