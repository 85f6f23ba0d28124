export { readArg, splitArgs, type TraceArg } from "./argument.ts";
export { type Counted, type Counter, newCounter } from "./counts.ts";
export type {
  AttachEvent,
  BeginEvent,
  CallEnd,
  CallEvent,
  EndEvent,
  ExitEvent,
  Format,
  LineCounts,
  LineNote,
  Mode,
  ModeEvent,
  NoiseEvent,
  SignalEvent,
  StraceEvent,
} from "./event.ts";
export { type LogOptions, logReader } from "./format.ts";
export { type Learned, type Learner, type LearnOptions, learn, newLearner, type Taken } from "./learn.ts";
export { type ReaderOptions, readStrace, type StraceReader, straceReader } from "./reader.ts";
export {
  formatReading,
  formatReport,
  type Group,
  type LearnedCall,
  type LearnReport,
  type ReadReport,
} from "./report.ts";
