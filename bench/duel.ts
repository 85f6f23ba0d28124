/**
 * One filter under all engines, in rounds that take turns. Run as a worker by bench/evaluate.ts, so that V8 has
 * seen no other filter: nobody's process asks twelve filters in turn.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import type { AbiName } from "../arch/index.ts";
import { readProgram } from "../src/bpf/codec.ts";
import { jit } from "../src/bpf/jit/index.ts";
import type { Program } from "../src/bpf/program.ts";
import { run } from "../src/bpf/run.ts";
import { Random } from "../test/seed.ts";
import { randomCalls } from "./calls.ts";
import { type Interpreter, startInterpreter } from "./peer.ts";
import { type Spread, spreadOf } from "./quantile.ts";

/**
 * All engines: two in C; Seccat's interpreter; its JIT call by call, each call in an array of its own (evaluate) or
 * all in one, as for C (evaluateAt); a whole array at a time (evaluateMany), and the same array again and again
 * (batch). Last what they cannot go below: reading nr and arch and writing one word, for calls in arrays of their
 * own (apart) and for calls in one array (floor).
 */
export const engines = [
  "C",
  "bpf_filter",
  "run",
  "evaluate",
  "evaluateAt",
  "evaluateMany",
  "batch",
  "apart",
  "floor",
] as const;

/** The name of an engine. */
export type Engine = (typeof engines)[number];

/** What a duel is about. */
export interface Terms {
  /** The program, little-endian. */
  readonly file: string;
  readonly arches: readonly AbiName[];
  readonly seed: number;
  readonly calls: number;
  readonly rounds: number;
  /** The C interpreter that was built. */
  readonly binary: string;
}

/** Nanoseconds for one call; an engine that is not here is left out. */
export type Times = Partial<Record<Engine, Spread>>;

const WARM = 8;
/** Times that a round goes over the calls: what counts is the engine, so its data may stay in the cache. */
const PASSES = 8;

/**
 * Calls that a loop of the bench goes over before it begins anew: V8 makes a loop that runs for long fast in the middle of it, and
 * where that came too early, starts it slow each time.
 */
const STRETCH = 512;

/** Goes over all calls by a loop that takes those from a number up to another. */
function inStretches(count: number, loop: (from: number, to: number) => void): () => void {
  return () => {
    for (let from = 0; from < count; from += STRETCH) loop(from, Math.min(count, from + STRETCH));
  };
}

/** Seccat's engines: each judges all calls once and leaves the answers in `returns`. */
function ownEngines(program: Program, calls: Uint32Array, returns: Uint32Array) {
  const evaluator = jit(program);
  const count = returns.length;
  const single = Array.from({ length: count }, (_, i) => calls.slice(16 * i, 16 * i + 16));
  return {
    run: inStretches(count, (from, to) => {
      for (let i = from; i < to; i++) {
        const words = single[i];
        if (words) returns[i] = run(program, words);
      }
    }),
    evaluate: inStretches(count, (from, to) => {
      for (let i = from; i < to; i++) {
        const words = single[i];
        if (words) returns[i] = evaluator.evaluate(words);
      }
    }),
    evaluateAt: inStretches(count, (from, to) => {
      for (let i = from; i < to; i++) returns[i] = evaluator.evaluateAt(calls, 16 * i);
    }),
    evaluateMany() {
      evaluator.evaluateMany(calls, returns);
    },
    batch: evaluator.batch(calls, returns),
    apart: inStretches(count, (from, to) => {
      for (let i = from; i < to; i++) {
        const words = single[i];
        if (words) returns[i] = (words[0] ?? 0) ^ (words[1] ?? 0);
      }
    }),
    floor: floorOf(calls, returns),
  };
}

/** What writes something made of nr and arch of each call: what reading and writing cost, four calls a turn. */
export function floorOf(calls: Uint32Array, returns: Uint32Array): () => void {
  const touch = (i: number, o: number) => {
    returns[i] = (calls[o] ?? 0) ^ (calls[o + 1] ?? 0);
  };
  return () => {
    for (let i = 0, at = 0; i + 4 <= returns.length; i += 4, at += 64) {
      touch(i, at);
      touch(i + 1, at + 16);
      touch(i + 2, at + 32);
      touch(i + 3, at + 48);
    }
  };
}

/** Goes over all calls `passes` times: nanoseconds, or undefined where this engine is not to be had. */
type Judge = (engine: Engine, passes: number) => Promise<number | undefined>;

async function duel({ file, arches, seed, calls: count, rounds, binary }: Terms): Promise<Times> {
  const program = readProgram(readFileSync(file), "little");
  const calls = randomCalls(new Random(seed), program, arches, count);
  const returns = new Uint32Array(count);
  writeFileSync(`${file}.calls`, calls);
  const peer = startInterpreter(binary);
  for (const command of [`program ${file}`, `calls ${file}.calls`]) await peer.ask(command);
  const own = ownEngines(program, calls, returns);
  const judge: Judge = async (engine, passes) => {
    if (engine === "C" || engine === "bpf_filter") {
      const answer = await peer.ask(`${engine === "C" ? "own" : "pcap"} ${passes}`);
      return answer === "no" ? undefined : Number(answer);
    }
    const start = performance.now();
    for (let pass = 0; pass < passes; pass++) own[engine]();
    return (performance.now() - start) * 1e6;
  };
  await compareAnswers(judge, async (engine) =>
    engine in own ? returns.slice() : saved(peer, `${file}.returns`),
  );
  const times = await race(judge, rounds, count);
  peer.end();
  return times;
}

/** Fails when two engines answer one call differently. */
async function compareAnswers(
  judge: Judge,
  answersOf: (engine: Engine) => Promise<Uint32Array>,
): Promise<void> {
  let expected: Uint32Array | undefined;
  for (const engine of engines) {
    if (engine === "floor" || engine === "apart" || (await judge(engine, 1)) === undefined) continue;
    const answers = await answersOf(engine);
    expected ??= answers;
    if (answers.some((ret, i) => ret !== expected?.[i])) throw new Error(`${engine} answers otherwise`);
  }
}

/** The engines in turn, `rounds` times. */
async function race(judge: Judge, rounds: number, count: number): Promise<Times> {
  const times = new Map<Engine, number[]>();
  for (let round = -WARM; round < rounds; round++) {
    for (const engine of engines) {
      const time = await judge(engine, PASSES);
      if (time === undefined || round < 0) continue;
      times.set(engine, [...(times.get(engine) ?? []), time / count / PASSES]);
    }
  }
  return Object.fromEntries([...times].map(([engine, values]) => [engine, spreadOf(values)]));
}

async function saved(peer: Interpreter, file: string): Promise<Uint32Array> {
  await peer.ask(`save ${file}`);
  const bytes = readFileSync(file);
  return new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

if (parentPort !== null) parentPort.postMessage(await duel(workerData));
