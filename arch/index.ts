/** Facts of Linux per architecture: everything that the layers above take from arch/ comes through here. */
export { type Abi, type AbiName, abi, abiNames, abiOf, isAbiName, nativeAbi, X32_BIT } from "./abi.ts";
export { type Arg, type ArgKind, type ArgType, syscallArgs } from "./arg.ts";
export { type ConstantName, constant, constantNames, isConstantName } from "./constant.ts";
export {
  type ErrnoName,
  errnoName,
  errnoNames,
  errnoNumber,
  type SignalName,
  signalName,
  signalNames,
  signalNumber,
} from "./errno.ts";
export { argFamilies, argMaskName, argValueName } from "./family.ts";
export { expandGroup, type GroupName, groupNames, isGroupName } from "./group.ts";
export {
  isSyscallName,
  newestKernel,
  newestNr,
  type SyscallName,
  syscallAlias,
  syscallAliases,
  syscallName,
  syscallNames,
  syscallNr,
  syscallSince,
  syscallsOf,
} from "./syscall.ts";
export { compareVersions } from "./version.ts";
