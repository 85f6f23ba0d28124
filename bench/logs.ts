/**
 * How fast does Seccat read strace's logs, against grep and awk that only look for names, and in how much memory?
 *
 *     npm run bench -- logs [--json FILE] [--svg FILE]
 *
 * The log is made by bench/tracelog.ts. Speed is that of whole processes over 200 MB, one after the other in rounds;
 * memory is the most that reading 2 GB took, sampled from /proc. The set of names is compared with awk's, and for a
 * real command with that of `strace -f -c`. Needs bash, awk and grep; gzip, zstd and strace are left out with a word
 * where they are missing.
 */
import { spawn, spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { seedOf } from "../test/seed.ts";
import { inFolder } from "./folder.ts";
import { machine } from "./machine.ts";
import { type Asked, asked, deliver, printTable, progress } from "./report.ts";
import { root } from "./root.ts";
import { barsOf, type Job, ratesOf, timeJobs } from "./timed.ts";
import { traceLog } from "./tracelog.ts";

const MEGABYTE = 1_000_000;
const SPEED_BYTES = 200 * MEGABYTE;
const MEMORY_BYTES = 2000 * MEGABYTE;
/** The long log repeats this much. */
const BLOCK_BYTES = 50 * MEGABYTE;
const ROUNDS = 3;
const seccat = [process.execPath, `${root}src/cli/seccat.cjs`];
const names = '{split($2, a, "("); c[a[1]]++} END {for (n in c) print n}';

/** Looks at arguments of a third of the calls; denies none of them. */
const policy = `default: allow
arches: [x86_64]
rules:
  - { action: { errno: EPERM }, syscalls: [openat], when: "flags & O_CREAT == O_CREAT" }
  - { action: { errno: EPERM }, syscalls: [mmap, mprotect], when: "prot & PROT_EXEC == PROT_EXEC" }
  - { action: { errno: EPERM }, syscalls: [fcntl], when: cmd == F_SETOWN }
  - { action: { errno: EPERM }, syscalls: [lseek], when: whence == SEEK_DATA }
  - { action: { errno: EPERM }, syscalls: [futex], when: op == FUTEX_LOCK_PI }
`;

function has(command: string): boolean {
  return spawnSync(command, ["--version"]).error === undefined;
}

/** Writes a log of at least `bytes`, from blocks that each end all processes. */
function writeLog(file: string, seed: number, bytes: number): void {
  const fd = openSync(file, "w");
  const block = Buffer.concat(
    [...traceLog(seed, Math.min(bytes, BLOCK_BYTES))].map((piece) => Buffer.from(piece)),
  );
  for (let written = 0; written < bytes; written += block.length) {
    progress(`writing the log: ${Math.round(written / MEGABYTE)} MB`);
    writeSync(fd, block);
  }
  closeSync(fd);
}

function jobsFor(folder: string, log: string): Job[] {
  const replayed = join(folder, "arguments.yaml");
  writeFileSync(replayed, policy);
  const arch = ["--arch", "x86_64"];
  const jobs: Job[] = [
    { name: "seccat trace, names", command: [...seccat, "trace", "--from", log, ...arch] },
    {
      name: "seccat trace --only child",
      command: [...seccat, "trace", "--from", log, "--only", "child", ...arch],
    },
    { name: "seccat replay, arguments", command: [...seccat, "replay", replayed, log, ...arch] },
    // With nowhere to write to, grep would stop at the first.
    {
      name: "grep -oE, names",
      command: ["bash", "-c", `LC_ALL=C grep -oE '^[0-9]+ +[a-z0-9_]+' ${log} | cat`],
    },
  ];
  for (const awk of ["mawk", "gawk"]) {
    if (has(awk)) jobs.push({ name: `${awk}, set of names`, command: [awk, names, log] });
    else console.log(`${awk} is left out: it is not installed`);
  }
  for (const [packer, ending] of [
    ["gzip", "gz"],
    ["zstd", "zst"],
  ] as const) {
    const packed = `${log}.${ending}`;
    if (spawnSync(packer, ["-qkf", log]).error) console.log(`${packer} is left out: it is not installed`);
    else
      jobs.push({
        name: `seccat trace, ${ending}`,
        command: [...seccat, "trace", "--from", packed, ...arch],
      });
  }
  return jobs;
}

/** The most memory that a command takes, in MB, by VmHWM. */
async function peakOf(command: readonly string[]): Promise<number> {
  const [name = "", ...args] = command;
  const child = spawn(name, args, { stdio: "ignore" });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  let peak = 0;
  const timer = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
    } catch {
      // It has ended.
    }
  }, 50);
  const code = await ended;
  clearInterval(timer);
  if (code !== 0 || peak === 0) throw new Error(`${command.join(" ")} ended with ${code}`);
  return (peak * 1024) / MEGABYTE;
}

function namesOf(text: string): string[] {
  return [...new Set(text.split(/\s+/).filter((name) => /^[a-z_]\w*$/.test(name)))].sort();
}

function learnedNames(log: string): string[] {
  const done = spawnSync(seccat[0] ?? "", [...seccat.slice(1), "trace", "--from", log, "--json"], {
    encoding: "utf8",
  });
  const { report }: { report: { syscalls: { call: string }[] } } = JSON.parse(done.stdout);
  return report.syscalls.map(({ call }) => call).sort();
}

/** Names that only one of two finds in a log of the bench, and in a real command's by `strace -f -c`. */
function compareSets(folder: string, log: string): Readonly<Record<string, readonly string[]>> {
  const differing = (a: readonly string[], b: readonly string[]) => [
    ...a.filter((name) => !b.includes(name)),
    ...b.filter((name) => !a.includes(name)),
  ];
  const byAwk = namesOf(spawnSync("awk", [names, log], { encoding: "utf8" }).stdout);
  const found: Record<string, readonly string[]> = {
    "awk, the bench's log": differing(learnedNames(log), byAwk),
  };
  const command = ["sh", "-c", "ls -l / | sort | head -3; cat /etc/passwd > /dev/null; sleep 0.01 & wait"];
  const [own, table] = [join(folder, "own.strace"), join(folder, "table")];
  const runs = [
    ["-f", "-o", own],
    ["-f", "-c", "-U", "name", "-o", table],
  ].map((options) => spawnSync("strace", [...options, "--", ...command]).status);
  if (runs.some((status) => status !== 0)) console.log("strace -c is left out: strace does not trace here");
  else {
    const heads = ["syscall", "total"];
    // Its table has no calls that do not return.
    const counted = [
      ...namesOf(readFileSync(table, "utf8")).filter((name) => !heads.includes(name)),
      "exit_group",
    ];
    found["strace -f -c, a shell's pipeline"] = differing(learnedNames(own), counted);
  }
  return found;
}

async function bench(folder: string, wanted: Asked): Promise<void> {
  const seed = seedOf("bench/logs");
  console.log(
    `${machine()}\nwhole processes over ${SPEED_BYTES / MEGABYTE} MB, medians of ${ROUNDS} rounds\n`,
  );
  const log = join(folder, "strace.log");
  writeLog(log, seed, SPEED_BYTES);
  const bytes = statSync(log).size;
  const results = timeJobs(jobsFor(folder, log), ROUNDS).map((timed) => ratesOf(timed, bytes / MEGABYTE));
  printTable(
    ["MB of text a second", "by the clock", "of processor time"],
    results.map(({ name, wall, cpu }) => [name, wall.median.toFixed(0), cpu.median.toFixed(0)]),
  );
  const sets = compareSets(folder, log);
  for (const [who, names] of Object.entries(sets))
    console.log(`names that only one has, of seccat and ${who}: ${names.join(", ") || "none"}`);
  const long = join(folder, "long.log");
  writeLog(long, seed, MEMORY_BYTES);
  progress("reading it");
  const peak = await peakOf([...seccat, "trace", "--from", long, "--arch", "x86_64"]);
  progress("");
  console.log(`reading ${MEMORY_BYTES / MEGABYTE} MB took at most ${peak.toFixed(0)} MB of memory`);
  deliver(wanted, {
    bench: "logs",
    data: {
      seed,
      bytes,
      rounds: ROUNDS,
      results,
      sets,
      memory: { bytes: MEMORY_BYTES, peakMegabytes: peak },
    },
    chart: {
      title: "Reading strace's logs",
      unit: "MB of text a second",
      ...barsOf(results),
      notes: [
        `A log of ${SPEED_BYTES / MEGABYTE} MB, start of the process included; medians of ${ROUNDS} rounds.`,
      ],
    },
  });
}

const wanted = asked([]);
await inFolder((folder) => bench(folder, wanted));
