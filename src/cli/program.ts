/** A program in the shapes that commands print. */

import type { AbiName } from "../../arch/index.ts";
import { encode } from "../bpf/codec.ts";
import type { Program } from "../bpf/program.ts";
import { annotate, list } from "../bpf/text.ts";
import { usage } from "./args.ts";
import { writeOutput } from "./output.ts";

/** The forms in which a program can be written. */
export const programFormats = ["raw", "asm", "c", "json", "hex"] as const;
/** One of them. */
export type ProgramFormat = (typeof programFormats)[number];

/** Whether `word` names a form. */
export function isProgramFormat(word: string): word is ProgramFormat {
  return programFormats.some((format) => format === word);
}

/** `program` in that form; `abi` is the ABI whose names the comments use where the program says no arch. */
export function formatProgram(program: Program, format: ProgramFormat, abi?: AbiName): string | Uint8Array {
  switch (format) {
    case "raw":
      return encode(program);
    case "asm":
      return listing(program, abi);
    case "c":
      return asC(program);
    case "json":
      return `${JSON.stringify(programJson(program), null, 2)}\n`;
    case "hex":
      return `${Buffer.from(encode(program)).toString("hex")}\n`;
  }
}

/** The listing with names beside the numbers. */
export function listing(program: Program, abi?: AbiName): string {
  return list(program, { comments: annotate(program, abi === undefined ? {} : { abi }) });
}

/** `program` as plain data. */
export function programJson(program: Program) {
  return {
    endian: program.endian,
    instructions: program.insns.map(({ code, jt, jf, k }) => ({ code, jt, jf, k })),
  };
}

/** An initialiser of struct sock_filter[], for a C file to include. */
function asC(program: Program): string {
  const hex = (value: number, digits: number) => `0x${value.toString(16).padStart(digits, "0")}`;
  const rows = program.insns.map(
    ({ code, jt, jf, k }) => `  { ${hex(code, 4)}, ${hex(jt, 2)}, ${hex(jf, 2)}, ${hex(k, 8)} },`,
  );
  return [
    `/* seccomp filter, ${program.insns.length} instructions, for ${program.endian}-endian machines */`,
    "#include <linux/filter.h>",
    "",
    "static const struct sock_filter seccomp_filter[] = {",
    ...rows,
    "};",
    "",
  ].join("\n");
}

/**
 * Writes a result to `path`, or to stdout when there is none. Bytes are not thrown at a terminal: throws a
 * SeccatError "usage".
 */
export function deliver(data: string | Uint8Array, path: string | undefined): void {
  if (path === undefined && typeof data !== "string" && process.stdout.isTTY)
    throw usage("a program's bytes are nothing for a terminal", {
      fix: "-o FILE writes them to a file, --format asm shows the listing; -o - insists",
    });
  writeOutput(path ?? "-", data);
}
