/** Why nothing could be learned, as errors. */
import { isSyscallName, syscallAlias, syscallNames } from "../../arch/index.ts";
import { SeccatError } from "../abi/error.ts";
import { didYouMean } from "../abi/nearest.ts";
import type { Choice } from "./choice.ts";
import type { LineCounts, LineNote } from "./event.ts";
import { marksOf } from "./stretch.ts";

/** Throws SeccatError "name" when `name`, which is to begin or end something, is no call. */
export function checkCallName(name: string | undefined, what: string): void {
  if (name === undefined || isSyscallName(name) || syscallAlias(name) !== undefined) return;
  const fix = didYouMean(name, syscallNames);
  throw new SeccatError({
    code: "name",
    message: `no system call has the name ${what}`,
    received: name,
    ...(fix === undefined ? {} : { fix }),
  });
}

/** That no call was found in what was read. */
export function noCalls(counts: LineCounts, unreadable: readonly LineNote[]): SeccatError {
  const fix = "record one with: strace -f -o FILE -- COMMAND";
  if (counts.lines === counts.blank)
    return new SeccatError({ code: "trace", message: "the trace is empty", fix });
  if (counts.summary > 0) {
    const message = "this is a summary (strace -c), which tells neither the processes nor the order of calls";
    return new SeccatError({
      code: "trace",
      message,
      fix: "record again without -c: strace -f -o FILE -- COMMAND",
    });
  }
  const received = unreadable[0] && { received: unreadable[0].text, where: { line: unreadable[0].line } };
  return new SeccatError({
    code: "trace",
    message: "no line of the trace is a system call",
    ...received,
    fix,
  });
}

/** That none of the calls found was to be taken. */
export function nothingTaken({ options, left, taken, phases }: Choice, live: boolean): SeccatError {
  const pids = [...left.pids].sort((a, b) => a - b);
  const what = live ? "trace" : "log";
  const received = `the ${what} has ${pids.length === 0 ? "no pid" : `pid ${pids.slice(0, 20).join(", ")}`}`;
  if (options.pids) {
    const message = `no call of pid ${options.pids.join(", ")} is in the trace`;
    return new SeccatError({ code: "trace", message, received });
  }
  if (taken.skipped && options.after === undefined && options.afterMark !== undefined)
    return noMark(options.afterMark, marksOf(phases), what);
  if (taken.skipped) return new SeccatError({ code: "trace", message: neverThere(options) });
  const message = "the trace has one process only, so no child to learn from";
  const fix = live
    ? "learn from all processes: leave out --only"
    : "record children with strace -f, or learn from all processes";
  return new SeccatError({ code: "trace", message, received, fix });
}

function noMark(name: string, marks: readonly string[], what: string): SeccatError {
  const fix = didYouMean(name, marks);
  return new SeccatError({
    code: "trace",
    message: `the processes taken made no call after the mark ${name}`,
    received: `the ${what} has ${marks.length === 0 ? "no mark" : `the marks ${marks.join(", ")}`}`,
    ...(fix === undefined ? {} : { fix }),
  });
}

function neverThere({ after, program }: Choice["options"]): string {
  const who = "the processes taken";
  if (after !== undefined) return `${who} never made a call after ${after}`;
  if (program !== undefined) return `none of ${who} ran a program whose name or path matches ${program}`;
  return `${who} made no call in that phase`;
}

/** That no call taken can stand in a policy. */
export function noneKnown(warning: string | undefined): SeccatError {
  const message = "no call in the trace has a name or number that a policy can hold";
  return new SeccatError({
    code: "trace",
    message,
    ...(warning === undefined ? {} : { received: warning }),
  });
}
