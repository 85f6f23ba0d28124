import { type AssembleOptions, assembleProgram } from "../bpf/text.ts";
import type { Args } from "./args.ts";
import { inFile, inputName, readText } from "./input.ts";
import { checkApart, Exit, printJson } from "./output.ts";
import { deliver, formatProgram, programJson } from "./program.ts";

/** `seccat asm`: a listing to a program. */
export async function asm(args: Args): Promise<number> {
  const path = args.text("file");
  const output = args.output();
  checkApart(output, [path]);
  const text = readText(path);
  const endian = args.maybe("endian") ?? /^; (little|big)-endian/m.exec(text)?.[1];
  const order: AssembleOptions = endian === "big" || endian === "little" ? { endian } : {};
  const file = inputName(path);
  const program = inFile(file, () => assembleProgram(text, { ...order, file }));
  if (args.flag("json")) {
    if (output !== undefined) deliver(formatProgram(program, "raw"), output);
    printJson(programJson(program));
  } else deliver(formatProgram(program, "raw"), output);
  return Exit.yes;
}
