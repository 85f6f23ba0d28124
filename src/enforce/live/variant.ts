/** Tells the calls of one kind apart by the arguments that conditions are learned for. */
import type { AbiName } from "../../../arch/index.ts";
import { resolveShown } from "../../trace/name.ts";
import { markOf, mostMarks, type Scalar, scalarsOf } from "../../trace/scalar.ts";
import type { NotifWords } from "../notify.ts";
import type { Kind } from "./kind.ts";

interface Known {
  readonly scalars: readonly Scalar[];
  readonly byMark: Map<string, Kind>;
}

/** The kinds of a recording on a machine whose own ABI is `native`, by their arguments. */
export class Variants {
  readonly #native: AbiName;
  readonly #at: NotifWords;
  readonly #known = new Map<Kind, Known>();

  constructor(native: AbiName, at: NotifWords) {
    this.#native = native;
    this.#at = at;
  }

  /** Whether a kind has such arguments. */
  has(kind: Kind): boolean {
    return this.#knownOf(kind).scalars.length > 0;
  }

  /** The kind of a call with these arguments; `kind` itself where none of them matters. */
  of(kind: Kind, words: Uint32Array): Kind {
    const { scalars, byMark } = this.#knownOf(kind);
    if (scalars.length === 0) return kind;
    const mark = markOf(scalars.map((scalar) => this.#value(scalar, words)));
    const had = byMark.get(mark);
    if (had) return had;
    const own = byMark.size < mostMarks ? mark : markOf(scalars.map(() => undefined));
    const made = byMark.get(own) ?? { ...kind, mark: own };
    byMark.set(own, made);
    return made;
  }

  #knownOf(kind: Kind): Known {
    const had = this.#known.get(kind);
    if (had) return had;
    const made = { scalars: scalarsOf(resolveShown(kind, this.#native)), byMark: new Map<string, Kind>() };
    this.#known.set(kind, made);
    return made;
  }

  #value({ index, width }: Scalar, words: Uint32Array): bigint {
    const low = this.#at.args[index] ?? 0;
    const high = BigInt(words[low ^ 1] ?? 0) << 32n;
    return BigInt.asUintN(width, high | BigInt(words[low] ?? 0));
  }
}
