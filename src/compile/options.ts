import type { AbiName } from "../../arch/index.ts";
import { isFields, wrongValue } from "../abi/fields.ts";
import type { CallWeights } from "./weight.ts";

/** What a compile can be told. */
export interface CompileOptions {
  /** Compile for these of the policy's arches only. */
  readonly arches?: readonly AbiName[];
  /**
   * The least kernel version that will run the program, the newest known when absent. From 5.11 on the kernel
   * answers always-allowed calls by itself, so the others come first.
   */
  readonly kernel?: string;
  /** How often calls occur, by name, in any unit; a prior measured from common programs when absent. */
  readonly weights?: CallWeights;
  /** Make the program fast for the calls that occur (when absent), or small. */
  readonly optimise?: "speed" | "size";
}

/** Throws a SeccatError "schema" for what a caller without types may pass. */
export function checkOptions({ kernel, weights, optimise }: CompileOptions): void {
  const at = (path: string) => ({ where: { path } });
  if (kernel !== undefined && !(typeof kernel === "string" && /^\d+\.\d+(\.\d+)?$/.test(kernel)))
    throw wrongValue(
      "this is no kernel version",
      'two numbers in a text, such as "6.1"',
      kernel,
      at("kernel"),
    );
  if (optimise !== undefined && optimise !== "speed" && optimise !== "size")
    throw wrongValue("this is nothing to optimise for", "speed or size", optimise, at("optimise"));
  if (weights === undefined) return;
  if (!isFields(weights))
    throw wrongValue("the weights are no object", "{ read: 10, ... }", weights, at("weights"));
  for (const [name, share] of Object.entries(weights)) {
    if (!(Number.isFinite(share) && share >= 0))
      throw wrongValue("this is no weight", "0 or more", share, at(`weights.${name}`));
  }
}
