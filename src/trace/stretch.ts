/**
 * A process's life in stretches: a new one begins where a phase begins, or another program. Which stretches a policy is
 * learned from, and which of several policies, is decided here, for logs and live traces alike.
 */
import type { Cut, Image } from "./watched.ts";

/** Of which stretches to learn. */
export interface StretchOptions {
  /** Only what comes behind the first call of this name, in its process. */
  readonly after?: string;
  /** Only what comes up to the first call of this name, in its process. */
  readonly until?: string;
  /** Only what comes behind the mark of this name. */
  readonly afterMark?: string;
  /** Only what comes before the mark of this name. */
  readonly untilMark?: string;
  /** Only what runs as programs whose name, or path, has a match. */
  readonly program?: RegExp;
  /** Learn a policy of each process, program or phase too. */
  readonly split?: Split;
}

/** By what several policies are told apart. */
export type Split = "process" | "exe" | "phase";

/** By what several policies can be told apart. */
export const splits: readonly Split[] = Object.freeze(["process", "exe", "phase"]);

/** What a process does in one phase while it is one program. */
export interface Stretch {
  /** The order of the first call that can belong to it. */
  readonly from: number;
  /** The phases that began in this process so far. */
  readonly phases: readonly string[];
  /** Undefined while it is its maker's. */
  readonly image: Image | undefined;
}

/** The stretch that every process begins with. */
export const firstStretch: Stretch = Object.freeze({
  from: Number.NEGATIVE_INFINITY,
  phases: Object.freeze([]),
  image: undefined,
});

/** The stretch that a cut begins behind another. */
export function nextStretch(before: Stretch, { from, phase, image }: Cut): Stretch {
  const phases = phase === undefined ? before.phases : [...before.phases, phase];
  return { from, phases, image: image ?? before.image };
}

/** The stretch, of those of a process in order, that a call of `order` belongs to. */
export function stretchAt(stretches: readonly Stretch[], order: number): Stretch {
  for (let i = stretches.length - 1; i > 0; i--) {
    const stretch = stretches[i];
    if (stretch && stretch.from <= order) return stretch;
  }
  return stretches[0] ?? firstStretch;
}

/** The phase before any other begins. */
export const START = "start";

/** The phase behind the first call of a name; see StretchOptions. */
export const AFTER = "after";
/** The phase behind the first call of a name; see StretchOptions. */
export const UNTIL = "until";

/** The phase that a mark begins. */
export function markPhase(name: string): string {
  return `mark:${name}`;
}

/** The names of the marks that began phases. */
export function marksOf(phases: Iterable<string>): string[] {
  return [...phases]
    .filter((phase) => phase.startsWith(markPhase("")))
    .map((phase) => phase.slice(markPhase("").length));
}

/** Whether to learn of what is done in `phases`, those of its makers included, as `image`. */
export function isSelected(options: StretchOptions, phases: readonly string[], image: Image): boolean {
  const { after, until, afterMark, untilMark, program } = options;
  if (after !== undefined && !phases.includes(AFTER)) return false;
  if (until !== undefined && phases.includes(UNTIL)) return false;
  if (afterMark !== undefined && !phases.includes(markPhase(afterMark))) return false;
  if (untilMark !== undefined && phases.includes(markPhase(untilMark))) return false;
  return program === undefined || program.test(image.comm) || program.test(image.exe);
}

/** The name of the policy that it belongs to. */
export function partOf(
  split: Split,
  pid: number | undefined,
  phases: readonly string[],
  image: Image,
): string {
  if (split === "process") return pid === undefined ? "the first process" : String(pid);
  if (split === "exe") return image.exe || image.comm || "unknown";
  return phases.findLast((phase) => phase !== AFTER && phase !== UNTIL) ?? START;
}
