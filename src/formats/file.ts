/**
 * A policy file's tree to its content. What depends on more than the file (what `native` is, what included
 * files hold) stays as written.
 */
import {
  type AbiName,
  abi,
  abiNames,
  compareVersions,
  groupNames,
  isAbiName,
  isGroupName,
  isSyscallName,
  newestKernel,
  syscallAlias,
  syscallNames,
} from "../../arch/index.ts";
import { type Issue, type Place, SeccatError } from "../abi/error.ts";
import type { Condition, PolicyAction } from "../policy/types.ts";
import { parseWhen } from "../policy/when.ts";
import { readAction } from "./action.ts";
import type { Reading } from "./reading.ts";
import { show } from "./text.ts";
import type { Entry, MapTree, ScalarTree, Tree } from "./tree.ts";

/** What a policy file says, in its order. */
export interface PolicyFile {
  readonly place: Place;
  readonly name?: string;
  readonly default: PolicyAction;
  /** Absent: the reader's own arch. */
  readonly arches?: readonly FileArch[];
  readonly badArch?: PolicyAction;
  readonly kernel?: string;
  readonly newer?: PolicyAction;
  readonly rules: readonly FileRule[];
}

/** An arch as a file names it. */
export interface FileArch {
  readonly name: AbiName | "native";
  readonly place: Place;
}

/** A rule, or the file whose rules stand here. */
export type FileRule = WrittenRule | IncludeRule;

/** A rule as a file has it. */
export interface WrittenRule {
  readonly action: PolicyAction;
  /** Names, other spellings of names, groups and numbers, each once. */
  readonly syscalls: readonly (string | number)[];
  /** The condition and its text. */
  readonly when?: { readonly text: string; readonly condition: Condition };
  readonly why?: string;
  readonly place: Place;
}

/** `{ include: FILE }`. */
export interface IncludeRule {
  readonly include: string;
  readonly place: Place;
}

/** The keys of a policy file. */
export const policyKeys = [
  "$schema",
  "name",
  "default",
  "arches",
  "badArch",
  "kernel",
  "newer",
  "rules",
] as const;
/** The keys of a rule. */
export const ruleKeys = ["action", "syscalls", "when", "why"] as const;
/** The largest syscall number that a rule may give. */
export const MAX_NR = 0xffffffff;

const policyNeeds = {
  default: "ACTION, for calls that no rule matches",
  rules: "a list, which may be empty",
};
const ruleNeeds = { action: "what to do", syscalls: "a list of names" };
const policyAdvice = {
  x32: "list x32 among arches",
  arch: "did you mean arches?",
  architectures: "did you mean arches?",
  action: "did you mean default?",
};
const ruleAdvice = {
  names: "did you mean syscalls?",
  name: "did you mean syscalls?",
  args: "write a condition: when: domain == AF_UNIX",
  comment: "did you mean why?",
};

type Keys = Map<(typeof policyKeys)[number], Entry>;

/** The policy file that `tree` is; problems go to `reading`, and then the answer may be undefined. */
export function readFile(reading: Reading, tree: Tree): PolicyFile | undefined {
  if (tree.kind === "list")
    return reading.wrong(
      tree,
      "a policy has to be a mapping",
      "default, rules",
      "a bare list of rules can only be included",
    );
  const map = reading.map(tree, "a policy");
  if (!map) return undefined;
  const keys = reading.keys(map, policyKeys, policyNeeds, policyAdvice);
  const schema = keys.get("$schema");
  if (schema) reading.text(schema.value, "$schema");
  const action = optional(keys.get("default"), (value) => readAction(reading, value));
  const rules = optional(keys.get("rules"), (value) => readRules(reading, value)) ?? [];
  const rest = { place: map.place, ...readHead(reading, keys), rules };
  return action && { ...rest, default: action };
}

function readHead(reading: Reading, keys: Keys): Omit<PolicyFile, "place" | "default" | "rules"> {
  const name = optional(keys.get("name"), (value) => reading.text(value, "the name"))?.value;
  const arches = optional(keys.get("arches"), (value) => readArches(reading, value));
  const badArch = optional(keys.get("badArch"), (value) => readAction(reading, value));
  const kernel = optional(keys.get("kernel"), (value) => readKernel(reading, value));
  const newer = optional(keys.get("newer"), (value) => readAction(reading, value));
  return {
    ...(name === undefined ? {} : { name }),
    ...(arches === undefined ? {} : { arches }),
    ...(badArch === undefined ? {} : { badArch }),
    ...(kernel === undefined ? {} : { kernel }),
    ...(newer === undefined ? {} : { newer }),
  };
}

function optional<T>(entry: Entry | undefined, read: (value: Tree) => T): T | undefined {
  return entry && read(entry.value);
}

function readArches(reading: Reading, tree: Tree): FileArch[] | undefined {
  const list = reading.list(tree, "arches");
  if (!list) return undefined;
  if (list.items.length === 0) reading.wrong(list, "arches is empty", "at least one arch, or native");
  const arches: FileArch[] = [];
  for (const item of list.items) {
    const text = reading.text(item, "an arch");
    if (!text) continue;
    const name = text.value;
    if (name !== "native" && !isAbiName(name)) unknownArch(reading, text.place, name);
    else if (arches.some((arch) => arch.name === name)) reading.warn(text.place, `${name} is listed twice`);
    else arches.push({ name, place: text.place });
  }
  return arches;
}

/** Every tool has its own names for the architectures: one that another tool uses is as near as a misspelt one. */
function unknownArch(reading: Reading, where: Place, name: string): void {
  const meant = abiNames.find((each) => {
    const { goarch, systemd, oci, uname } = abi(each).names;
    return [goarch, systemd, oci, ...uname].some((other) => other?.toLowerCase() === name.toLowerCase());
  });
  const expected = "native, or libseccomp's name in lower case";
  if (meant === undefined) reading.unknown(where, "arch", name, ["native", ...abiNames], expected);
  else
    reading.problem("name", where, `unknown arch ${show(name)}`, {
      expected,
      received: show(name),
      fix: `did you mean ${meant}?`,
    });
}

/** The version of Linux that `tree` gives: `MAJOR.MINOR`. */
export function readKernel(reading: Reading, tree: Tree): string | undefined {
  if (tree.kind === "scalar" && (typeof tree.value === "bigint" || typeof tree.value === "number"))
    return reading.wrong(
      tree,
      "the kernel version has to be a text: YAML takes 6.10 for the number 6.1",
      'two numbers in quotes, such as "6.1"',
      `write "${tree.written}"`,
    );
  const text = reading.text(tree, "the kernel version");
  if (!text) return undefined;
  if (!/^\d+\.\d+$/.test(text.value)) {
    const short = /^\d+\.\d+/.exec(text.value)?.[0];
    return reading.wrong(
      tree,
      "this is no kernel version",
      'two numbers, such as "6.1"',
      short && `write "${short}"`,
    );
  }
  if (compareVersions(text.value, newestKernel) > 0)
    reading.warn(text.place, `Linux ${text.value} is newer than the tables, which end at ${newestKernel}`);
  return text.value;
}

/** The rules that `tree` lists. */
export function readRules(reading: Reading, tree: Tree): FileRule[] {
  const list = reading.list(tree, "rules");
  return list?.items.flatMap((item) => readRule(reading, item) ?? []) ?? [];
}

function readRule(reading: Reading, tree: Tree): FileRule | undefined {
  const map = reading.map(tree, "a rule", "write action: and syscalls:");
  if (!map) return undefined;
  const include = map.entries.find(({ key }) => key === "include");
  if (include) return readInclude(reading, map, include);
  const keys = reading.keys(map, ruleKeys, ruleNeeds, ruleAdvice);
  const action = optional(keys.get("action"), (value) => readAction(reading, value));
  const syscalls = optional(keys.get("syscalls"), (value) => readSyscalls(reading, value));
  const when = optional(keys.get("when"), (value) => readWhen(reading, value));
  const why = optional(keys.get("why"), (value) => reading.text(value, "why"))?.value;
  if (!action || !syscalls) return undefined;
  return {
    action,
    syscalls,
    ...(when === undefined ? {} : { when }),
    ...(why === undefined ? {} : { why }),
    place: map.place,
  };
}

function readInclude(reading: Reading, map: MapTree, include: Entry): IncludeRule | undefined {
  for (const entry of map.entries)
    if (entry !== include)
      reading.problem("schema", entry.place, "include stands alone in its item", { received: entry.key });
  const text = reading.text(include.value, "the file to include");
  return text && { include: text.value, place: include.value.place };
}

function readSyscalls(reading: Reading, tree: Tree): (string | number)[] | undefined {
  const list = reading.list(tree, "syscalls");
  if (!list) return undefined;
  if (list.items.length === 0)
    reading.wrong(list, "the rule names no syscall", "at least one name, @group or number");
  const syscalls = new Set<string | number>();
  for (const item of list.items) {
    const syscall = readSyscall(reading, item);
    if (syscall === undefined) continue;
    if (syscalls.has(syscall)) reading.warn(item.place, `${syscall} is listed twice in this rule`);
    syscalls.add(syscall);
  }
  return [...syscalls];
}

function readSyscall(reading: Reading, tree: Tree): string | number | undefined {
  if (tree.kind === "scalar" && typeof tree.value === "bigint") {
    const nr = reading.integer(tree, "the syscall number", 0n, BigInt(MAX_NR));
    return nr === undefined ? undefined : Number(nr);
  }
  if (tree.kind !== "scalar" || typeof tree.value !== "string")
    return reading.wrong(tree, "this is no syscall", "a name, a @group or a whole number");
  const { value, place } = tree;
  if (/^\d+$/.test(value))
    return reading.wrong(tree, "a number stands in quotes", "a name", "remove the quotes");
  if (value.startsWith("@"))
    return isGroupName(value) ? value : reading.unknown(place, "group", value, groupNames);
  if (isSyscallName(value) || syscallAlias(value) !== undefined) return value;
  return reading.unknown(place, "syscall", value, syscallNames);
}

function readWhen(reading: Reading, tree: Tree): WrittenRule["when"] {
  const text = reading.text(tree, "when");
  if (!text) return undefined;
  const place = (where: Place | undefined) => text.at((where?.column ?? 1) - 1);
  try {
    return { text: text.value, condition: placed(parseWhen(text.value, { column: 1 }), place) };
  } catch (error) {
    if (!(error instanceof SeccatError)) throw error;
    reading.issues.push(...error.issues.map((issue): Issue => ({ ...issue, where: place(issue.where) })));
    return undefined;
  }
}

/** `condition` with its columns, which count in its own text, turned into places of the file. */
function placed(condition: Condition, place: (where: Place | undefined) => ScalarTree["place"]): Condition {
  switch (condition.kind) {
    case "and":
    case "or":
      return { kind: condition.kind, of: condition.of.map((part) => placed(part, place)) };
    case "not":
      return { kind: "not", of: placed(condition.of, place) };
    default:
      return { ...condition, where: place(condition.where) };
  }
}
