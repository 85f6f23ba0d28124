/** Filters in a kernel: on this process, on a command, supervised; and what this machine can do of that. */
export type { AttachOptions } from "./attach.ts";
export { type CallerIdentity, type CodePlace, WaitingCaller } from "./caller.ts";
export { type Environment, inheritedEnvironment, inheritedWords, type Text } from "./command.ts";
export {
  type Denial,
  judge,
  logDenials,
  type NotifyingStack,
  notifyDenials,
  notifyStack,
} from "./denials.ts";
export {
  type InstalledFilter,
  type OtherThread,
  type ProcessFilters,
  type ReadFiltersOptions,
  readFilters,
} from "./dump.ts";
export { endKeepingTerminal } from "./ending.ts";
export type { HostFact } from "./fact.ts";
export { type AnswerOptions, type Handler, type Handlers, handledNames } from "./handlers.ts";
export { type Installed, type InstallOptions, install } from "./install.ts";
export { type LoggedKill, loggedKill } from "./kernellog.ts";
export { launch, type Started, spawnFiltered } from "./launch.ts";
export { type Recorded, type RecordOptions, record } from "./live/record.ts";
export type { CallMemory, MemoryResult, MemoryString } from "./memory.ts";
export { native } from "./native.ts";
export type { Answer, Call, DescriptorAnswer, PlainAnswer } from "./notify.ts";
export { endWithParent } from "./parent.ts";
export { type Plan, plan } from "./plan.ts";
export type { NotStarted, SpawnOptions, StdioEntry } from "./prepare.ts";
export type { RingChoice } from "./ring.ts";
export { type RunResult, run } from "./run.ts";
export type { FilterFlag } from "./seccomp.ts";
export type { Supervisor } from "./serve.ts";
export type { Exit } from "./start.ts";
export { type HostStatus, hostStatus } from "./status.ts";
export type { Field, Layout, StructOf } from "./struct.ts";
export {
  attach,
  type Supervised,
  type SuperviseOptions,
  supervisedSpawn,
  superviseProgram,
} from "./supervise.ts";
export { type AnyArgs, type CallOf, SupervisedCall, type Where } from "./supervisedcall.ts";
export { findUser, type Identity, type User } from "./user.ts";
export { checkFits } from "./verdict.ts";
