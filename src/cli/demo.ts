import type { Args } from "./args.ts";
import { Exit, print, printJson } from "./output.ts";
import { playStory } from "./randomcat/story.ts";
import { hasColours } from "./style.ts";

/** `seccat demo`: plays the story of randomcat; exit code 1 when it did not go as told. */
export async function demo(args: Args): Promise<number> {
  const keep = args.maybe("keep");
  const asJson = args.flag("json");
  let text = "";
  const well = await playStory({
    ...(keep === undefined ? {} : { keep }),
    write: (part) => {
      if (asJson) text += part;
      else print(part);
    },
    colour: !asJson && hasColours(process.stdout, process.env),
  });
  if (asJson) printJson({ well, text: text.split("\n") });
  return well ? Exit.yes : Exit.no;
}
