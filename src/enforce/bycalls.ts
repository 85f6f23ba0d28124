import { loopShim } from "./attach.ts";
import { native } from "./native.ts";

/**
 * How commands are started where there is no launcher for the machine, and with which risk, in one line. Throws SeccatError
 * "host" when no FFI package loads.
 */
export function startedByCalls(): string {
  const { backend } = loopShim();
  return (
    `on ${native().abi} commands are started by FFI calls (${backend}), not by machine code: should Node make one more call ` +
    "between the filter and the command, the filter decides about it too, and may end the command before it begins" +
    (backend === "koffi" ? "" : "; less likely with koffi")
  );
}
