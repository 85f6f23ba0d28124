/**
 * Policy -> program, in passes that each do one thing:
 *
 *     resolve    names to numbers                        (src/policy/resolve.ts)
 *     lint       rules that can never match are refused  (src/policy/lint.ts)
 *     normalise  ordered rules to one decision per number
 *     byArch     dispatch on arch and number
 *     layout     instructions and jumps
 *     check      the kernel's own rules                  (src/bpf/check.ts)
 */
import { type AbiName, newestKernel } from "../../arch/index.ts";
import type { Endian } from "../abi/data.ts";
import { SeccatError } from "../abi/error.ts";
import { isFields, wrongValue } from "../abi/fields.ts";
import { check } from "../bpf/check.ts";
import { BPF_MAXINSNS, type Program } from "../bpf/program.ts";
import { type Finding, lintOrThrow } from "../policy/lint.ts";
import { badArchOn, type ResolvedPolicy, resolve } from "../policy/resolve.ts";
import type { Policy } from "../policy/types.ts";
import { byArch, normalise } from "./decision.ts";
import { Graph } from "./graph.ts";
import { layout } from "./layout.ts";
import type { CallWeights } from "./weight.ts";

/** A price of tests that leaves their execution next to nothing. */
const SMALL = 1000;

export type { CallWeights };

/** What a compile can be told. */
export interface CompileOptions {
  /** Compile for these of the policy's arches only. */
  readonly arches?: readonly AbiName[];
  /**
   * The least kernel version that will run the program, the newest known when absent. From 5.11 on the kernel
   * answers always-allowed calls by itself, so the others come first.
   */
  readonly kernel?: string;
  /** How often calls occur, by name, in any unit; a prior measured from common programs when absent. */
  readonly weights?: CallWeights;
  /** Make the program fast for the calls that occur (when absent), or small. */
  readonly optimise?: "speed" | "size";
}

/** A compiled policy. */
export interface Compiled {
  readonly program: Program;
  /** What lint found that did not stop the compile. */
  readonly warnings: readonly Finding[];
  /** Nodes made in the decision graph. */
  readonly nodes: number;
  /** Milliseconds per pass, in order. */
  readonly passes: readonly { readonly name: string; readonly ms: number }[];
}

/** A compiled policy in numbers. */
export type CompiledNumbers = Omit<Compiled, "warnings">;

/**
 * The program of `policy`.
 * Throws a SeccatError for a policy that does not resolve or lint, whose arches differ in byte order, or whose
 * program is longer than the kernel takes.
 */
export function compile(policy: Policy, options: CompileOptions = {}): Compiled {
  const clock = new Clock();
  const { arches } = options;
  const facts = clock.pass("resolve", () => (arches ? onArches(policy, arches) : resolve(policy)));
  const warnings = clock.pass("lint", () => lintOrThrow(policy, arches));
  return { ...compileResolved(facts, options, clock), warnings };
}

/**
 * The program of a policy whose names are numbers already; `options.arches` says nothing here.
 * Throws a SeccatError for arches that differ in byte order and programs that are longer than the kernel takes.
 */
export function compileResolved(
  facts: ResolvedPolicy,
  options: CompileOptions = {},
  clock: Clock = new Clock(),
): CompiledNumbers {
  checkOptions(options);
  const graph = options.optimise === "size" ? new Graph(SMALL) : new Graph();
  const target = {
    kernel: options.kernel ?? newestKernel,
    ...(options.weights ? { weights: options.weights } : {}),
  };
  const endian = oneByteOrder(facts);
  const decisions = clock.pass("normalise", () => normalise(graph, facts));
  const root = clock.pass("byArch", () => byArch(graph, decisions, graph.leaf(facts.badArch), target));
  const insns = clock.pass("layout", () => layout(root));
  if (insns.length > BPF_MAXINSNS) throw tooLong(insns.length, facts);
  const program = clock.pass("check", () => check(insns, endian));
  return { program, nodes: graph.size, passes: clock.passes };
}

/** Throws a SeccatError "schema" for what a caller without types may pass. */
function checkOptions({ kernel, weights, optimise }: CompileOptions): void {
  const at = (path: string) => ({ where: { path } });
  if (kernel !== undefined && !(typeof kernel === "string" && /^\d+\.\d+(\.\d+)?$/.test(kernel)))
    throw wrongValue(
      "this is no kernel version",
      'two numbers in a text, such as "6.1"',
      kernel,
      at("kernel"),
    );
  if (optimise !== undefined && optimise !== "speed" && optimise !== "size")
    throw wrongValue("this is nothing to optimise for", "speed or size", optimise, at("optimise"));
  if (weights === undefined) return;
  if (!isFields(weights))
    throw wrongValue("the weights are no object", "{ read: 10, ... }", weights, at("weights"));
  for (const [name, share] of Object.entries(weights)) {
    if (!(Number.isFinite(share) && share >= 0))
      throw wrongValue("this is no weight", "0 or more", share, at(`weights.${name}`));
  }
}

/** Takes the time of each pass. */
class Clock {
  readonly passes: { name: string; ms: number }[] = [];

  pass<T>(name: string, work: () => T): T {
    const start = performance.now();
    const result = work();
    this.passes.push({ name, ms: performance.now() - start });
    return result;
  }
}

/**
 * `policy` in numbers for `arches` alone, in that order. What is right for the whole policy is right for a part
 * of it: a rule may have all its calls on other arches. An errno by name in `badArch` is the first arch's.
 * Throws a SeccatError when the policy does not list one of them.
 */
export function onArches(policy: Policy, arches: readonly AbiName[]): ResolvedPolicy {
  const facts = resolve(policy);
  if (!Array.isArray(arches)) throw wrongValue("the arches are no list", 'such as ["x86_64"]', arches);
  const [first] = arches;
  if (first === undefined)
    throw new SeccatError({
      code: "policy",
      message: "there is no arch to compile for",
      expected: `some of ${policy.arches.join(", ")}`,
    });
  const chosen = [...new Set(arches)].map((name) => {
    const found = facts.arches.find(({ abi }) => abi === name);
    if (found) return found;
    throw new SeccatError({
      code: "policy",
      message: `the policy does not speak about ${name}`,
      expected: `some of ${policy.arches.join(", ")}`,
      received: name,
      fix: `add ${name} to its arches`,
    });
  });
  return {
    arches: chosen,
    badArch: badArchOn(policy, first),
    skipped: facts.skipped.filter(({ abi }) => arches.includes(abi)),
  };
}

function oneByteOrder(facts: ResolvedPolicy): Endian {
  const [first, ...rest] = facts.arches;
  const other = rest.find(({ endian }) => endian !== first?.endian);
  if (first && other)
    throw new SeccatError({
      code: "policy",
      message: "one program cannot serve arches of both byte orders",
      where: { path: "arches" },
      received: `${first.abi} (${first.endian}) and ${other.abi} (${other.endian})`,
      fix: "compile them apart, with --arch or the option arches",
    });
  return first?.endian ?? "little";
}

function tooLong(length: number, facts: ResolvedPolicy): SeccatError {
  const rules = new Map<number, number>();
  for (const arch of facts.arches)
    for (const claims of arch.calls.values())
      for (const { rule, when } of claims) if (when) rules.set(rule, (rules.get(rule) ?? 0) + 1);
  const heaviest = [...rules].sort((a, b) => b[1] - a[1]).slice(0, 3);
  const names = heaviest.map(([rule, calls]) => `rule ${rule + 1} (conditions on ${calls} calls)`);
  return new SeccatError({
    code: "limit",
    message: "the program is longer than the kernel takes",
    expected: `at most ${BPF_MAXINSNS} instructions`,
    received: String(length),
    fix: `split the policy over stacked filters or fewer arches${names.length > 0 ? `; look at ${names.join(", ")} first` : ""}`,
  });
}
