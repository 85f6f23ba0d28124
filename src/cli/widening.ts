import { type TwinCause, twinCauses } from "../../arch/index.ts";
import { didYouMean } from "../abi/nearest.ts";
import type { Widened } from "../policy/portability.ts";
import { type Args, usage } from "./args.ts";
import { counted, say } from "./output.ts";

/** What `--widen` asks for; undefined without it. Throws a SeccatError "usage". */
export function causesOf(args: Args): readonly TwinCause[] | undefined {
  return args.list("widen")?.map((word) => {
    const cause = twinCauses.find((name) => name === word);
    if (cause) return cause;
    const fix = didYouMean(word, twinCauses);
    throw usage("--widen does not know this", {
      expected: twinCauses.join(", "),
      received: word,
      ...(fix === undefined ? {} : { fix }),
    });
  });
}

/** Says what was added to a policy, and what could not be. */
export function sayWidened({ added, left }: Widened): void {
  say(
    added.length === 0 ? "no call was added" : `added ${counted(added.length, "call")}: ${added.join(", ")}`,
  );
  for (const { finding, reason } of left)
    say(`not added: ${finding.missing.join(", ")} for ${finding.call}: ${reason}`);
}
