/**
 * Facts of Linux per architecture: everything that the layers above take from arch/ comes through here, but for the
 * reasons of groups (reason.ts), which one command needs and no other should load.
 */
export { type Abi, type AbiName, abi, abiNames, abiOf, isAbiName, nativeAbi, X32_BIT } from "./abi.ts";
export { type Arg, type ArgKind, type ArgType, type ArgValues, argsByRegister, syscallArgs } from "./arg.ts";
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
export {
  type ArgMeaning,
  argFamilies,
  argMaskName,
  argMeaning,
  argValueName,
  flagNames,
  hasValueNames,
} from "./family.ts";
export { expandGroup, type GroupName, groupNames, isGroupName } from "./group.ts";
export {
  type Needed,
  type NeededSet,
  neededFor,
  neededSetNames,
  neededSets,
} from "./needed.ts";
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
export { substituteOn, type Twin, type TwinCause, telling, twinCauses, twinsOn } from "./twin.ts";
export { compareVersions } from "./version.ts";
