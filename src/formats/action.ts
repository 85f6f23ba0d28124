/** Actions as policy files write them: `allow`, `{ errno: EPERM }`, `{ trap: 7 }`. */
import { errnoNames } from "../../arch/index.ts";
import { MAX_ERRNO, plainActions } from "../abi/action.ts";
import type { PolicyAction } from "../policy/types.ts";
import { describe, type Reading } from "./reading.ts";
import { show } from "./text.ts";
import type { Entry, Tree } from "./tree.ts";

/** Largest data of `trap` and `trace`. */
export const MAX_DATA = 0xffff;

const expected = `${plainActions.join(", ")}, { errno: NAME }, { trap: N } or { trace: N }`;

const advice: Readonly<Record<string, string>> = {
  kill: "say which: kill_process or kill_thread",
  deny: "say how: { errno: EPERM } lets the call fail, kill_process ends the process",
  block: "say how: { errno: EPERM } lets the call fail, kill_process ends the process",
  errno: "say which: { errno: EPERM }",
  notify: "did you mean user_notif?",
};

/** The action that `tree` is. */
export function readAction(reading: Reading, tree: Tree): PolicyAction | undefined {
  if (tree.kind === "map") return readMap(reading, tree.entries, tree);
  const word = tree.kind === "scalar" && typeof tree.value === "string" ? tree.value : undefined;
  const name = plainActions.find((each) => each === word);
  if (name === "trap" || name === "trace") return { kind: name, data: 0 };
  if (name !== undefined) return { kind: name };
  if (word === undefined) return reading.wrong(tree, "an action is missing", expected);
  if (Object.hasOwn(advice, word))
    return reading.wrong(tree, `${show(word)} is no action`, expected, advice[word]);
  const errno = word.toUpperCase();
  if (errnoNames.some((each) => each === errno))
    return reading.wrong(
      tree,
      `${show(word)} is no action but an errno`,
      expected,
      `write { errno: ${errno} }`,
    );
  return reading.unknown(tree.place, "action", word, plainActions, expected);
}

function readMap(reading: Reading, entries: readonly Entry[], tree: Tree): PolicyAction | undefined {
  const [entry, second] = entries;
  if (!entry || second) {
    const received = entries.length === 0 ? "no key" : `${entries.length} keys`;
    return reading.problem("schema", tree.place, "an action with data has one key", {
      expected: "errno, trap or trace",
      received,
    });
  }
  const { key, value } = entry;
  if (key === "errno") return readErrno(reading, value);
  if (key === "trap" || key === "trace") {
    const data = reading.integer(value, `the data of ${key}`, 0n, BigInt(MAX_DATA));
    return data === undefined ? undefined : { kind: key, data: Number(data) };
  }
  const allowed = "errno, trap or trace";
  if (plainActions.some((name) => name === key))
    return reading.problem("schema", entry.place, `${key} takes no data`, {
      expected: allowed,
      received: describe(value),
      fix: `write ${key} alone`,
    });
  return reading.unknown(entry.place, "action", key, ["errno", "trap", "trace"], allowed);
}

function readErrno(reading: Reading, tree: Tree): PolicyAction | undefined {
  if (tree.kind === "scalar" && typeof tree.value === "string") {
    const name = tree.value;
    if (errnoNames.some((each) => each === name)) return { kind: "errno", errno: name };
    if (/^\d+$/.test(name))
      return reading.wrong(tree, "the errno is a text", "a number or a name", "remove the quotes");
    return reading.unknown(tree.place, "errno", name, errnoNames, `a name such as EPERM, or 1..${MAX_ERRNO}`);
  }
  if (tree.kind === "scalar" && tree.value === 0n)
    return reading.problem("schema", tree.place, "errno 0 would let the call do nothing and report success", {
      expected: `a name such as EPERM, or 1..${MAX_ERRNO}`,
      received: describe(tree),
    });
  const number = reading.integer(tree, "the errno", 1n, BigInt(MAX_ERRNO));
  return number === undefined ? undefined : { kind: "errno", errno: Number(number) };
}

/** An action in the shape that JSON and YAML share. */
export type WrittenAction = string | Readonly<Record<string, string | number>>;

/** What readAction reads back as `action`. */
export function writeAction(action: PolicyAction): WrittenAction {
  switch (action.kind) {
    case "errno":
      return { errno: action.errno };
    case "trap":
    case "trace":
      return action.data === 0 ? action.kind : { [action.kind]: action.data };
    default:
      return action.kind;
  }
}
