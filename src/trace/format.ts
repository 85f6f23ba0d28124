/** Which of the formats a log has is found by looking at its lines. */
import type { AbiName } from "../../arch/index.ts";
import { auditReader, isAuditRecord } from "./audit.ts";
import type { Format, StraceEvent } from "./event.ts";
import { ftraceReader, isFtraceLine } from "./ftrace.ts";
import { isPerfLine, perfReader } from "./perf.ts";
import { type ReaderOptions, type StraceReader, straceReader } from "./reader.ts";

/** How to read a log of any format. */
export interface LogOptions extends ReaderOptions {
  /** The ABI of the machine that was traced. */
  readonly native: AbiName;
}

/** So much of a log is looked at. */
const sampleBytes = 65536;
const straceLine =
  /^(?:\[pid +\d+\] +|\d+(?:<[^>]*>)? +)?(?:[\d:.]+ +)?(?:\[[ \da-f]+\] +)?(?:(?:<\.\.\. )?[a-z_]\w*(?:\(| resumed>)|\+\+\+ |--- |strace: )/;

const signs: readonly (readonly [format: Format, has: (line: string) => boolean])[] = [
  ["strace", (line) => straceLine.test(line)],
  ["audit", isAuditRecord],
  ["perf trace", isPerfLine],
  ["ftrace", isFtraceLine],
];

/** The format that most of the lines have, "strace" when none has any. */
export function formatOf(lines: readonly string[]): Format {
  let best: Format = "strace";
  let most = 0;
  for (const [format, has] of signs) {
    const count = lines.filter((line) => has(line)).length;
    if (count > most) [best, most] = [format, count];
  }
  return best;
}

/** A reader for a log of whatever format; it tells nothing before it has seen enough of it. No input makes it throw. */
export function logReader(options: LogOptions): StraceReader {
  let held: Uint8Array[] = [];
  let length = 0;
  let reader: StraceReader | undefined;
  const decide = () => {
    const sample = Buffer.concat(held).subarray(0, sampleBytes).toString("latin1");
    const lines = sample.split("\n").map((line) => line.slice(0, 4096).trimEnd());
    return readerFor(
      formatOf(lines.length > 1 && length > sampleBytes ? lines.slice(0, -1) : lines),
      options,
    );
  };
  const hold = (piece: Uint8Array): boolean => {
    held.push(new Uint8Array(piece));
    length += piece.length;
    return length <= sampleBytes;
  };
  const begin = (): Uint8Array => {
    const all = Buffer.concat(held);
    held = [];
    return all;
  };
  return {
    push(piece) {
      const bytes = typeof piece === "string" ? Buffer.from(piece) : piece;
      if (reader) return reader.push(bytes);
      if (hold(bytes)) return [];
      reader = decide();
      return reader.push(begin());
    },
    read(piece, see) {
      if (reader) reader.read(piece, see);
      else if (!hold(piece)) {
        reader = decide();
        reader.read(begin(), see);
      }
    },
    end() {
      if (reader) return reader.end();
      reader = decide();
      const events: StraceEvent[] = reader.push(begin());
      return [...events, ...reader.end()];
    },
  };
}

function readerFor(format: Format, options: LogOptions): StraceReader {
  switch (format) {
    case "strace":
      return straceReader(options);
    case "audit":
      return auditReader(options.native, options);
    case "perf trace":
      return perfReader(options);
    case "ftrace":
      return ftraceReader(options.native, options);
  }
}
