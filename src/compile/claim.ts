/**
 * What the claims on one number decide: the first that holds.
 *
 * Such a decision has several forms. A diagram asks for each word once on every way, but the order of the words is
 * one for all ways, and rules about several arguments can need many copies then. The chain of tests as they were
 * written copies nothing and asks again. All are made, where there is more than one argument, and the cheapest wins.
 */
import type { Endian } from "../abi/data.ts";
import type { ResolvedCondition } from "../policy/condition.ts";
import type { Claim, ResolvedArch } from "../policy/resolve.ts";
import { type Chooser, decide } from "./argument.ts";
import { type Branch, type Diagram, Diagrams, TooManyBranches } from "./diagram.ts";
import { dispatch, fillGaps } from "./dispatch.ts";
import { type Graph, type Leaf, type Node, type Test, WHOLE, type Word } from "./graph.ts";
import { entryFrom, layout } from "./layout.ts";

/** Decisions of claims on arguments, shared by all calls of all arches. */
export class ArgumentDecisions {
  readonly #graph: Graph;
  readonly #endian: Endian;
  /** By the order of the arguments. */
  readonly #diagrams = new Map<string, Diagrams>();
  readonly #nodes = new Map<Diagram, Node>();
  /** The rules that had claims on a number before, and what such claims decide by what they say. */
  readonly #rules = new Set<string>();
  readonly #known = new Map<string, Node>();
  /** Test after test as written: longer, but never larger than what was written. */
  readonly #chain: Chooser<Node>;

  constructor(graph: Graph, endian: Endian) {
    this.#graph = graph;
    this.#endian = endian;
    this.#chain = { choose: (word, parts, rest) => dispatch(graph, word, fillGaps(parts, rest)) };
  }

  /** First claim that holds, else `rest`. */
  of(arch: ResolvedArch, claims: readonly Claim[], rest: Leaf): Node {
    const [first] = claims;
    if (!first?.when) return first ? this.#graph.leaf(first.ret) : rest;
    // Rules over many calls say the same for each; what is said for the first time is not looked for.
    const rules = claims.map(({ rule }) => rule).join();
    if (!this.#rules.has(rules)) {
      this.#rules.add(rules);
      return this.#make(arch, claims, rest);
    }
    const key = keyOf(claims, rest);
    const node = this.#known.get(key) ?? this.#make(arch, claims, rest);
    this.#known.set(key, node);
    return node;
  }

  /** The cheapest of the forms that a decision can have. */
  #make(arch: ResolvedArch, claims: readonly Claim[], rest: Leaf): Node {
    const indices = [...new Set(claims.flatMap(({ when }) => (when ? argumentsOf(when) : [])))];
    const inOrder = this.#asDiagram([], arch, claims, rest);
    if (indices.length < 2 && inOrder) return inOrder;
    const chain = this.#first<Node>(this.#chain, arch, claims, rest);
    const others = [indices, indices.toReversed()].map((order) => this.#asDiagram(order, arch, claims, rest));
    return cheapest(this.#graph, [inOrder ?? chain, ...others.filter((node) => node !== undefined), chain]);
  }

  /** The decision as a diagram that asks for the arguments in `first` first; undefined when that is too large. */
  #asDiagram(
    first: readonly number[],
    arch: ResolvedArch,
    claims: readonly Claim[],
    rest: Leaf,
  ): Node | undefined {
    const key = first.join();
    const diagrams = this.#diagrams.get(key) ?? new Diagrams(this.#endian, first);
    this.#diagrams.set(key, diagrams);
    try {
      return this.#lower(this.#first<Diagram>(diagrams, arch, claims, rest));
    } catch (error) {
      if (error instanceof TooManyBranches) return undefined;
      throw error;
    }
  }

  #first<Decision>(
    chooser: Chooser<Decision | Leaf>,
    arch: ResolvedArch,
    claims: readonly Claim[],
    rest: Leaf,
  ): Decision | Leaf {
    return claims.reduceRight<Decision | Leaf>((next, { when, ret }) => {
      const leaf = this.#graph.leaf(ret);
      return when ? decide(chooser, arch.endian, when, leaf, next) : leaf;
    }, rest);
  }

  #lower(diagram: Diagram): Node {
    if (diagram.kind === "leaf") return diagram;
    const known = this.#nodes.get(diagram);
    if (known) return known;
    const { word, parts } = lowHalfFirst(diagram) ?? diagram;
    const segments = parts.map(({ from, to, node }) => ({ from, to, node: this.#lower(node) }));
    const node = dispatch(this.#graph, word, segments);
    this.#nodes.set(diagram, node);
    return node;
  }
}

/** A text that is the same for claims that say the same. */
function keyOf(claims: readonly Claim[], rest: Leaf): string {
  const said = claims.map(({ when, ret }) => [ret, when]);
  const exact = (_: string, value: unknown) => (typeof value === "bigint" ? `${value}n` : value);
  return JSON.stringify([rest.ret, said], exact);
}

/**
 * The same decision with the low half of an argument before its high half, where that takes no more tests: the
 * high half is all but always 0, so what the low half rules out is ruled out sooner.
 *
 *     hi { 0 -> lo { 38, 40 -> x ; else y } ; else y }   =   lo { 38, 40 -> hi { 0 -> x ; else y } ; else y }
 */
function lowHalfFirst({ word, parts }: Branch): Pick<Branch, "word" | "parts"> | undefined {
  const low = parts.find(
    ({ node }) => node.kind === "branch" && node.word.offset === (word.offset ^ 4),
  )?.node;
  if (low?.kind !== "branch") return undefined;
  const other = parts.find(({ node }) => node !== low)?.node;
  const outcomes = new Set(low.parts.map(({ node }) => node));
  if (!other || parts.some(({ node }) => node !== low && node !== other)) return undefined;
  const [first, second] = [...outcomes].filter((node) => node !== other);
  if (!first || second || !outcomes.has(other)) return undefined;
  const inside = parts.map((part) => (part.node === low ? { ...part, node: first } : part));
  const high: Branch = { kind: "branch", id: -1, word, parts: inside };
  return {
    word: low.word,
    parts: low.parts.map((part) => (part.node === first ? { ...part, node: high } : part)),
  };
}

/** The arguments that a condition looks at, in the order written. */
function argumentsOf(condition: ResolvedCondition): number[] {
  if (condition.kind === "and" || condition.kind === "or") return condition.of.flatMap(argumentsOf);
  return condition.kind === "not" ? argumentsOf(condition.of) : [condition.index];
}

/** The form that costs least, the first of equals. */
function cheapest(graph: Graph, [first, ...others]: readonly [Node, ...Node[]]): Node {
  const costOf = (node: Node) => expected(node) + graph.price * layout(node).length;
  let best = { node: first, cost: costOf(first) };
  for (const node of new Set(others)) {
    if (node === first) continue;
    const cost = costOf(node);
    if (cost < best.cost) best = { node, cost };
  }
  return best.node;
}

/** Instructions executed when each test comes out either way as often. */
function expected(root: Node): number {
  const known = new Map<Node, number>();
  const enter = (node: Node, from: Word | undefined): number => {
    if (node.kind === "leaf") return 1;
    const entry = from ? entryFrom(node, from) : "load";
    const masked = entry !== "jump" && node.word.mask !== WHOLE ? 1 : 0;
    return tests(node) + masked + (entry === "load" ? 1 : 0);
  };
  const tests = (node: Test): number => {
    const before = known.get(node);
    if (before !== undefined) return before;
    const cost = 1 + (enter(node.then, node.word) + enter(node.else, node.word)) / 2;
    known.set(node, cost);
    return cost;
  };
  return enter(root, undefined);
}
