/**
 * The server as a program of its own: prints its address and serves until its standard input ends and the last
 * child is done, so that it does not outlive whoever started it. Its arguments are those of its children:
 * `serve.ts [--program HEX] ...`.
 */
import { startServer } from "./server.ts";

const server = await startServer({ childArgs: process.argv.slice(2) });
console.log(server.url);
process.stdin.resume().on("close", async () => {
  await server.idle();
  await server.close();
});
