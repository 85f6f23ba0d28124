/** Kernel headers that tests read, one entry per ABI and Debian package that may be installed. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import * as assert from "uvu/assert";
import type { AbiName } from "../../arch/index.ts";

export interface Headers {
  readonly abi: AbiName;
  /** The Debian package that brings them. */
  readonly from: string;
  readonly folders: readonly string[];
  /** What holds the numbers, as #include has it. */
  readonly header: string;
  /** For the preprocessor. */
  readonly flags: readonly string[];
}

const want = (...names: string[]) => names.map((name) => `-D__ARCH_WANT_${name}`);

function own(abi: AbiName, header: string, flags: readonly string[] = []): Headers {
  const folders = ["/usr/include/x86_64-linux-gnu", "/usr/include"];
  return { abi, from: "linux-libc-dev", folders, header, flags };
}

function cross(abi: AbiName, short: string, triplet: string, ...flags: string[]): Headers {
  const folders = [`/usr/${triplet}/include`];
  return { abi, from: `linux-libc-dev-${short}-cross`, folders, header: "asm/unistd.h", flags };
}

const x32Bit = "-D__X32_SYSCALL_BIT=0x40000000";
const generic = "asm-generic/unistd.h";
const time32 = want(
  "RENAMEAT",
  "NEW_STAT",
  "SET_GET_RLIMIT",
  "TIME32_SYSCALLS",
  "SYS_CLONE3",
  "MEMFD_SECRET",
);
export const headersOf: readonly Headers[] = [
  own("x86_64", "asm/unistd_64.h"),
  own("x86", "asm/unistd_32.h"),
  own("x32", "asm/unistd_x32.h", [x32Bit]),
  own("aarch64", generic, time32),
  own("riscv32", generic, ["-m32", ...want("SYS_CLONE3", "MEMFD_SECRET")]),
  own("riscv64", generic, want("NEW_STAT", "SET_GET_RLIMIT", "SYS_CLONE3", "MEMFD_SECRET")),
  own("loongarch64", generic, want("NEW_STAT", "SYS_CLONE", "SYS_CLONE3")),
  cross("x86", "i386", "i686-linux-gnu", "-m32"),
  cross("x32", "x32", "x86_64-linux-gnux32", "-mx32", x32Bit),
  cross("arm", "armhf", "arm-linux-gnueabihf", "-m32", "-D__ARM_EABI__"),
  cross("aarch64", "arm64", "aarch64-linux-gnu"),
  cross("mips", "mips", "mips-linux-gnu", "-m32", "-D_MIPS_SIM=1"),
  cross("mipsel", "mipsel", "mipsel-linux-gnu", "-m32", "-D_MIPS_SIM=1"),
  cross("mips64", "mips64", "mips64-linux-gnuabi64", "-D_MIPS_SIM=3"),
  cross("mips64n32", "mipsn32", "mips64-linux-gnuabin32", "-D_MIPS_SIM=2"),
  cross("ppc", "powerpc", "powerpc-linux-gnu", "-m32"),
  cross("ppc64", "ppc64", "powerpc64-linux-gnu", "-D__powerpc64__"),
  cross("ppc64le", "ppc64el", "powerpc64le-linux-gnu", "-D__powerpc64__"),
  cross("s390", "s390x", "s390x-linux-gnu", "-m32"),
  cross("s390x", "s390x", "s390x-linux-gnu", "-D__s390x__"),
  cross("parisc", "hppa", "hppa-linux-gnu", "-m32"),
  cross("parisc64", "hppa", "hppa-linux-gnu"),
  cross("riscv32", "riscv64", "riscv64-linux-gnu", "-m32", "-D__riscv_xlen=32"),
  cross("riscv64", "riscv64", "riscv64-linux-gnu", "-D__riscv_xlen=64"),
  cross("m68k", "m68k", "m68k-linux-gnu", "-m32"),
  cross("sh", "sh4", "sh4-linux-gnu", "-m32"),
];

const hasCompiler = spawnSync("gcc", ["--version"]).status === 0;

/** Why these headers cannot be read here, or undefined when they can. */
export function whyNot(headers: Headers): string | undefined {
  if (!hasCompiler) return "no gcc to read headers with";
  const there = existsSync(`${headers.folders[0]}/asm`);
  return there ? undefined : `${headers.from} is not installed`;
}

/** Every macro that these files define for the target, by name. */
export function macros(headers: Headers, files: readonly string[]): Map<string, string> {
  const search = headers.folders.flatMap((folder) => ["-I", folder]);
  const input = files.map((file) => `#include <${file}>\n`).join("");
  const run = spawnSync("gcc", ["-E", "-dM", "-nostdinc", ...headers.flags, ...search, "-x", "c", "-"], {
    input,
    encoding: "utf8",
    maxBuffer: 1 << 24,
  });
  assert.is(run.status, 0, run.stderr);
  const lines = run.stdout.split("\n").map((line) => /^#define (\w+) (.+)$/.exec(line));
  return new Map(lines.map((match) => [match?.[1] ?? "", match?.[2] ?? ""]));
}
