/**
 * Whether a value has a policy's shape at all, for callers without types: JavaScript, and JSON that was cast.
 * What the names in it mean is for resolve to say. A misspelt key is refused, since the part of a rule that it
 * was meant to narrow would else be wide open.
 */
import { type ActionName, actionNames } from "../abi/action.ts";
import { type Issue, throwIssues } from "../abi/error.ts";
import { type Fields, isFields, keyIssues, shown } from "../abi/fields.ts";
import { didYouMean } from "../abi/nearest.ts";
import { compareOps, widths } from "./token.ts";
import type { Policy } from "./types.ts";

/** The keys of a Policy. */
export const policyKeys = ["name", "imported", "arches", "default", "badArch", "kernel", "newer", "rules"];
/** The last two are a RuleBuilder's. */
const ruleKeys = ["action", "syscalls", "when", "why", "where", "if", "because"];
/** The kinds of conditions, each with its keys. */
const conditionKeys = new Map([
  ["and", ["kind", "of"]],
  ["or", ["kind", "of"]],
  ["not", ["kind", "of"]],
  ["compare", ["kind", "arg", "mask", "op", "value", "where"]],
  ["in", ["kind", "arg", "mask", "set", "where"]],
]);
/** The kinds of actions, each with its keys. */
const actionKeys = new Map<string, readonly string[]>(actionNames.map((kind) => [kind, keysOf(kind)]));
const anAction = `an object whose kind is one of ${actionNames.join(", ")}`;
const aCondition = `an object whose kind is one of ${[...conditionKeys.keys()].join(", ")}`;
const MAX_DEPTH = 1000;
/** Parts of all conditions, counted as often as they are reached. */
const MAX_PARTS = 1_000_000;

const right = new WeakSet<object>();

/**
 * Throws a SeccatError "schema" with everything that keeps `policy` from being a Policy, "limit" for conditions
 * too large to look at. A policy that was found right is not looked at again.
 */
export function checkShape(policy: unknown): asserts policy is Policy {
  if (typeof policy === "object" && policy !== null && right.has(policy)) return;
  throwIssues(shapeIssues(policy));
  if (typeof policy === "object" && policy !== null) right.add(policy);
}

/** What keeps `policy` from being a Policy, in the order of its keys. */
export function shapeIssues(policy: unknown): Issue[] {
  const shape = new Shape();
  shape.policy(policy);
  return shape.issues;
}

class Shape {
  readonly issues: Issue[] = [];
  #parts = 0;

  policy(value: unknown): void {
    if (!isFields(value)) {
      this.#wrong("this is no policy", "", "an object with arches, default and rules", value);
      return;
    }
    this.#keys(value, policyKeys, "");
    this.#optional(value.name, "string", "name");
    this.#optional(value.imported, "boolean", "imported");
    this.#optional(value.kernel, "string", "kernel");
    this.#items(value.arches, "arches", "a list of arches", (item, path, i) => {
      if (typeof item !== "string")
        this.#wrong("this is no arch", `${path}[${i}]`, "a name such as x86_64", item);
    });
    this.#action(value.default, "default");
    if (value.badArch !== undefined) this.#action(value.badArch, "badArch");
    if (value.newer !== undefined) this.#action(value.newer, "newer");
    this.#items(value.rules, "rules", "a list of rules", (item, path, i) =>
      this.#rule(item, `${path}[${i}]`),
    );
  }

  #rule(value: unknown, path: string): void {
    if (!isFields(value)) {
      this.#wrong("this is no rule", path, "an object with action and syscalls", value);
      return;
    }
    this.#keys(value, ruleKeys, path);
    this.#action(value.action, `${path}.action`);
    this.#items(value.syscalls, `${path}.syscalls`, "a list of syscalls", (item, list, i) => {
      if (typeof item !== "string" && typeof item !== "number")
        this.#wrong("this is no syscall", `${list}[${i}]`, "a name, a group or a number", item);
    });
    this.#optional(value.why, "string", `${path}.why`);
    // `when: undefined` is a condition that somebody meant to give, and no wish for a rule without one.
    if ("when" in value) this.#condition(value.when, `${path}.when`, 0);
  }

  #action(value: unknown, path: string): void {
    if (!isFields(value)) {
      this.#wrong(value === undefined ? `${path} is missing` : "this is no action", path, anAction, value);
      return;
    }
    const { kind, errno, data } = value;
    const own = actionKeys.get(text(kind));
    if (own === undefined) {
      const fix = typeof kind === "string" ? didYouMean(kind, actionNames) : undefined;
      this.#wrong(`unknown action ${shown(kind)}`, path, actionNames.join(", "), kind, fix);
      return;
    }
    this.#keys(value, own, path);
    if (own.includes("errno") && typeof errno !== "string" && typeof errno !== "number")
      this.#wrong("the action has no errno", path, "errno: a name or a number", errno);
    else if (own.includes("data") && typeof data !== "number")
      this.#wrong(`${text(kind)} has no data`, path, "data: 0..65535", data);
  }

  #condition(value: unknown, path: string, depth: number): void {
    if (!this.#fits(path, depth)) return;
    const keys = isFields(value) ? conditionKeys.get(text(value.kind)) : undefined;
    if (!isFields(value) || keys === undefined) {
      const fix =
        typeof value === "string"
          ? "parseWhen(text) makes a condition of a text"
          : value === undefined
            ? "leave the key out for a rule without a condition"
            : undefined;
      this.#wrong("this is no condition", path, aCondition, value, fix);
      return;
    }
    this.#keys(value, keys, path);
    const { kind, of } = value;
    if (kind === "not") this.#condition(of, path, depth + 1);
    else if (kind === "and" || kind === "or") {
      this.#items(of, path, "a list of conditions", (item) => this.#condition(item, path, depth + 1));
      if (Array.isArray(of) && of.length === 0)
        this.#wrong(`an ${kind} of no conditions`, path, "at least one", of);
    } else this.#test(value, path);
  }

  #test(test: Fields, path: string): void {
    const { kind, arg, op, value, set } = test;
    this.#argument(arg, path);
    if ("mask" in test) this.#value(test.mask, path, 0);
    if (kind === "in")
      this.#items(set, path, "a list of ranges", (item) => {
        if (!isFields(item)) return this.#wrong("this is no range", path, "an object with from and to", item);
        this.#keys(item, ["from", "to"], path);
        this.#value(item.from, path, 0);
        this.#value(item.to, path, 0);
      });
    else {
      if (!compareOps.some((name) => name === op))
        this.#wrong(`unknown comparison ${shown(op)}`, path, compareOps.join(" "), op);
      this.#value(value, path, 0);
    }
  }

  #argument(value: unknown, path: string): void {
    if (isFields(value)) this.#keys(value, ["name", "index", "as"], path);
    const { name, index, as } = isFields(value) ? value : {};
    const isIndex = typeof index === "number" && Number.isInteger(index) && index >= 0 && index <= 5;
    if (typeof name === "string" ? index !== undefined : !isIndex || name !== undefined)
      this.#wrong("this is no argument", path, "either a name or an index, 0..5", index ?? name ?? value);
    if (as !== undefined && !widths.some((width) => width === as))
      this.#wrong(`unknown width ${shown(as)}`, path, widths.join(", "), as);
  }

  #value(value: unknown, path: string, depth: number): void {
    if (!this.#fits(path, depth) || typeof value === "bigint") return;
    const kind = isFields(value) ? value.kind : undefined;
    if (isFields(value) && kind === "not") this.#value(value.of, path, depth + 1);
    else if (isFields(value) && kind === "or")
      this.#items(value.of, path, "a list of values", (item) => this.#value(item, path, depth + 1));
    else if (!isFields(value) || kind !== "constant" || typeof value.name !== "string")
      this.#wrong("this is no value", path, "a bigint, a constant, or several of them", value);
  }

  /** Whether there is room for one part more; says once that there is not. */
  #fits(path: string, depth: number): boolean {
    if (depth <= MAX_DEPTH && ++this.#parts <= MAX_PARTS) return true;
    this.#parts = MAX_PARTS;
    if (this.issues.some((issue) => issue.code === "limit")) return false;
    const [message, most] =
      depth > MAX_DEPTH
        ? ["the condition is nested too deeply", `${MAX_DEPTH} levels`]
        : ["the policy's conditions have too many parts", `${MAX_PARTS} parts`];
    this.issues.push({ code: "limit", message, where: { path }, expected: `at most ${most}` });
    return false;
  }

  #keys(value: Fields, known: readonly string[], path: string): void {
    for (const issue of keyIssues(value, known, path)) this.issues.push(issue);
  }

  #items(
    value: unknown,
    path: string,
    what: string,
    check: (item: unknown, path: string, i: number) => void,
  ): void {
    if (!Array.isArray(value)) {
      this.#wrong(value === undefined ? `${path} is missing` : `this is not ${what}`, path, what, value);
      return;
    }
    // By index: a hole in the list is an item too.
    for (let i = 0; i < value.length; i++) check(value[i], path, i);
  }

  #optional(value: unknown, type: "string" | "boolean", path: string): void {
    if (value !== undefined && typeof value !== type)
      this.#wrong(`${path} is no ${type === "string" ? "text" : "boolean"}`, path, `a ${type}`, value);
  }

  #wrong(message: string, path: string, expected: string, value: unknown, fix?: string): void {
    this.issues.push({
      code: "schema",
      message,
      ...(path === "" ? {} : { where: { path } }),
      expected,
      received: shown(value),
      ...(fix === undefined ? {} : { fix }),
    });
  }
}

function keysOf(action: ActionName): readonly string[] {
  if (action === "errno") return ["kind", "errno"];
  return action === "trap" || action === "trace" ? ["kind", "data"] : ["kind"];
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
