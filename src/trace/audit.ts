// What the kernel writes of calls for its audit: SECCOMP records, one for each call that a filter logged or denied,
// and SYSCALL records. auditd, the kernel's own log and journald put different words in front of the same fields:
//
//     type=SECCOMP msg=audit(1364481363.243:24287): auid=0 uid=0 gid=0 ses=1 pid=2913 comm="cat" exe="/bin/cat"
//         sig=31 arch=c000003e syscall=105 compat=0 ip=0x7f code=0x80000000
//     [ 12.3] audit: type=1326 audit(1364481363.243:24287): auid=0 ...
//     Nov 27 05:46:42 host audit[2913]: SECCOMP auid=0 ...
//
// The fields may be interpreted, as `ausearch -i` does. Nothing tells who made whom, and no SECCOMP record tells
// arguments or results.

import { type AbiName, abiOf, isAbiName, isSyscallName, syscallNr } from "../../arch/index.ts";
import type { Mode } from "./event.ts";
import { abiOfMode } from "./name.ts";
import type { ReaderOptions, StraceReader } from "./reader.ts";
import { nameOfNr, recordReader, registersText, resultText, type Sink } from "./records.ts";

const record =
  /(?:^|\s)type=(SECCOMP|1326|SYSCALL|1300)\s.*?\baudit\([^)]*\)\s?:|\saudit\[\d+\]: (SECCOMP|SYSCALL) (?=\w+=)/;
const other =
  /(?:^|\s)type=[A-Z_0-9]+\s.*?\baudit\([^)]*\)|\saudit(?:\[\d+\])?: |\skernel: |^\[ *\d+\.\d+\] |^----$|^\w{3} [ \d]\d \d\d:\d\d:\d\d /;

/** Whether a line is one of an audit, and not some other line of a journal. */
export function isAuditRecord(line: string): boolean {
  return record.test(line);
}

/** Processes whose mode is remembered at a time. */
const mostPids = 65536;

/** A reader of audit records, of a machine whose own ABI is `native`. */
export function auditReader(native: AbiName, options: ReaderOptions = {}): StraceReader {
  const modes = new Map<number, Mode>();
  const enter = (pid: number, abi: AbiName, sink: Sink) => {
    const mode = modeOf(native, abi);
    const had = modes.get(pid);
    if (mode === undefined || mode === had || (had === undefined && abi === native)) return;
    if (modes.size === mostPids) modes.clear();
    modes.set(pid, mode);
    sink.mode(pid, mode);
  };
  return recordReader("audit", options, (text, sink) => {
    const found = record.exec(text);
    if (!found) {
      if (!other.test(text)) return "no audit record and no line of a journal";
      sink.message();
      return undefined;
    }
    const fields = fieldsOf(text.slice(found.index + found[0].length));
    const digits = fields.get("pid") ?? "";
    if (!/^[1-9]\d{0,6}$/.test(digits)) return "the record has no pid";
    const pid = Number(digits);
    const called = calledOf(fields, native);
    if (!called) return "the record has no system call";
    enter(pid, called.abi, sink);
    const { abi, nr } = called;
    const raw = ["a0", "a1", "a2", "a3"].map((name) => fields.get(name) ?? "");
    const args = raw.every((hex) => /^[0-9a-f]{1,16}$/.test(hex)) ? registersText(abi, nr, raw) : "";
    sink.begin({ pid, name: nameOfNr(abi, nr), nr, args, result: resultOf(fields, abi) });
    return undefined;
  });
}

/** The fields in front of the process's own words, which an interpreted record does not quote, and behind them. */
function fieldsOf(text: string): ReadonlyMap<string, string> {
  const words = text.indexOf(" comm=");
  const behind = text.lastIndexOf(" sig=");
  const own = words < 0 ? text : `${text.slice(0, words)}${behind > words ? text.slice(behind) : ""}`;
  const fields = new Map<string, string>();
  for (const [, name = "", value = ""] of own.matchAll(/(?:^|\s)(\w+)=(\S+)/g))
    if (!fields.has(name)) fields.set(name, value);
  return fields;
}

function calledOf(
  fields: ReadonlyMap<string, string>,
  native: AbiName,
): { abi: AbiName; nr: number } | undefined {
  const [arch, syscall = ""] = [fields.get("arch"), fields.get("syscall")];
  if (/^\d{1,10}$/.test(syscall)) {
    const nr = Number(syscall);
    const abi = arch === undefined ? native : abiNamed(arch, nr);
    return abi && { abi, nr };
  }
  const abi = arch === undefined ? native : abiNamed(arch, 0);
  const nr = abi && isSyscallName(syscall) ? syscallNr(abi, syscall) : undefined;
  return abi && nr !== undefined ? { abi, nr } : undefined;
}

function abiNamed(arch: string, nr: number): AbiName | undefined {
  if (/^[0-9a-f]{6,8}$/.test(arch)) return abiOf(Number.parseInt(arch, 16), nr);
  if (/^i[3-6]86$/.test(arch)) return "x86";
  return isAbiName(arch) ? arch : undefined;
}

function modeOf(native: AbiName, abi: AbiName): Mode | undefined {
  return (["64", "32", "x32"] as const).find((mode) => abiOfMode(native, mode) === abi);
}

/** `exit=3`, `exit=-2` or `exit=ENOENT(No such file or directory)`; `?` where the record does not tell. */
function resultOf(fields: ReadonlyMap<string, string>, abi: AbiName): string {
  const exit = fields.get("exit") ?? "";
  if (/^-?\d{1,19}$/.test(exit)) return resultText(abi, BigInt(exit));
  const errno = /^(E[A-Z0-9]+)\(/.exec(exit)?.[1];
  return errno === undefined ? "?" : `-1 ${errno}`;
}
