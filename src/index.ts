/**
 * Seccat as a library: learn, compile, test, explain and enforce seccomp filters. Importing it loads no FFI
 * package and touches no kernel; `install`, `run` and `spawnFiltered` do when they are called.
 */
export {
  type Abi,
  type AbiName,
  type Arg,
  type ArgValues,
  abi,
  abiNames,
  abiOf,
  type ConstantName,
  constant,
  type ErrnoName,
  errnoName,
  errnoNumber,
  expandGroup,
  type GroupName,
  groupNames,
  isAbiName,
  isGroupName,
  isSyscallName,
  nativeAbi,
  newestKernel,
  type SyscallName,
  syscallArgs,
  syscallName,
  syscallNames,
  syscallNr,
  syscallSince,
} from "../arch/index.ts";
export {
  type Action,
  type ActionName,
  combineReturns,
  decodeAction,
  encodeAction,
  formatAction,
} from "./abi/action.ts";
export { type Endian, packData, type SeccompData } from "./abi/data.ts";
export { type ErrorCode, formatIssue, type Issue, type Place, SeccatError } from "./abi/error.ts";
export { bitmapOf } from "./bpf/bitmap.ts";
export { check, pathCost } from "./bpf/check.ts";
export { decode, encode, readProgram } from "./bpf/codec.ts";
export { type Branch, coverage, type ProgramCoverage } from "./bpf/coverage.ts";
export { type Evaluator, jit, jitStack } from "./bpf/jit/index.ts";
export type { Kernel } from "./bpf/kernel.ts";
export type { Program, SockFilter } from "./bpf/program.ts";
export { run as emulate, runStack, type Step, type StepHook, type Trace, trace } from "./bpf/run.ts";
export { annotate, assemble, assembleProgram, type ListOptions, list } from "./bpf/text.ts";
export type { CallWeights } from "./compile/index.ts";
export {
  type Caller,
  type DecodedArg,
  type DecodedCall,
  decodeCall,
  type SocketAddress,
} from "./decode/index.ts";
export {
  type Answer,
  type AnswerOptions,
  type AttachOptions,
  attach,
  type Call,
  type CallMemory,
  type CallOf,
  type DescriptorAnswer,
  type Environment,
  type Exit,
  type Field,
  type FilterFlag,
  findUser,
  type Handler,
  type Handlers,
  type HostFact,
  type HostStatus,
  hostStatus,
  type Identity,
  type Installed,
  type InstalledFilter,
  type InstallOptions,
  install,
  type Layout,
  logDenials,
  type MemoryResult,
  type MemoryString,
  type NotStarted,
  type OtherThread,
  type PlainAnswer,
  type Plan,
  type ProcessFilters,
  plan,
  type ReadFiltersOptions,
  type RingChoice,
  type RunResult,
  readFilters,
  run,
  type SpawnOptions,
  type Started,
  type StructOf,
  type Supervised,
  type SupervisedCall,
  type SuperviseOptions,
  type Supervisor,
  spawnFiltered,
  type User,
  type Where,
} from "./enforce/index.ts";
export { type ArchExplanation, type Case, type Explanation, explain, type Group } from "./explain/index.ts";
export { type SandboxedForkOptions, sandboxedFork } from "./fork.ts";
export {
  convertPolicy,
  type ReadOptions,
  type ReadResult,
  readPolicy,
  writePolicy,
} from "./formats/index.ts";
export {
  type ActionInput,
  all,
  allow,
  any,
  arg,
  deny,
  not,
  type PolicyHead,
  policy,
  type RuleBuilder,
  rule,
  type SyscallRef,
} from "./policy/builder.ts";
export { type CallInput, seccompData } from "./policy/call.ts";
export { evaluate, type Verdict } from "./policy/evaluate.ts";
export { type Finding, lint } from "./policy/lint.ts";
export { type Typed, typed } from "./policy/typed.ts";
export type { Condition, Policy, PolicyAction, Rule } from "./policy/types.ts";
export { formatWhen, parseWhen } from "./policy/when.ts";
export { compile, type Proven as Compiled, type ProvenOptions as CompileOptions } from "./proof.ts";
export {
  type Cases,
  cases,
  compare,
  type Differences,
  differences,
  type Proof,
  type ProveOptions,
  proveProgram,
  refines,
  type Witness,
} from "./prove/index.ts";
export { type Supervisable, supervise } from "./supervise.ts";
export { type Expectation, ExpectationError, expect } from "./testing/index.ts";
export {
  formatReport,
  type Learned,
  type LearnOptions,
  type LearnReport,
  learn,
  readStrace,
  type StraceEvent,
  straceReader,
} from "./trace/index.ts";
