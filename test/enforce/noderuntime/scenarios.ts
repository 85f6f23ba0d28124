/** What programs do with Node, apart by the groups of calls that allow it. Each is done after the filter is in place. */
import { execFile, spawn, spawnSync } from "node:child_process";
import * as crypto from "node:crypto";
import { createSocket } from "node:dgram";
import * as dns from "node:dns/promises";
import { once } from "node:events";
import * as fs from "node:fs";
import * as http from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Worker } from "node:worker_threads";
import * as zlib from "node:zlib";
import type { GroupName } from "../../../arch/index.ts";

/** Something that programs do, and the groups that a policy for it allows. */
export interface Scenario {
  readonly groups: readonly GroupName[];
  readonly play: (folder: string) => Promise<void>;
}

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

/** Makes garbage of many kinds and has it collected. */
export function churn(rounds = 20): void {
  let kept: unknown[] = [];
  for (let round = 0; round < rounds; round++) {
    kept.push(
      Array.from({ length: 20_000 }, (_, i) => ({ i })),
      Buffer.alloc(1 << 20),
      "x".repeat(round * 1000),
    );
    if (kept.length > 12) kept = kept.slice(6);
    if (round % 5 === 0) collect();
  }
}

/** Runs a worker that makes garbage; `ended` says whether it ends by itself. */
export async function work(ended: boolean): Promise<void> {
  const code = `const kept = []; for (let i = 0; i < 10; i++) kept.push(new Array(1e5).fill({ i }));
    require("node:worker_threads").parentPort.postMessage(kept.length); ${ended ? "" : "setInterval(() => {}, 1000);"}`;
  const worker = new Worker(code, { eval: true });
  const exit = once(worker, "exit");
  await once(worker, "message");
  if (!ended) await worker.terminate();
  await exit;
}

/** What Node does for any program, in files or not. */
async function base(mayRead: boolean): Promise<void> {
  churn(60);
  console.error(new Date(0).toLocaleString());
  process.stdout.write(" ");
  const delay = monitorEventLoopDelay();
  delay.enable();
  const onSignal = new Promise((resolve) => process.once("SIGHUP", resolve));
  process.emit("SIGHUP");
  const assembly: Promise<unknown> = new Function(
    "return WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));",
  )();
  await Promise.all([sleep(20), onSignal, assembly]);
  delay.disable();
  const sum: unknown = new Function("let s = 0; for (let i = 0; i < 2e6; i++) s += i % 7; return s;")();
  if (typeof sum !== "number") throw new Error("no sum");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  if (mayRead) process.memoryUsage();
  process.cpuUsage();
  process.resourceUsage();
  os.tmpdir();
  os.hostname();
  os.totalmem();
  os.availableParallelism();
  process.cwd();
  crypto.randomUUID();
}

/** The first use of standard streams, which are a terminal. */
async function terminal(): Promise<void> {
  if (!process.stdout.isTTY || !process.stdin.isTTY) throw new Error("this is no terminal");
  process.stdout.write(`${process.stdout.columns}\n`);
  console.error(process.stderr.getColorDepth?.());
  process.on("SIGWINCH", () => {});
  process.stdin.setRawMode(true).resume();
  await sleep(20);
  process.stdin.setRawMode(false).pause();
}

async function serveSome(): Promise<void> {
  const server = http.createServer((_, response) => response.end("x".repeat(10_000)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const agent = new http.Agent({ keepAlive: true });
  for (let i = 0; i < 60; i++) {
    const request = http.get({ host: "127.0.0.1", port, agent: i % 2 ? agent : false });
    const [response] = await once(request, "response");
    response.resume();
    await once(response, "end");
    if (i % 10 === 0) churn(5);
  }
  await (await fetch(`http://127.0.0.1:${port}`)).text();
  agent.destroy();
  server.close();
  server.closeAllConnections();
  await once(server, "close");
}

async function sendSome(): Promise<void> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  for (let i = 0; i < 5; i++) socket.send(`${i}`, socket.address().port, "127.0.0.1");
  await once(socket, "message");
  socket.close();
}

async function encrypt(): Promise<void> {
  await promisify(crypto.randomBytes)(16);
  await promisify(crypto.pbkdf2)("a", "b", 1000, 32, "sha256");
  await promisify(crypto.scrypt)("a", "b", 32);
  await promisify(crypto.generateKeyPair)("rsa", { modulusLength: 1024 });
  await crypto.subtle.digest("SHA-256", Buffer.from("x"));
  const { privateKey } = crypto.generateKeyPairSync("ed25519");
  crypto.sign(null, Buffer.from("x"), privateKey);
  const cipher = crypto.createCipheriv("aes-256-gcm", Buffer.alloc(32), Buffer.alloc(12));
  cipher.update("x");
  cipher.final();
}

async function compress(): Promise<void> {
  const zipped = await promisify(zlib.gzip)(Buffer.alloc(1 << 20));
  await promisify(zlib.gunzip)(zipped);
  await promisify(zlib.brotliCompress)(Buffer.alloc(1 << 16));
  zlib.inflateSync(zlib.deflateSync("x"));
}

async function load(folder: string): Promise<void> {
  fs.existsSync(join(folder, "there.cjs"));
  createRequire(import.meta.url)(join(folder, "there.cjs"));
  await import(join(folder, "there.mjs"));
}

async function files(folder: string): Promise<void> {
  const { promises } = fs;
  const place = await promises.mkdtemp(join(folder, "files-"));
  const [a, b] = [join(place, "a"), join(place, "b")];
  await promises.writeFile(a, "hello");
  await promises.appendFile(a, "x");
  await promises.copyFile(a, b);
  fs.readFileSync(b);
  const handle = await promises.open(a, "r+");
  await handle.read(Buffer.alloc(2), 0, 2, 0);
  await handle.write("zz", 0);
  await handle.writev([Buffer.from("a"), Buffer.from("b")], 0);
  await handle.readv([Buffer.alloc(1), Buffer.alloc(1)], 0);
  await handle.sync();
  await handle.datasync();
  await handle.chmod(0o644);
  await handle.truncate(1);
  await handle.utimes(1, 1);
  await handle.close();
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  await promises.chown(a, uid, gid);
  await promises.lchown(a, uid, gid);
  await promises.chmod(a, 0o600);
  await promises.truncate(a, 1);
  await promises.rename(a, join(place, "c"));
  await promises.symlink("c", a);
  await promises.link(b, join(place, "d"));
  await promises.realpath(a);
  fs.realpathSync.native(a);
  await promises.lutimes(a, 1, 1);
  fs.statSync(a);
  fs.lstatSync(a);
  await promises.statfs(place);
  await promises.access(a);
  await promises.mkdir(join(place, "x/y"), { recursive: true });
  await promises.cp(join(place, "x"), join(place, "z"), { recursive: true });
  const watcher = fs.watch(place);
  await promises.readdir(place, { withFileTypes: true });
  await pipeline(fs.createReadStream(b), fs.createWriteStream(join(place, "e")));
  watcher.close();
  process.chdir(place);
  process.umask(process.umask());
  process.chdir(folder);
  await promises.rm(place, { recursive: true });
}

async function lookUp(): Promise<void> {
  await dns.lookup("localhost").catch(() => {});
  await dns.lookup("a.name.invalid").catch(() => {});
  await dns.lookupService("127.0.0.1", 80).catch(() => {});
  const resolver = new dns.Resolver({ timeout: 100, tries: 1 });
  resolver.setServers(["127.0.0.1:9"]);
  await resolver.resolve4("a.name.invalid").catch(() => {});
}

async function startSome(): Promise<void> {
  await promisify(execFile)("true");
  const { status, error } = spawnSync("true", { stdio: "ignore" });
  if (status !== 0) throw error ?? new Error(`true ended with ${status}`);
  const sleeper = spawn("sleep", ["10"]);
  sleeper.kill();
  await once(sleeper, "exit");
  await once(spawn("true", { detached: true, stdio: "ignore", cwd: "/" }), "exit");
}

/** All of them, by name. */
export const scenarios = Object.freeze({
  base: { groups: ["@node-runtime"], play: () => base(true) },
  fileless: { groups: ["@node-runtime"], play: () => base(false) },
  terminal: { groups: ["@node-runtime"], play: terminal },
  http: { groups: ["@node-runtime/http"], play: serveSome },
  dgram: { groups: ["@node-runtime/dgram"], play: sendSome },
  worker_threads: {
    groups: ["@node-runtime/worker_threads"],
    play: async () => {
      for (const ended of [true, false, true]) await work(ended);
    },
  },
  crypto: { groups: ["@node-runtime/crypto"], play: encrypt },
  zlib: { groups: ["@node-runtime/zlib"], play: compress },
  modules: { groups: ["@node-runtime/modules"], play: load },
  fs: { groups: ["@node-runtime/fs"], play: files },
  dns: { groups: ["@node-runtime/dns"], play: lookUp },
  child_process: { groups: ["@node-runtime/child_process", "@node-runtime/start"], play: startSome },
} as const satisfies Record<string, Scenario>);

/** The name of one. */
export type ScenarioName = keyof typeof scenarios;

/** Whether `name` is one's. */
export function isScenarioName(name: string): name is ScenarioName {
  return Object.hasOwn(scenarios, name);
}
