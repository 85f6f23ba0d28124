/** From claims to decisions: one per number of an arch, one per arch, one for all. */
import { newestKernel, X32_BIT } from "../../arch/index.ts";
import { ARCH_OFFSET, type Endian, NR_OFFSET } from "../abi/data.ts";
import { keepsBitmap } from "../bpf/bitmap.ts";
import type { Claim, ResolvedArch, ResolvedPolicy } from "../policy/resolve.ts";
import { type Chooser, decide } from "./argument.ts";
import { type Branch, type Diagram, Diagrams, TooManyBranches } from "./diagram.ts";
import { dispatch, fillGaps, type Segment } from "./dispatch.ts";
import { type Graph, type Leaf, type Node, WHOLE } from "./graph.ts";
import { type CallWeights, numberWeights, withoutAllowed } from "./weight.ts";

const MAX_U32 = 0xffffffff;
const NR = { offset: NR_OFFSET, mask: WHOLE };
const ARCH = { offset: ARCH_OFFSET, mask: WHOLE };

/** What one arch decides, number by number. */
export interface ArchDecision {
  readonly arch: ResolvedArch;
  /** Sorted, gapless, from 0 to 2^32-1. */
  readonly segments: readonly Segment[];
}

/** Ordered rules to one decision per number; what `decisions` has made before is not made again. */
export function normalise(
  graph: Graph,
  policy: ResolvedPolicy,
  decisions = new ArgumentDecisions(graph, policy.arches[0]?.endian ?? "little"),
): ArchDecision[] {
  return policy.arches.map((arch) => ({ arch, segments: archSegments(graph, decisions, arch) }));
}

function archSegments(graph: Graph, decisions: ArgumentDecisions, arch: ResolvedArch): Segment[] {
  const base = graph.leaf(arch.default);
  const newer = graph.leaf(arch.newer);
  const beyond = new Set(arch.beyond);
  const numbers = [...arch.calls.keys(), ...arch.beyond.filter((nr) => !arch.calls.has(nr))];
  const segments: Segment[] = [];
  let next = 0;
  const add = (to: number, node: Node) => {
    if (to >= next) segments.push({ from: next, to, node });
    next = Math.max(next, to + 1);
  };
  /** What no rule names, up to `to`. */
  const fill = (to: number) => {
    add(Math.min(to, arch.newest), base);
    add(to, newer);
  };
  for (const nr of numbers.sort((a, b) => a - b)) {
    fill(nr - 1);
    const rest = nr > arch.newest && !beyond.has(nr) ? newer : base;
    add(nr, decisions.of(arch, arch.calls.get(nr) ?? [], rest));
  }
  fill(MAX_U32);
  return segments;
}

function cut(segments: readonly Segment[], from: number, to: number): Segment[] {
  return segments
    .filter((segment) => segment.to >= from && segment.from <= to)
    .map((segment) => ({
      from: Math.max(segment.from, from),
      to: Math.min(segment.to, to),
      node: segment.node,
    }));
}

/** Decisions of claims on arguments, shared by all calls of all arches. */
export class ArgumentDecisions {
  readonly #graph: Graph;
  readonly #diagrams: Diagrams;
  readonly #nodes = new Map<Diagram, Node>();
  /** The rules that had claims on a number before, and what such claims decide by what they say. */
  readonly #rules = new Set<string>();
  readonly #known = new Map<string, Node>();
  /** Test after test as written: longer, but never larger than what was written. */
  readonly #chain: Chooser<Node>;

  constructor(graph: Graph, endian: Endian) {
    this.#graph = graph;
    this.#diagrams = new Diagrams(endian);
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

  #make(arch: ResolvedArch, claims: readonly Claim[], rest: Leaf): Node {
    try {
      return this.#lower(this.#first<Diagram>(this.#diagrams, arch, claims, rest));
    } catch (error) {
      if (error instanceof TooManyBranches) return this.#first<Node>(this.#chain, arch, claims, rest);
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

/** What the program is made for. */
export interface Target {
  /** The least kernel version that runs it. */
  readonly kernel: string;
  /** How often calls occur; the built-in prior when absent. */
  readonly weights?: CallWeights;
}

/** One decision per AUDIT_ARCH, then one for all. */
export function byArch(
  graph: Graph,
  decisions: readonly ArchDecision[],
  badArch: Leaf,
  target: Target = { kernel: newestKernel },
): Node {
  const nodes = new Map<number, Node>();
  for (const { arch, segments } of decisions) {
    if (nodes.has(arch.auditArch)) continue;
    const sibling = arch.abi === "x86_64" || arch.abi === "x32";
    const node = sibling
      ? x86Node(graph, decisions, badArch, target)
      : dispatch(graph, NR, segments, weightsOf(arch, segments, target));
    nodes.set(arch.auditArch, node);
  }
  // One kernel runs the program, most likely that of an arch which was listed early.
  const weights = [...nodes.keys()].map((auditArch, i): [number, number] => [auditArch, 1 / (i + 1)]);
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
  const shares = weights.map(([auditArch, weight]): [number, number] => [auditArch, weight / total]);
  const inOrder = (a: readonly [number, unknown], b: readonly [number, unknown]) => a[0] - b[0];
  const parts = [...nodes]
    .sort(inOrder)
    .map(([auditArch, node]) => ({ from: auditArch, to: auditArch, node }));
  return dispatch(graph, ARCH, fillGaps(parts, badArch), new Map(shares.sort(inOrder)));
}

/**
 * x86_64 and x32 share their AUDIT_ARCH and are told apart by bit 30 of the number. No call of x86_64 has it,
 * so only numbers beyond its own need the test:
 *
 *     0 .. newest   x86_64's calls
 *     above         bit 30 ? x32 : newer
 */
function x86Node(graph: Graph, decisions: readonly ArchDecision[], badArch: Leaf, target: Target): Node {
  const of = (abi: string) => decisions.find(({ arch }) => arch.abi === abi);
  const [x86, x32] = [of("x86_64"), of("x32")];
  const inX32 = x32
    ? dispatch(graph, NR, fromBit30(x32.segments), weightsOf(x32.arch, x32.segments, target))
    : badArch;
  if (!x86) return graph.test(NR, "jset", X32_BIT, inX32, badArch);
  const newer = graph.leaf(x86.arch.newer);
  const beyond = graph.test(NR, "jset", X32_BIT, inX32, newer);
  const segments = x86.segments.map((segment) =>
    segment.from > x86.arch.newest && segment.node === newer ? { ...segment, node: beyond } : segment,
  );
  return dispatch(graph, NR, segments, weightsOf(x86.arch, segments, target));
}

/** How often the program itself looks up each number. */
function weightsOf(
  { abi }: ResolvedArch,
  segments: readonly Segment[],
  target: Target,
): ReadonlyMap<number, number> {
  const weights = numberWeights(abi, target.weights);
  return keepsBitmap(abi, target.kernel) ? withoutAllowed(weights, segments) : weights;
}

/** The segments of numbers that have bit 30; what the others would be does not matter. */
function fromBit30(segments: readonly Segment[]): Segment[] {
  const [first, ...rest] = cut(segments, X32_BIT, MAX_U32);
  return first ? [{ ...first, from: 0 }, ...rest] : [];
}
