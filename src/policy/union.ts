/**
 * What several policies let happen to one call together: for each way of calling it the most permissive of their
 * answers, by the kernel's precedence of actions.
 *
 * An answer is a set of calls: the claim's condition, without what stronger claims before it take away. What weaker
 * claims before it take needs no mention, as the weaker answer is asked for first:
 *
 *     allow when a             (of one policy)
 *     allow when b             (of another)
 *     errno when c             (reached only where neither a nor b holds)
 */
import { actionNames, decodeAction } from "../abi/action.ts";
import type { ResolvedCondition } from "./condition.ts";
import type { Claim } from "./resolve.ts";
import { type Demand, satisfy } from "./satisfy.ts";
import type { Condition, Policy, Rule } from "./types.ts";
import { formatWhen } from "./when.ts";

/** A condition by names and in numbers; undefined for every call. */
type Term = { readonly ast: Condition; readonly resolved: ResolvedCondition } | undefined;

/** Calls that one policy gives one answer to. */
interface Part {
  readonly voice: number;
  readonly ret: number;
  readonly term: Term;
  readonly whys: readonly string[];
  /** Whether it is what no claim decides. */
  readonly rest: boolean;
}

/** What one policy says of one number: its claims in order, and what it returns when none holds. */
export interface Voice {
  readonly policy: Policy;
  readonly claims: readonly Claim[];
  readonly rest: number;
}

/** One answer of the union: under this condition, when no decision before it holds. */
export interface Decision {
  readonly ret: number;
  /** The text of its condition; undefined for every call. */
  readonly when: string | undefined;
  readonly whys: readonly string[];
}

/** Two answers of which neither is more permissive. */
export interface Conflict {
  readonly voices: readonly [number, number];
  readonly rets: readonly [number, number];
}

/** How permissive a return value is: the higher, the more. */
export function rankOf(ret: number): number {
  return actionNames.indexOf(decodeAction(ret).kind);
}

/**
 * The union of what `voices` say of one number, most permissive first, as far as it is not `fallback` anyway; or a
 * conflict.
 */
export function unite(voices: readonly Voice[], fallback: number): readonly Decision[] | Conflict {
  const parts = voices.flatMap((voice, i) => partsOf(voice, i));
  const rets = [...new Set(parts.map(({ ret }) => ret))].sort((a, b) => rankOf(b) - rankOf(a) || a - b);
  const decisions: Decision[] = [];
  const above: Demand[] = [];
  for (const ret of rets) {
    const own = parts.filter((part) => part.ret === ret);
    const conflict = conflictOf(parts, own, above);
    if (conflict) return conflict;
    const level = alive(own, above);
    const outside = level.flatMap(({ term }) => refused(term));
    const whole = level.find(({ term }) => !term);
    const always = whole !== undefined || isEmpty([...above, ...outside]);
    if (ret === fallback && always) return decisions;
    if (ret === fallback && isCommonRest(own, voices.length)) continue;
    if (always) return [...decisions, { ret, when: undefined, whys: whole?.whys ?? [] }];
    for (const { term, whys } of level) decisions.push({ ret, when: termText(term), whys });
    above.push(...outside);
  }
  return decisions;
}

function partsOf({ policy, claims, rest }: Voice, voice: number): Part[] {
  const parts: Part[] = [];
  const before: { readonly ret: number; readonly term: NonNullable<Term> }[] = [];
  for (const { rule, ret, when } of claims) {
    const { when: ast, why } = policy.rules[rule] ?? {};
    const whys = why === undefined ? [] : why.split("; ");
    const term: Term = ast && when && { ast, resolved: when };
    const stronger = before.filter((one) => isStronger(one.ret, ret));
    for (const own of alternatives(term))
      parts.push({
        voice,
        ret,
        term: without(
          own,
          stronger.map((one) => one.term),
        ),
        whys,
        rest: false,
      });
    if (!term) return parts;
    before.push({ ret, term });
  }
  const taken = before.filter((one) => isStronger(one.ret, rest)).map(({ term }) => term);
  parts.push({ voice, ret: rest, term: without(undefined, taken), whys: [], rest: true });
  return parts;
}

/** Whether the answer `a`, given first, has to be excepted from `b`: it is less permissive, or another of the same kind. */
function isStronger(a: number, b: number): boolean {
  return rankOf(a) < rankOf(b) || (rankOf(a) === rankOf(b) && a !== b);
}

/** `a || b` as two terms. */
function alternatives(term: Term): readonly Term[] {
  if (term?.ast.kind !== "or" || term.resolved.kind !== "or") return [term];
  const { resolved } = term;
  return term.ast.of.flatMap((ast, i) => {
    const own = resolved.of[i];
    return own ? alternatives({ ast, resolved: own }) : [];
  });
}

function without(term: Term, taken: readonly NonNullable<Term>[]): Term {
  const nots = taken.map(({ ast, resolved }) => ({
    ast: { kind: "not", of: ast } as const,
    resolved: { kind: "not", of: resolved } as const,
  }));
  const all = term ? [...members(term), ...nots] : nots;
  const [first] = all;
  if (all.length <= 1) return first;
  return {
    ast: { kind: "and", of: all.map(({ ast }) => ast) },
    resolved: { kind: "and", of: all.map(({ resolved }) => resolved) },
  };
}

function members(term: NonNullable<Term>): readonly NonNullable<Term>[] {
  const { ast, resolved } = term;
  if (ast.kind !== "and" || resolved.kind !== "and") return [term];
  return ast.of.flatMap((part, i) => {
    const own = resolved.of[i];
    return own ? [{ ast: part, resolved: own }] : [];
  });
}

function demanded(term: Term): Demand[] {
  return term ? [{ condition: term.resolved, holds: true }] : [];
}

/** What holds outside of a term: anything else than it, and nothing at all where it always holds. */
function refused(term: Term): Demand[] {
  return [{ condition: term?.resolved ?? { kind: "and", of: [] }, holds: false }];
}

function isEmpty(demands: readonly Demand[]): boolean {
  return demands.length > 0 && satisfy(demands).kind === "no";
}

/** The terms that something is left of, each once with all its reasons, in the order of their texts. */
function alive(parts: readonly Part[], above: readonly Demand[]): readonly Pick<Part, "term" | "whys">[] {
  const byText = new Map<string, Pick<Part, "term" | "whys">>();
  for (const { term, whys } of parts) {
    const before = byText.get(termText(term))?.whys ?? [];
    byText.set(termText(term), { term, whys: [...new Set([...before, ...whys])].sort(compareText) });
  }
  const taken = [...above];
  return [...byText]
    .sort(([a], [b]) => compareText(a, b))
    .flatMap(([, one]) => {
      if (isEmpty([...taken, ...demanded(one.term)])) return [];
      taken.push(...refused(one.term));
      return [one];
    });
}

/** Where a level meets answers of the same rank by other policies. */
function conflictOf(
  parts: readonly Part[],
  level: readonly Part[],
  above: readonly Demand[],
): Conflict | undefined {
  for (const a of level)
    for (const b of parts) {
      if (a.voice === b.voice || a.ret === b.ret || rankOf(a.ret) !== rankOf(b.ret)) continue;
      if (isEmpty([...above, ...demanded(a.term), ...demanded(b.term)])) continue;
      const [first, second] = a.voice < b.voice ? [a, b] : [b, a];
      return { voices: [first.voice, second.voice], rets: [first.ret, second.ret] };
    }
  return undefined;
}

/** Whether the parts are what all policies leave to their fallback, by the same conditions. */
function isCommonRest(parts: readonly Part[], voices: number): boolean {
  const texts = new Set(parts.map(({ term }) => termText(term)));
  return texts.size === 1 && parts.length === voices && parts.every(({ rest }) => rest);
}

function termText(term: Term): string {
  return term ? formatWhen(term.ast) : "";
}

/** The order of two texts by their code units, the same everywhere. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The rule's part that `decision` is, without its calls. */
export function ruleHead(
  { when, whys }: Decision,
  parse: (text: string) => Condition,
): Pick<Rule, "when" | "why"> {
  return {
    ...(when === undefined ? {} : { when: parse(when) }),
    ...(whys.length === 0 ? {} : { why: whys.join("; ") }),
  };
}
