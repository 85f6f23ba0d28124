import { annotate, listLines } from "../bpf/text.ts";
import { archesOf } from "./arch.ts";
import type { Args } from "./args.ts";
import { type Filter, installedJson, printWarnings, readStack, type Stack } from "./filter.ts";
import { checkApart, Exit, outStyle, print, printJson } from "./output.ts";
import { placeText, processJson, taskText } from "./process.ts";
import { deliver, listing } from "./program.ts";
import type { Style } from "./style.ts";

/** `seccat disasm`: the listing of a program, or of each that a process is under, the newest last. */
export async function disasm(args: Args): Promise<number> {
  const stack = readStack(args.text("filter"), { arches: archesOf(args.list("arch")) });
  const output = args.output();
  checkApart(output, [args.text("filter")]);
  if (args.flag("json")) {
    if (output !== undefined) deliver(listings(stack), output);
    printJson(toJson(stack));
    return Exit.yes;
  }
  printWarnings(stack);
  const text = listings(stack);
  if (output !== undefined) deliver(text, output);
  else print(painted(text, outStyle()));
  return Exit.yes;
}

function listings({ filters, process }: Stack): string {
  const texts = filters.map(({ program, arches: [abi], installed }) => {
    const text = listing(program, abi);
    if (!process || !installed) return text;
    return `; ${taskText(process)}: ${placeText(installed, process)}\n${text}`;
  });
  return texts.join("\n");
}

function toJson({ filters, process }: Stack) {
  if (!process) return programJson(filters[0]);
  const installed = filters.map((filter) => ({ ...installedJson(filter), ...programJson(filter) }));
  return { ...processJson(process), filters: installed };
}

function programJson({ program, arches: [abi] }: Filter) {
  const comments = annotate(program, abi === undefined ? {} : { abi });
  const lines = listLines(program, { comments });
  return {
    endian: program.endian,
    instructions: program.insns.map(({ code, jt, jf, k }, pc) => ({
      pc,
      code,
      jt,
      jf,
      k,
      text: lines[pc]?.words,
      comment: lines[pc]?.comment ?? null,
    })),
  };
}

/** The listing with its numbers and comments toned down and its returns in the colours of their answers. */
export function painted(text: string, style: Style): string {
  return text
    .split("\n")
    .map((line) => {
      const parts = /^( *\d+: )((?:0x\w+ ){4})(.*?)( {2}; .*)?$/.exec(line);
      if (!parts) return style.dim(line);
      const [, pc = "", numbers = "", words = "", comment = ""] = parts;
      return `${pc}${style.dim(numbers)}${paintReturn(words, style)}${style.cyan(comment)}`;
    })
    .join("\n");
}

/** `return ALLOW` in green, `return ERRNO(1)` in yellow, what kills in red. */
export function paintReturn(words: string, style: Style): string {
  if (!words.trimStart().startsWith("return ")) return words;
  if (/ALLOW|LOG/.test(words)) return style.green(words);
  return /KILL|0x/.test(words) ? style.red(words) : style.yellow(words);
}
