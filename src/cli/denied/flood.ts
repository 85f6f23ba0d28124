/**
 * Which of many like denials are told in full. A process that goes on and on about the same call is told about a few
 * times, then once a second with the number of times between; and all groups of calls together have a limit too, since a
 * program can make its calls look different each time.
 */

/** What is told of one group of like calls. */
export interface Group {
  /** How often it happened. */
  count: number;
  /** How often it happened since it was told last. */
  hidden: number;
  told: number;
  /** When it was told last, in milliseconds. */
  last: number;
}

/** How much is told. */
export interface FloodLimits {
  /** Times that a group is told at once. */
  readonly first: number;
  /** Milliseconds until it is told again. */
  readonly pause: number;
  /** Denials of all groups that are told at once, and how many more each second. */
  readonly burst: number;
  readonly perSecond: number;
}

const usual: FloodLimits = { first: 8, pause: 1000, burst: 100, perSecond: 20 };

/** Decides what is told; `now` gives milliseconds. */
export class Flood {
  readonly #limits: FloodLimits;
  #tokens: number;
  #since = 0;

  constructor(limits: FloodLimits = usual) {
    this.#limits = limits;
    this.#tokens = limits.burst;
  }

  /** Counts a denial; true when it is to be told. */
  tell(group: Group, now: number): boolean {
    const { first, pause } = this.#limits;
    group.count++;
    const due = group.told < first || now - group.last >= pause;
    if (!due || !this.#take(now)) {
      group.hidden++;
      return false;
    }
    group.told++;
    group.last = now;
    return true;
  }

  #take(now: number): boolean {
    const { burst, perSecond } = this.#limits;
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#since) / 1000) * perSecond);
    this.#since = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}

/** A group that nothing was told of yet. */
export function newGroup(): Group {
  return { count: 0, hidden: 0, told: 0, last: Number.NEGATIVE_INFINITY };
}
