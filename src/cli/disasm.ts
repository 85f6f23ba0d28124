import { annotate, listLines } from "../bpf/text.ts";
import { archesOf } from "./arch.ts";
import type { Args } from "./args.ts";
import { printWarnings, readFilter } from "./filter.ts";
import { Exit, outStyle, print, printJson } from "./output.ts";
import { deliver, listing } from "./program.ts";
import type { Style } from "./style.ts";

/** `seccat disasm`: the listing of a program. */
export async function disasm(args: Args): Promise<number> {
  const filter = readFilter(args.text("filter"), { arches: archesOf(args.list("arch")) });
  const { program } = filter;
  const [abi] = filter.arches;
  const output = args.output();
  if (args.flag("json")) {
    if (output !== undefined) deliver(listing(program, abi), output);
    const comments = annotate(program, abi === undefined ? {} : { abi });
    const lines = listLines(program, { comments });
    printJson({
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
    });
    return Exit.yes;
  }
  printWarnings(filter);
  const text = listing(program, abi);
  if (output !== undefined) deliver(text, output);
  else print(painted(text, outStyle()));
  return Exit.yes;
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
