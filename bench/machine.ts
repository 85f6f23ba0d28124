import { cpus, loadavg, release } from "node:os";
import { loadShim } from "../shim/index.ts";
import { loopShim } from "../src/enforce/attach.ts";

/** What the figures were measured on, in one line: processor, kernel, Node, load and date. */
export function machine(): string {
  const all = cpus();
  const load = loadavg()[0]?.toFixed(1);
  return `${all[0]?.model.trim()} x ${all.length}, Linux ${release()}, Node ${process.version}, load ${load}, ${new Date().toISOString().slice(0, 10)}`;
}

/** The FFI packages that kernel calls are made through. */
export function ffi(): string {
  const [once, often] = [loadShim(), loopShim()].map(({ backend, version }) => `${backend} ${version}`);
  return `FFI: ${once}; for listeners ${often}`;
}
