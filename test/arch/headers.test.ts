/**
 * The numbers against the kernel headers that are installed: linux-libc-dev, and for other architectures
 * Debian's linux-libc-dev-*-cross. The C preprocessor reads them, told what the target's compiler would say.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  type AbiName,
  compareVersions,
  constant,
  constantNames,
  isSyscallName,
  newestKernel,
  type SyscallName,
  syscallAlias,
  syscallNr,
  syscallSince,
  syscallsOf,
} from "../../arch/index.ts";
import { headersOf, macros, whyNot } from "./headers.ts";

/** Defined in headers without being calls: fillers, counts and the start of a range. */
const noCall = /^(unused\d+|reserved\d+|syscalls|arch_specific_syscall)$/;

/** Calls that these architectures took after the first one had them, so that `since` says less than their headers. */
const later: readonly (readonly [AbiName, SyscallName])[] = [
  ["loongarch64", "memfd_secret"],
  ["s390", "memfd_secret"],
  ["s390x", "memfd_secret"],
  ["parisc", "cacheflush"],
  ["parisc64", "cacheflush"],
  ["sh", "sync_file_range2"],
];

/** A call that headers before 6.6 name and its kernel has no more: 64-bit parisc never needed it. */
const gone: readonly (readonly [AbiName, string])[] = [["parisc64", "_llseek"]];

/** The value of a sum of numbers and macros. */
function sum(all: ReadonlyMap<string, string>, text: string): number {
  const parts = text.replace(/[()]/g, "").split("+");
  return parts.reduce((total, part) => {
    const word = part.trim();
    const body = all.get(word);
    return total + (body === undefined ? Number(word) : sum(all, body));
  }, 0);
}

const test = suite("arch: kernel headers");

for (const headers of headersOf) {
  const { abi, from } = headers;
  test(`the numbers of ${abi} are those of ${headers.header} in ${from}`, () => {
    const reason = whyNot(headers);
    if (reason !== undefined) return console.log(`  skipped ${abi}: ${reason}`);
    const all = macros(headers, [headers.header, "linux/version.h"]);
    const code = Number(all.get("LINUX_VERSION_CODE"));
    const version = `${code >> 16}.${(code >> 8) & 0xff}`;
    const theirs = new Map<string, number>();
    for (const [macro, body] of all) {
      const name = /^__(?:NR|ARM_NR)_([a-z_]\w*)$/.exec(macro)?.[1];
      if (name !== undefined && !noCall.test(name)) theirs.set(name, sum(all, body));
    }
    assert.ok(theirs.size > 290, `${theirs.size} calls found`);
    const wrong: string[] = [];
    for (const [name, nr] of theirs) {
      const ours = (isSyscallName(name) ? syscallNr(abi, name) : undefined) ?? aliased(abi, name);
      const isGone = gone.some(([where, what]) => where === abi && what === name);
      const tooNew = ours === undefined && compareVersions(version, newestKernel) > 0;
      if (ours !== nr && !isGone && !tooNew) wrong.push(`${name} is ${nr} there, ${ours} here`);
    }
    for (const [name, nr] of syscallsOf(abi)) {
      const since = syscallSince(name);
      const isNewer = since !== undefined && compareVersions(since, version) > 0;
      const isLater = later.some(([where, what]) => where === abi && what === name);
      // The generic header holds no architecture's own calls.
      const isOwn = headers.header.startsWith("asm-generic/") && name.startsWith("riscv_");
      if (!theirs.has(name) && !isNewer && !isLater && !isOwn)
        wrong.push(`${name} ${nr} (since ${since}) is only here, their Linux is ${version}`);
    }
    assert.equal(wrong, []);
  });
}

function aliased(abi: AbiName, name: string): number | undefined {
  const other = syscallAlias(name, abi);
  return other === undefined ? undefined : syscallNr(abi, other);
}

for (const headers of headersOf) {
  const { abi, from } = headers;
  if (from === "linux-libc-dev" && abi !== "x86_64") continue;
  test(`errors, signals and flags of ${abi} are those of ${from}`, () => {
    const reason = whyNot(headers);
    if (reason !== undefined) return console.log(`  skipped ${abi}: ${reason}`);
    const files = ["errno", "fcntl", "mman", "signal", "resource", "poll"].map((name) => `asm/${name}.h`);
    const all = macros(headers, files);
    const wrong: string[] = [];
    let compared = 0;
    for (const name of constantNames()) {
      // Linux 6.2 gave parisc the numbers of the others.
      if (name.startsWith("MADV_") && abi.startsWith("parisc")) continue;
      const theirs = literal(all, name);
      const ours = constant(abi, name);
      if (theirs !== undefined) compared++;
      if (theirs !== undefined && theirs !== ours) wrong.push(`${name} is ${theirs} there, ${ours} here`);
    }
    assert.equal(wrong, []);
    assert.ok(compared > 280, `${compared} compared`);
  });
}

/** The value of a macro that is an integer, or a name of one; undefined for anything longer. */
function literal(all: ReadonlyMap<string, string>, name: string): bigint | undefined {
  const body = all.get(name)?.replace(/^\((.*)\)$/, "$1");
  if (body === undefined) return undefined;
  if (!/^(0x[\da-f]+|\d+)u?l*$/i.test(body)) return all.has(body) ? literal(all, body) : undefined;
  const digits = body.replace(/u?l*$/i, "");
  return BigInt(/^0\d/.test(digits) ? `0o${digits.slice(1)}` : digits);
}

test.run();
