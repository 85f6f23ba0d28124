/**
 * What does a call cost in the kernel, without a filter and under the filters of several compilers?
 *
 *     npm run bench -- kernel [POLICY ...] [--json FILE] [--svg FILE]
 *
 * Three kinds of calls: those that the kernel answers from its bitmap (5.11 and later), those whose arguments the
 * filter looks at, and those that it denies with an errno. All are harmless, most fail at once. Each is made again
 * and again alone, where the processor learns the way through the filter by heart; and all of a kind are made in
 * random order, where it cannot; and these under eight copies of the filter, as nested sandboxes have them, which
 * makes the filter's own part eight times as large. A policy that kills is measured with EPERM as its default, because a call that
 * kills cannot be made twice. All filters take turns, each time in a child of their own (bench/kernel.c).
 * Needs Linux on x86_64, gcc and libseccomp-dev.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readProgram } from "../src/bpf/codec.ts";
import type { Program } from "../src/bpf/program.ts";
import { compile } from "../src/compile/index.ts";
import type { Chart } from "./chart.ts";
import { inFolder } from "./folder.ts";
import { machine } from "./machine.ts";
import { readNeutral, rulesForLibseccomp } from "./neutral.ts";
import { buildKernel, buildLibseccomp, runLibseccomp } from "./peer.ts";
import { type Kind, kinds, type Probe, probesFor } from "./probe.ts";
import { medianInterval, type Spread, spreadOf } from "./quantile.ts";
import { type Asked, asked, deliver, printTable } from "./report.ts";
import { root } from "./root.ts";
import { type Turn, takeTurns } from "./turns.ts";

const ROUNDS = 200;
const policies = ["docker-default", "args-heavy"];
const COPIES = 8;
const ways = ["alone", "mixed", "stacked"] as const;
type Way = (typeof ways)[number];

interface Maker {
  readonly name: string;
  readonly program?: Program;
}

const NONE = "no filter";
const OWN = "Seccat";

/** The compilers' programs of one policy, without any filter first. */
function makersOf(file: string, libseccomp: string, folder: string): Maker[] {
  const peer = (name: string, tree: boolean): Maker => {
    const out = join(folder, "libseccomp.bpf");
    runLibseccomp(libseccomp, rulesForLibseccomp(file), tree, out, 1);
    return { name, program: readProgram(readFileSync(out), "little") };
  };
  const own = { name: OWN, program: compile(readNeutral(file)).program };
  return [{ name: NONE }, own, peer("libseccomp, tree", true), peer("libseccomp, list", false)];
}

/** The policy in a file of `folder`, with EPERM for the calls that it does not name. */
function withErrno(policy: string, folder: string): string {
  const neutral: Record<string, unknown> = JSON.parse(
    readFileSync(`${root}bench/policies/${policy}.json`, "utf8"),
  );
  const file = join(folder, `${policy}.json`);
  writeFileSync(file, JSON.stringify({ ...neutral, default: { action: "errno", value: 1 } }));
  return file;
}

interface Figures {
  readonly name: string;
  /** Nanoseconds. */
  readonly time: Spread;
  /** What is more than without a filter, round by round. */
  readonly over: Spread;
  /** Seccat's time divided by this one's, round by round, and where the median of that lies with 95 % confidence. */
  readonly ratio: Spread & ReturnType<typeof medianInterval>;
}

interface Row {
  readonly policy: string;
  readonly kind: Kind;
  readonly way: Way;
  readonly calls: readonly string[];
  readonly makers: readonly Figures[];
  /** Of `alone`: each call by itself. */
  readonly each?: Readonly<Record<string, Readonly<Record<string, Spread>>>>;
}

/** The figures of all makers, from their times round by round. */
function figuresOf(makers: readonly Maker[], kind: Kind, times: readonly (readonly number[])[]): Figures[] {
  const of = (wanted: string) => times[makers.findIndex(({ name }) => name === wanted)] ?? [];
  const figures = makers.map(({ name }, maker) => {
    const own = times[maker] ?? [];
    const ratios = of(OWN).map((time, i) => time / (own[i] ?? Number.NaN));
    return {
      name,
      time: spreadOf(own),
      over: spreadOf(own.map((time, i) => time - (of(NONE)[i] ?? Number.NaN))),
      ratio: { ...spreadOf(ratios), ...medianInterval(ratios) },
    };
  });
  // Without a filter, calls that it would deny are carried out, which tells nothing about filters.
  return kind === "denied" ? figures.filter(({ name }) => name !== NONE) : figures;
}

/** The rows of one policy; or why there are none. */
async function measure(
  policy: string,
  binary: string,
  peer: string,
  folder: string,
): Promise<Row[] | string> {
  const makers = makersOf(withErrno(policy, folder), peer, folder);
  const programs = makers.map(({ program }) => program);
  const probes = probesFor(programs.flatMap((program) => program ?? []));
  const indices = kinds.map((kind) => probes.flatMap((probe, i) => (probe.kind === kind ? [i] : [])));
  const runs = [
    ...probes.map((_, i) => ({ copies: 1, calls: [i] })),
    ...indices.map((own) => ({ copies: 1, calls: own })),
    ...indices.map((own) => ({ copies: COPIES, calls: own })),
  ];
  const calls = probes.map(({ data }) => data);
  const taken = await takeTurns(binary, { rounds: ROUNDS, programs, calls, runs, title: policy }, folder);
  if ("refused" in taken) return taken.refused;
  checkDenied(makers, probes, taken.turns);
  return kinds.flatMap((kind, k): Row[] => {
    const chosen = indices[k] ?? [];
    const head = { policy, kind, calls: chosen.map((i) => probes[i]?.text ?? "") };
    const times = (run: number) => (taken.turns[run] ?? []).map((turn) => turn.times);
    const means = makers.map((_, maker) => meanOf(chosen.map((i) => times(i)[maker] ?? [])));
    const each = chosen.map((i) => {
      const spreads = makers.map(({ name }, maker) => [name, spreadOf(times(i)[maker] ?? [])] as const);
      return [probes[i]?.text ?? "", Object.fromEntries(spreads)] as const;
    });
    return [
      { ...head, way: "alone", makers: figuresOf(makers, kind, means), each: Object.fromEntries(each) },
      { ...head, way: "mixed", makers: figuresOf(makers, kind, times(probes.length + k)) },
      { ...head, way: "stacked", makers: figuresOf(makers, kind, times(probes.length + kinds.length + k)) },
    ];
  });
}

/** The mean of some measurements, round by round. */
function meanOf(times: readonly (readonly number[])[]): number[] {
  return Array.from({ length: ROUNDS }, (_, round) => {
    return times.reduce((sum, own) => sum + (own[round] ?? Number.NaN), 0) / times.length;
  });
}

/** Fails when a filter let a call pass that it was to deny: then something else was measured. */
function checkDenied(
  makers: readonly Maker[],
  probes: readonly Probe[],
  turns: readonly (readonly Turn[])[],
): void {
  probes.forEach(({ kind, text }, i) => {
    makers.forEach(({ name, program }, maker) => {
      const result = turns[i]?.[maker]?.result;
      if (kind === "denied" && program && result !== -1)
        throw new Error(`${text} returned ${result} under ${name}`);
    });
  });
}

function printRows(rows: readonly Row[]): void {
  printTable(
    ["policy", "kind", "way", "filter", "ns a call", "p10..p90", "over none", "Seccat / it", "95 %"],
    rows.flatMap(({ policy, kind, way, makers }) =>
      makers.map(({ name, time, over, ratio }) => [
        ...[
          policy,
          kind,
          way,
          name,
          time.median.toFixed(1),
          `${time.p10.toFixed(1)}..${time.p90.toFixed(1)}`,
        ],
        kind === "denied" || name === NONE ? "" : over.median.toFixed(1),
        ...(name === NONE || name === OWN
          ? ["", ""]
          : [ratio.median.toFixed(3), `${ratio.low.toFixed(3)}..${ratio.high.toFixed(3)}`]),
      ]),
    ),
  );
  for (const { policy, kind, way, calls } of rows)
    if (way === "mixed") console.log(`${policy}, ${kind}: ${calls.join("; ")}`);
}

async function bench(folder: string, wanted: Asked): Promise<void> {
  if (process.arch !== "x64" || process.platform !== "linux") return skip("this is no Linux on x86_64");
  const [kernel, peer] = [buildKernel(folder), buildLibseccomp(folder)];
  if ("missing" in kernel) return skip(kernel.missing);
  if ("missing" in peer) return skip(peer.missing);
  console.log(
    `${machine()}\nnanoseconds a call, medians of ${ROUNDS} rounds in which all filters take turns\n`,
  );
  const rows: Row[] = [];
  for (const policy of wanted.names) {
    const measured = await measure(policy, kernel.binary, peer.binary, folder);
    if (typeof measured === "string") return skip(measured);
    rows.push(...measured);
  }
  printRows(rows);
  deliver(wanted, { bench: "kernel", data: { rounds: ROUNDS, rows }, chart: chartOf(rows) });
}

const titles: Readonly<Record<Kind, string>> = {
  cached: "answered from the kernel's bitmap",
  checked: "arguments looked at",
  denied: "denied with EPERM",
};

function chartOf(rows: readonly Row[]): Chart {
  const series = [...new Set(rows.flatMap(({ makers }) => makers.map(({ name }) => name)))];
  return {
    title: "One system call, without a filter and under three",
    unit: "nanoseconds a call",
    form: "bars",
    series,
    groups: rows
      .filter(({ way, kind }) => way === "mixed" || (way === "stacked" && kind === "checked"))
      .map(({ policy, kind, way, makers }) => ({
        name: `${policy}: ${titles[kind]}${way === "stacked" ? `, ${COPIES} copies of the filter` : ""}`,
        values: series.map((name) => makers.find((maker) => maker.name === name)?.time),
      })),
    notes: [
      `Calls of each kind in random order; medians of ${ROUNDS} rounds, lines from the 10th to the 90th percentile.`,
      "What the call itself does is part of it.",
    ],
  };
}

function skip(why: string): void {
  console.error(`skipped: ${why}`);
  process.exitCode = 3;
}

const wanted = asked(policies);
await inFolder((folder) => bench(folder, wanted));
