// The kernel's tracer, as its trace files, trace-cmd and `perf script` print it: a line where a call begins and one
// where it ends, of the raw_syscalls events, which have numbers, or of those of each call, which have names.
//
//     cat-1234  [000] ..... 12345.678: sys_openat(dfd: ffffff9c, filename: 7ffe2, flags: 80000, mode: 0)
//     cat-1234  [000] ..... 12345.679: sys_openat -> 0x3
//     cat-1234  [000] ..... 12345.678: sys_enter: NR 257 (ffffff9c, 7ffe2, 80000, 0, 0, 0)
//     cat-1234  [000] ..... 12345.679: sys_exit: NR 257 = 3
//     cat 1234 [000] 12345.678: syscalls:sys_enter_openat: dfd: 0xffffff9c, filename: 0x7ffe2, flags: 0x80000
//
// The numbers of raw_syscalls are taken for the machine's own: which mode a process is in, the tracer does not say.

import type { AbiName } from "../../arch/index.ts";
import type { ReaderOptions, StraceReader } from "./reader.ts";
import { type CallRecord, nameOfNr, recordReader, registersText, resultText, type Sink } from "./records.ts";

const head =
  /^ *.{1,16}?-(\d{1,7}) +(?:\([ \d-]+\) +)?\[\d+\] +(?:[a-zA-Z.\d#!+*@]{3,8} +)?\d+\.\d+: +|^ *.{1,16}? +(?:\d+\/)?(\d{1,7}) +(?:\[\d+\] +)?\d+\.\d+: +(?=[a-z_]+:)/;
const enterNr = /^(?:raw_syscalls:)?sys_enter: +NR (-?\d{1,10}) \(([0-9a-f, ]*)\)$/;
const exitNr = /^(?:raw_syscalls:)?sys_exit: +NR (-?\d{1,10}) = (-?\d{1,20})$/;
const enter = /^sys_(\w+)\((.*)\)$/;
const exit = /^sys_(\w+) -> (0x[0-9a-f]{1,16}|-?\d{1,20})$/;
const enterNamed = /^(?:syscalls:)?sys_enter_(\w+): *(.*)$/;
const exitNamed = /^(?:syscalls:)?sys_exit_(\w+): *(0x[0-9a-f]{1,16}|-?\d{1,20})$/;

/** Where the kernel's function has another name than the call. */
const functions: ReadonlyMap<string, string> = new Map([
  ["newstat", "stat"],
  ["newlstat", "lstat"],
  ["newfstat", "fstat"],
  ["newuname", "uname"],
  ["umount", "umount2"],
  ["sendfile64", "sendfile"],
  ["mmap_pgoff", "mmap"],
  ["sysctl", "_sysctl"],
]);

/** Whether a line is one of the kernel's tracer. */
export function isFtraceLine(line: string): boolean {
  return head.test(line) || line.startsWith("# tracer: ");
}

/** A reader of what the kernel's tracer writes, on a machine whose own ABI is `native`. */
export function ftraceReader(native: AbiName, options: ReaderOptions = {}): StraceReader {
  return recordReader("ftrace", options, (text, sink) => {
    const found = head.exec(text);
    if (!found) {
      if (!/^(?:#|CPU:|cpus=|version = )/.test(text)) return "the kernel's tracer does not write such a line";
      sink.message();
      return undefined;
    }
    const event = text.slice(found[0].length);
    const pid = Number(found[1] ?? found[2]);
    if (!readEvent(event, pid, native, sink)) {
      if (/sys_(?:enter|exit)\b/.test(event)) return "the tracer does not write a system call so";
      sink.message();
    }
    return undefined;
  });
}

function readEvent(event: string, pid: number, native: AbiName, sink: Sink): boolean {
  const [, began, registers = ""] = enterNr.exec(event) ?? [];
  if (began !== undefined) {
    const nr = Number(began);
    const args = registersText(native, nr, registers.split(", "));
    sink.begin({ pid, name: nameOfNr(native, nr), args, result: undefined });
    return true;
  }
  const [, ended, value = ""] = exitNr.exec(event) ?? [];
  if (ended !== undefined) return resume(sink, native, { pid, name: nameOfNr(native, Number(ended)) }, value);
  const [, name, args = ""] = enter.exec(event) ?? enterNamed.exec(event) ?? [];
  if (name !== undefined) {
    sink.begin({ pid, name: functions.get(name) ?? name, args: namedRegisters(args), result: undefined });
    return true;
  }
  const [, behind, result = ""] = exit.exec(event) ?? exitNamed.exec(event) ?? [];
  return behind !== undefined && resume(sink, native, { pid, name: functions.get(behind) ?? behind }, result);
}

function resume(sink: Sink, native: AbiName, who: Pick<CallRecord, "pid" | "name">, value: string): boolean {
  sink.resume({ ...who, args: "", result: resultText(native, BigInt.asIntN(64, BigInt(value))) });
  return true;
}

/** `dfd=0xffffff9c, flags=0x80000` of `dfd: ffffff9c, flags: 80000`. */
function namedRegisters(args: string): string {
  const registers = args.split(", ").flatMap((part) => {
    const [, name, hex] = /^([a-z_]+): (?:0x)?([0-9a-f]{1,16})$/.exec(part) ?? [];
    return name === undefined ? [] : [`${name}=0x${hex}`];
  });
  return registers.join(", ");
}
