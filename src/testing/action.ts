import { type AbiName, errnoName } from "../../arch/index.ts";
import { type Action, formatAction } from "../abi/action.ts";

/** `allow`, `errno EPERM`, `trap 5`: an action in words. */
export function actionText(action: Action, abi: AbiName): string {
  if (action.kind === "errno") return `errno ${errnoName(abi, action.data) ?? action.data}`;
  return "data" in action && action.data > 0
    ? `${action.kind} ${action.data}`
    : formatAction(action).replace("(0)", "");
}
