import type { AbiName, GroupName, SyscallName } from "../../arch/index.ts";
import type { Place } from "../abi/error.ts";
import type { compareOps, widths } from "./token.ts";

/**
 * What a policy means: for a call, its arch picks the table; the first rule in order whose syscalls and
 * condition match gives the action; otherwise `default`.
 */
export interface Policy {
  /** Where it came from, for messages. */
  readonly name?: string;
  /** Read from another tool's format, whose habits are warnings here, not errors. */
  readonly imported?: boolean;
  /** The ABIs it speaks about, at least one, no duplicates. */
  readonly arches: readonly AbiName[];
  /** For calls that no rule matches. */
  readonly default: PolicyAction;
  /** For calls of an arch that is not listed (and x32 calls when x32 is not); kill_process when absent. */
  readonly badArch?: PolicyAction;
  /** Newest kernel whose calls the author knew, such as `6.1`; the tables' own newest when absent. */
  readonly kernel?: string;
  /** For numbers above the newest call of `kernel`; same as `default` when absent. */
  readonly newer?: PolicyAction;
  readonly rules: readonly Rule[];
}

/** One rule: these calls, under this condition, get this action. */
export interface Rule {
  readonly action: PolicyAction;
  /** Names, groups, or raw numbers (exact seccomp_data.nr on every listed arch). At least one. */
  readonly syscalls: readonly (SyscallName | GroupName | number)[];
  /** Holds for every call when absent. */
  readonly when?: Condition;
  /** Why the rule is there; carried through trace, explain and audit. */
  readonly why?: string;
  /** Where it stands in the user's text. */
  readonly where?: Place;
}

/** An action as a policy writes it; an errno by name is resolved per arch. */
export type PolicyAction =
  | { readonly kind: "kill_process" | "kill_thread" | "user_notif" | "log" | "allow" }
  | { readonly kind: "errno"; readonly errno: string | number }
  | { readonly kind: "trap" | "trace"; readonly data: number };

/** A condition on the arguments of a call. */
export type Condition =
  | { readonly kind: "and"; readonly of: readonly Condition[] }
  | { readonly kind: "or"; readonly of: readonly Condition[] }
  | { readonly kind: "not"; readonly of: Condition }
  | ArgTest;

/** One test of one argument. */
export type ArgTest =
  | {
      readonly kind: "compare";
      readonly arg: ArgRef;
      /** When present, `arg & mask` is compared. */
      readonly mask?: Value;
      readonly op: CompareOp;
      readonly value: Value;
      readonly where?: Place;
    }
  | {
      readonly kind: "in";
      readonly arg: ArgRef;
      readonly mask?: Value;
      /** Inclusive ranges; a single value has from = to. */
      readonly set: readonly { readonly from: Value; readonly to: Value }[];
      readonly where?: Place;
    };

/** Comparisons; those with `s` read both sides as signed numbers of the argument's width. */
export type CompareOp = (typeof compareOps)[number];

/** An argument by the man page's or the kernel prototype's name, or by index. */
export interface ArgRef {
  readonly name?: string;
  /** 0..5; exactly one of name and index is present. */
  readonly index?: number;
  /** Overrides the declared width: u64(arg1), u32(arg1); `ptr` is the null test of a pointer. */
  readonly as?: (typeof widths)[number];
}

/** A number, or constants joined by `|` and `~`, resolved per arch. */
export type Value =
  | bigint
  | { readonly kind: "constant"; readonly name: string }
  | { readonly kind: "or"; readonly of: readonly Value[] }
  | { readonly kind: "not"; readonly of: Value };
