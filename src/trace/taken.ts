// From the calls that were taken to the policy, in the order in which they were first made. It adds nothing by
// itself; what other libcs would call, and what may be missing, is said in the report.

import type { AbiName } from "../../arch/index.ts";
import type { Policy, PolicyAction, Rule } from "../policy/types.ts";
import type { ChoiceOptions } from "./choice.ts";
import { argNotes, argsOf, type Counted, ruleOf } from "./condition.ts";
import type { CallEvent, Mode } from "./event.ts";
import { successorsOf } from "./families.ts";
import { resolveShown } from "./name.ts";
import type { PhaseOptions } from "./phase.ts";
import { noneKnown } from "./refusal.ts";
import { joinReports, type LearnedCall, type LearnReport, type ReadReport } from "./report.ts";
import { addTally, type Tallied, type Tally, tallyOfCalls } from "./tally.ts";

/** What to learn from, and of which processes and phases. */
export interface LearnOptions extends ChoiceOptions, PhaseOptions {
  /** The ABI of the machine that was traced; logs do not name it, only switches from it. */
  readonly native: AbiName;
  /** Where the log comes from, for the policy's name. */
  readonly name?: string;
  /** For calls that were not seen; kill_process when absent. */
  readonly default?: PolicyAction;
  /** Learn conditions for arguments whose values have names. */
  readonly args?: boolean;
  /** Tells calls of one name apart: those of each text are counted by themselves. */
  readonly mark?: (event: CallEvent, mode: Mode | undefined) => string;
}

/** A policy, and what is known about it. */
export interface Learned {
  readonly policy: Policy;
  readonly report: LearnReport;
  /** With `split`: the policy of each process, program or phase, in the order in which they began. */
  readonly parts: readonly Part[];
  /** What all that was learned from. */
  readonly taken: Taken;
}

/** What was learned of one process, program or phase. */
export interface Part {
  /** A pid, the path of a program, or the name of a phase. */
  readonly name: string;
  readonly policy: Policy;
  readonly syscalls: readonly LearnedCall[];
}

/** The calls of the processes that were taken, as they were seen. */
export interface Taken {
  readonly calls: readonly Tallied[];
  /** With `split`: those of each process, program or phase. */
  readonly parts: ReadonlyMap<string, readonly Tallied[]>;
  readonly report: ReadReport;
}

/** In the order in which they were first made. */
export function inOrder(tally: Tally): Tallied[] {
  return [...tally.values()].sort((a, b) => a.first - b.first);
}

/** What was learned of calls that were taken. Throws SeccatError "trace" when a policy can hold none of them. */
export function learnTaken(taken: Taken, options: LearnOptions): Learned {
  const resolved = resolveAll(taken.calls, options);
  const syscalls = listCalls(resolved, options);
  if (syscalls.length === 0) throw noneKnown(resolved[0]?.warning);
  const policy = policyOf(options, resolved, syscalls);
  const parts = [...taken.parts]
    .map(([name, calls]) => partOf(options, name, calls))
    .filter((part) => part.syscalls.length > 0)
    .sort((a, b) => (a.syscalls[0]?.line ?? 0) - (b.syscalls[0]?.line ?? 0));
  const phases = options.split === "phase" ? parts.map(({ name }) => name) : [];
  const report = reportOn(taken.report, options, { resolved, syscalls, arches: policy.arches, phases });
  return { policy, report, parts, taken };
}

/** The calls of several runs of one command, the later ones behind the earlier. */
export function joinTaken(first: Taken, second: Taken): Taken {
  const before = first.report.watched?.calls ?? first.report.counts.lines;
  const join = (a: readonly Tallied[], b: readonly Tallied[]) => {
    const tally = tallyOfCalls(a, 0);
    addTally(tally, tallyOfCalls(b, before));
    return inOrder(tally);
  };
  const names = [...new Set([...first.parts.keys(), ...second.parts.keys()])];
  const parts = names.map((name): [string, Tallied[]] => {
    return [name, join(first.parts.get(name) ?? [], second.parts.get(name) ?? [])];
  });
  return {
    calls: join(first.calls, second.calls),
    parts: new Map(parts),
    report: joinReports(first.report, second.report),
  };
}

function resolveAll(entries: readonly Tallied[], options: LearnOptions): Counted[] {
  return entries.map((entry) => ({ entry, ...resolveShown(entry, options.native) }));
}

function partOf(options: LearnOptions, part: string, entries: readonly Tallied[]): Part {
  const resolved = resolveAll(entries, options);
  const syscalls = listCalls(resolved, options);
  const name = options.name === undefined ? part : `${options.name}: ${part}`;
  return { name: part, policy: policyOf({ ...options, name }, resolved, syscalls), syscalls };
}

function policyOf(
  options: LearnOptions,
  resolved: readonly Counted[],
  syscalls: readonly LearnedCall[],
): Policy {
  return {
    ...(options.name === undefined ? {} : { name: options.name }),
    arches: archesOf(options, resolved),
    default: options.default ?? { kind: "kill_process" },
    rules: rulesOf(syscalls),
  };
}

function archesOf({ native }: LearnOptions, resolved: readonly Counted[]): readonly AbiName[] {
  return [...new Set([native, ...resolved.filter(({ call }) => call !== undefined).map(({ abi }) => abi)])];
}

/** Calls without a condition in one rule, each of the others in its own. */
function rulesOf(syscalls: readonly LearnedCall[]): readonly Rule[] {
  const plain = syscalls.filter((learned) => !ruleOf(learned)).map(({ call }) => call);
  const conditioned = syscalls.flatMap((learned) => ruleOf(learned) ?? []);
  return plain.length === 0 ? conditioned : [{ action: { kind: "allow" }, syscalls: plain }, ...conditioned];
}

function listCalls(resolved: readonly Counted[], options: LearnOptions): LearnedCall[] {
  const found = new Map<string | number, LearnedCall>();
  for (const { entry, call, abi } of resolved) {
    if (call === undefined) continue;
    const had = found.get(call);
    found.set(call, {
      call,
      count: entry.count + (had?.count ?? 0),
      failed: entry.failed + (had?.failed ?? 0),
      line: had?.line ?? entry.first,
      abis: [...new Set([...(had?.abis ?? []), abi])],
    });
  }
  if (!options.args) return [...found.values()];
  const arches = archesOf(options, resolved);
  return [...found.values()].map((learned) => {
    const entries = resolved.filter(({ call }) => call === learned.call);
    return { ...learned, args: argsOf(learned.call, entries, arches) };
  });
}

/** What a report is made of besides how the log was read. */
interface Findings {
  readonly resolved: readonly Counted[];
  readonly syscalls: readonly LearnedCall[];
  readonly arches: readonly AbiName[];
  readonly phases: readonly string[];
}

function reportOn(
  read: ReadReport,
  options: LearnOptions,
  { resolved, syscalls, arches, phases }: Findings,
): LearnReport {
  const warnings = [...new Set(resolved.flatMap(({ warning }) => (warning === "" ? [] : [warning])))];
  const others = arches.filter((name) => name !== options.native);
  if (others.length > 0)
    warnings.push(
      `calls were made in the mode of ${others.join(" and ")}: the policy lists that architecture too, and its one rule allows every call on each`,
    );
  return {
    ...read,
    unfinished: resolved.reduce((sum, { entry }) => sum + entry.unfinished, 0),
    phases,
    once: syscalls.filter(({ count }) => count === 1).map(({ call }) => call),
    syscalls,
    arches,
    warnings,
    notes: [
      ...libcNotes(options.native, resolved),
      ...argNotes(read.runs, syscalls),
      ...blindNotes(syscalls),
    ],
  };
}

/** What no trace of system calls shows. */
function blindNotes(syscalls: readonly LearnedCall[]): string[] {
  if (!syscalls.some(({ call }) => call === "io_uring_enter" || call === "io_uring_setup")) return [];
  return ["io_uring: what is done through it makes no system calls, so neither a trace nor a filter sees it"];
}

/** What today's libcs call instead of the calls in the trace. */
function libcNotes(native: AbiName, resolved: readonly Counted[]): string[] {
  const names = new Set(resolved.map(({ call }) => String(call)));
  const told = new Set(resolved.filter(({ entry }) => entry.told).map(({ call }) => String(call)));
  return successorsOf(native, names, told).map(({ old, now, seen, since }) => {
    const has = seen ? " (the policy has it)" : "";
    return `${old}: other libcs call ${now.join(" or ")} instead${has}: ${since}`;
  });
}
