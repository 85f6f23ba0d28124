/**
 * Records what the serving child calls on the Node that runs this, for machines without strace:
 *
 *     node src/cli/randomcat/record.ts [FOLDER]
 *
 * Of a strace log it keeps who made whom and what children call after they marked the beginning of their phase.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { askAll, portOf, serverCommand } from "./observation.ts";

const paths = ["/randomcat"];
const births = /^\d+ +(<\.\.\. )?(clone3?|v?fork)[( ]/;

/** The lines of `log` that are worth keeping, without the paths of this machine. */
function shorten(log: string): string[] {
  const [first = "", ...lines] = log.split("\n");
  const start = first.replace(/\(.*\)/, '("node", ["node", "serve.js", "--program", "..."], 0x0)');
  const marked = new Set<string>();
  const kept = lines.filter((line) => {
    const [, pid = "", call = ""] = /^(\d+) +(?:<\.\.\. )?(\w+)?/.exec(line) ?? [];
    if (call === "seccomp") marked.add(pid);
    if (marked.has(pid)) return true;
    const [, maker, made = ""] = /^(\d+) .*clone3?.* = (\d+)$/.exec(line) ?? [];
    if (maker !== undefined && made !== "") makers.set(made, maker);
    return births.test(line) || marked.has(makers.get(pid) ?? "");
  });
  return [start, ...kept];
}

/** Who made a thread or process, by pid. */
const makers = new Map<string, string>();

const folder = process.argv[2] ?? fileURLToPath(new URL("recorded", import.meta.url));
const place = mkdtempSync(`${tmpdir()}/seccat-`);
try {
  const strace = spawn("strace", ["-f", "-o", `${place}/log`, ...serverCommand()], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(strace, "close");
  const [url] = await once(strace.stdout, "data");
  const problem = await askAll(portOf(url), paths);
  strace.stdin.end();
  await ended;
  if (problem !== undefined) throw new Error(problem);
  const [major] = process.versions.node.split(".");
  writeFileSync(
    `${folder}/node-${major}.strace`,
    `${shorten(readFileSync(`${place}/log`, "utf8")).join("\n")}\n`,
  );
} finally {
  rmSync(place, { recursive: true });
}
