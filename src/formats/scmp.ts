/**
 * What libseccomp makes of a heap of rules, as rules in order.
 *
 * libseccomp keeps no order. For one syscall: the first rule without conditions wins over every rule that has
 * some; conditional rules are sorted into a tree by argument, kind of comparison and value, and the first that
 * matches in the tree decides. Rules of one action are therefore alternatives. Where conditional rules of
 * unlike actions can hold for one call, its releases differ and have faults; the tree's order is kept here,
 * and the pair is reported.
 * Source: db.c of libseccomp, and its answers (2.5.4).
 */
import type { SyscallName } from "../../arch/index.ts";
import type { PolicyAction } from "../policy/types.ts";

/** libseccomp's comparisons; MASKED_EQ is EQ with a mask. */
export type ScmpOp = "NE" | "LT" | "LE" | "EQ" | "GE" | "GT";

/** One comparison of an argument, unsigned. */
export interface ScmpArg {
  /** 0..5. */
  readonly index: number;
  readonly op: ScmpOp;
  /** Unsigned 64 bits; only EQ may have one. */
  readonly mask?: bigint;
  /** Unsigned 64 bits, within the mask. */
  readonly value: bigint;
}

/** One rule as seccomp_rule_add takes it: all of `args` have to hold. */
export interface ScmpRule {
  readonly syscall: SyscallName;
  readonly action: PolicyAction;
  readonly args: readonly ScmpArg[];
  /** Which entry of the profile it comes from. */
  readonly entry: number;
}

/** Rules of one entry that stay together: these calls, when one of the alternatives holds. */
export interface OrderedRule {
  readonly entry: number;
  readonly action: PolicyAction;
  readonly syscalls: readonly SyscallName[];
  /** Each a list of comparisons that all have to hold; empty: always. */
  readonly alternatives: readonly (readonly ScmpArg[])[];
}

/** Two rules of a syscall that can hold for one call although their actions differ. */
export interface Conflict {
  readonly kind: "unconditional" | "overlap";
  readonly winner: ScmpRule;
  readonly loser: ScmpRule;
}

/** The rules in an order in which the first match decides as libseccomp does, and what was in conflict. */
export function orderRules(rules: readonly ScmpRule[]): {
  readonly rules: readonly OrderedRule[];
  readonly conflicts: readonly Conflict[];
} {
  const groups = new Map<string, ScmpRule[]>();
  const sorted: ScmpRule[] = [];
  const conflicts: Conflict[] = [];
  for (const list of groupBy(rules, ({ syscall }) => syscall).values()) {
    const { kept, found } = settle(list);
    conflicts.push(...found);
    if (found.some(({ kind }) => kind === "overlap")) sorted.push(...kept);
    else for (const rule of kept) groups.set(keyOf(rule), [...(groups.get(keyOf(rule)) ?? []), rule]);
  }
  const together = [...merge([...groups.values()])].sort((a, b) => a.entry - b.entry);
  const apart = sorted.map((rule) => single(rule, [rule.syscall]));
  return { rules: [...together, ...apart], conflicts };
}

/** The rules of one syscall that can decide, in the tree's order when that matters. */
function settle(rules: readonly ScmpRule[]): { kept: readonly ScmpRule[]; found: Conflict[] } {
  const whole = rules.find(({ args }) => args.length === 0);
  if (whole) {
    const losers = rules.filter((rule) => rule !== whole && !sameAction(rule.action, whole.action));
    return { kept: [whole], found: losers.map((loser) => ({ kind: "unconditional", winner: whole, loser })) };
  }
  const sorted = [...rules].sort(compareRules);
  const found: Conflict[] = [];
  sorted.forEach((winner, i) => {
    for (const loser of sorted.slice(i + 1))
      if (!sameAction(winner.action, loser.action) && canOverlap(winner, loser))
        found.push({ kind: "overlap", winner, loser });
  });
  return { kept: found.length > 0 ? sorted : rules, found };
}

function groupBy<T>(items: readonly T[], keyOfItem: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOfItem(item));
    if (group) group.push(item);
    else groups.set(keyOfItem(item), [item]);
  }
  return groups;
}

function keyOf({ entry, syscall }: ScmpRule): string {
  return `${entry} ${syscall}`;
}

/** Syscalls of one entry with the same alternatives become one rule. */
function merge(groups: readonly (readonly ScmpRule[])[]): OrderedRule[] {
  const merged = groupBy(
    groups,
    (group) => `${group[0]?.entry} ${group.map(({ args }) => argsKey(args)).join(" | ")}`,
  );
  return [...merged.values()].flatMap((same) => {
    const [first] = same[0] ?? [];
    if (!first) return [];
    const syscalls = same.flatMap(([rule]) => (rule ? [rule.syscall] : []));
    return [{ ...single(first, syscalls), alternatives: (same[0] ?? []).map(({ args }) => args) }];
  });
}

function single(rule: ScmpRule, syscalls: readonly SyscallName[]): OrderedRule {
  return { entry: rule.entry, action: rule.action, syscalls, alternatives: [rule.args] };
}

function argsKey(args: readonly ScmpArg[]): string {
  return args.map(({ index, op, mask, value }) => `${index} ${op} ${mask ?? ""} ${value}`).join(" & ");
}

/** Whether two actions are the same return value. */
export function sameAction(a: PolicyAction, b: PolicyAction): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

const opRank: Readonly<Record<ScmpOp, number>> = { EQ: 0, NE: 0, LE: 1, LT: 1, GE: 2, GT: 2 };

/** Order in the tree: higher arguments first, equality before order, tighter bounds before looser ones. */
function compareRules(a: ScmpRule, b: ScmpRule): number {
  const [left, right] = [byIndex(a.args), byIndex(b.args)];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [x, y] = [left[i], right[i]];
    if (!x || !y) break;
    const order = compareArgs(x, y);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function byIndex(args: readonly ScmpArg[]): ScmpArg[] {
  return [...args].sort((a, b) => a.index - b.index);
}

function compareArgs(a: ScmpArg, b: ScmpArg): number {
  if (a.index !== b.index) return b.index - a.index;
  if (opRank[a.op] !== opRank[b.op]) return opRank[a.op] - opRank[b.op];
  if (a.value === b.value) return 0;
  const ascending = opRank[a.op] === 1;
  return a.value < b.value === ascending ? -1 : 1;
}

/** Whether some call may satisfy both; false only when no call can. */
export function canOverlap(a: ScmpRule, b: ScmpRule): boolean {
  return !a.args.some((x) => b.args.some((y) => x.index === y.index && excludes(x, y)));
}

const MAX = (1n << 64n) - 1n;

/** Whether no value satisfies both comparisons. */
function excludes(x: ScmpArg, y: ScmpArg): boolean {
  if (y.op === "EQ" && y.mask === undefined) return !satisfies(y.value, x);
  if (x.op === "EQ" && x.mask === undefined) return !satisfies(x.value, y);
  if (x.op === "EQ" && y.op === "EQ") return ((x.value ^ y.value) & (x.mask ?? MAX) & (y.mask ?? MAX)) !== 0n;
  const [left, right] = [range(x), range(y)];
  return left !== undefined && right !== undefined && (left.to < right.from || right.to < left.from);
}

/** Whether `value` satisfies the comparison. */
function satisfies(value: bigint, { op, mask, value: wanted }: ScmpArg): boolean {
  const seen = mask === undefined ? value : value & mask;
  switch (op) {
    case "EQ":
      return seen === wanted;
    case "NE":
      return seen !== wanted;
    case "LT":
      return seen < wanted;
    case "LE":
      return seen <= wanted;
    case "GT":
      return seen > wanted;
    case "GE":
      return seen >= wanted;
  }
}

/** The values that an order comparison admits. */
function range({ op, value }: ScmpArg): { from: bigint; to: bigint } | undefined {
  switch (op) {
    case "LT":
      return { from: 0n, to: value - 1n };
    case "LE":
      return { from: 0n, to: value };
    case "GT":
      return { from: value + 1n, to: MAX };
    case "GE":
      return { from: value, to: MAX };
    default:
      return undefined;
  }
}
