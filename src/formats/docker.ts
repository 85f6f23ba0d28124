/**
 * What Docker's and Podman's profiles have beyond OCI's: `archMap`, and entries that hold only for some
 * capabilities, architectures and kernels. They are decided as for a container without capabilities, on the
 * profile's first arch, under a kernel as new as the tables.
 */
import { type AbiName, abi } from "../../arch/index.ts";
import type { Place } from "../abi/error.ts";
import { goKeys, isAbsent } from "./go.ts";
import type { Reading } from "./reading.ts";
import { show } from "./text.ts";
import type { Tree } from "./tree.ts";

const conditionKeys = ["caps", "arches", "minKernel"] as const;

interface Limits {
  readonly caps: readonly string[];
  readonly arches: readonly string[];
  readonly minKernel?: string;
}

/** What was decided about the conditional entries of one profile, to be told once. */
export class Conditions {
  readonly #reading: Reading;
  readonly #host: AbiName;
  readonly #needed = new Set<string>();
  readonly #unwanted = new Set<string>();
  readonly #kernels = new Set<string>();
  readonly #count = { caps: 0, arches: 0, kernels: 0 };

  constructor(reading: Reading, host: AbiName) {
    this.#reading = reading;
    this.#host = host;
  }

  /** Whether an entry with these `includes` and `excludes` holds. */
  hold(includes: Tree | undefined, excludes: Tree | undefined): boolean {
    const wants = this.#limits(includes, "includes");
    const shuns = this.#limits(excludes, "excludes");
    for (const cap of shuns.caps) this.#unwanted.add(cap);
    if (wants.minKernel !== undefined) this.#kernels.add(wants.minKernel);
    const here = (names: readonly string[]) => names.some((name) => isArch(name, this.#host));
    if (here(shuns.arches) || (wants.arches.length > 0 && !here(wants.arches))) {
      this.#count.arches++;
      return false;
    }
    if (shuns.minKernel !== undefined) {
      this.#count.kernels++;
      return false;
    }
    if (wants.caps.length === 0) return true;
    for (const cap of wants.caps) this.#needed.add(cap);
    this.#count.caps++;
    return false;
  }

  /** Says what was decided, and by what. */
  report(where: Place): void {
    const { caps, arches, kernels } = this.#count;
    if (caps > 0)
      this.#reading.warn(where, `read as for a container without capabilities: ${entries(caps)} left out`, {
        received: `entries for ${sorted(this.#needed)}`,
      });
    if (this.#unwanted.size > 0)
      this.#reading.warn(
        where,
        "read as for a container without capabilities: their absence is taken as given",
        {
          received: `entries for containers without ${sorted(this.#unwanted)}`,
        },
      );
    if (arches > 0)
      this.#reading.warn(
        where,
        `read as for ${this.#host}: ${entries(arches)} for other architectures left out`,
      );
    if (this.#kernels.size > 0)
      this.#reading.warn(
        where,
        "entries with a least kernel are taken: the kernel is held to be new enough",
        {
          received: `minKernel ${sorted(this.#kernels)}`,
        },
      );
    if (kernels > 0)
      this.#reading.warn(
        where,
        `${entries(kernels)} for old kernels left out: the kernel is held to be new enough`,
      );
  }

  #limits(tree: Tree | undefined, what: string): Limits {
    const none = { caps: [], arches: [] };
    const map = tree && !isAbsent(tree) ? this.#reading.map(tree, what) : undefined;
    if (!map) return none;
    const keys = goKeys(this.#reading, map, conditionKeys);
    const minKernel = keys.get("minKernel");
    const kernel = minKernel && this.#reading.text(minKernel, "minKernel")?.value;
    return {
      caps: this.#texts(keys.get("caps"), "caps"),
      arches: this.#texts(keys.get("arches"), "arches"),
      ...(kernel === undefined ? {} : { minKernel: kernel }),
    };
  }

  #texts(tree: Tree | undefined, what: string): string[] {
    const list = tree && this.#reading.list(tree, what);
    return list?.items.flatMap((item) => this.#reading.text(item, `an item of ${what}`)?.value ?? []) ?? [];
  }
}

function entries(count: number): string {
  return count === 1 ? "1 entry" : `${count} entries`;
}

function sorted(words: ReadonlySet<string>): string {
  return [...words]
    .sort()
    .map((word) => show(word))
    .join(", ");
}

/** Whether Docker's name of an architecture is the host's: Go's name, or libseccomp's. */
function isArch(name: string, host: AbiName): boolean {
  return name === host || name === abi(host).names.goarch;
}
