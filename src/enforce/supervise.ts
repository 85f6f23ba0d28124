/** Answers the calls of another process that its filter hands over (SECCOMP_RET_USER_NOTIF). */
import { type AttachOptions, takeListener } from "./attach.ts";
import { type CallHandler, type Supervisor, serve } from "./serve.ts";

/** Serves the listener that process `pid` holds. Throws as takeListener() does. */
export async function supervise(
  pid: number,
  onCall: CallHandler,
  options: AttachOptions = {},
): Promise<Supervisor> {
  return serve(await takeListener(pid, options), onCall);
}
