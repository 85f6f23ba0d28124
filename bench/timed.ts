/** How long whole processes take: by the clock, and of the processor, which a busy machine disturbs less. */
import { spawnSync } from "node:child_process";
import type { Chart } from "./chart.ts";
import { type Spread, spreadOf } from "./quantile.ts";
import { progress } from "./report.ts";

/** A command to time; its output is dropped. */
export interface Job {
  readonly name: string;
  readonly command: readonly string[];
  /** The file that is its standard input. */
  readonly input?: string;
  /** The exit code that it must have; 0 when absent. */
  readonly code?: number;
}

/** Milliseconds of a job. */
export interface Timed {
  readonly name: string;
  readonly wall: Spread;
  /** User and system time. */
  readonly cpu: Spread;
}

// bash has the kernel's figures of a child to the millisecond.
const script = `TIMEFORMAT='%3R %3U %3S'; { time "$@" >/dev/null 2>&3; } 3>/dev/null`;

/** Runs the jobs in turn, `rounds` times after one that does not count. Throws an Error when one fails. */
export function timeJobs(jobs: readonly Job[], rounds: number): Timed[] {
  const times = jobs.map(() => ({ wall: [] as number[], cpu: [] as number[] }));
  for (let round = -1; round < rounds; round++) {
    jobs.forEach((job, i) => {
      progress(`round ${round + 1} of ${rounds}: ${job.name}`);
      const [wall, user, system] = timeJob(job);
      if (round < 0) return;
      times[i]?.wall.push(wall);
      times[i]?.cpu.push(user + system);
    });
  }
  progress("");
  return jobs.map(({ name }, i) => {
    return { name, wall: spreadOf(times[i]?.wall ?? []), cpu: spreadOf(times[i]?.cpu ?? []) };
  });
}

/** How much of `work` a job does in a second, by the clock and of processor time. */
export function ratesOf({ name, wall, cpu }: Timed, work: number): Timed {
  const rate = ({ median, p10, p90 }: Spread): Spread => {
    const perSecond = (ms: number) => work / (ms / 1000);
    return { median: perSecond(median), p10: perSecond(p90), p90: perSecond(p10) };
  };
  return { name, wall: rate(wall), cpu: rate(cpu) };
}

/** The bars of a chart of jobs. */
export function barsOf(results: readonly Timed[]): Pick<Chart, "form" | "series" | "groups"> {
  return {
    form: "bars",
    series: ["by the clock", "processor time"],
    groups: results.map(({ name, wall, cpu }) => ({ name, values: [wall, cpu] })),
  };
}

function timeJob({ name, command, input = "/dev/null", code = 0 }: Job): readonly [number, number, number] {
  const done = spawnSync("bash", ["-c", `exec <"$0"; ${script}`, input, ...command], { encoding: "utf8" });
  if (done.error) throw done.error;
  const found = /^([\d.]+) ([\d.]+) ([\d.]+)$/m.exec(done.stderr);
  if (done.status !== code || !found) throw new Error(`${name} ended with ${done.status}: ${done.stderr}`);
  const [wall = 0, user = 0, system = 0] = found.slice(1).map((text) => Number(text) * 1000);
  return [wall, user, system];
}
