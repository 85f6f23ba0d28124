/** What a reader of a container profile should be told: where runtimes surprise, and where a policy differs. */
import { type AbiName, abi, type SyscallName, syscallNr } from "../../arch/index.ts";
import type { Place } from "../abi/error.ts";
import type { PolicyAction } from "../policy/types.ts";
import type { OciEntry } from "./ocientry.ts";
import type { Reading } from "./reading.ts";
import { type Conflict, canOverlap, type OrderedRule, type ScmpRule } from "./scmp.ts";

/** A profile's parts while it becomes a policy. */
export interface Profile {
  readonly reading: Reading;
  readonly arches: readonly AbiName[];
  readonly entries: readonly OciEntry[];
  readonly fallback: PolicyAction;
  readonly place: Place;
}

const SHOWN = 5;

/** The first few of `names`, and how many more there are. */
function few(names: Iterable<string>): string {
  const list = [...names];
  const more = list.length > SHOWN ? ` and ${list.length - SHOWN} more` : "";
  return list.slice(0, SHOWN).join(", ") + more;
}

/** Warns of calls that no listed arch has. */
export function sayMissing({ reading, arches, entries, place }: Profile): void {
  const missing = new Set<SyscallName>();
  for (const { names } of entries)
    for (const name of names)
      if (arches.every((each) => syscallNr(each, name) === undefined)) missing.add(name);
  if (missing.size > 0)
    reading.warn(
      place,
      `calls that ${arches.join(", ")} ${arches.length > 1 ? "do" : "does"} not have are left out`,
      {
        received: few(missing),
      },
    );
}

/** Warns of rules with the default action that would have decided, had runtimes not dropped them. */
export function sayDropped(
  { reading, entries }: Profile,
  dropped: readonly ScmpRule[],
  kept: readonly ScmpRule[],
): void {
  const told = new Set<string>();
  for (const rule of dropped) {
    const other = kept.find((each) => each.syscall === rule.syscall && canOverlap(each, rule));
    const where = entries[rule.entry]?.place;
    if (!other || !where || told.has(`${rule.entry} ${rule.syscall}`)) continue;
    told.add(`${rule.entry} ${rule.syscall}`);
    reading.warn(
      where,
      `for ${rule.syscall} this entry has no effect: runtimes drop entries with the default action`,
      {
        received: `the entry ${line(entries, other)} decides`,
      },
    );
  }
}

function line(entries: readonly OciEntry[], { entry }: ScmpRule): string {
  return `on line ${entries[entry]?.place.line ?? "?"}`;
}

/** Warns of two entries of which one cannot have the effect that it seems to have. */
export function sayConflict(
  reading: Reading,
  entries: readonly OciEntry[],
  { kind, winner, loser }: Conflict,
): void {
  const where = entries[loser.entry]?.place;
  if (!where) return;
  const call = loser.syscall;
  if (kind === "unconditional")
    reading.warn(
      where,
      `for ${call} this entry has no effect: the entry ${line(entries, winner)} has no conditions and wins`,
    );
  else
    reading.warn(where, `for ${call} this entry and the one ${line(entries, winner)} can both hold`, {
      received: `libseccomp, whose releases differ in this, asks the one ${line(entries, winner)} first`,
      fix: "give them conditions that exclude each other",
    });
}

/** Warns that a multiplexer hides the arguments of its sub-calls, so that their conditions are gone. */
export function sayCompanions({ reading, entries, arches }: Profile, rules: readonly OrderedRule[]): void {
  for (const name of ["socketcall", "ipc"] as const) {
    const hosts = arches.filter((each) => abi(each).multiplexers[name] !== undefined);
    const open = rules.filter(({ entry, syscalls, action }) => {
      const own = entries[entry];
      const added = syscalls.includes(name) && own !== undefined && !own.names.includes(name);
      return added && action.kind === "allow" && own.alternatives.every((args) => args.length > 0);
    });
    const [first] = open;
    const where = first && entries[first.entry]?.place;
    if (where)
      reading.warn(
        where,
        `on ${hosts.join(", ")} libseccomp also lets these calls through ${name}, whatever their arguments`,
        {
          received: few(new Set(open.flatMap(({ entry }) => entries[entry]?.names ?? []))),
          fix: `deny ${name}`,
        },
      );
  }
}

/** Warns where libseccomp compares 32 bits on 32-bit ABIs: a policy says the same thing for all of its arches. */
export function sayNarrow({ reading, entries, arches }: Profile, rules: readonly OrderedRule[]): void {
  const high = (value: bigint) => value >> 32n !== 0n;
  const short = arches.filter((name) => abi(name).wordBits === 32);
  const wide = short.filter((name) => abi(name).argBits === 64);
  const compared = new Set<string>();
  for (const { entry, alternatives, syscalls } of rules) {
    const args = alternatives.flat();
    const where = entries[entry]?.place;
    if (where && short.length > 0 && args.some(({ mask, value }) => high(value) || high(mask ?? 0n)))
      reading.warn(where, `on ${short.join(", ")} libseccomp compares only the low 32 bits of these values`, {
        received: few(syscalls),
      });
    if (args.some(({ mask }) => mask === undefined)) for (const name of syscalls) compared.add(name);
  }
  const [place] = entries;
  if (wide.length > 0 && compared.size > 0 && place)
    reading.warn(
      place.place,
      `on ${wide.join(", ")} libseccomp compares 32 bits of an argument, this policy 64`,
      {
        received: few(compared),
      },
    );
}
