// `perf trace` prints calls as strace does, with the names of arguments, and leaves out those that are 0:
//
//     0.052 ( 0.010 ms): cat/12345 openat(dfd: CWD, filename: "/etc/ld.so.cache", flags: RDONLY|CLOEXEC) = 3
//     0.070 (         ): cat/12345 read(fd: 0, buf: 0x7f00, count: 131072)             ...
//     9.301 ( 9.231 ms): cat/12345  ... [continued]: read())                           = 5
//
// Of the arguments only numbers are told on, by name: its words for flags are not the constants' names.

import { splitArgs } from "./argument.ts";
import type { ReaderOptions, StraceReader } from "./reader.ts";
import { recordReader } from "./records.ts";

const head = /^ *(?:\?|\d+\.\d+) +\( *(?:\d+\.\d+ ms)? *\): */;
/** `cat/12345 `, `12345 `: who, where there are several. */
const who = /^(?:.{0,16}\/)?(\d{1,7}) +(?=[a-z_]\w*\(|\.\.\. \[continued\]: )/;
const whole = /^([a-z_]\w*)\((.*)\) *= (\S.*)$/;
const begun = /^([a-z_]\w*)\((.*)\) +\.\.\.$/;
const continued = /^\.\.\. \[continued\]: ([a-z_]\w*)\(\)\) *= (\S.*)$/;
const value = /^(-?\d+|0x[0-9a-f]+|\?)(?: |$|<)/;

/** Whether a line is one of `perf trace`. */
export function isPerfLine(line: string): boolean {
  return head.test(line);
}

/** A reader of what `perf trace` prints. */
export function perfReader(options: ReaderOptions = {}): StraceReader {
  return recordReader("perf trace", options, (text, sink) => {
    const start = head.exec(text)?.[0].length;
    if (start === undefined) return "perf trace does not print such a line";
    const behind = text.slice(start);
    const named = who.exec(behind);
    const pid = named ? Number(named[1]) : undefined;
    const call = behind.slice(named?.[0].length ?? 0);
    const [, again, end = ""] = continued.exec(call) ?? [];
    if (again !== undefined && value.test(end)) {
      sink.resume({ pid, name: again, args: "", result: end });
      return undefined;
    }
    const [, name, args = "", result] = whole.exec(call) ?? begun.exec(call) ?? [];
    if (name !== undefined && (result === undefined || value.test(result)))
      sink.begin({ pid, name, args: namedNumbers(args), result });
    else if (/^[\w:]+\(|^\S+fault \[/.test(call) && call.includes(":")) sink.message();
    else return "perf trace does not print such a call";
    return undefined;
  });
}

/** `fd=3, count=832` of `fd: 3</etc/passwd>, buf: "...", count: 832`. */
function namedNumbers(args: string): string {
  const numbers = splitArgs(args).flatMap((part) => {
    const [, name, number] = /^([a-z_]+): (-?\d{1,20}|0x[0-9a-f]{1,16})(?:<.*>)?$/.exec(part) ?? [];
    return name === undefined ? [] : [`${name}=${number}`];
  });
  return numbers.join(", ");
}
