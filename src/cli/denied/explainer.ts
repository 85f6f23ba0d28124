/** `seccat run --explain`: tells denials as they happen, and sums them up in the end. */
import { type AbiName, abiOf, syscallName } from "../../../arch/index.ts";
import type { Denial, RunResult } from "../../enforce/index.ts";
import type { Allowance } from "../../policy/allow.ts";
import { visible } from "../output.ts";
import { Flood, type FloodLimits, type Group, newGroup } from "./flood.ts";
import { type Origin, originOf, type Source, shapes } from "./origin.ts";
import { jsonLine, type LineOutput } from "./output.ts";
import {
  type DenialRecord,
  decodedCall,
  recordJson,
  recordText,
  type Scene,
  sceneOf,
  sceneText,
  verdictText,
} from "./record.ts";
import { rowsOf, summaryJson, summaryText } from "./summary.ts";

/** Like denials: the same call, with arguments that a policy would take for the same, from one place of one program. */
export interface Kind extends Group {
  readonly syscall: string;
  readonly arch: AbiName | undefined;
  readonly scene: Scene;
  readonly verdict: string;
  readonly origins: readonly Origin[];
  readonly first: Date;
}

/** So many kinds are told apart; further ones by their call alone. */
const MOST_KINDS = 5000;
/** So many threads and places of code are known by their numbers, before what is known is forgotten. */
const MOST_KNOWN = 20_000;
/** So many kinds are named when it is said what was left out. */
const MOST_TOLD = 5;
/** How soon what was left out is said, in milliseconds. */
const PAUSE = 1000;

/** Hears of denials and tells them. */
export class Explainer {
  readonly #sources: readonly Source[];
  readonly #output: LineOutput;
  readonly #json: boolean;
  readonly #own: AbiName;
  readonly #shape: ReturnType<typeof shapes>;
  readonly #flood: Flood;
  readonly #kinds = new Map<string, Kind>();
  readonly #known = new Map<string, Kind>();
  #reminder: NodeJS.Timeout | undefined;

  constructor(
    sources: readonly Source[],
    output: LineOutput,
    { json, own, limits }: { readonly json: boolean; readonly own: AbiName; readonly limits?: FloodLimits },
  ) {
    this.#sources = sources;
    this.#shape = shapes(sources);
    this.#output = output;
    this.#json = json;
    this.#own = own;
    this.#flood = new Flood(limits);
  }

  /** Takes one denial, while its call waits. */
  hear(denial: Denial): void {
    const time = new Date();
    const kind = this.#kindOf(denial, time);
    const hidden = kind.hidden;
    if (!this.#flood.tell(kind, time.getTime())) {
      this.#reminder ??= setTimeout(() => this.#remind(), PAUSE).unref();
      return;
    }
    if (hidden > 0) this.#tellHidden([kind]);
    this.#tell({ time, call: denial.call, decoded: decodedCall(denial), ...kind, ...kind.scene });
  }

  /** What would have allowed what filter number `index` denied. */
  allowances(index: number): Allowance[] {
    return [...this.#kinds.values()].flatMap(({ origins }) =>
      origins.flatMap(({ filter, allowance }) =>
        filter === index && allowance?.kind === "rule" ? [allowance] : [],
      ),
    );
  }

  /** Sums up, and closes the output. */
  end(result: Extract<RunResult, { kind: "ended" }>): void {
    clearTimeout(this.#reminder);
    this.#tellHidden([...this.#kinds.values()]);
    const rows = rowsOf([...this.#kinds.values()]);
    if (this.#json) this.#output.write(jsonLine(summaryJson(rows, result)));
    else if (rows.length > 0) this.#output.write(summaryText(rows, this.#output.style));
    this.#output.end();
  }

  /** Whether some call was answered with a kill. */
  get killed(): boolean {
    return [...this.#kinds.values()].some(({ verdict }) => verdict.startsWith("kill"));
  }

  /**
   * The kind of a denial. Numbers alone tell whether it is one that is known; only for a new thread, place of code or
   * call does /proc have to be read.
   */
  #kindOf(denial: Denial, time: Date): Kind {
    const { call } = denial;
    const shape = this.#shapeOf(denial);
    const numbers = `${call.pid} ${call.instructionPointer} ${shape}`;
    const known = this.#known.get(numbers);
    if (known) return known;
    const kind = this.#newKindOf(denial, shape, time);
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    this.#known.set(numbers, kind);
    return kind;
  }

  #newKindOf(denial: Denial, shape: string, time: Date): Kind {
    const scene = sceneOf(denial);
    const { identity, place } = scene;
    const full = this.#kinds.size >= MOST_KINDS;
    const key = full
      ? `${denial.call.arch} ${denial.call.nr}`
      : JSON.stringify([identity.exe, identity.command, place?.file, String(place?.offset), shape]);
    const known = this.#kinds.get(key);
    if (known) return known;
    const { call, action } = denial;
    const abi = abiOf(call.arch, call.nr);
    const kind: Kind = {
      ...newGroup(),
      syscall: (abi && syscallName(abi, call.nr)) ?? `syscall ${call.nr}`,
      arch: abi,
      scene,
      verdict: verdictText(action, call, this.#own),
      origins: full ? [] : this.#originsOf(denial),
      first: time,
    };
    this.#kinds.set(key, kind);
    return kind;
  }

  #originsOf({ call, deniers }: Denial): Origin[] {
    return deniers.flatMap((index) => {
      const source = this.#sources[index];
      return source ? [originOf(source, index, call)] : [];
    });
  }

  /** The call and those of its arguments by which a rule could tell it from others. */
  #shapeOf({ call, deniers }: Denial): string {
    return `${deniers.join()} ${this.#shape(call)}`;
  }

  #tell(record: DenialRecord): void {
    this.#output.write(this.#json ? jsonLine(recordJson(record)) : recordText(record, this.#output.style));
  }

  #remind(): void {
    this.#reminder = undefined;
    this.#tellHidden([...this.#kinds.values()]);
  }

  /** Says how many of these kinds were left out: the most frequent ones each, the others together. */
  #tellHidden(kinds: readonly Kind[]): void {
    const hidden = kinds.filter((kind) => kind.hidden > 0).sort((a, b) => b.hidden - a.hidden);
    for (const kind of hidden.slice(0, MOST_TOLD))
      this.#output.write(this.#json ? jsonLine(hiddenJson(kind)) : hiddenText(kind));
    const others = hidden.slice(MOST_TOLD);
    if (others.length > 0) this.#output.write(this.#json ? jsonLine(othersJson(others)) : othersText(others));
    for (const kind of hidden) kind.hidden = 0;
  }
}

function hiddenText({ hidden, syscall, scene }: Kind): string {
  return `seccat: denied: same call ${timesText(hidden)}: ${syscall} by ${visible(scene.identity.command ?? "?")}, from ${visible(sceneText(scene))}`;
}

function othersText(others: readonly Kind[]): string {
  const times = others.reduce((sum, { hidden }) => sum + hidden, 0);
  const names = [...new Set(others.map(({ syscall }) => syscall))];
  const list = names.slice(0, MOST_TOLD).join(", ");
  return `seccat: denied: calls of ${others.length.toLocaleString("en")} more kinds ${timesText(times)}: ${list}${names.length > MOST_TOLD ? " …" : ""}`;
}

function timesText(times: number): string {
  return `${times.toLocaleString("en")} more ${times === 1 ? "time" : "times"}`;
}

function hiddenJson({ hidden, syscall, arch, scene }: Kind) {
  const { identity, place } = scene;
  return {
    event: "repeated",
    time: new Date().toISOString(),
    syscall,
    arch: arch ?? null,
    command: identity.command ?? null,
    exe: identity.exe ?? null,
    from: place ? { file: place.file ?? null, offset: `0x${place.offset.toString(16)}` } : null,
    times: hidden,
  };
}

function othersJson(others: readonly Kind[]) {
  return {
    event: "others",
    time: new Date().toISOString(),
    syscalls: [...new Set(others.map(({ syscall }) => syscall))],
    kinds: others.length,
    times: others.reduce((sum, { hidden }) => sum + hidden, 0),
  };
}
