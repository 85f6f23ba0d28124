import { cpus, loadavg, release } from "node:os";

/** What the figures were measured on, in one line: processor, kernel, Node, load and date. */
export function machine(): string {
  const all = cpus();
  const load = loadavg()[0]?.toFixed(1);
  return `${all[0]?.model.trim()} x ${all.length}, Linux ${release()}, Node ${process.version}, load ${load}, ${new Date().toISOString().slice(0, 10)}`;
}
