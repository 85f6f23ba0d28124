/**
 * What Node runs in a forked child because of `--import`, and before anything else of the program. On a main thread only: a
 * worker runs this file as well, and is under its process's filter already.
 */
import { isMainThread } from "node:worker_threads";

if (isMainThread) {
  const { guardThisProcess } = await import("./obey.ts");
  guardThisProcess(import.meta.url);
}
