/**
 * Proofs about filters. A program, a stack of programs and a policy are each a function from the 512 bits of
 * seccomp_data to a return value; here it is written as a decision diagram (table.ts), which is one and the same
 * for equal functions. So every answer is about all calls:
 *
 *     proved     no call breaks the relation
 *     differs    with one call that does, answered by the interpreter, and how many there are
 *     unknown    the budget did not suffice; which instructions, and for which calls
 *
 * Nothing here comes from src/compile: the judge shares no code with the accused.
 */
export { type Cases, type CasesOptions, cases } from "./cases.ts";
export {
  compare,
  type Differs,
  type Open,
  type OpenPoint,
  type Proof,
  type ProofStats,
  type Proved,
  proveProgram,
  refines,
  type Unknown,
} from "./compare.ts";
export {
  type DifferenceCase,
  type DifferenceGroup,
  type Differences,
  differences,
} from "./differences.ts";
export { type Nearest, type NearestSearch, nearestIn } from "./nearest.ts";
export type { ProveOptions, Witness } from "./question.ts";
export type { Masked, Range, Region, Values } from "./region.ts";
export type { Size } from "./set.ts";
export type { Answer, Side, Union } from "./side.ts";
export type { OpenReason } from "./space.ts";
export type { Mode, Relation } from "./verdict.ts";
export {
  type ArchVerdicts,
  type CallVerdicts,
  type Judge,
  type VerdictCase,
  type Verdicts,
  verdicts,
} from "./verdicts.ts";
export type { Constraint, When } from "./when.ts";
export { describeCall, type Example } from "./witness.ts";
