/**
 * `npm run bench -- soak [REQUESTS [SERVERS [NODE ...]]]`: whether Node lives under the groups that are said to suffice: HTTP
 * servers that answer many requests with garbage, workers and a clean end, and every scenario of the tests, under
 * kill_process for all else. Without a NODE, 20, 22, 24 and 26 come from npm. Every other server starts under `seccat run`
 * with io_uring_setup answered by ENOSYS, so that both ways of libuv are met.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nativeAbi } from "../arch/index.ts";
import { encode } from "../src/bpf/codec.ts";
import { deny, policy } from "../src/policy/builder.ts";
import { compile } from "../src/proof.ts";
import { killAllBut, type Played, play, serve } from "../test/enforce/noderuntime/play.ts";
import { isScenarioName, scenarios } from "../test/enforce/noderuntime/scenarios.ts";
import { ffi, machine } from "./machine.ts";
import { root } from "./root.ts";

const [requests = "100000", servers = "20", ...nodes] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "seccat-soak-"));
console.log(`${machine()}\n${ffi()}`);
try {
  writeFileSync(join(folder, "there.cjs"), "");
  writeFileSync(join(folder, "there.mjs"), "");
  let deaths = 0;
  for (const node of nodes.length > 0 ? nodes : installNodes()) {
    const name = execFileSync(node, ["--version"], { encoding: "utf8" }).trim();
    deaths += await soakServers(name, node, Number(requests), Number(servers));
    deaths += await soakScenarios(name, node);
  }
  process.exitCode = deaths > 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true });
}

/** The versions, as the package `node` of npm brings them. */
function installNodes(): string[] {
  return [20, 22, 24, 26].map((version) => {
    const prefix = join(folder, String(version));
    execFileSync("npm", ["install", "--prefix", prefix, "--no-audit", "--no-fund", `node@${version}`], {
      stdio: "ignore",
    });
    return join(prefix, "node_modules/node/bin/node");
  });
}

async function soakServers(name: string, node: string, requests: number, servers: number): Promise<number> {
  const program = killAllBut(["@node-runtime/http", "@node-runtime/worker_threads"]);
  const ringless = [process.execPath, `${root}src/cli/seccat.cjs`, "run", "-p", ringlessFile(), "--", node];
  const each = Math.ceil(requests / servers);
  let [answered, deaths, ms, rings] = [0, 0, 0, 0];
  for (let i = 0; i < servers; i++) {
    const served = await serve(i % 2 ? ringless : node, program, each);
    answered += served.answered;
    ms += served.ms;
    if (JSON.parse(served.lines[0] ?? "{}").rings > 0) rings++;
    if (served.answered === each && hasLived(served)) continue;
    deaths++;
    tellDeath(`server ${i + 1}`, served);
  }
  console.log(
    `${name.padEnd(10)} ${deaths} deaths of ${servers} servers (${rings} with a ring): ${answered} of ${each * servers} requests answered, ${((answered / ms) * 1000).toFixed(0)} a second`,
  );
  return deaths;
}

/** A program under which no ring can be made, in a file. */
function ringlessFile(): string {
  const file = join(folder, "ringless.bpf");
  const arch = nativeAbi(process.arch, "LE") ?? "x86_64";
  const { program } = compile(
    policy({ default: "allow", arches: [arch] }, [deny("ENOSYS", "io_uring_setup")]),
  );
  writeFileSync(file, encode(program));
  return file;
}

async function soakScenarios(name: string, node: string): Promise<number> {
  const names = Object.keys(scenarios).filter(isScenarioName);
  let deaths = 0;
  for (const scenario of names) {
    const played = await play(node, scenario, killAllBut(scenarios[scenario].groups), folder);
    if (hasLived(played)) continue;
    deaths++;
    tellDeath(scenario, played);
  }
  console.log(`${name.padEnd(10)} ${deaths} deaths of ${names.length} scenarios: ${names.join(" ")}`);
  return deaths;
}

function hasLived({ status, signal }: Played): boolean {
  return status === 0 && signal === null;
}

function tellDeath(what: string, { status, signal, stderr }: Played): void {
  console.log(`  ${what} ended ${signal ? `by ${signal}` : `with ${status}`}: ${stderr.trim().slice(-300)}`);
}
