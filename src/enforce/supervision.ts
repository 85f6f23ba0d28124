/** What the options of a launch say about a supervisor. A command that has none does without all that this loads. */
import { loadShim } from "../../shim/index.ts";
import { SeccatError } from "../abi/error.ts";
import type { Program } from "../bpf/program.ts";
import { WaitingCaller } from "./caller.ts";
import { judge, notifyStack } from "./denials.ts";
import type { Listener } from "./listener.ts";
import { type SpawnOptions, type Supervision, unsupervised } from "./prepare.ts";
import { flagKnown } from "./refusal.ts";
import type { FilterFlag } from "./seccomp.ts";
import { type CallHandler, serve } from "./serve.ts";

/**
 * The programs as they are installed, and who answers what they hand over. Throws SeccatError "usage" for options that
 * exclude each other, and "host" without an FFI package where one is needed.
 */
export function supervision(programs: readonly Program[], options: SpawnOptions): Supervision {
  const { onCall, onDenied, onListener } = options;
  const newest = programs[programs.length - 1];
  const given = [onCall, onDenied, onListener].filter((option) => option !== undefined);
  if (given.length > 1)
    throw new SeccatError({ code: "usage", message: "onCall, onDenied and onListener exclude each other" });
  if (!newest || given.length === 0) return unsupervised(programs);
  const killable = flagKnown(loadShim(), "waitKillableRecv");
  const lastFlags: FilterFlag[] = killable ? ["newListener", "waitKillableRecv"] : ["newListener"];
  const served = (handler: CallHandler) => (listener: Listener) => serve(listener, handler);
  if (onListener) return { onListener, enforced: programs, lastFlags };
  if (onCall) return { onListener: served(onCall), enforced: programs, lastFlags };
  const stack = notifyStack(programs);
  const heard = stack.heard === "all" ? programs : [newest];
  const offset = programs.length - heard.length;
  const deny =
    (listener: Listener): CallHandler =>
    (call) => {
      const { answer, action, deniers } = judge(heard, call);
      const [first] = deniers;
      if (first !== undefined)
        onDenied?.({
          call,
          action,
          deniers: deniers.map((index) => index + offset),
          caller: new WaitingCaller(listener, call),
        });
      return answer;
    };
  return {
    onListener: (listener) => serve(listener, deny(listener)),
    enforced: stack.programs,
    lastFlags,
  };
}
