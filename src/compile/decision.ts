/** From claims to decisions: one per number of an arch, one per arch, one for all. */
import { newestKernel, X32_BIT } from "../../arch/index.ts";
import { ARCH_OFFSET, NR_OFFSET } from "../abi/data.ts";
import { keepsBitmap } from "../bpf/bitmap.ts";
import type { ResolvedArch, ResolvedPolicy } from "../policy/resolve.ts";
import { ArgumentDecisions } from "./claim.ts";
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
    if (to < next) return;
    const last = segments[segments.length - 1];
    // Above the newest number the parts stay apart: what is newer may still be told from what is no call.
    if (last?.node === node && next <= arch.newest)
      segments[segments.length - 1] = { from: last.from, to, node };
    else segments.push({ from: next, to, node });
    next = to + 1;
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
  const { newest } = x86.arch;
  const segments = x86.segments.map(({ from, to, node }) => ({
    from,
    to,
    node: from > newest && node === newer ? beyond : node,
  }));
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
