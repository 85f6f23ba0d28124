/** The state behind a scmp_filter_ctx: attributes, and per architecture the rules of each syscall. */
import { type AbiName, abi } from "../../arch/index.ts";
import { actionValues } from "../abi/action.ts";
import type { SeccatError } from "../abi/error.ts";
import {
  SCMP_ACT_KILL,
  SCMP_ACT_NOTIFY,
  SCMP_FLTATR_ACT_BADARCH,
  SCMP_FLTATR_ACT_DEFAULT,
  SCMP_FLTATR_API_SYSRAWRC,
  SCMP_FLTATR_API_TSKIP,
  SCMP_FLTATR_CTL_LOG,
  SCMP_FLTATR_CTL_NNP,
  SCMP_FLTATR_CTL_OPTIMIZE,
  SCMP_FLTATR_CTL_SSB,
  SCMP_FLTATR_CTL_TSYNC,
} from "./constant.ts";
import { priorityTarget, type Request, targetsOf } from "./syscall.ts";
import { addRule, type Tree } from "./tree.ts";

/** Why a call failed: the name of an errno, which the caller gets as a negative number. */
export type Failure =
  | "E2BIG"
  | "EACCES"
  | "ECANCELED"
  | "EDOM"
  | "EEXIST"
  | "EFAULT"
  | "EINVAL"
  | "ENOMEM"
  | "EOPNOTSUPP"
  | "ESRCH";

/** The rules of one architecture: a tree per syscall number, signed as in the C interface. */
export type Rules = ReadonlyMap<number, Tree>;

/**
 * Whether libseccomp takes `action`: one of the eight, with data for errno (below 4095) and trace alone. What
 * the running kernel lacks is not looked at here; seccomp_load finds out.
 */
export function isAction(action: number): boolean {
  const data = action & 0xffff;
  const bare = (action & 0xffff0000) >>> 0;
  if (bare === actionValues.errno) return data < 4095;
  if (bare === actionValues.trace) return true;
  return data === 0 && Object.values<number>(actionValues).includes(bare);
}

/** A filter being built; seccomp_init makes one. */
export class FilterContext {
  /** Why the last seccomp_load or export of this context failed. */
  error: SeccatError | undefined;
  /** The listener that seccomp_load opened. */
  notifyFd: number | undefined;
  #valid = true;
  #native: AbiName;
  #attributes = new Map<number, number>();
  #arches = new Map<AbiName, Rules>();
  #priorities = new Map<AbiName, Map<number, number>>();

  constructor(native: AbiName, defaultAction: number) {
    this.#native = native;
    this.reset(defaultAction);
  }

  /** Back to the state after seccomp_init. */
  reset(defaultAction: number): void {
    this.#attributes = new Map([
      [SCMP_FLTATR_ACT_DEFAULT, defaultAction],
      [SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL],
      [SCMP_FLTATR_CTL_NNP, 1],
      [SCMP_FLTATR_CTL_TSYNC, 0],
      [SCMP_FLTATR_API_TSKIP, 0],
      [SCMP_FLTATR_CTL_LOG, 0],
      [SCMP_FLTATR_CTL_SSB, 0],
      [SCMP_FLTATR_CTL_OPTIMIZE, 1],
      [SCMP_FLTATR_API_SYSRAWRC, 0],
    ]);
    this.#arches = new Map([[this.#native, new Map()]]);
    this.#priorities = new Map();
  }

  /** Ends the use of this context. */
  release(): void {
    this.#valid = false;
    this.#arches.clear();
  }

  /** Not released. */
  get valid(): boolean {
    return this.#valid;
  }

  /** Not released, and with an architecture: what most calls ask for. */
  get usable(): boolean {
    return this.#valid && this.#arches.size > 0;
  }

  /** The architectures in the order in which they were added. */
  get arches(): ReadonlyMap<AbiName, Rules> {
    return this.#arches;
  }

  /** The priority that a number of `arch` was given; 0 when none. */
  priority(arch: AbiName, nr: number): number {
    return this.#priorities.get(arch)?.get(nr) ?? 0;
  }

  /** Gives a syscall (a native or pseudo number) a priority wherever it exists; of several the highest stays. */
  prioritise(nr: number, priority: number): Failure | undefined {
    let failure: Failure | undefined;
    for (const arch of this.#arches.keys()) {
      const there = priorityTarget(arch, this.#native, nr);
      if (there === "EFAULT") failure = there;
      if (typeof there !== "number") continue;
      const priorities = this.#priorities.get(arch) ?? new Map<number, number>();
      priorities.set(there, Math.max(this.priority(arch, there), priority));
      this.#priorities.set(arch, priorities);
    }
    return failure;
  }

  /** The value of an attribute that this context has. */
  attribute(attr: number): number | undefined {
    return this.#attributes.get(attr);
  }

  /** Sets an attribute; actions must be valid, all else but the optimization level is a flag. */
  setAttribute(attr: number, value: number): Failure | undefined {
    if (!this.#attributes.has(attr)) return "EINVAL";
    if (attr === SCMP_FLTATR_ACT_DEFAULT) return "EACCES";
    if (attr === SCMP_FLTATR_ACT_BADARCH && !isAction(value)) return "EINVAL";
    if (attr === SCMP_FLTATR_CTL_OPTIMIZE && value !== 1 && value !== 2) return "EOPNOTSUPP";
    const isFlag = attr !== SCMP_FLTATR_ACT_BADARCH && attr !== SCMP_FLTATR_CTL_OPTIMIZE;
    this.#attributes.set(attr, isFlag ? Number(value !== 0) : value);
    return undefined;
  }

  /** Adds an architecture without rules; all of a filter have one byte order. */
  addArch(arch: AbiName): Failure | undefined {
    if (this.#arches.has(arch)) return "EEXIST";
    const [first] = this.#arches.keys();
    if (first !== undefined && abi(first).endian !== abi(arch).endian) return "EDOM";
    this.#arches.set(arch, new Map());
    return undefined;
  }

  /** Removes an architecture and its rules. */
  removeArch(arch: AbiName): Failure | undefined {
    this.#priorities.delete(arch);
    return this.#arches.delete(arch) ? undefined : "EEXIST";
  }

  /** Adds a rule to every architecture, or to none when one of them cannot take it. */
  addRule(action: number, request: Request): Failure | undefined {
    const arches = new Map<AbiName, Rules>();
    for (const [arch, rules] of this.#arches) {
      const added = withRule(arch, rules, this.#native, action, request);
      if (typeof added === "string") return added;
      arches.set(arch, added);
    }
    this.#arches = arches;
    return undefined;
  }

  /** Takes over the architectures of `other`, which ends. */
  merge(other: FilterContext): Failure | undefined {
    const differs = [SCMP_FLTATR_ACT_DEFAULT, SCMP_FLTATR_CTL_NNP, SCMP_FLTATR_CTL_TSYNC].some(
      (attr) => this.attribute(attr) !== other.attribute(attr),
    );
    if (differs) return "EINVAL";
    const [mine] = this.#arches.keys();
    const [theirs] = other.#arches.keys();
    if (mine !== undefined && theirs !== undefined && abi(mine).endian !== abi(theirs).endian) return "EDOM";
    if ([...other.#arches.keys()].some((arch) => this.#arches.has(arch))) return "EEXIST";
    for (const [arch, rules] of other.#arches) this.#arches.set(arch, rules);
    other.release();
    return undefined;
  }

  /** Whether a call can end at the supervisor: then loading opens a listener. */
  get notifies(): boolean {
    const used = (tree: Tree): boolean => {
      if ("action" in tree) return tree.action === SCMP_ACT_NOTIFY;
      return tree.level.some(({ yes, no }) => (yes && used(yes)) || (no && used(no)));
    };
    return (
      this.attribute(SCMP_FLTATR_ACT_DEFAULT) === SCMP_ACT_NOTIFY ||
      [...this.#arches.values()].some((rules) => [...rules.values()].some(used))
    );
  }
}

function withRule(
  arch: AbiName,
  rules: Rules,
  native: AbiName,
  action: number,
  request: Request,
): Rules | Failure {
  const targets = targetsOf(arch, native, request);
  if (typeof targets === "string") return targets;
  const changed = new Map(rules);
  for (const { nr, args } of targets) {
    const tree = addRule(changed.get(nr), args, action, abi(arch).wordBits);
    if (tree === undefined) return "EEXIST";
    changed.set(nr, tree);
  }
  return changed;
}
