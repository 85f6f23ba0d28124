/** What can go wrong around a supervisor, each fault on sacrificial processes that are counted afterwards. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { seccatArgs } from "../cli/seccat.ts";

/** How a supervised command and its supervisor ended. */
export interface Aftermath {
  readonly code: number | NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Processes that outlived the supervisor by seconds, with their command lines. */
  readonly stray: readonly string[];
  readonly ms: number;
}

/** A `seccat supervise` to be harmed. */
export interface Scene {
  /** The handlers' module. */
  readonly handlers: string;
  /** A line for sh. */
  readonly line: string;
  readonly options?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Words before node, such as bwrap's. */
  readonly within?: readonly string[];
  /** Arguments of node. */
  readonly node?: readonly string[];
  /** Milliseconds after which it is taken to hang; 30,000 when absent. */
  readonly limit?: number;
  /** Does harm once it runs; gets what stdout said so far, and waits as it likes. */
  readonly harm?: (at: Victim) => Promise<void>;
}

/** A running scene. */
export interface Victim {
  readonly seccat: ChildProcess;
  /** Resolves when a line of stdout, from wherever it comes, starts with `word`; gives what follows. */
  said(word: string): Promise<string>;
  /** The processes of the scene, without the supervisor. */
  commands(): number[];
}

/** What a handler's module says to the scene: a line on stdout, and its own path for what it needs. */
export const say = `const say = (text) => fs.writeSync(1, text + "\\n");`;

/** Plays a scene to its end, by force after its limit, and counts who is left. */
export async function play(scene: Scene): Promise<Aftermath> {
  const folder = mkdtempSync(join(tmpdir(), "seccat-fault-"));
  const mark = `SECCAT_SCENE=${folder}`;
  try {
    const file = join(folder, "h.mjs");
    writeFileSync(file, `import fs from "node:fs"; ${say}\n${scene.handlers}`);
    const [command = "", ...rest] = [
      ...(scene.within ?? []),
      process.execPath,
      ...(scene.node ?? []),
      ...seccatArgs,
      ...["supervise", "--handlers", file, ...(scene.options ?? []), "--", "sh", "-c", scene.line],
    ];
    const begin = performance.now();
    const seccat = spawn(command, rest, {
      cwd: folder,
      env: { ...process.env, SECCAT_SCENE: folder, ...scene.env },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: scene.limit ?? 30_000,
      killSignal: "SIGKILL",
    });
    const output = listen(seccat);
    const ended = new Promise<number | NodeJS.Signals | null>((resolve) =>
      seccat.once("exit", (code, signal) => resolve(code ?? signal)),
    );
    const closed = new Promise((resolve) => seccat.once("close", resolve));
    await scene.harm?.({
      seccat,
      said: output.said,
      commands: () => marked(mark).filter((pid) => pid !== seccat.pid),
    });
    const code = await ended;
    const ms = performance.now() - begin;
    const stray = await leftOver(mark);
    await Promise.race([closed, sleep(stray.length > 0 ? 0 : 5000)]); // what was written before the end is read
    return { code, ms, stray, ...output.all() };
  } finally {
    for (const pid of marked(mark)) spawnSync("kill", ["-KILL", String(pid)]);
    rmSync(folder, { recursive: true, force: true });
  }
}

function listen({ stdout, stderr }: ChildProcess) {
  const texts = { stdout: "", stderr: "" };
  const waiting: (() => void)[] = [];
  stdout?.setEncoding("utf8").on("data", (text: string) => {
    texts.stdout += text;
    for (const look of waiting.splice(0)) look();
  });
  stderr?.setEncoding("utf8").on("data", (text: string) => {
    texts.stderr += text;
  });
  const said = async (word: string): Promise<string> => {
    const end = performance.now() + 20_000;
    for (;;) {
      const line = texts.stdout.split("\n").find((text) => text.startsWith(word));
      if (line !== undefined) return line.slice(word.length).trim();
      if (performance.now() > end) throw new Error(`nobody said ${word}: ${texts.stdout}${texts.stderr}`);
      await Promise.race([new Promise<void>((resolve) => waiting.push(resolve)), sleep(200)]);
    }
  };
  return { said, all: () => ({ ...texts }) };
}

/** Processes that are still there a while after the end; descriptors that they hold do not keep them from being seen. */
async function leftOver(mark: string): Promise<string[]> {
  for (let tries = 0; tries < 100; tries++) {
    if (marked(mark).length === 0) return [];
    await sleep(30);
  }
  return marked(mark).map((pid) => `${pid}: ${textOf(`/proc/${pid}/cmdline`).replaceAll("\0", " ")}`);
}

/** Processes whose environment holds `mark` and that have not ended. */
function marked(mark: string): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => {
      if (!(pid > 0) || pid === process.pid) return false;
      return (
        textOf(`/proc/${pid}/environ`).split("\0").includes(mark) &&
        !/^State:\s*[ZX]/m.test(textOf(`/proc/${pid}/status`))
      );
    });
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return ""; // gone, or not ours
  }
}
