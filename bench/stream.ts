/**
 * How many calls a second does `seccat emulate FILTER -` answer?
 *
 *     npm run bench -- stream [--json FILE] [--svg FILE]
 *
 * A million random calls to docker-default in each of three notations, from a file to nowhere, start of the process
 * included. Needs bash.
 */
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { syscallName } from "../arch/index.ts";
import { encode } from "../src/bpf/codec.ts";
import { compile } from "../src/compile/index.ts";
import { Random, seedOf } from "../test/seed.ts";
import { randomCalls } from "./calls.ts";
import { inFolder } from "./folder.ts";
import { machine } from "./machine.ts";
import { readNeutral } from "./neutral.ts";
import { type Asked, asked, deliver, printTable } from "./report.ts";
import { root } from "./root.ts";
import { barsOf, ratesOf, timeJobs } from "./timed.ts";

const CALLS = 1_000_000;
const ROUNDS = 5;

/** A call of six arguments as a line. */
type Notation = (name: string, args: readonly number[]) => string;

const notations: readonly (readonly [what: string, write: Notation])[] = [
  ["names and numbers", (name, args) => `${name} ${args.join(" ")}`],
  ["names and constants", (name, [a = 0, b = 0]) => `${name} ${a} O_RDONLY|O_CLOEXEC 0x${b.toString(16)}`],
  [
    "strace of 64 processes",
    (name, [a = 0, b = 0, c = 0]) => `${1000 + (a % 64)} ${name}(${b % 100}, "x"..., ${c}) = ${c}`,
  ],
];

function writeCalls(file: string, write: Notation, calls: Uint32Array): void {
  const fd = openSync(file, "w");
  let text = "";
  for (let at = 0; at < calls.length; at += 16) {
    const name = syscallName("x86_64", calls[at] ?? 0) ?? "read";
    text += `${write(
      name,
      [4, 6, 8, 10, 12, 14].map((word) => calls[at + word] ?? 0),
    )}\n`;
    if (text.length < 1 << 20) continue;
    writeSync(fd, text);
    text = "";
  }
  writeSync(fd, text);
  closeSync(fd);
}

function bench(folder: string, wanted: Asked): void {
  const seed = seedOf("bench/stream");
  console.log(`${machine()}\n${CALLS} calls to docker-default, medians of ${ROUNDS} rounds\n`);
  const { program } = compile(readNeutral(`${root}bench/policies/docker-default.json`));
  const filter = join(folder, "p.bpf");
  writeFileSync(filter, encode(program));
  const calls = randomCalls(new Random(seed), program, ["x86_64"], CALLS);
  const jobs = notations.flatMap(([what, write], i) => {
    const input = join(folder, `${i}.txt`);
    writeCalls(input, write, calls);
    return [[], ["--json"]].map((flags) => ({
      name: [what, ...flags].join(" "),
      command: [process.execPath, `${root}src/cli/seccat.cjs`, "emulate", filter, "-", ...flags],
      input,
      // Strace does not show what the filter looks at in some.
      code: what.startsWith("strace") ? 2 : 1,
    }));
  });
  const results = timeJobs(jobs, ROUNDS).map((timed) => ratesOf(timed, CALLS / 1e6));
  printTable(
    ["million calls a second", "by the clock", "of processor time"],
    results.map(({ name, wall, cpu }) => [name, wall.median.toFixed(2), cpu.median.toFixed(2)]),
  );
  deliver(wanted, {
    bench: "stream",
    data: { seed, calls: CALLS, rounds: ROUNDS, results },
    chart: {
      title: "seccat emulate FILTER -",
      unit: "million calls a second",
      ...barsOf(results),
      notes: [`${CALLS} random calls, start of the process included; medians of ${ROUNDS} rounds.`],
    },
  });
}

const wanted = asked([]);
await inFolder((folder) => bench(folder, wanted));
