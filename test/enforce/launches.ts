/** Many launches in a process of their own, perhaps with the collector at work, and what became of them. */
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type BackendName, loadShim } from "../../shim/index.ts";
import type { Way } from "../../src/enforce/launcher/index.ts";
import { nr } from "../../src/enforce/native.ts";
import { output, sourceUrl } from "./launched.ts";
import { allowOnly } from "./programs.ts";

/** A program that makes write and exit_group and no other call. */
export const bareSource = `
  static long call(long nr, long a, long b, long c) {
  #if defined(__x86_64__)
    long r;
    __asm__ volatile("syscall" : "=a"(r) : "a"(nr), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return r;
  #elif defined(__aarch64__)
    register long x8 __asm__("x8") = nr, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
  #endif
  }
  #if defined(__x86_64__)
  enum { WRITE = 1, EXIT_GROUP = 231 };
  #else
  enum { WRITE = 64, EXIT_GROUP = 94 };
  #endif
  void _start(void) {
    call(WRITE, 1, (long)"alive\\n", 6);
    call(EXIT_GROUP, 42, 0, 0);
    __builtin_unreachable();
  }`;

/** What to launch how often. */
export interface Launches {
  /** The FFI package that is loaded, and calls the kernel before each launch. */
  readonly backend: BackendName;
  /** The file made of bareSource. */
  readonly bare: string;
  readonly launches: number;
  /** Whether garbage is made and collected all the while. */
  readonly churn: boolean;
  /** How they are started; as this machine does it when absent. */
  readonly way?: Way;
}

/** What became of them. */
export interface Outcome {
  readonly launches: number;
  /** How those ended that did not say `alive` and exit with 42. */
  readonly deaths: readonly string[];
  /** The backend, or why it does not load. */
  readonly ffi: string;
  /** Collections that were forced. */
  readonly collections: number;
  /** Milliseconds of the whole. */
  readonly ms: number;
}

/** launchMany() in a Node process of its own. */
export async function launchApart(launches: Launches): Promise<Outcome> {
  const script = `const { launchMany } = await import(${JSON.stringify(sourceUrl("test/enforce/launches"))});
    console.log(JSON.stringify(await launchMany(${JSON.stringify(launches)})));`;
  const child = spawn(process.execPath, ["--no-warnings", "--input-type=module", "-e", script], {
    env: { ...process.env, SECCAT_FFI: launches.backend }, // which the calls are made through as well
    stdio: ["ignore", "pipe", "inherit"],
  });
  return JSON.parse(await text(child.stdout));
}

/** Launches one after the other under a filter that allows execve, write and exit_group and kills for all else. */
export async function launchMany({ backend, bare, launches, churn, way }: Launches): Promise<Outcome> {
  const start = performance.now();
  const deaths: string[] = [];
  let shim: ReturnType<typeof loadShim>;
  try {
    shim = loadShim(backend);
  } catch (error) {
    return { launches: 0, deaths, ffi: String(error), collections: 0, ms: 0 };
  }
  const garbage = churn ? startChurn() : undefined;
  const program = allowOnly("execve", "write", "exit_group");
  for (let i = 0; i < launches; i++) {
    shim.syscall(nr("getpid"));
    const { status, signal, stdout } = await output([program], [bare], {}, "", way);
    if (status !== 42 || stdout !== "alive\n") deaths.push(signal ?? `status ${status}`);
  }
  const collections = garbage?.() ?? 0;
  return { launches, deaths, ffi: shim.backend, collections, ms: performance.now() - start };
}

/** Makes garbage at every turn of the event loop, and collects it; gives what ends that and tells how often it did. */
function startChurn(): () => number {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  let collections = 0;
  let kept: unknown[] = [];
  const timer = setInterval(() => {
    kept = Array.from({ length: 2000 }, (_, i) => [kept[i % 10], Buffer.alloc(500), { i }]).slice(0, 50);
    if (typeof collect === "function") collect({ type: collections % 8 === 0 ? "major" : "minor" });
    collections++;
  }, 0);
  return () => {
    clearInterval(timer);
    return collections;
  };
}
