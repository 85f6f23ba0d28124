/** One entry of an OCI profile's `syscalls`: names, an action and comparisons of arguments. */
import {
  type AbiName,
  errnoNames,
  errnoNumber,
  isSyscallName,
  type SyscallName,
  syscallAlias,
  syscallNames,
} from "../../arch/index.ts";
import { MAX_ERRNO } from "../abi/action.ts";
import type { Place } from "../abi/error.ts";
import { didYouMean } from "../abi/nearest.ts";
import type { PolicyAction } from "../policy/types.ts";
import { goKeys } from "./go.ts";
import type { Reading } from "./reading.ts";
import type { ScmpArg, ScmpOp } from "./scmp.ts";
import { show } from "./text.ts";
import type { Tree } from "./tree.ts";

/** An entry of `syscalls`. */
export interface OciEntry {
  readonly place: Place;
  /** Names that Linux has, in order, each once. */
  readonly names: readonly SyscallName[];
  readonly action: PolicyAction;
  /** Each a list of comparisons that all have to hold; an empty list always does. */
  readonly alternatives: readonly (readonly ScmpArg[])[];
  readonly comment?: string;
  readonly includes?: Tree;
  readonly excludes?: Tree;
}

const entryKeys = [
  "names",
  "name",
  "action",
  "errnoRet",
  "errno",
  "args",
  "comment",
  "includes",
  "excludes",
] as const;
const argKeys = ["index", "value", "valueTwo", "op"] as const;
const MAX_U64 = (1n << 64n) - 1n;
const MAX_U32 = 0xffffffffn;

const actions: Readonly<Record<string, PolicyAction["kind"]>> = {
  SCMP_ACT_KILL: "kill_thread",
  SCMP_ACT_KILL_THREAD: "kill_thread",
  SCMP_ACT_KILL_PROCESS: "kill_process",
  SCMP_ACT_TRAP: "trap",
  SCMP_ACT_ERRNO: "errno",
  SCMP_ACT_TRACE: "trace",
  SCMP_ACT_ALLOW: "allow",
  SCMP_ACT_LOG: "log",
  SCMP_ACT_NOTIFY: "user_notif",
};

const ops: Readonly<Record<string, ScmpOp | "MASKED_EQ">> = {
  SCMP_CMP_NE: "NE",
  SCMP_CMP_LT: "LT",
  SCMP_CMP_LE: "LE",
  SCMP_CMP_EQ: "EQ",
  SCMP_CMP_GE: "GE",
  SCMP_CMP_GT: "GT",
  SCMP_CMP_MASKED_EQ: "MASKED_EQ",
};

/** The entry that `tree` is; `host` gives errno names their numbers. */
export function readEntry(reading: Reading, tree: Tree, host: AbiName): OciEntry | undefined {
  const map = reading.map(tree, "an entry of syscalls");
  if (!map) return undefined;
  const keys = goKeys(reading, map, entryKeys);
  const actionTree = keys.get("action");
  if (!actionTree) reading.problem("schema", map.place, "the entry has no action");
  const action =
    actionTree && readOciAction(reading, actionTree, keys.get("errnoRet"), keys.get("errno"), host);
  const names = readNames(reading, keys.get("names"), keys.get("name"), map.place);
  const args = keys.get("args");
  const alternatives = args ? readArgs(reading, args) : [[]];
  const comment = keys.get("comment");
  const [includes, excludes] = [keys.get("includes"), keys.get("excludes")];
  if (!action || !alternatives) return undefined;
  return {
    place: map.place,
    names,
    action,
    alternatives,
    ...(comment?.kind === "scalar" && typeof comment.value === "string" && comment.value.trim() !== ""
      ? { comment: comment.value }
      : {}),
    ...(includes ? { includes } : {}),
    ...(excludes ? { excludes } : {}),
  };
}

/** The action named by `tree`, with its data from `errnoRet` (a number) or `errno` (Podman: a name). */
export function readOciAction(
  reading: Reading,
  tree: Tree,
  errnoRet: Tree | undefined,
  errno: Tree | undefined,
  host: AbiName,
): PolicyAction | undefined {
  const name = reading.text(tree, "an action");
  if (!name) return undefined;
  const kind = Object.hasOwn(actions, name.value) ? actions[name.value] : undefined;
  if (kind === undefined)
    return reading.unknown(
      name.place,
      "action",
      name.value,
      Object.keys(actions),
      Object.keys(actions).join(", "),
    );
  if (kind !== "errno" && kind !== "trace") {
    const useless = errnoRet ?? errno;
    if (useless) reading.warn(useless.place, `${name.value} has no errno: ignored`);
    return kind === "trap" ? { kind, data: 0 } : { kind };
  }
  const data = readErrno(reading, errnoRet, errno, host);
  if (data === undefined) return undefined;
  return kind === "trace"
    ? { kind, data }
    : { kind, errno: clamped(reading, data, (errnoRet ?? errno ?? tree).place) };
}

/** What the kernel makes of an errno: at most MAX_ERRNO; 0 is success. */
function clamped(reading: Reading, errno: number, where: Place): number {
  if (errno === 0) reading.warn(where, "errno 0 lets the call do nothing and report success");
  if (errno <= MAX_ERRNO) return errno;
  reading.warn(where, `the kernel makes ${MAX_ERRNO} of this errno`, {
    expected: `1..${MAX_ERRNO}`,
    received: String(errno),
  });
  return MAX_ERRNO;
}

const EPERM = 1;

function readErrno(
  reading: Reading,
  errnoRet: Tree | undefined,
  errno: Tree | undefined,
  host: AbiName,
): number | undefined {
  if (errnoRet) {
    const number = reading.integer(errnoRet, "the errno", 0n, MAX_U32);
    if (number !== undefined && number > 0xffffn)
      reading.warn(errnoRet.place, "only the low 16 bits of this errno reach the kernel");
    return number === undefined ? undefined : Number(number & 0xffffn);
  }
  const name = errno && reading.text(errno, "the errno");
  if (!errno) return EPERM;
  if (!name) return undefined;
  const number = errnoNumber(host, name.value);
  return number ?? reading.unknown(name.place, "errno", name.value, errnoNames);
}

function readNames(
  reading: Reading,
  names: Tree | undefined,
  name: Tree | undefined,
  where: Place,
): SyscallName[] {
  if (names && name) {
    reading.problem("schema", where, "an entry has either name or names");
    return [];
  }
  if (!names && !name) {
    reading.problem("schema", where, "the entry names no syscall", { expected: "names: a list" });
    return [];
  }
  const items = name ? [name] : names ? (reading.list(names, "names")?.items ?? []) : [];
  if (names?.kind === "list" && items.length === 0) reading.warn(names.place, "the entry names no syscall");
  const found = new Set<SyscallName>();
  for (const item of items) {
    const text = reading.text(item, "a syscall");
    if (!text) continue;
    if (isSyscallName(text.value)) found.add(text.value);
    else {
      const other = syscallAlias(text.value);
      const fix =
        other === undefined ? didYouMean(text.value, syscallNames) : `the kernel's name is ${other}`;
      const rest = fix === undefined ? {} : { fix };
      reading.warn(
        text.place,
        `unknown syscall ${show(text.value)}: ignored, as container runtimes do`,
        rest,
      );
    }
  }
  return [...found];
}

/**
 * The alternatives of `args`. All comparisons have to hold, except that runc and its kin take every comparison
 * for an alternative of its own as soon as two look at the same argument.
 */
function readArgs(reading: Reading, tree: Tree): ScmpArg[][] | undefined {
  const list = reading.list(tree, "args");
  if (!list) return undefined;
  const args = list.items.map((item) => readArg(reading, item));
  const known = args.flatMap((arg) => arg ?? []);
  if (known.length < args.length) return undefined;
  const indices = new Set(known.map(({ index }) => index));
  const alternatives = indices.size < known.length ? known.map((arg) => [arg]) : [known];
  // A mask of 0 compares nothing, and a rule without comparisons always holds.
  return alternatives.map((all) => all.filter(({ mask }) => mask !== 0n));
}

function readArg(reading: Reading, tree: Tree): ScmpArg | undefined {
  const map = reading.map(tree, "an item of args");
  if (!map) return undefined;
  const keys = goKeys(reading, map, argKeys);
  const whole = (key: "index" | "value" | "valueTwo", high: bigint) => {
    const value = keys.get(key);
    return value ? reading.integer(value, key, 0n, high) : 0n;
  };
  if (!keys.has("index"))
    reading.problem("schema", map.place, "the comparison has no index", { expected: "0..5" });
  const index = whole("index", 5n);
  const value = whole("value", MAX_U64);
  const second = whole("valueTwo", MAX_U64);
  const op = readOp(reading, keys.get("op"), map.place);
  if (index === undefined || value === undefined || second === undefined || op === undefined)
    return undefined;
  if (op !== "MASKED_EQ") return { index: Number(index), op, value };
  const outside = second & ~value;
  if (outside !== 0n)
    reading.warn((keys.get("valueTwo") ?? map).place, "bits outside of the mask are not compared", {
      received: `0x${outside.toString(16)}`,
    });
  return { index: Number(index), op: "EQ", mask: value, value: second & value };
}

function readOp(reading: Reading, tree: Tree | undefined, where: Place): ScmpOp | "MASKED_EQ" | undefined {
  if (!tree)
    return reading.problem("schema", where, "the comparison has no op", {
      expected: Object.keys(ops).join(", "),
    });
  const name = reading.text(tree, "op");
  if (!name) return undefined;
  if (Object.hasOwn(ops, name.value)) return ops[name.value];
  return reading.unknown(name.place, "op", name.value, Object.keys(ops), Object.keys(ops).join(", "));
}
