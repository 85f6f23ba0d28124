/** What a filter does with a call, as the rest of a sentence. */
import { type AbiName, abiNames, errnoName } from "../../arch/index.ts";
import { type Action, decodeAction } from "../abi/action.ts";

/** `allows`, `denies with EPERM`, `kills the process`: what the kernel does for `ret` (u32), by names of `abi`. */
export function verdictText(ret: number, abi: AbiName | undefined): string {
  return actionSentence(decodeAction(ret), abi);
}

function actionSentence(action: Action, abi: AbiName | undefined): string {
  switch (action.kind) {
    case "allow":
      return "allows";
    case "log":
      return "allows and logs";
    case "kill_process":
      return "kills the process";
    case "kill_thread":
      return "kills the thread";
    case "user_notif":
      return "asks the supervisor";
    case "errno": {
      if (action.data === 0) return "skips the call and returns 0";
      const name = errnoOn(abi, action.data);
      return `denies with ${name ?? `error ${action.data}`}`;
    }
    case "trap":
      return `sends SIGSYS${action.data === 0 ? "" : ` with ${action.data}`}`;
    case "trace":
      return `asks the tracer${action.data === 0 ? "" : ` with ${action.data}`}`;
  }
}

/** The name of an error on an ABI; without one, the name that it has on all of them. */
function errnoOn(abi: AbiName | undefined, errno: number): string | undefined {
  if (abi) return errnoName(abi, errno);
  const [first, ...others] = abiNames.map((name) => errnoName(name, errno));
  return others.every((name) => name === first) ? first : undefined;
}
