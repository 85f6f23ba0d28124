/**
 * What does a call cost that a supervisor answers, against a supervisor in C?
 *
 *     npm run bench -- notify [--json FILE] [--svg FILE]
 *
 * A caller makes getppid in a tight loop; every way to answer takes its turn in every round. Exits with 1 when the
 * median of handlers by name through koffi is above 15 microseconds a call.
 */
import { spawnSync } from "node:child_process";
import { text } from "node:stream/consumers";
import { type BackendName, loadShim } from "../shim/index.ts";
import { launch } from "../src/enforce/launch.ts";
import { startLoop } from "../src/enforce/loop.ts";
import type { SpawnOptions } from "../src/enforce/prepare.ts";
import { serve } from "../src/enforce/serve.ts";
import { supervisedSpawn } from "../src/enforce/supervise.ts";
import { sourceUrl } from "../test/enforce/launched.ts";
import { denyOnly, ret } from "../test/enforce/programs.ts";
import { inFolder } from "./folder.ts";
import { machine } from "./machine.ts";
import { buildNotify } from "./peer.ts";
import { medianInterval, type Spread, spreadOf } from "./quantile.ts";
import { type Asked, asked, deliver, printTable, progress } from "./report.ts";

const ROUNDS = 25;
const CALLS = 20_000;
const AIM = 15;
const C = "supervisor in C";
const HANDLERS = "handlers by name, koffi";
const program = denyOnly(ret.user_notif, "getppid");
const worker = new URL(sourceUrl("bench/answering"));

/** One way to answer. */
interface Way {
  readonly name: string;
  readonly calls: number;
  /** Nanoseconds a call. */
  run(calls: number): Promise<number>;
}

function supervisedBy(binary: string, backend: BackendName, options: SpawnOptions) {
  return async (calls: number): Promise<number> => {
    process.env.SECCAT_FFI = backend;
    const launched = await launch([program], [binary, "call", String(calls)], {
      ...options,
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (launched.kind === "not-started") throw launched.error;
    const { child, exited, supervisor } = launched;
    const printed = child.stdout ? await text(child.stdout) : "";
    const { status } = await exited;
    await supervisor?.done;
    if (status !== 0) throw new Error(`the caller ended with ${status}`);
    return Number(printed);
  };
}

/** The ways through one backend, after those of C; another backend's garbage must not be collected in their time. */
function waysOf(binary: string, backend: BackendName): Way[] {
  const inC = (answer: string) => async (calls: number) => {
    const { stdout, status, stderr } = spawnSync(binary, ["serve", String(calls), answer], {
      encoding: "utf8",
      timeout: 60_000,
    });
    if (status !== 0) throw new Error(`the supervisor in C ended with ${status}: ${stderr}`);
    return Number(stdout);
  };
  const looped = (data: string): SpawnOptions => ({
    onListener: (listener) => {
      listener.syncWakeUp();
      const loop = startLoop({ listener, module: worker, data });
      return { done: loop.done.then(() => listener.close()), close: () => loop.stop() };
    },
  });
  const ways: Way[] = [
    { name: C, calls: CALLS, run: inC("value") },
    { name: `${C}, continue`, calls: CALLS, run: inC("continue") },
  ];
  const by = (options: SpawnOptions) => supervisedBy(binary, backend, options);
  const calls = backend === "koffi" ? CALLS : CALLS / 10;
  const handlers = supervisedSpawn({ getppid: () => ({ value: 5 }) }, {});
  ways.push({ name: `handlers by name, ${backend}`, calls, run: by(handlers) });
  ways.push({
    name: `one handler for all, ${backend}`,
    calls,
    run: by({ onListener: (listener) => serve(listener, () => ({ value: 5n })) }),
  });
  if (backend === "koffi")
    for (const answer of ["value", "continue"])
      ways.push({ name: `a worker's loop, ${answer}, koffi`, calls, run: by(looped(answer)) });
  return ways;
}

function loads(backend: BackendName): boolean {
  try {
    return loadShim(backend).backend === backend;
  } catch (error) {
    console.log(`${backend} left out: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

interface Figures {
  readonly name: string;
  /** Microseconds a call. */
  readonly time: Spread;
  /** This one's time divided by that of C with the value, round by round. */
  readonly ratio: Spread & ReturnType<typeof medianInterval>;
}

async function measure(ways: readonly Way[]): Promise<Figures[]> {
  const times = ways.map((): number[] => []);
  for (let round = -1; round < ROUNDS; round++)
    for (const [i, { name, calls, run }] of ways.entries()) {
      progress(`round ${round + 1} of ${ROUNDS}: ${name}`);
      const time = (await run(calls)) / 1000;
      if (round >= 0) times[i]?.push(time);
    }
  const peer = times[0] ?? [];
  return ways.map(({ name }, i) => {
    const own = times[i] ?? [];
    const ratios = own.map((time, round) => time / (peer[round] ?? Number.NaN));
    return { name, time: spreadOf(own), ratio: { ...spreadOf(ratios), ...medianInterval(ratios) } };
  });
}

async function bench(folder: string, wanted: Asked): Promise<void> {
  const built = buildNotify(folder);
  if ("missing" in built) {
    console.error(`skipped: ${built.missing}`);
    process.exitCode = 3;
    return;
  }
  console.log(`${machine()}\nmicroseconds a call, medians of ${ROUNDS} rounds in which all take turns\n`);
  const figures: Figures[] = [];
  for (const backend of ["koffi", "ffi-napi"] as const) {
    if (!loads(backend)) continue;
    const measured = await measure(waysOf(built.binary, backend));
    figures.push(...measured.filter(({ name }) => !figures.some((known) => known.name === name)));
  }
  printTable(
    ["answered by", "µs a call", "p10..p90", "times C", "95 %"],
    figures.map(({ name, time, ratio }) => [
      name,
      time.median.toFixed(1),
      `${time.p10.toFixed(1)}..${time.p90.toFixed(1)}`,
      ratio.median.toFixed(2),
      `${ratio.low.toFixed(2)}..${ratio.high.toFixed(2)}`,
    ]),
  );
  const own = figures.find(({ name }) => name === HANDLERS);
  if (own) console.log(`\n${HANDLERS}: ${own.time.median.toFixed(1)} µs; the aim is ${AIM}`);
  if (!own || own.time.median > AIM) process.exitCode = 1;
  deliver(wanted, {
    bench: "notify",
    data: { rounds: ROUNDS, calls: CALLS, figures },
    chart: {
      title: "One system call that a supervisor answers",
      unit: "microseconds a call",
      form: "bars",
      series: figures.map(({ name }) => name),
      groups: [{ name: "getppid in a tight loop", values: figures.map(({ time }) => time) }],
      notes: [`Medians of ${ROUNDS} rounds of ${CALLS} calls, lines from the 10th to the 90th percentile.`],
    },
  });
}

const wanted = asked([]);
await inFolder((folder) => bench(folder, wanted));
