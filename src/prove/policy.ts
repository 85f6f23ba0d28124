/**
 * Policy -> diagram, by the semantics of evaluate.ts: the arch picks the table, the first claim that holds gives
 * the return value, otherwise `newer` or `default` by the number.
 *
 * The resolved policy is all that this shares with the compiler.
 */
import { abiOf, X32_BIT } from "../../arch/index.ts";
import type { Claim, ResolvedArch, ResolvedPolicy } from "../policy/resolve.ts";
import { equal } from "./arithmetic.ts";
import { conditionDiagram } from "./condition.ts";
import { retLeaf } from "./leaf.ts";
import { ARCH, BITS, NR } from "./order.ts";
import { openLeaf, type Space, share, usage } from "./space.ts";
import type { Allowance, Node } from "./table.ts";

/** From this number on (u32), up to the next one's: this decision. */
interface Start {
  readonly from: number;
  readonly node: Node;
}

const MAX_U32 = 0xffffffff;

/**
 * What `policy` returns, as a diagram in `space`. Numbers whose claims exceed the space's budget are left as open
 * leaves, whose places are added to `space.open`.
 */
export function policyDiagram(space: Space, policy: ResolvedPolicy): Node {
  const { table, words } = space;
  const begun = usage(space);
  const badArch = retLeaf(table, policy.badArch);
  const auditArches = [...new Set(policy.arches.map(({ auditArch }) => auditArch))];
  const arch = words.input(ARCH);
  return auditArches.reduce<Node>((rest, auditArch) => {
    const is = equal(table, arch.bits, words.constant(auditArch).bits);
    return table.choose(is, auditArchDiagram(space, policy, auditArch, badArch, begun), rest);
  }, badArch);
}

/** x86_64 and x32 have one AUDIT_ARCH and are told apart by bit 30 of the number. */
function auditArchDiagram(
  space: Space,
  policy: ResolvedPolicy,
  auditArch: number,
  badArch: Node,
  begun: Allowance,
): Node {
  const { table, words } = space;
  const side = (nr: number) => {
    const abi = abiOf(auditArch, nr);
    const arch = policy.arches.find((candidate) => candidate.abi === abi);
    return arch ? archDiagram(space, policy, arch, begun) : badArch;
  };
  if (abiOf(auditArch, 0) === abiOf(auditArch, X32_BIT)) return side(0);
  const bit = words.input(NR).bits[BITS - 1 - Math.clz32(X32_BIT)] ?? badArch;
  return table.choose(bit, side(X32_BIT), side(0));
}

function archDiagram(space: Space, policy: ResolvedPolicy, arch: ResolvedArch, begun: Allowance): Node {
  const { table } = space;
  const base = retLeaf(table, arch.default);
  const newer = retLeaf(table, arch.newer);
  const beyond = new Set(arch.beyond);
  const numbers = [...arch.calls.keys(), ...beyond];
  const turns = new Set([0, arch.newest + 1, ...numbers, ...numbers.map((nr) => nr + 1)]);
  const starts = [...turns]
    .filter((nr) => nr <= MAX_U32)
    .sort((a, b) => a - b)
    .map((from): Start => {
      const rest = from > arch.newest && !beyond.has(from) ? newer : base;
      const claims = arch.calls.get(from) ?? [];
      const node = table.attempt(share(space, begun), () => claimsDiagram(space, claims, rest));
      return { from, node: node ?? openLeaf(space, { policy, abi: arch.abi, nr: from, reason: "join" }) };
    });
  return numberDiagram(space, starts, 0, BITS - 1);
}

/** The first claim that holds, else `rest`. */
function claimsDiagram(space: Space, claims: readonly Claim[], rest: Node): Node {
  const { table } = space;
  return claims.reduceRight((otherwise, { when, ret }) => {
    const leaf = retLeaf(table, ret);
    return when ? table.choose(conditionDiagram(space, when), leaf, otherwise) : leaf;
  }, rest);
}

/** `starts` (sorted, not empty) as a tree over the bits of nr from `bit` down; the first holds from `from` on. */
function numberDiagram(space: Space, starts: readonly Start[], from: number, bit: number): Node {
  const [first] = starts;
  if (!first) throw new RangeError("a partition of no parts");
  if (starts.length === 1) return first.node;
  const half = from + 2 ** bit;
  const below = starts.filter((start) => start.from < half);
  const above = starts.filter((start) => start.from > half);
  const at = starts.find((start) => start.from === half) ?? below.at(-1) ?? first;
  const low = numberDiagram(space, below, from, bit - 1);
  const high = numberDiagram(space, [{ from: half, node: at.node }, ...above], half, bit - 1);
  return space.table.branch(space.order.levelOf[BITS * NR + bit] ?? 0, low, high);
}
