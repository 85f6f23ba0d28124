import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { deny } from "../../src/policy/builder.ts";
import { killAllBut, type Played, play, serve } from "./noderuntime/play.ts";
import { isScenarioName, type ScenarioName, scenarios } from "./noderuntime/scenarios.ts";
import { skip, whyNotHere } from "./programs.ts";

const test = suite("node-runtime groups");
const folder = mkdtempSync(join(tmpdir(), "seccat-node-"));
writeFileSync(join(folder, "there.cjs"), "");
writeFileSync(join(folder, "there.mjs"), "");

function survived({ status, signal, lines, stderr }: Played, how = "proc"): void {
  assert.is(signal, null, stderr);
  assert.is(status, 0, stderr);
  const { verified, threads, nodeDenied } = JSON.parse(
    lines.find((line) => line.trimStart().startsWith("{")) ?? "{}",
  );
  assert.is(verified, how);
  if (how === "proc") assert.ok(threads >= 5);
  assert.equal(nodeDenied, []);
}

const names: readonly ScenarioName[] = Object.keys(scenarios).filter(isScenarioName);

for (const name of names)
  test(`${scenarios[name].groups.join(" and ")} let Node do what ${name} is for, and end`, async () => {
    survived(await play(process.execPath, name, killAllBut(scenarios[name].groups), folder));
  });

test("Node does without opening files when that is answered with an error", async () => {
  const program = killAllBut(["@node-runtime"], deny("EACCES", "openat", "open"));
  survived(await play(process.execPath, "fileless", program, folder), "return");
});

for (const [name, groups, call] of [
  ["fs", "@node-runtime/zlib", "mkdir"],
  ["http", "@node-runtime/fs", "socket"],
  ["worker_threads", "@node-runtime/http", "clone3"],
  ["child_process", "@node-runtime/dns", "execve"],
] as const)
  test(`${groups} does not let Node do what ${name} is for: ${call} kills`, async () => {
    const { signal } = await play(process.execPath, name, killAllBut([groups]), folder);
    assert.is(signal, "SIGSYS");
  });

test("a server under the groups for http and workers lives through garbage, workers and its end", async () => {
  const program = killAllBut(["@node-runtime/http", "@node-runtime/worker_threads"]);
  for (let round = 0; round < 3; round++) {
    const served = await serve(process.execPath, program, 1000);
    survived(served);
    assert.is(served.answered, 1000);
    assert.equal(JSON.parse(served.lines[1] ?? "{}"), { served: 1000 });
  }
});

test.after(() => rmSync(folder, { recursive: true, force: true }));

const why = await whyNotHere();
if (why) skip("Node under its groups", why);
else test.run();
