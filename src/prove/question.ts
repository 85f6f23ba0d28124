/** Two sides as diagrams in one space, and the diagram of where they break the relation between them. */
import type { AbiName } from "../../arch/index.ts";
import type { SeccompData } from "../abi/data.ts";
import { SeccatError, throwIssues } from "../abi/error.ts";
import { keyIssues } from "../abi/fields.ts";
import { mixedWords } from "./flow.ts";
import { type Answer, answer, programsOf, resolvedOf, type Side, sameStack, sideDiagram } from "./side.ts";
import { defaultBudget, makeSpace, type Space } from "./space.ts";
import { FALSE, type Node, TRUE } from "./table.ts";
import { breaks, broken, type Mode, normalised, type Relation } from "./verdict.ts";
import { callsOfAbis, describeCall, type Example, exampleOf, possibleCalls } from "./witness.ts";

/** What a question can be told. */
export interface ProveOptions {
  /** `equal` when absent; `refines`: the first side is never more permissive, by the kernel's precedence. */
  readonly relation?: Relation;
  /**
   * When two return values are the same: `exact`, the same u32; `kernel`, the kernel does the same for them when no
   * other filter has a say. `exact` is the default for a program against its policy, `kernel` for everything else;
   * `refines` is always by `kernel`.
   */
  readonly mode?: Mode;
  /**
   * Which calls count: `any` (when absent) are all 2^512; `kernel` are those that a kernel can show, whose upper
   * halves are 0 on ABIs of 32-bit registers.
   */
  readonly calls?: "any" | "kernel";
  /** Only calls of these ABIs count; all do when absent. */
  readonly arches?: readonly AbiName[];
  /** Nodes per diagram; 1,048,576 when absent. Each program, each policy and the comparison is one diagram. */
  readonly nodes?: number;
  /** Steps per diagram; 8 per node when absent. */
  readonly steps?: number;
}

const optionKeys = Object.keys({
  relation: true,
  mode: true,
  calls: true,
  arches: true,
  nodes: true,
  steps: true,
} satisfies Record<keyof ProveOptions, true>);

/** A call that is answered in two ways. */
export interface Witness extends Example {
  readonly a: Answer;
  readonly b: Answer;
}

/** A question, and what was worked out to answer it. */
export interface Question {
  readonly a: Side;
  readonly b: Side;
  readonly options: ProveOptions;
  readonly space: Space;
  /** What each side returns; undefined when that took too much. */
  readonly diagrams: readonly [Node | undefined, Node | undefined];
  /**
   * Pair leaves where they break the relation, open leaves where a side is open, FALSE elsewhere; undefined when
   * that took too much.
   */
  readonly broken: Node | undefined;
}

/** Works out where `a` and `b` break the relation. Throws a SeccatError when a policy does not resolve. */
export function ask(a: Side, b: Side, options: ProveOptions): Question {
  throwIssues(keyIssues(options, optionKeys));
  const nodes = options.nodes ?? defaultBudget.nodes;
  const steps = options.steps ?? 8 * nodes;
  const space = makeSpace(mixedWords([...programsOf(a), ...programsOf(b)]), { nodes, steps });
  const [f, g] = [sideDiagram(space, a), sideDiagram(space, b)];
  const compared = () =>
    f === undefined || g === undefined
      ? undefined
      : space.table.attempt(space.budget, () => brokenCalls(space, f, g, options));
  return { a, b, options, space, diagrams: [f, g], broken: sameStack(a, b) ? FALSE : compared() };
}

function brokenCalls(space: Space, f: Node, g: Node, options: ProveOptions): Node {
  const { relation = "equal", mode = "kernel" } = options;
  const exact = relation === "equal" && mode === "exact";
  const found = exact
    ? broken(space, relation, f, g)
    : broken(space, relation, normalised(space, f), normalised(space, g));
  return found === FALSE ? FALSE : space.table.choose(countedCalls(space, options), found, FALSE);
}

/** The calls that a question is about. */
export function countedCalls(space: Space, { calls = "any", arches }: ProveOptions): Node {
  const possible = calls === "kernel" ? possibleCalls(space) : TRUE;
  return arches ? space.table.and(callsOfAbis(space, arches), possible) : possible;
}

/**
 * A call of `set`, whose members must break the relation, with both answers. The answers come from the interpreter
 * and from the policy's own semantics. Throws a SeccatError "internal" when those say that the relation holds.
 */
export function witnessOf(question: Question, set: Node): Witness {
  const { a, b, space } = question;
  const example = exampleOf(space, set, preferredAbis(a, b));
  const witness = { ...example, a: answer(a, example.call), b: answer(b, example.call) };
  if (isBroken(question, witness)) return witness;
  const hex = (value: number | bigint) => `0x${value.toString(16)}`;
  const { arch, nr, args } = example.call;
  throw new SeccatError({
    code: "internal",
    message: "the prover found a difference where the interpreter finds none",
    received: `arch ${hex(arch)}, nr ${nr}, arguments ${args.map(hex).join(" ")}: ${hex(witness.a.ret)} and ${hex(witness.b.ret)}`,
  });
}

/** A call with both answers, when they break the relation; undefined when they keep it, or the call does not count. */
export function witnessAt(question: Question, call: SeccompData): Witness | undefined {
  const example = describeCall(call);
  const witness = { ...example, a: answer(question.a, call), b: answer(question.b, call) };
  const { calls, arches } = question.options;
  if (calls === "kernel" && !example.possible) return undefined;
  if (arches && !(example.abi && arches.includes(example.abi))) return undefined;
  return isBroken(question, witness) ? witness : undefined;
}

function isBroken({ options }: Question, { a, b }: Witness): boolean {
  const { relation = "equal", mode = "kernel" } = options;
  return breaks(relation, mode, a.ret, b.ret);
}

/** The ABIs that a policy of the question speaks about: a call of one of them says more. */
function preferredAbis(a: Side, b: Side): AbiName[] {
  return [a, b].flatMap((side) => resolvedOf(side)?.arches.map(({ abi }) => abi) ?? []);
}
