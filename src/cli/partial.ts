/** `seccat trace --partial`: what a part of a log tells, for `seccat merge` to put together. */
import { createHash } from "node:crypto";
import { basename } from "node:path";
import { SeccatError } from "../abi/error.ts";
import { condenser } from "../trace/condense.ts";
import { formatOf } from "../trace/format.ts";
import { formatPartial, type PartialOptions, type PartialPlace } from "../trace/partial.ts";
import type { Piece } from "../trace/piece.ts";
import { formatNames } from "../trace/report.ts";
import { scalarsApart } from "../trace/scalar.ts";
import { type Args, usage } from "./args.ts";
import { inputName, piecesOf } from "./input.ts";
import { isOneSet, setOf } from "./logs.ts";
import { checkOutput, Exit, writeOutput } from "./output.ts";
import { Progress, sizeOf } from "./progress.ts";
import { optionsOf } from "./traceoptions.ts";
import { unpacked } from "./unpack.ts";

/** So many bytes of a log are looked at to know its format. */
const SAMPLE = 65536;
const LINE_FEED = 0x0a;

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
  const parts: Part[] = [];
  for (const log of logs) parts.push(await condensed(log, setOf(log, logs)?.pid, options));
  const lines = parts.map((part) =>
    formatPartial({ place: place ?? wholePlace(part, parts, logs), options, piece: part.piece }),
  );
  writeOutput(output, lines.join(""));
  return Exit.yes;
}

/** What a file tells. */
interface Part {
  readonly file: string;
  readonly digest: string;
  readonly piece: Piece;
}

/** The place of a whole log; the files of a set are the parts of one, by their pids. */
function wholePlace({ file, digest }: Part, parts: readonly Part[], logs: readonly string[]): PartialPlace {
  const set = setOf(file, logs);
  if (!set) return { log: basename(inputName(file)), digest, at: 0, of: undefined };
  const whole = createHash("sha256");
  for (const part of parts)
    if (isOneSet(part.file, file)) whole.update(`${setOf(part.file, logs)?.pid} ${part.digest}\n`);
  return { log: set.name, digest: whole.digest("hex"), at: set.pid, of: undefined };
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

/** Condenses a log of strace, packed or not; `pid` is the process that the file of a set is about. */
async function condensed(log: string, pid: number | undefined, options: PartialOptions): Promise<Part> {
  const { native, args: told } = options;
  const part = condenser(told ? { ...options, apart: scalarsApart(native) } : options);
  const digest = createHash("sha256");
  const progress = new Progress(`reading ${inputName(log)}`, sizeOf(log));
  const named = pid === undefined ? undefined : new PidLines(pid);
  let sample = "";
  let read = 0;
  const tell = (bytes: number) => {
    read += bytes;
  };
  try {
    for await (const piece of unpacked(piecesOf(log), inputName(log), tell)) {
      if (sample.length < SAMPLE) sample += Buffer.from(piece.subarray(0, SAMPLE)).toString("latin1");
      part.push(named?.named(piece) ?? piece);
      digest.update(piece);
      progress.add(piece.length, read);
    }
  } finally {
    progress.end();
  }
  checkFormat(sample, log);
  return { file: log, digest: digest.digest("hex"), piece: part.end() };
}

function checkFormat(sample: string, log: string): void {
  const format = formatOf(sample.slice(0, SAMPLE).split("\n"));
  if (format === "strace") return;
  throw new SeccatError({
    code: "trace",
    message: "partial profiles are of logs of strace alone",
    where: { file: inputName(log) },
    received: formatNames[format],
    fix: "leave out --partial, and give seccat merge the policy",
  });
}

/** Puts a pid in front of each line, as `strace -f -o` does, that is not blank. */
class PidLines {
  readonly #prefix: Buffer;
  #atStart = true;

  constructor(pid: number) {
    this.#prefix = Buffer.from(`${pid} `);
  }

  named(piece: Uint8Array): Uint8Array {
    const parts: Uint8Array[] = [];
    for (let from = 0; from < piece.length; ) {
      if (this.#atStart && piece[from] !== LINE_FEED) parts.push(this.#prefix);
      const end = piece.indexOf(LINE_FEED, from);
      const to = end < 0 ? piece.length : end + 1;
      parts.push(piece.subarray(from, to));
      this.#atStart = end >= 0;
      from = to;
    }
    return Buffer.concat(parts);
  }
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
