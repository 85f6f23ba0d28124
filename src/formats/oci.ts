/**
 * Profiles of container runtimes: OCI's `linux.seccomp` object, and Docker's and Podman's files around it.
 *
 * They are read as runc and libseccomp take them, so that a call gets the same answer: rules have no order
 * (scmp.ts), comparisons are 64 bits wide, a rule with the default action is dropped, other architectures kill
 * the thread. Not carried over: flags and the listener's socket, which belong to installing the filter; and
 * that libseccomp gives the number -1, by which a tracer skips a call, the default action on x86_64.
 * Source: OCI runtime-spec config-linux.md, runc libcontainer/seccomp, libseccomp 2.5.4.
 */
import {
  type AbiName,
  abi,
  abiNames,
  errnoName,
  errnoNumber,
  isAbiName,
  syscallNr,
} from "../../arch/index.ts";
import type { Place } from "../abi/error.ts";
import type { Condition, Policy, PolicyAction, Rule } from "../policy/types.ts";
import { Conditions } from "./docker.ts";
import { newerPart } from "./enosys.ts";
import { goKeys, isAbsent } from "./go.ts";
import { companion } from "./multiplex.ts";
import { type OciEntry, readEntry, readOciAction } from "./ocientry.ts";
import { type Profile, sayCompanions, sayConflict, sayDropped, sayMissing, sayNarrow } from "./ocinotes.ts";
import type { Reading } from "./reading.ts";
import { type OrderedRule, orderRules, type ScmpArg, type ScmpRule, sameAction } from "./scmp.ts";
import { show } from "./text.ts";
import type { Tree } from "./tree.ts";

const profileKeys = [
  "defaultAction",
  "defaultErrnoRet",
  "defaultErrno",
  "architectures",
  "archMap",
  "flags",
  "listenerPath",
  "listenerMetadata",
  "syscalls",
] as const;

type Keys = Map<(typeof profileKeys)[number], Tree>;

/** Whether `tree` is a container profile, which a policy file never looks like. */
export function isOci(tree: Tree): boolean {
  return tree.kind === "map" && tree.entries.some(({ key }) => key.toLowerCase() === "defaultaction");
}

/** The policy that the profile `tree` means; problems go to `reading`, and then the answer may be undefined. */
export function readOci(reading: Reading, tree: Tree, native: AbiName | undefined): Policy | undefined {
  const map = reading.map(tree, "a profile");
  if (!map) return undefined;
  const keys = goKeys(reading, map, profileKeys);
  const arches = readArches(reading, keys, map.place, native);
  const [host] = arches.includes(native ?? "x86_64") && native ? [native] : arches;
  if (host === undefined) return undefined;
  const defaultTree = keys.get("defaultAction");
  if (!defaultTree) return reading.problem("schema", map.place, "the profile has no defaultAction");
  const fallback = readOciAction(
    reading,
    defaultTree,
    keys.get("defaultErrnoRet"),
    keys.get("defaultErrno"),
    host,
  );
  const entries = readEntries(reading, keys.get("syscalls"), host, map.place);
  sayLeftBehind(reading, keys);
  if (!fallback) return undefined;
  const profile = { reading, arches, entries, fallback, place: map.place };
  const listed = keys.has("architectures") || keys.has("archMap");
  return {
    imported: true,
    arches,
    default: withName(fallback, arches),
    badArch: { kind: "kill_thread" },
    ...(listed ? readNewer(profile) : {}),
    rules: readRules(profile),
  };
}

const archNames = new Map<string, AbiName>(
  abiNames.flatMap((name) => {
    const { oci } = abi(name).names;
    return oci === undefined ? [] : [[oci, name] as const];
  }),
);

function readArches(reading: Reading, keys: Keys, where: Place, native: AbiName | undefined): AbiName[] {
  const [listed, mapped] = [keys.get("architectures"), keys.get("archMap")];
  if (listed && mapped)
    reading.problem("schema", mapped.place, "a profile has either architectures or archMap");
  const arches = new Set<AbiName>();
  if (listed) for (const name of archList(reading, listed, "architectures")) arches.add(name);
  else if (mapped) for (const name of mappedArches(reading, mapped, native)) arches.add(name);
  if (arches.size === 0 && native !== undefined) arches.add(native);
  if (arches.size === 0 && reading.issues.length === 0)
    reading.problem("policy", where, "the profile lists no architecture, and this machine's is not known", {
      fix: 'add "architectures": ["SCMP_ARCH_X86_64"]',
    });
  else if (native !== undefined && !arches.has(native) && arches.size > 0)
    reading.warn(
      (listed ?? mapped)?.place ?? where,
      `${native} is not listed: on such a machine runc would add it`,
    );
  return [...arches];
}

function archList(reading: Reading, tree: Tree, what: string): AbiName[] {
  return reading.list(tree, what)?.items.flatMap((item) => readArch(reading, item) ?? []) ?? [];
}

function readArch(reading: Reading, tree: Tree): AbiName | undefined {
  const text = reading.text(tree, "an architecture");
  if (!text) return undefined;
  const name = archNames.get(text.value) ?? archNames.get(`SCMP_ARCH_${text.value.toUpperCase()}`);
  if (name !== undefined && (archNames.has(text.value) || isAbiName(text.value))) return name;
  return reading.unknown(text.place, "architecture", text.value, [...archNames.keys()]);
}

/** Docker's list of one architecture and its kin per machine: the entry of `native`. */
function mappedArches(reading: Reading, tree: Tree, native: AbiName | undefined): AbiName[] {
  const arches: AbiName[] = [];
  for (const item of reading.list(tree, "archMap")?.items ?? []) {
    const map = reading.map(item, "an item of archMap");
    if (!map) continue;
    const keys = goKeys(reading, map, ["architecture", "subArchitectures"]);
    const main = keys.get("architecture");
    const others = keys.get("subArchitectures");
    const name = main && readArch(reading, main);
    const kin = others ? archList(reading, others, "subArchitectures") : [];
    if (name !== undefined && name === native) arches.push(name, ...kin);
  }
  if (native !== undefined && arches.length > 1)
    reading.warn(tree.place, `archMap is read as on ${native}`, { received: arches.join(", ") });
  return arches;
}

function readEntries(reading: Reading, tree: Tree | undefined, host: AbiName, where: Place): OciEntry[] {
  const conditions = new Conditions(reading, host);
  const list = tree && !isAbsent(tree) ? reading.list(tree, "syscalls") : undefined;
  const entries = list?.items.flatMap((item) => readEntry(reading, item, host) ?? []) ?? [];
  const kept = entries.filter(({ includes, excludes }) => conditions.hold(includes, excludes));
  conditions.report(list?.place ?? where);
  return kept;
}

const flagNames = [
  "SECCOMP_FILTER_FLAG_TSYNC",
  "SECCOMP_FILTER_FLAG_LOG",
  "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
  "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
];

function sayLeftBehind(reading: Reading, keys: Keys): void {
  const flags = keys.get("flags");
  const list = flags && reading.list(flags, "flags");
  const names = list?.items.flatMap((item) => reading.text(item, "a flag") ?? []) ?? [];
  for (const { value, place } of names)
    if (!flagNames.includes(value)) reading.unknown(place, "flag", value, flagNames, flagNames.join(", "));
  if (flags && names.length > 0)
    reading.warn(flags.place, "flags are not carried over: they belong to installing a filter", {
      received: names.map(({ value }) => show(value)).join(", "),
    });
  for (const key of ["listenerPath", "listenerMetadata"] as const) {
    const tree = keys.get(key);
    if (tree) reading.warn(tree.place, `${key} is not carried over: it belongs to installing a filter`);
  }
}

function readNewer({ reading, arches, entries, fallback, place }: Profile): Pick<Policy, "kernel" | "newer"> {
  const found = newerPart(
    arches,
    fallback,
    entries.flatMap(({ names }) => names),
  );
  if (!found) return {};
  if (!found.exact)
    reading.warn(place, "runc's ENOSYS for calls above the highest one named here is only approximated", {
      received: `ENOSYS for calls newer than Linux ${found.part.kernel}`,
    });
  return found.part;
}

function readRules(profile: Profile): Rule[] {
  const { reading, arches, entries, fallback } = profile;
  sayMissing(profile);
  const narrow = arches.every((name) => abi(name).wordBits === 32);
  const all: ScmpRule[] = entries.flatMap(({ names, action, alternatives }, entry) =>
    names.flatMap((syscall) =>
      alternatives.flatMap((args) => {
        const rule = { syscall, action, entry, args: narrow ? narrowed(args) : args };
        return [rule, companion(rule, arches) ?? []].flat();
      }),
    ),
  );
  const present = all.filter(({ syscall }) => arches.some((name) => syscallNr(name, syscall) !== undefined));
  const kept = present.filter(({ action }) => !sameAction(action, fallback));
  const { rules, conflicts } = orderRules(kept);
  sayDropped(
    profile,
    present.filter((rule) => !kept.includes(rule)),
    kept,
  );
  for (const conflict of conflicts) sayConflict(reading, entries, conflict);
  sayCompanions(profile, rules);
  if (!narrow) sayNarrow(profile, rules);
  return rules.map((rule) => toRule(rule, entries[rule.entry], profile.arches, narrow));
}

/** Comparisons as 32-bit ABIs make them: on the low half alone. */
function narrowed(args: readonly ScmpArg[]): ScmpArg[] {
  const low = (value: bigint) => BigInt.asUintN(32, value);
  return args.flatMap((arg) => {
    if (arg.mask === undefined) return [{ ...arg, value: low(arg.value) }];
    return low(arg.mask) === 0n ? [] : [{ ...arg, mask: low(arg.mask), value: low(arg.value) }];
  });
}

const symbols = { NE: "!=", LT: "<", LE: "<=", EQ: "==", GE: ">=", GT: ">" } as const;

/** The action with its errno by name, when the name means this number on every arch. */
function withName(action: PolicyAction, arches: readonly AbiName[]): PolicyAction {
  const [first] = arches;
  if (action.kind !== "errno" || typeof action.errno !== "number" || first === undefined) return action;
  const name = errnoName(first, action.errno);
  if (name === undefined || arches.some((each) => errnoNumber(each, name) !== action.errno)) return action;
  return { kind: "errno", errno: name };
}

function toRule(
  { action, syscalls, alternatives }: OrderedRule,
  entry: OciEntry | undefined,
  arches: readonly AbiName[],
  narrow: boolean,
): Rule {
  const compares = (args: readonly ScmpArg[]) =>
    all(
      "and",
      args.map(({ index, op, mask, value }): Condition => {
        const arg = { index, as: narrow ? "u32" : "u64" } as const;
        return { kind: "compare", arg, ...(mask === undefined ? {} : { mask }), op: symbols[op], value };
      }),
    );
  const always = alternatives.some((args) => args.length === 0);
  return {
    action: withName(action, arches),
    syscalls,
    ...(always ? {} : { when: all("or", alternatives.map(compares)) }),
    ...(entry?.comment === undefined ? {} : { why: entry.comment }),
    ...(entry === undefined ? {} : { where: entry.place }),
  };
}

/** `of` joined; one condition alone is itself. */
function all(kind: "and" | "or", of: readonly Condition[]): Condition {
  const [only] = of;
  return of.length === 1 && only ? only : { kind, of };
}
