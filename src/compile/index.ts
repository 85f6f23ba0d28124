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
import { type Issue, SeccatError } from "../abi/error.ts";
import { wrongValue } from "../abi/fields.ts";
import { check } from "../bpf/check.ts";
import { BPF_MAXINSNS, type Program, type SockFilter } from "../bpf/program.ts";
import { type Finding, lintOrThrow } from "../policy/lint.ts";
import { badArchOn, type ResolvedPolicy, resolve } from "../policy/resolve.ts";
import type { Policy } from "../policy/types.ts";
import { ArgumentDecisions } from "./claim.ts";
import { byArch, normalise } from "./decision.ts";
import { Graph } from "./graph.ts";
import { type Heavy, heavyRules } from "./heavy.ts";
import { layout } from "./layout.ts";
import { type CompileOptions, checkOptions } from "./options.ts";
import type { CallWeights } from "./weight.ts";

/** A price of tests that leaves their execution next to nothing. */
const SMALL = 1000;

export type { CallWeights, CompileOptions };

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
 * program is longer than the kernel takes; that one has an issue for each of the rules that take most.
 */
export function compile(policy: Policy, options: CompileOptions = {}): Compiled {
  checkOptions(options);
  const clock = new Clock();
  const { arches } = options;
  const facts = clock.pass("resolve", () => (arches ? onArches(policy, arches) : resolve(policy)));
  const warnings = clock.pass("lint", () => lintOrThrow(policy, arches));
  const built = build(facts, options, clock);
  const lengthOf = (part: ResolvedPolicy) => build(part, options, new Clock(), built).insns.length;
  const blame = (length: number) => heavyRules(policy, facts, length, lengthOf);
  return { ...finish(built, clock, blame), warnings };
}

/**
 * The program of a policy whose names are numbers already; `options.arches` says nothing here.
 * Throws a SeccatError for arches that differ in byte order and programs that are longer than the kernel takes.
 */
export function compileResolved(facts: ResolvedPolicy, options: CompileOptions = {}): CompiledNumbers {
  checkOptions(options);
  const clock = new Clock();
  return finish(build(facts, options, clock), clock);
}

/** Instructions of any number, in which the kernel's checks are still to come. */
interface Built {
  readonly insns: readonly SockFilter[];
  readonly endian: Endian;
  readonly graph: Graph;
  readonly decisions: ArgumentDecisions;
}

/** Builds the program of `facts`; what was made for `like`, a policy of the same byte order, is not made again. */
function build(facts: ResolvedPolicy, options: CompileOptions, clock: Clock, like?: Built): Built {
  const graph = like?.graph ?? new Graph(options.optimise === "size" ? SMALL : undefined);
  const target = {
    kernel: options.kernel ?? newestKernel,
    ...(options.weights ? { weights: options.weights } : {}),
  };
  const endian = oneByteOrder(facts);
  const decisions = like?.decisions ?? new ArgumentDecisions(graph, endian);
  const perArch = clock.pass("normalise", () => normalise(graph, facts, decisions));
  const root = clock.pass("byArch", () => byArch(graph, perArch, graph.leaf(facts.badArch), target));
  return { insns: clock.pass("layout", () => layout(root)), endian, graph, decisions };
}

/** The program of what was built; `blame` says, where it is too long, which rules take most. */
function finish(
  { insns, endian, graph }: Built,
  clock: Clock,
  blame?: (length: number) => Heavy,
): CompiledNumbers {
  if (insns.length > BPF_MAXINSNS) throw tooLong(insns.length, blame?.(insns.length));
  const program = clock.pass("check", () => check(insns, endian));
  return { program, nodes: graph.size, passes: clock.passes };
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

function tooLong(length: number, heavy?: Heavy): SeccatError {
  const fix = "simplify the longest rules, or split the policy over stacked filters or fewer arches";
  const partly =
    heavy && heavy.tried < heavy.rules ? `${heavy.tried} of ${heavy.rules} rules were weighed` : "";
  const issue: Issue = {
    code: "limit",
    message: "the program is longer than the kernel takes",
    expected: `at most ${BPF_MAXINSNS} instructions`,
    received: String(length),
    fix: partly === "" ? fix : `${fix} (${partly})`,
  };
  return new SeccatError(issue, heavy?.issues);
}
