/** Filters in a kernel: on this process, on a command, supervised; and what this machine can do of that. */
export { type Environment, inheritedEnvironment, inheritedWords, type Text } from "./command.ts";
export { type Denial, judge, notifyDenials } from "./denials.ts";
export {
  type InstalledFilter,
  type OtherThread,
  type ProcessFilters,
  type ReadFiltersOptions,
  readFilters,
} from "./dump.ts";
export type { HostFact } from "./fact.ts";
export { type Installed, type InstallOptions, install } from "./install.ts";
export { type Exit, launch, type Started, spawnFiltered } from "./launch.ts";
export type { Answer, Call } from "./notify.ts";
export type { NotStarted, SpawnOptions, StdioEntry } from "./prepare.ts";
export { type RunResult, run } from "./run.ts";
export { type HostStatus, hostStatus } from "./status.ts";
export { type CallHandler, type SuperviseOptions, type Supervisor, supervise } from "./supervise.ts";
export { checkFits } from "./verdict.ts";
