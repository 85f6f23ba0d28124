/**
 * A Node that puts itself under a program and then plays a scenario, or serves until it gets SIGTERM:
 *
 *     node subject.js PROGRAM(base64) FOLDER SCENARIO
 *     node subject.js PROGRAM(base64) FOLDER serve
 *
 * It prints what install() said, for a server with its port, and ends by itself with 0.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { readProgram } from "../../../src/bpf/codec.ts";
import { install } from "../../../src/enforce/install.ts";
import { churn, isScenarioName, scenarios, work } from "./scenarios.ts";

const [program = "", folder = "", what = ""] = process.argv.slice(2);
const { verified, threads, nodeDenied, rings } = install(readProgram(Buffer.from(program, "base64")), {
  rings: "keep",
});
const said = { verified, threads, nodeDenied, rings: rings.length };
if (isScenarioName(what)) {
  await scenarios[what].play(folder);
  console.log(JSON.stringify(said));
} else await serve();

/** Answers every request after making some garbage; every 500th in the presence of a worker. */
async function serve(): Promise<void> {
  let served = 0;
  let working = Promise.resolve();
  const server = createServer((request, response) => {
    request.resume();
    served++;
    if (served % 250 === 0) churn(2);
    if (served % 500 === 0) working = working.then(() => work(served % 1000 === 0));
    response.end(JSON.stringify({ served, garbage: Array.from({ length: 200 }, (_, i) => ({ i })) }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  console.log(JSON.stringify({ ...said, port: (server.address() as AddressInfo).port }));
  await once(process, "SIGTERM");
  server.close();
  server.closeAllConnections();
  await working;
  console.log(JSON.stringify({ served }));
}
