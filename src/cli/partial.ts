/** `seccat trace --partial`: what a part of a log tells, for `seccat merge` to put together. */
import { createHash } from "node:crypto";
import { basename } from "node:path";
import { condenser } from "../trace/condense.ts";
import { formatPartial, type PartialOptions, type PartialPlace } from "../trace/partial.ts";
import { scalarsApart } from "../trace/scalar.ts";
import { type Args, usage } from "./args.ts";
import { inputName, piecesOf } from "./input.ts";
import { checkOutput, Exit, writeOutput } from "./output.ts";
import { Progress, sizeOf } from "./progress.ts";
import { optionsOf } from "./traceoptions.ts";

/** Options that choose among what was learned; a part of a log does not know enough for that. */
const forMerge = ["only", "pid", "after-marker", "until-marker", "split", "default", "widen", "add"] as const;

/** Writes the partial profiles of logs, a line each. */
export async function tracePartial(args: Args, logs: readonly string[]): Promise<number> {
  if (logs.length === 0)
    throw usage("--partial condenses logs, and runs no command", {
      fix: "give --from LOG, or leave out --partial",
    });
  const early = forMerge.find((name) => args.maybe(name) !== undefined);
  if (early !== undefined)
    throw usage(`--${early} cannot be decided by a part of a log`, { fix: `give it to seccat merge` });
  if (args.flag("json")) throw usage("a partial profile is JSON already", { fix: "leave out --json" });
  const place = placeOf(args.maybe("piece"), logs);
  const options = partialOptionsOf(args);
  const output = args.output() ?? "-";
  checkOutput(output);
  const lines: string[] = [];
  for (const log of logs) lines.push(await condensed(log, place, options));
  writeOutput(output, lines.join(""));
  return Exit.yes;
}

function partialOptionsOf(args: Args): PartialOptions {
  const { native, args: told, after, until, phases, markFd } = optionsOf(args, "");
  return {
    native,
    ...(told ? { args: told } : {}),
    ...(after === undefined ? {} : { after }),
    ...(until === undefined ? {} : { until }),
    ...(phases === undefined ? {} : { phases }),
    ...(markFd === undefined ? {} : { markFd }),
  };
}

async function condensed(
  log: string,
  place: PartialPlace | undefined,
  options: PartialOptions,
): Promise<string> {
  const { native, args: told } = options;
  const part = condenser(told ? { ...options, apart: scalarsApart(native) } : options);
  const digest = createHash("sha256");
  const progress = new Progress(`reading ${inputName(log)}`, sizeOf(log));
  try {
    for await (const piece of piecesOf(log)) {
      part.push(piece);
      digest.update(piece);
      progress.add(piece.length);
    }
  } finally {
    progress.end();
  }
  const whole = { log: basename(inputName(log)), at: 0, of: undefined };
  return formatPartial({
    place: place ?? { ...whole, digest: digest.digest("hex") },
    options,
    piece: part.end(),
  });
}

/** `server.log:3/64` or `hdfs://logs/server.log:134217728`; undefined for whole logs. */
function placeOf(text: string | undefined, logs: readonly string[]): PartialPlace | undefined {
  if (text === undefined) return undefined;
  const [, path = "", at = "", of] = /^(.+):(\d{1,15})(?:\/(\d{1,15}))?$/.exec(text) ?? [];
  const log = basename(path);
  if (log === "")
    throw usage("--piece does not say which part this is", {
      received: text,
      expected: "NAME:N, or NAME:N/TOTAL, such as server.log:3/64",
    });
  const total = of === undefined ? undefined : Number(of);
  if (total !== undefined && (Number(at) < 1 || Number(at) > total))
    throw usage("--piece has a part that there cannot be", {
      received: text,
      expected: `a number from 1 to ${total}`,
    });
  if (logs.length > 1)
    throw usage("--piece is for one part, and there are several logs", { fix: "give one --from" });
  return { log, digest: "", at: Number(at), of: total };
}
