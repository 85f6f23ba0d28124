/** Policies to text: the same order every time, short lists on one line, long ones an item per line. */
import type { AbiName } from "../../arch/index.ts";
import { MAX_ERRNO } from "../abi/action.ts";
import { type Issue, throwIssues } from "../abi/error.ts";
import { wrongValue } from "../abi/fields.ts";
import { checkShape } from "../policy/shape.ts";
import type { Policy, PolicyAction, Rule } from "../policy/types.ts";
import { formatWhen } from "../policy/when.ts";
import { type WrittenAction, writeAction } from "./action.ts";
import type { FileRule, PolicyFile } from "./file.ts";

/** How a policy is written. */
export type Notation = "yaml" | "json";

const MAX_WIDTH = 100;

type Word = string | number;

/** A rule as the text shows it. */
type RuleText =
  | { readonly include: string }
  | {
      readonly action: WrittenAction;
      readonly syscalls: readonly Word[];
      readonly when?: string;
      readonly why?: string;
    };

/** A policy as the text shows it, its keys in their order. */
interface PolicyText {
  readonly name?: string;
  readonly default: WrittenAction;
  readonly arches?: readonly (AbiName | "native")[];
  readonly badArch?: WrittenAction;
  readonly kernel?: string;
  readonly newer?: WrittenAction;
  readonly rules: readonly RuleText[];
}

/**
 * The text that readPolicy reads back as `policy`.
 * Throws a SeccatError "policy" when an imported policy holds what a policy file refuses.
 */
export function writePolicy(policy: Policy, notation: Notation): string {
  checkShape(policy);
  if (notation !== "yaml" && notation !== "json")
    throw wrongValue("this is no notation", "yaml or json", notation);
  const rules = policy.rules.map(({ action, syscalls, when, why }) => ({
    action,
    syscalls,
    ...(when === undefined ? {} : { when: formatWhen(when) }),
    ...(why === undefined ? {} : { why }),
  }));
  return writeText(textOf({ ...policy, rules }), notation);
}

/** The text of a policy file with `native`, includes and conditions as they stand in it. */
export function writeFile(file: PolicyFile, notation: Notation): string {
  const arches = file.arches?.map(({ name }) => name);
  const { arches: _, rules, ...head } = file;
  return writeText(textOf({ ...head, ...(arches ? { arches } : {}), rules: rules.map(fileRule) }), notation);
}

function fileRule(rule: FileRule): Draft["rules"][number] {
  if ("include" in rule) return rule;
  const { action, syscalls, when, why } = rule;
  return {
    action,
    syscalls,
    ...(when === undefined ? {} : { when: when.text }),
    ...(why === undefined ? {} : { why }),
  };
}

/** A policy on its way to text, with actions not yet checked. */
interface Draft {
  readonly name?: string;
  readonly default: PolicyAction;
  readonly arches?: readonly (AbiName | "native")[];
  readonly badArch?: PolicyAction;
  readonly kernel?: string;
  readonly newer?: PolicyAction;
  readonly rules: readonly (
    | { readonly include: string }
    | {
        readonly action: PolicyAction;
        readonly syscalls: readonly Word[];
        readonly when?: string;
        readonly why?: string;
      }
  )[];
}

function textOf(draft: Draft): PolicyText {
  const issues: Issue[] = [];
  const action = (value: PolicyAction, path: string) => {
    if (
      value.kind === "errno" &&
      typeof value.errno === "number" &&
      !(value.errno >= 1 && value.errno <= MAX_ERRNO)
    )
      issues.push({
        code: "policy",
        message: "this errno cannot be written into a policy file",
        where: { path },
        expected: `1..${MAX_ERRNO}`,
        received: String(value.errno),
      });
    return writeAction(value);
  };
  const text: PolicyText = {
    ...(draft.name === undefined ? {} : { name: draft.name }),
    default: action(draft.default, "default"),
    ...(draft.arches === undefined ? {} : { arches: draft.arches }),
    ...(draft.badArch === undefined ? {} : { badArch: action(draft.badArch, "badArch") }),
    ...(draft.kernel === undefined ? {} : { kernel: draft.kernel }),
    ...(draft.newer === undefined ? {} : { newer: action(draft.newer, "newer") }),
    rules: draft.rules.map((rule, i) =>
      "include" in rule
        ? { include: rule.include }
        : { ...rule, action: action(rule.action, `rules[${i}].action`) },
    ),
  };
  throwIssues(issues);
  return text;
}

function writeText(text: PolicyText, notation: Notation): string {
  return notation === "yaml" ? yamlPolicy(text) : `${jsonValue(text, "")}\n`;
}

type Value = Word | readonly Value[] | object;

/** JSON with short lists and one-key objects on a line of their own key. */
function jsonValue(value: Value, indent: string): string {
  if (typeof value !== "object") return JSON.stringify(value);
  const deeper = `${indent}  `;
  const isList = Array.isArray(value);
  const parts = isList
    ? value.map((item: Value) => jsonValue(item, deeper))
    : Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${jsonValue(item, deeper)}`);
  const [open, close] = isList ? "[]" : "{}";
  const flat = parts.join(", ");
  if (parts.length === 0) return `${open}${close}`;
  const simple = isList ? value.every((item: Value) => typeof item !== "object") : parts.length === 1;
  if (simple && !flat.includes("\n") && indent.length + flat.length + 16 <= MAX_WIDTH)
    return isList ? `[${flat}]` : `{ ${flat} }`;
  return `${open}\n${parts.map((part) => deeper + part).join(",\n")}\n${indent}${close}`;
}

function yamlPolicy(text: PolicyText): string {
  const { rules, ...head } = text;
  const lines = Object.entries(head).map(([key, value]) => yamlEntry(key, value, ""));
  const items = rules.map((rule) => yamlItem(rule, "  "));
  lines.push(items.length === 0 ? "rules: []" : "rules:", ...items);
  return `${lines.join("\n")}\n`;
}

/** A rule as an item of a list whose dashes stand behind `indent`. */
function yamlItem(rule: RuleText, indent: string): string {
  const deeper = `${indent}  `;
  return Object.entries(rule)
    .map(([key, value], i) => `${i === 0 ? `${indent}- ` : deeper}${yamlEntry(key, value, deeper)}`)
    .join("\n");
}

/** The lines of a rule in a policy file, its dash behind `indent`. */
export function yamlRule({ action, syscalls, when, why }: Rule, indent: string): string {
  const rule = {
    action: writeAction(action),
    syscalls,
    ...(when === undefined ? {} : { when: formatWhen(when) }),
    ...(why === undefined ? {} : { why }),
  };
  return yamlItem(rule, indent);
}

/** A rule in one line, as a policy file takes it too: `- { action: allow, syscalls: [mkdir] }`. */
export function yamlRuleLine({ action, syscalls, when }: Rule): string {
  const written = writeAction(action);
  const word = (item: Word) => (typeof item === "number" ? String(item) : flowText(item));
  const said =
    typeof written === "string"
      ? written
      : `{ ${Object.entries(written)
          .map(([key, value]) => `${key}: ${word(value)}`)
          .join(", ")} }`;
  const condition = when === undefined ? "" : `, when: ${flowText(formatWhen(when))}`;
  return `- { action: ${said}, syscalls: [${syscalls.map(word).join(", ")}]${condition} }`;
}

/** A text inside of brackets, where commas and brackets end it. */
function flowText(text: string): string {
  return /[{}[\],]/.test(text) ? JSON.stringify(text) : yamlText(text);
}

/** `key: value`, of which the first line is not indented and every further one is. */
function yamlEntry(
  key: string,
  value: Word | readonly Word[] | Readonly<Record<string, Word>>,
  indent: string,
): string {
  if (typeof value === "string")
    return `${key}: ${key === "kernel" ? JSON.stringify(value) : yamlText(value)}`;
  if (typeof value === "number") return `${key}: ${value}`;
  const word = (item: Word) => (typeof item === "number" ? String(item) : yamlText(item));
  if (!isList(value))
    return `${key}: { ${Object.entries(value)
      .map(([inner, item]) => `${inner}: ${word(item)}`)
      .join(", ")} }`;
  const flow = `${key}: [${value.map(word).join(", ")}]`;
  if (indent.length + flow.length <= MAX_WIDTH) return flow;
  return `${key}:\n${value.map((item) => `${indent}  - ${word(item)}`).join("\n")}`;
}

function isList<T>(value: readonly T[] | object): value is readonly T[] {
  return Array.isArray(value);
}

/** A text as YAML: as it is when every reader takes it for that text, else in double quotes. */
export function yamlText(text: string): string {
  const plain =
    /^[A-Za-z_(][\w (){}[\]&|=<>!.,;/+~'-]*$/.test(text) &&
    !/ $|^(y|n|yes|no|on|off|true|false|null)$/i.test(text);
  if (plain) return text;
  const quoted = JSON.stringify(text);
  return quoted.replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
