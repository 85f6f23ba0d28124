/** Asks a filter everything that a test file asks, and counts what of it was reached. */
import { type AbiName, isSyscallName, syscallAlias, syscallNr } from "../../arch/index.ts";
import type { Place } from "../abi/error.ts";
import { evaluate } from "../policy/evaluate.ts";
import { answer, hostAbi, meets, wantedText } from "./expect.ts";
import type { TestCase, TestFile } from "./file.ts";
import { type FilterLayer, isProgram, layersOf, programsOf } from "./filter.ts";

/** The outcome of one test on one arch. */
export interface TestResult {
  readonly sentence: string;
  readonly abi: AbiName;
  readonly where: Place;
  readonly ok: boolean;
  readonly expected: string;
  readonly actual: string;
  /** The way through the program, of a failure. */
  readonly path?: string;
}

/** How much of a filter the tests reached. */
export interface Coverage {
  readonly instructions: { readonly reached: number; readonly all: number };
  /** Of the policies among the layers; indices of rules that no test was decided by. */
  readonly rules: { readonly reached: number; readonly all: number; readonly missed: readonly number[] };
}

/** All outcomes of one test file. */
export interface TestRun {
  readonly results: readonly TestResult[];
  readonly coverage: Coverage;
}

/**
 * The outcomes of `file` for the loaded layers (newest first). Without `arches` in the file, every arch that
 * the policies list is asked; a call that one of several arches lacks is left out there.
 * Throws a SeccatError when a test names what does not exist.
 */
export function runTests(file: TestFile, layers: readonly FilterLayer[]): TestRun {
  const arches = file.arches ?? listedArches(layers);
  const reached = new Map<object, Set<number>>();
  const results = file.cases.flatMap((test) =>
    archesOf(test, arches).map((abi) => runOne(test, abi, layers, reached)),
  );
  return { results, coverage: coverageOf(layers, arches, reached) };
}

function listedArches(layers: readonly FilterLayer[]): readonly AbiName[] {
  const listed = new Set(layers.flatMap((layer) => (isProgram(layer) ? [] : layer.arches)));
  return listed.size > 0 ? [...listed] : [hostAbi()];
}

function archesOf(test: TestCase, arches: readonly AbiName[]): readonly AbiName[] {
  if (test.arch) return [test.arch];
  const { call } = test;
  const having = arches.filter((abi) => {
    const name = isSyscallName(call) ? call : syscallAlias(call, abi);
    return name !== undefined && syscallNr(abi, name) !== undefined;
  });
  return having.length > 0 ? having : arches;
}

function runOne(
  test: TestCase,
  abi: AbiName,
  layers: readonly FilterLayer[],
  reached: Map<object, Set<number>>,
): TestResult {
  const got = answer(layers, abi, test.call, test.args, test.where);
  for (const { program, steps } of got.runs) {
    const pcs = reached.get(program) ?? new Set();
    for (const { pc } of steps) pcs.add(pc);
    reached.set(program, pcs);
  }
  for (const layer of layers) {
    if (isProgram(layer)) continue;
    const { rule } = evaluate(layer, got.data);
    if (rule !== undefined) reached.set(layer, (reached.get(layer) ?? new Set()).add(rule));
  }
  const ok = meets(got, test.wanted, abi);
  const result = { abi, where: test.where, ok, expected: wantedText(test.wanted), actual: got.text };
  return { sentence: test.name ?? sentenceOf(test), ...result, ...(ok ? {} : { path: got.path() }) };
}

function sentenceOf({ call, args, wanted }: TestCase): string {
  const list = Array.isArray(args)
    ? args.map(String)
    : Object.entries(args).map(([name, value]) => `${name}=${value}`);
  const end = wanted === "pass" ? "passes" : wanted === "deny" ? "is denied" : `gets ${wanted}`;
  return `${call}(${list.join(", ")}) ${end}`;
}

function coverageOf(
  layers: readonly FilterLayer[],
  arches: readonly AbiName[],
  reached: ReadonlyMap<object, ReadonlySet<number>>,
): Coverage {
  const programs = new Set(arches.flatMap((abi) => programsOf(layers, abi)));
  const policies = layersOf(layers).flatMap((layer) => (isProgram(layer) ? [] : [layer]));
  const sum = (numbers: number[]) => numbers.reduce((total, n) => total + n, 0);
  const missed = policies.flatMap((policy) =>
    policy.rules.map((_, i) => i).filter((i) => !reached.get(policy)?.has(i)),
  );
  const rules = sum(policies.map((policy) => policy.rules.length));
  return {
    instructions: {
      reached: sum([...programs].map((program) => reached.get(program)?.size ?? 0)),
      all: sum([...programs].map((program) => program.insns.length)),
    },
    rules: { reached: rules - missed.length, all: rules, missed },
  };
}
