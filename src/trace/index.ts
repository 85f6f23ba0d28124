export { readArg, splitArgs, type TraceArg } from "./argument.ts";
export { type Counted, type Counter, newCounter } from "./counts.ts";
export type {
  AttachEvent,
  BeginEvent,
  CallEnd,
  CallEvent,
  EndEvent,
  ExitEvent,
  LineCounts,
  LineNote,
  Mode,
  ModeEvent,
  NoiseEvent,
  SignalEvent,
  StraceEvent,
} from "./event.ts";
export { type LogOptions, logReader } from "./format.ts";
export { type Learner, learn, newLearner } from "./learn.ts";

export { type PhaseName, type PhaseOptions, phaseNames } from "./phase.ts";
export { type ReaderOptions, readStrace, type StraceReader, straceReader } from "./reader.ts";
export {
  droppedAfterStart,
  formatReading,
  formatReport,
  type Group,
  type LearnedCall,
  type LearnReport,
  type ReadReport,
} from "./report.ts";
export { type Split, splits } from "./stretch.ts";
export { joinTaken, type Learned, type LearnOptions, learnTaken, type Part, type Taken } from "./taken.ts";
export type { WatchedProcess } from "./watched.ts";
