import { errnoNames } from "../../arch/index.ts";
import { actionNames, MAX_ERRNO } from "../abi/action.ts";
import { didYouMean } from "../abi/nearest.ts";
import type { PolicyAction } from "../policy/types.ts";
import { usage } from "./args.ts";

/** The action that a word names: `allow`, `kill_process`, `errno:EPERM`, `errno:1`, `trap:5`. */
export function actionOf(word: string, option: string): PolicyAction {
  const [kind = "", data] = word.split(":", 2);
  const refuse = (expected: string, fix?: string) =>
    usage(`${option} is no action`, { expected, received: word, ...(fix === undefined ? {} : { fix }) });
  const name = actionNames.find((action) => action === kind);
  if (name === undefined)
    throw refuse(
      `${actionNames.filter((action) => action !== "errno").join(", ")}, errno:NAME or errno:N`,
      didYouMean(kind, actionNames),
    );
  if (name === "errno") {
    const number = Number(data);
    if (data !== undefined && /^\d+$/.test(data) && number >= 1 && number <= MAX_ERRNO)
      return { kind: name, errno: number };
    const known = errnoNames.find((errno) => errno === data);
    if (known === undefined)
      throw refuse(`errno:NAME, or errno:1 to errno:${MAX_ERRNO}`, didYouMean(data ?? "", errnoNames));
    return { kind: name, errno: known };
  }
  if (name === "trap" || name === "trace") {
    if (data !== undefined && !(/^\d+$/.test(data) && Number(data) <= 0xffff))
      throw refuse(`${name} or ${name}:0 to ${name}:65535`);
    return { kind: name, data: Number(data ?? 0) };
  }
  if (data !== undefined) throw refuse(name);
  return { kind: name };
}
