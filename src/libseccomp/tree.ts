/**
 * The rules of one syscall, merged as libseccomp merges them: a tree of comparisons in which the order of the
 * rules hardly counts.
 *
 *     a rule without comparisons    replaces all that is there, unless such a rule is there already
 *     a rule with comparisons       one path, a node per comparison, arguments in ascending order
 *
 *     level    nodes side by side, tried in turn; a node that leads nowhere gives way to the next one
 *     node     one test; `!=`, `<` and `<=` are the other sides of `==`, `>=` and `>`
 *     side     nothing, an action, or a deeper level
 *
 * On one level the higher argument comes first, then == and &, then < and <=, then > and >=; among the first
 * and the last the larger value, among < and <= the smaller, so that the narrower of two ranges wins; else the
 * older rule.
 *
 * On 64-bit architectures libseccomp compares halves: a node for the upper one, below it nodes for the lower.
 * Here a comparison is one node at every width, so that nothing can go wrong between the halves; only the order
 * is kept: nodes with one upper half stand together, and their place is that of the first of them.
 *
 * Trees are values: adding a rule gives a new tree.
 */
import {
  SCMP_CMP_EQ,
  SCMP_CMP_GE,
  SCMP_CMP_GT,
  SCMP_CMP_LE,
  SCMP_CMP_LT,
  SCMP_CMP_MASKED_EQ,
  SCMP_CMP_NE,
} from "./constant.ts";

/** A comparison of one argument: `args[arg] & mask OP datum`; the mask is all ones but for MASKED_EQ. */
export interface Comparison {
  readonly arg: number;
  readonly op: number;
  readonly mask: bigint;
  readonly datum: bigint;
}

/** What a node tests. */
export interface NodeTest {
  readonly arg: number;
  readonly op: "==" | ">=" | ">" | "&";
  readonly mask: bigint;
  readonly datum: bigint;
}

/** What is on one side of a test. */
export type Side = undefined | { readonly action: number } | { readonly level: Level };

/** A test, and what follows when it holds or does not. */
export interface Node extends Place {
  readonly test: NodeTest;
  readonly yes: Side;
  readonly no: Side;
}

/** Nodes tried in turn; not empty. */
export type Level = readonly Node[];

/** All rules of one syscall. */
export type Tree = { readonly action: number } | { readonly level: Level };

/** What puts a node before or behind others of its level. */
interface Place {
  /** EQUAL, LESS or GREATER: by the comparison that brought the node. */
  readonly rank: number;
  /** The test of the first word, upper half or whole, by which libseccomp sorts and shares. */
  readonly head: NodeTest;
  /** The rank of the first node with this head. */
  readonly headRank: number;
}

interface Step extends Place {
  readonly test: NodeTest;
  readonly holds: boolean;
}

const EQUAL = 3;
const LESS = 2;
const GREATER = 1;

const steps: ReadonlyMap<number, readonly [op: NodeTest["op"], holds: boolean, rank: number]> = new Map([
  [SCMP_CMP_EQ, ["==", true, EQUAL]],
  [SCMP_CMP_NE, ["==", false, EQUAL]],
  [SCMP_CMP_MASKED_EQ, ["&", true, EQUAL]],
  [SCMP_CMP_LT, [">=", false, LESS]],
  [SCMP_CMP_LE, [">", false, LESS]],
  [SCMP_CMP_GE, [">=", true, GREATER]],
  [SCMP_CMP_GT, [">", true, GREATER]],
]);

/** Whether `op` is one of SCMP_CMP_*. */
export function isCompareOp(op: number): boolean {
  return steps.has(op);
}

/**
 * `tree` (undefined: no rules yet) with one more rule, its comparisons cut to `bits`; undefined when another
 * action is in the way, which libseccomp reports as -EEXIST.
 */
export function addRule(
  tree: Tree | undefined,
  args: readonly Comparison[],
  action: number,
  bits: 32 | 64,
): Tree | undefined {
  const path = pathOf(args, bits);
  if (tree !== undefined && "action" in tree) return tree;
  if (path.length === 0) return { action };
  if (tree !== undefined && path.some((_, i) => i > 0 && covers(tree, path.slice(i), action))) return tree;
  return follow(tree, path, action);
}

/**
 * Whether a rule in the tree says all that the end of a new rule does, or says its beginning with the same
 * action: it stands further up, since its first argument is higher, so the new rule could decide nothing.
 */
function covers(side: Side, path: readonly Step[], action: number): boolean {
  if (side === undefined) return false;
  const [step, ...rest] = path;
  if ("action" in side) return step === undefined || side.action === action;
  if (step === undefined) return false;
  const node = side.level.find(({ test }) => sameTest(test, step.test));
  return node !== undefined && covers(step.holds ? node.yes : node.no, rest, action);
}

/** One step per comparison that tests anything, arguments in ascending order. */
function pathOf(args: readonly Comparison[], bits: 32 | 64): Step[] {
  const cut = (value: bigint) => BigInt.asUintN(bits, value);
  const path: Step[] = [];
  for (const { arg, op, mask, datum } of [...args].sort((a, b) => a.arg - b.arg)) {
    const step = steps.get(op);
    if (step === undefined || cut(mask) === 0n) continue;
    const [testOp, holds, rank] = step;
    const test = { arg, op: testOp, mask: cut(mask), datum: cut(datum) & cut(mask) };
    path.push({ test, holds, rank, head: bits === 32 ? test : upperHalf(test), headRank: rank });
  }
  return path;
}

function upperHalf({ arg, op, mask, datum }: NodeTest): NodeTest {
  return { arg, op: op === ">=" ? ">" : op, mask: mask >> 32n, datum: datum >> 32n };
}

/** `side` with a path that ends in `action`; undefined when another action is in the way. */
function follow(side: Side, path: readonly Step[], action: number): Exclude<Side, undefined> | undefined {
  const [step, ...rest] = path;
  if (step === undefined) {
    if (side === undefined) return { action };
    return onlyAction(side) === action ? { action } : undefined;
  }
  if (side === undefined) return { level: [graft(step, rest, action)] };
  // What ends here already covers the longer path, whatever its action.
  if ("action" in side) return side;
  const level = insert(side.level, step, rest, action);
  return level && { level };
}

function graft(step: Step, rest: readonly Step[], action: number): Node {
  const end = follow(undefined, rest, action);
  const { holds, ...node } = step;
  return { ...node, yes: holds ? end : undefined, no: holds ? undefined : end };
}

function insert(level: Level, step: Step, rest: readonly Step[], action: number): Level | undefined {
  const { at, found, headRank } = placeOf(level, step);
  if (found === undefined)
    return [...level.slice(0, at), graft({ ...step, headRank }, rest, action), ...level.slice(at)];
  const side = follow(step.holds ? found.yes : found.no, rest, action);
  if (side === undefined) return undefined;
  return level.with(at, step.holds ? { ...found, yes: side } : { ...found, no: side });
}

/** Where the step's own test is, or where a node for it belongs. The search ends at the first node that is to follow. */
function placeOf(level: Level, step: Step): { at: number; found?: Node; headRank: number } {
  const sameHead = ({ head }: Node) => sameTest(head, step.head);
  let at = level.findIndex(
    (node) => sameHead(node) || isAfter(node.head, node.headRank, step.head, step.rank),
  );
  const first = level[at];
  if (first === undefined) return { at: level.length, headRank: step.rank };
  if (!sameHead(first)) return { at, headRank: step.rank };
  const { headRank } = first;
  for (let node = level[at]; node !== undefined && sameHead(node); node = level[++at]) {
    if (sameTest(node.test, step.test)) return { at, found: node, headRank };
    if (isAfter(node.test, node.rank, step.test, step.rank)) break;
  }
  return { at, headRank };
}

function sameTest(a: NodeTest, b: NodeTest): boolean {
  return a.arg === b.arg && a.op === b.op && a.mask === b.mask && a.datum === b.datum;
}

/** Whether test `a` is to be tried after test `b`. */
function isAfter(a: NodeTest, rankOfA: number, b: NodeTest, rankOfB: number): boolean {
  if (a.arg !== b.arg) return a.arg < b.arg;
  if (rankOfA !== rankOfB) return rankOfA < rankOfB;
  return rankOfA === LESS ? a.datum > b.datum : a.datum < b.datum;
}

/** The one action of everything on a side; undefined when there are several. */
function onlyAction(side: Exclude<Side, undefined>): number | undefined {
  if ("action" in side) return side.action;
  const actions = new Set<number | undefined>();
  for (const { yes, no } of side.level)
    for (const next of [yes, no]) if (next !== undefined) actions.add(onlyAction(next));
  const [first, ...more] = actions;
  return more.length === 0 ? first : undefined;
}

/** One way to an action: what must hold on it. */
export interface Path {
  readonly tests: readonly { readonly test: NodeTest; readonly holds: boolean }[];
  readonly action: number;
}

/** Every way to an action, in the order in which they are tried: the first whose tests hold decides. */
export function pathsOf(tree: Tree): Path[] {
  const paths: Path[] = [];
  const walk = (side: Side, tests: Path["tests"]) => {
    if (side === undefined) return;
    if ("action" in side) paths.push({ tests, action: side.action });
    else
      for (const { test, yes, no } of side.level) {
        walk(yes, [...tests, { test, holds: true }]);
        walk(no, [...tests, { test, holds: false }]);
      }
  };
  walk(tree, []);
  return paths;
}
