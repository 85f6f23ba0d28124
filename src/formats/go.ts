/** The shape of profiles as Go's JSON reader takes it: keys in any case, unknown keys ignored, null is absent. */
import { didYouMean } from "../abi/nearest.ts";
import type { Reading } from "./reading.ts";
import { show } from "./text.ts";
import type { MapTree, Tree } from "./tree.ts";

/** Whether a value is as good as not there. */
export function isAbsent(tree: Tree): boolean {
  return tree.kind === "scalar" && tree.value === null;
}

/**
 * The values of `map` by key. A key in another case is that key, as in Go; any other unknown key is ignored
 * by container runtimes, which deserves a warning.
 */
export function goKeys<Key extends string>(
  reading: Reading,
  map: MapTree,
  keys: readonly Key[],
): Map<Key, Tree> {
  const found = new Map<Key, Tree>();
  for (const { key: written, place, value } of map.entries) {
    const key =
      keys.find((each) => each === written) ??
      keys.find((each) => each.toLowerCase() === written.toLowerCase());
    if (key === undefined) {
      const fix = didYouMean(written, keys);
      reading.warn(
        place,
        `unknown key ${show(written)}: ignored, as container runtimes do`,
        fix === undefined ? {} : { fix },
      );
    } else if (found.has(key)) {
      reading.problem("syntax", place, `the key ${key} is given twice`, { received: show(written) });
    } else if (!isAbsent(value)) found.set(key, value);
  }
  return found;
}
