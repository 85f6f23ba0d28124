/**
 * Differences between two filters as sentences, put together so that a reader can take them in: what is the same on
 * several arches is said once, and calls that differ in the same way share a sentence.
 *
 *     x86_64, aarch64
 *       clone, execve
 *         A kills the process, B allows; e.g. clone(flags=0, stack=0, ...)
 *       fcntl
 *         when cmd == F_SETFL: A kills the process, B allows; e.g. fcntl(fd=0, cmd=F_SETFL, arg=0)
 */
import { type AbiName, abi as abiFacts, type SyscallName, syscallNr } from "../../arch/index.ts";
import type { SeccompData } from "../abi/data.ts";
import type { Constraint, DifferenceCase, DifferenceGroup, When } from "../prove/index.ts";
import { callText } from "./call.ts";
import { areOpposite, type ConstraintContext, constraintsOn, constraintText } from "./constraint.ts";
import { archesText, type Kind, type Members, membersOf } from "./region.ts";
import { verdictText } from "./verdict.ts";

/** One pair of answers, when it shows, and a call that gets it. */
export interface DifferenceSentence {
  /** `when cmd == F_SETFL`; undefined when it always shows. */
  readonly when: string | undefined;
  /** `denies with EPERM`. */
  readonly a: string;
  readonly b: string;
  /** `fcntl(fd=0, cmd=F_SETFL, arg=0)`. */
  readonly example: string;
}

/** Calls that differ in the same way. */
export interface Difference {
  /** Names, numbers, or `every call but ...`. */
  readonly calls: readonly string[];
  readonly sentences: readonly DifferenceSentence[];
}

/** The differences that some arches have in common. */
export interface Section {
  /** `x86_64, aarch64`, `every arch but x86_64`. */
  readonly arches: string;
  readonly differences: readonly Difference[];
}

/** How differences are said. */
export interface SentenceOptions {
  /** Whether return values are told as numbers too, and upper halves that no kernel sets count. */
  readonly exact?: boolean;
}

/** So many ways in which a difference can show are told one by one. */
const ALTERNATIVES = 6;

/** `groups` in sections, in their order. */
export function sectionsOf(groups: readonly DifferenceGroup[], options: SentenceOptions = {}): Section[] {
  const found = new Map<string, { difference: Difference; kinds: Kind[] }>();
  for (const { kind, difference } of groups.flatMap((group) => differencesOf(group, options))) {
    const key = JSON.stringify([
      difference.calls,
      difference.sentences.map(({ when, a, b }) => [when, a, b]),
    ]);
    const known = found.get(key);
    if (known) known.kinds.push(kind);
    else found.set(key, { difference, kinds: [kind] });
  }
  const sections = new Map<string, Difference[]>();
  for (const { difference, kinds } of found.values()) {
    const arches = archesText(kinds);
    sections.set(arches, [...(sections.get(arches) ?? []), difference]);
  }
  return [...sections].map(([arches, differences]) => ({ arches, differences }));
}

interface OfKind {
  readonly kind: Kind;
  readonly difference: Difference;
}

function differencesOf(group: DifferenceGroup, options: SentenceOptions): OfKind[] {
  return membersOf(group).flatMap((members) => {
    const kind = members.abi;
    const alike = group.cases.every(({ when }) => isPlain(when));
    if (alike || kind === "unknown" || members.syscalls.length < 2)
      return [{ kind, difference: differenceOf(group.cases, members, members.syscalls[0], options) }];
    return byWords(group.cases, members, kind, options);
  });
}

function isPlain(when: When | undefined): boolean {
  return when?.any.length === 1 && when.any[0]?.length === 0;
}

/** Calls with the same condition on their registers, apart where the words for it are not the same. */
function byWords(
  cases: readonly DifferenceCase[],
  members: Members,
  kind: AbiName,
  options: SentenceOptions,
): OfKind[] {
  const groups = new Map<string, SyscallName[]>();
  for (const call of members.syscalls) {
    const words = cases
      .map(({ when }) => whenText(when, { abi: kind, call, upper: options.exact ?? false }))
      .join("\n");
    groups.set(words, [...(groups.get(words) ?? []), call]);
  }
  if (groups.size === 1)
    return [{ kind, difference: differenceOf(cases, members, members.syscalls[0], options) }];
  const unnamed = members.calls.filter((text) => !members.syscalls.some((call) => call === text));
  const named = [...groups.values()].map((calls) => {
    const own = { ...members, calls, nr: syscallNr(kind, calls[0] ?? "read") };
    return { kind, difference: differenceOf(cases, own, calls[0], options) };
  });
  if (unnamed.length === 0) return named;
  const rest = { ...members, calls: unnamed, nr: undefined };
  return [...named, { kind, difference: differenceOf(cases, rest, undefined, options) }];
}

function differenceOf(
  cases: readonly DifferenceCase[],
  members: Members,
  call: SyscallName | undefined,
  { exact = false }: SentenceOptions,
): Difference {
  const abi = members.abi === "unknown" ? undefined : members.abi;
  const sentences = cases.map((one): DifferenceSentence => {
    const said = (ret: number | undefined) => answerText(ret, abi, exact);
    return {
      when: whenText(one.when, { abi, call, upper: exact }),
      a: said(one.a),
      b: said(one.b),
      example: callText(exampleOf(one, members)),
    };
  });
  const order = ({ a, b, when = "" }: DifferenceSentence) => `${a}\n${b}\n${when}`;
  sentences.sort((one, other) => (order(one) < order(other) ? -1 : 1));
  return { calls: members.calls, sentences };
}

function answerText(ret: number | undefined, abi: AbiName | undefined, exact: boolean): string {
  if (ret === undefined) return "returns what it computes";
  const text = verdictText(ret, abi);
  return exact ? `returns 0x${ret.toString(16)} (${text})` : text;
}

/**
 * The witness of a case, made one of these members: where the condition asks for registers only, it holds for every
 * arch and number of the region.
 */
function exampleOf({ when, witness }: DifferenceCase, { abi, nr }: Members): SeccompData {
  const { call } = witness;
  if (when === undefined || abi === "unknown" || nr === undefined) return call;
  return { ...call, arch: abiFacts(abi).auditArch, nr };
}

/** `when cmd == F_SETFL, or cmd == F_SETFD && arg != 0`; undefined when it is always. */
function whenText(when: When | undefined, context: ConstraintContext): string | undefined {
  if (!when) return "for some of these, by a condition on several words at once";
  const any = when.any.map((all) => constraintsOn(all, context));
  const texts = any.map((all) =>
    withoutImplied(all, any)
      .map((one) => constraintText(one, context))
      .join(" && "),
  );
  const different = [...new Set(texts)];
  if (different.includes("")) return undefined;
  const shown = different.slice(0, ALTERNATIVES);
  const more = different.length - shown.length;
  const rest = !when.complete ? [`in more than ${more} other cases`] : more > 0 ? [othersText(more)] : [];
  return `when ${[...shown, ...rest].join(", or ")}`;
}

/** `all` without what is said already: "a, or not a and b" is "a, or b". */
function withoutImplied(
  all: readonly Constraint[],
  any: readonly (readonly Constraint[])[],
): readonly Constraint[] {
  if (all.length < 2) return all;
  const alone = any.flatMap((other) => (other.length === 1 ? other : []));
  return all.filter((one) => !alone.some((other) => areOpposite(one, other)));
}

function othersText(count: number): string {
  return count === 1 ? "in one other case" : `in ${count} other cases`;
}
