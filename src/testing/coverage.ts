/**
 * What of each layer the tests reached: rules by the policy's own semantics, instructions and branches by the steps
 * of the interpreter. A policy on arches of both byte orders has one program for each, and each is counted.
 */
import type { Endian } from "../abi/data.ts";
import type { Place } from "../abi/error.ts";
import { type Branch, coverage, type ProgramCoverage } from "../bpf/coverage.ts";
import type { Program } from "../bpf/program.ts";
import { evaluate } from "../policy/evaluate.ts";
import type { Answer } from "./expect.ts";
import { type FilterLayer, isProgram } from "./filter.ts";

/** How often a rule decided. */
export interface RuleHits {
  readonly hits: number;
  /** Where the rule stands. */
  readonly where?: Place;
}

/** How often the parts of a program ran. */
export interface ProgramHits {
  readonly program: Program;
  readonly endian: Endian;
  /** By instruction. */
  readonly instructions: readonly number[];
  readonly branches: readonly Branch[];
}

/** What of one layer was reached. */
export interface LayerCoverage {
  /** By rule; absent for a program. */
  readonly rules?: readonly RuleHits[];
  readonly programs: readonly ProgramHits[];
}

/** So many of so many. */
export interface Reached {
  readonly reached: number;
  readonly all: number;
}

/** The parts of filters that coverage counts, in the order in which it is told. */
export const coverageParts = ["rules", "instructions", "branches"] as const;
/** One of them. */
export type CoveragePart = (typeof coverageParts)[number];
/** Sums over layers. A branch is one way of a conditional jump. */
export type CoverageTotals = Readonly<Record<CoveragePart, Reached>>;

/** Counts what answers reach. */
export interface CoverageCounter {
  see(answer: Answer): void;
  /** One for each layer, in order. */
  layers(): readonly LayerCoverage[];
}

/** Counters at 0 for `layers`; `programs` are those that will run, by layer. */
export function coverageCounter(
  layers: readonly FilterLayer[],
  programs: readonly (readonly Program[])[],
): CoverageCounter {
  const rules = layers.map((layer) => (isProgram(layer) ? [] : layer.rules.map(() => 0)));
  const counted = programs.map(
    (own) =>
      new Map<Program, ProgramCoverage>([...new Set(own)].map((program) => [program, coverage(program)])),
  );
  return {
    see({ data, runs }) {
      runs.forEach(({ program, steps }, i) => {
        const known = counted[i]?.get(program) ?? coverage(program);
        counted[i]?.set(program, known);
        for (const { pc, a, x } of steps) known.hook(pc, a, x);
      });
      layers.forEach((layer, i) => {
        const rule = isProgram(layer) ? undefined : evaluate(layer, data).rule;
        const hits = rules[i];
        if (rule !== undefined && hits) hits[rule] = (hits[rule] ?? 0) + 1;
      });
    },
    layers: () =>
      layers.map((layer, i) => {
        const own = [...(counted[i]?.values() ?? [])].map(hitsOf);
        if (isProgram(layer)) return { programs: own };
        const hits = layer.rules.map(({ where }, rule) => ({
          hits: rules[i]?.[rule] ?? 0,
          ...(where ? { where } : {}),
        }));
        return { rules: hits, programs: own };
      }),
  };
}

function hitsOf({ program, hits, branches }: ProgramCoverage): ProgramHits {
  return { program, endian: program.endian, instructions: [...hits], branches: branches() };
}

/** What `layers`, all about the same policy or program, reached together. */
export function mergeCoverage(layers: readonly LayerCoverage[]): LayerCoverage {
  const programs = new Map<string, ProgramHits>();
  for (const { programs: own } of layers)
    for (const one of own) {
      const key = `${one.endian} ${one.program.insns.map(({ code, jt, jf, k }) => [code, jt, jf, k]).join()}`;
      const before = programs.get(key);
      programs.set(key, before ? addHits(before, one) : one);
    }
  const [first, ...rest] = layers.flatMap(({ rules }) => (rules ? [rules] : []));
  const rules = first?.map((rule, i) => ({
    ...rule,
    hits: rest.reduce((sum, other) => sum + (other[i]?.hits ?? 0), rule.hits),
  }));
  return { ...(rules ? { rules } : {}), programs: [...programs.values()] };
}

function addHits(a: ProgramHits, b: ProgramHits): ProgramHits {
  return {
    ...a,
    instructions: a.instructions.map((hits, pc) => hits + (b.instructions[pc] ?? 0)),
    branches: a.branches.map(({ pc, yes, no }, i) => {
      const other = b.branches[i];
      return { pc, yes: yes + (other?.yes ?? 0), no: no + (other?.no ?? 0) };
    }),
  };
}

/** What was reached of all `layers`. */
export function coverageTotals(layers: readonly LayerCoverage[]): CoverageTotals {
  const programs = layers.flatMap((layer) => layer.programs);
  return {
    rules: reachedOf(layers.flatMap(({ rules = [] }) => rules.map(({ hits }) => hits))),
    instructions: reachedOf(programs.flatMap(({ instructions }) => instructions)),
    branches: reachedOf(programs.flatMap(({ branches }) => branches.flatMap(({ yes, no }) => [yes, no]))),
  };
}

function reachedOf(hits: readonly number[]): Reached {
  return { reached: hits.filter((times) => times > 0).length, all: hits.length };
}
