/** Actions of policies to what filters return: names of errnos are numbers that differ from ABI to ABI. */
import { type AbiName, errnoNames, errnoNumber } from "../../arch/index.ts";
import { type Action, encodeAction, MAX_ERRNO } from "../abi/action.ts";
import { type Issue, throwIssues } from "../abi/error.ts";
import { unknownName } from "./name.ts";
import type { Policy, PolicyAction, Rule } from "./types.ts";

/** The action that `action` is on `abi`, with errno names as numbers. Throws a SeccatError. */
export function actionOn(action: PolicyAction, abi: AbiName): Action {
  const issues: Issue[] = [];
  const result = toAction(action, abi, issues, "action");
  throwIssues(issues);
  return result;
}

/** The u32 that a filter returns for `action`; puts what is wrong with it into `issues`. */
export function resolveAction(
  action: PolicyAction,
  abi: AbiName | undefined,
  issues: Issue[],
  path: string,
  policy: Policy,
  rule?: Rule,
): number {
  return encodeAction(toAction(action, abi, issues, path, policy.imported, rule));
}

function toAction(
  action: PolicyAction,
  abi: AbiName | undefined,
  issues: Issue[],
  path: string,
  imported = false,
  rule?: Rule,
): Action {
  if (!("data" in action) && !("errno" in action)) return action;
  const where = { ...rule?.where, path };
  if (action.kind === "trap" || action.kind === "trace") {
    if (!Number.isInteger(action.data) || action.data < 0 || action.data > 0xffff)
      issues.push({
        code: "policy",
        message: `the data of ${action.kind} is out of range`,
        where,
        expected: "0..65535",
        received: String(action.data),
      });
    return action;
  }
  if (action.kind !== "errno") return action;
  if (typeof action.errno === "string") {
    const data = abi === undefined ? undefined : errnoNumber(abi, action.errno);
    if (data === undefined) issues.push(unknownName("errno", action.errno, errnoNames, where));
    return { kind: "errno", data: data ?? 1 };
  }
  // Other tools write 0 (the call does nothing and succeeds) and more than the kernel returns (it cuts to 4095).
  const [least, most] = imported ? [0, 0xffff] : [1, MAX_ERRNO];
  if (!Number.isInteger(action.errno) || action.errno < least || action.errno > most)
    issues.push({
      code: "policy",
      message: "the errno is out of range",
      where,
      expected: `${least}..${most}`,
      received: String(action.errno),
    });
  return { kind: "errno", data: action.errno };
}
