import { endianness } from "node:os";
import { type AbiName, abiNames, isAbiName, nativeAbi } from "../../arch/index.ts";
import { SeccatError } from "../abi/error.ts";
import { didYouMean } from "../abi/nearest.ts";

/** The ABI of this process; undefined where Linux has none such. */
export function hostAbi(): AbiName | undefined {
  return nativeAbi(process.arch, endianness());
}

/** The ABI that `word` names, `native` being this machine's. Throws a SeccatError "name". */
export function archOf(word: string): AbiName {
  if (isAbiName(word)) return word;
  const own = word === "native" ? hostAbi() : undefined;
  if (own) return own;
  const fix = didYouMean(word, [...abiNames, "native"]);
  throw new SeccatError({
    code: "name",
    message: `unknown arch ${word}`,
    expected: `native or one of ${abiNames.join(", ")}`,
    received: word,
    ...(fix === undefined ? {} : { fix }),
  });
}

/** The ABIs that the words of an option name, each once. */
export function archesOf(words: readonly string[] | undefined): readonly AbiName[] | undefined {
  return words && [...new Set(words.map(archOf))];
}
