/** Asks a filter everything that a test file asks, and counts what of it was reached. */
import { type AbiName, abiNames, isSyscallName, syscallAlias, syscallNr } from "../../arch/index.ts";
import { decodeAction } from "../abi/action.ts";
import type { Place } from "../abi/error.ts";
import { comparedArches } from "../bpf/annotate.ts";
import type { ArgInput } from "../policy/call.ts";
import { type CoverageTotals, coverageCounter, coverageTotals, type LayerCoverage } from "./coverage.ts";
import { answer, hostAbi, meets, wantedText } from "./expect.ts";
import { type Failure, failureOf, reasonLines } from "./failure.ts";
import type { TestCase, TestFile } from "./file.ts";
import { type FilterLayer, fits, isProgram, programsOf } from "./filter.ts";
import { formatPath } from "./path.ts";

/** The outcome of one test on one arch, under one kernel. */
export interface TestResult {
  readonly sentence: string;
  readonly abi: AbiName;
  /** The version of the kernel that answers; absent for one that knows every action. */
  readonly kernel?: string;
  readonly where: Place;
  readonly ok: boolean;
  readonly expected: string;
  readonly actual: string;
  /** The way through the program, of a failure. */
  readonly path?: string;
  /** What decided, and the nearest call that gets what was expected, of a failure. */
  readonly failure?: Failure;
  /** The same in words. */
  readonly reasons?: readonly string[];
}

/** How much of a filter the tests reached, in all and by layer. */
export interface Coverage extends CoverageTotals {
  readonly layers: readonly LayerCoverage[];
}

/** All outcomes of one test file. */
export interface TestRun {
  readonly results: readonly TestResult[];
  readonly coverage: Coverage;
}

/** What is asked instead of what the file says. */
export interface RunOptions {
  /** Only on these arches: tests of another one, and of calls that none of them has, are left out. */
  readonly arches?: readonly AbiName[] | undefined;
  /** Under kernels of these versions. Tests of another one are left out. */
  readonly kernels?: readonly string[] | undefined;
}

/** One asking of a test. */
interface Asked {
  readonly test: TestCase;
  readonly abi: AbiName;
  readonly kernel: string | undefined;
}

/**
 * The outcomes of `file` for the loaded layers (newest first), on testedArches; a call that one of several arches lacks
 * is left out there. Throws a SeccatError when a test names what does not exist, or asks a program on an arch of the
 * other byte order.
 */
export function runTests(file: TestFile, layers: readonly FilterLayer[], options: RunOptions = {}): TestRun {
  const arches = testedArches(file, layers, options);
  const kernels = options.kernels ?? file.kernels ?? [undefined];
  const asked = file.cases.flatMap((test) =>
    archesOf(test, arches, options).flatMap((abi) =>
      kernelsOf(test, kernels, options).map((kernel): Asked => ({ test, abi, kernel })),
    ),
  );
  const counter = coverageCounter(
    layers,
    layers.map((layer) => arches.flatMap((abi) => programsOf(layer, abi))),
  );
  const names = file.stack.map(({ path }) => path);
  const results = asked.map((one) => runOne(one, layers, names, counter.see));
  const reached = counter.layers();
  return { results, coverage: { ...coverageTotals(reached), layers: reached } };
}

/**
 * The arches on which `file` is asked: those that it names, else those that the policies list and the programs look at,
 * else this machine's. All machines have the same for it, but where no layer says anything of arches.
 */
export function testedArches(
  file: Pick<TestFile, "arches">,
  layers: readonly FilterLayer[],
  { arches }: RunOptions,
): readonly AbiName[] {
  if (arches ?? file.arches) return arches ?? file.arches ?? [];
  const [programs, policies] = [layers.filter(isProgram), layers.filter((layer) => !isProgram(layer))];
  const compared = programs.flatMap(comparedArches);
  const spoken = new Set([
    ...policies.flatMap((layer) => ("arches" in layer ? layer.arches : [])),
    ...abiNames.filter((abi) => compared.includes(abi)),
  ]);
  const having = [...spoken].filter((abi) => programs.every((program) => fits(program, abi)));
  return having.length > 0 ? having : [hostAbi()];
}

function archesOf(
  test: TestCase,
  arches: readonly AbiName[],
  { arches: only }: RunOptions,
): readonly AbiName[] {
  const { call, arch } = test;
  if (arch) return only && !only.includes(arch) ? [] : [arch];
  if (/^\d/.test(call)) return arches;
  const has = (abi: AbiName) => {
    const name = isSyscallName(call) ? call : syscallAlias(call, abi);
    return name !== undefined && syscallNr(abi, name) !== undefined;
  };
  const having = arches.filter(has);
  return having.length > 0 || (only && abiNames.some(has)) ? having : arches;
}

function kernelsOf(
  { kernel }: TestCase,
  kernels: readonly (string | undefined)[],
  { kernels: only }: RunOptions,
): readonly (string | undefined)[] {
  if (kernel === undefined) return kernels;
  return only && !only.includes(kernel) ? [] : [kernel];
}

function runOne(
  { test, abi, kernel }: Asked,
  layers: readonly FilterLayer[],
  names: readonly string[],
  see: (got: ReturnType<typeof answer>) => void,
): TestResult {
  const { where, wanted } = test;
  const got = answer(layers, abi, test.call, test.args, {
    where,
    kernel: kernel === undefined ? undefined : { version: kernel },
  });
  see(got);
  const ok = meets(got.action, wanted, abi);
  const expected = wantedText(wanted);
  const result = {
    sentence: test.name ?? sentenceOf(test),
    abi,
    ...(kernel === undefined ? {} : { kernel }),
    where,
    ok,
    expected,
    actual: got.text,
  };
  if (ok) return result;
  const failure = failureOf(layers, got, abi, (ret) => meets(decodeAction(ret), wanted, abi));
  const [only, ...more] = got.runs;
  const path = only && more.length === 0 ? formatPath(only) : got.runs.map(labelled(names)).join("\n");
  return { ...result, path, failure, reasons: reasonLines(failure, expected, names) };
}

/** The way through one program of a stack, under its file's name. */
function labelled(names: readonly string[]) {
  return (run: Parameters<typeof formatPath>[0], i: number) => `${names[i] ?? ""}:\n${formatPath(run)}`;
}

function sentenceOf({ call, args, wanted }: TestCase): string {
  const list = Array.isArray(args)
    ? args.map(valueText)
    : Object.entries(args).map(([name, value]) => `${name}=${valueText(value)}`);
  const end = wanted === "pass" ? "passes" : wanted === "deny" ? "is denied" : `gets ${wanted}`;
  return `${call}(${list.join(", ")}) ${end}`;
}

function valueText(value: ArgInput): string {
  return typeof value === "bigint" && value >= 0x10000n ? `0x${value.toString(16)}` : String(value);
}
