/**
 * How long do commands take as whole processes, against a Node that does nothing?
 *
 *     npm run bench -- startup [--json FILE] [--svg FILE]
 *
 * Needs bash. Exits with 1 when a median is above its aim.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readPolicy, writePolicy } from "../src/formats/index.ts";
import { inFolder } from "./folder.ts";
import { machine } from "./machine.ts";
import type { Spread } from "./quantile.ts";
import { type Asked, asked, deliver, printTable } from "./report.ts";
import { root } from "./root.ts";
import { barsOf, type Job, timeJobs } from "./timed.ts";

const ROUNDS = 25;

/** The most milliseconds that a command should take on a quiet machine. */
const aims: Readonly<Record<string, number>> = { "seccat --help": 120, "seccat compile": 250 };

const policy = `default: kill_process
arches: [x86_64]
rules:
  - action: allow
    syscalls: [read, write, close, openat, getdents64, fstat, newfstatat, brk, exit_group]
  - action: allow
    syscalls: [fcntl]
    when: cmd in {F_GETFL, F_SETFD}
`;

/** The commands, each to be run in this order: emulate reads what compile wrote. */
function jobsIn(folder: string): Job[] {
  const [yaml, json, bpf] = [join(folder, "p.yaml"), join(folder, "p.json"), join(folder, "p.bpf")];
  writeFileSync(yaml, policy);
  writeFileSync(json, writePolicy(readPolicy(policy).policy, "json"));
  const seccat = (name: string, ...args: string[]): Job => {
    return { name, command: [process.execPath, `${root}src/cli/seccat.cjs`, ...args] };
  };
  return [
    { name: "node -e 0", command: [process.execPath, "-e", "0"] },
    seccat("seccat --help", "--help"),
    seccat("seccat compile", "compile", yaml, "-o", bpf),
    seccat("the same from JSON", "compile", json, "-o", bpf),
    seccat("seccat emulate", "emulate", bpf, "read"),
  ];
}

function bench(folder: string, wanted: Asked): void {
  console.log(
    `${machine()}\nmilliseconds of whole processes, medians of ${ROUNDS} rounds in which they take turns\n`,
  );
  const results = timeJobs(jobsIn(folder), ROUNDS);
  const bare = results[0]?.wall.median ?? Number.NaN;
  printTable(
    ["", "wall", "p10..p90", "above node", "aim", "cpu", "p10..p90"],
    results.map(({ name, wall, cpu }) => [
      name,
      ...inColumns(wall),
      (wall.median - bare).toFixed(0),
      String(aims[name] ?? ""),
      ...inColumns(cpu),
    ]),
  );
  if (results.some(({ name, wall }) => wall.median > (aims[name] ?? Number.POSITIVE_INFINITY)))
    process.exitCode = 1;
  deliver(wanted, {
    bench: "startup",
    data: { rounds: ROUNDS, results },
    chart: {
      title: "Whole processes",
      unit: "milliseconds",
      ...barsOf(results),
      notes: [`Medians of ${ROUNDS} rounds in turn, lines from the 10th to the 90th percentile.`],
    },
  });
}

function inColumns({ median, p10, p90 }: Spread): string[] {
  return [median.toFixed(0), `${p10.toFixed(0)}..${p90.toFixed(0)}`];
}

const wanted = asked([]);
await inFolder((folder) => bench(folder, wanted));
