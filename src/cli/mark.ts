import { type Args, usage } from "./args.ts";
import { tellMark, tracers } from "./marks.ts";
import { Exit, printJson, say } from "./output.ts";

/** `seccat mark`: begins a phase in a trace that is going on. */
export async function mark(args: Args): Promise<number> {
  const name = args.text("name");
  const pid = args.maybe("pid");
  if (pid !== undefined && !/^[1-9]\d{0,9}$/.test(pid))
    throw usage("--pid is no process number", { received: pid });
  const running = pid === undefined ? tracers() : [Number(pid)];
  const [only] = running;
  if (only === undefined)
    throw usage("nothing is being traced", { fix: "seccat trace -o p.yaml -- CMD, and then this" });
  if (running.length > 1)
    throw usage("more than one trace is going on", {
      received: `pid ${running.join(", ")}`,
      fix: "--pid says which",
    });
  await tellMark(only, name);
  if (args.flag("json")) printJson({ mark: name, pid: only });
  else say(`marked ${name}`);
  return Exit.yes;
}
