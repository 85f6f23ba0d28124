import { proc, readProc } from "../enforce/live/look.ts";
import { type Args, usage } from "./args.ts";
import { tellMark, tracers } from "./marks.ts";
import { Exit, printJson, say } from "./output.ts";

/** Parents of parents that are looked at. */
const GENERATIONS = 64;
/** Characters of a command that are shown. */
const SHOWN = 40;

/** `seccat mark`: begins a phase in a trace that is going on. */
export async function mark(args: Args): Promise<number> {
  const name = args.text("name");
  const pid = args.maybe("pid");
  if (pid !== undefined && !/^[1-9]\d{0,9}$/.test(pid))
    throw usage("--pid is no process number", { received: pid });
  const only = pid === undefined ? theTracer(tracers()) : Number(pid);
  await tellMark(only, name);
  if (args.flag("json")) printJson({ mark: name, pid: only });
  else say(`marked ${name}`);
  return Exit.yes;
}

/** The tracer that is meant where none is named: the one that this process was started under, or else the only one. */
function theTracer(running: readonly number[]): number {
  const [first, ...others] = running;
  if (first === undefined)
    throw usage("nothing is being traced", { fix: "seccat trace -o p.yaml -- CMD, and then this" });
  for (let at = process.ppid, left = GENERATIONS; at > 1 && left > 0; at = proc.ids(at).ppid, left--)
    if (running.includes(at)) return at;
  if (others.length === 0) return first;
  throw usage("more than one trace is going on", {
    received: running.map((tracer) => `pid ${tracer} (${tracedBy(tracer)})`).join(", "),
    fix: "--pid says which",
  });
}

/** The beginning of the command that a tracer runs. */
function tracedBy(tracer: number): string {
  const words = readProc(`/proc/${tracer}/cmdline`).split("\0");
  return words
    .slice(words.indexOf("--") + 1)
    .join(" ")
    .trim()
    .slice(0, SHOWN);
}
