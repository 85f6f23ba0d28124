/**
 * Runs the README: files it shows are written to an empty folder, commands it shows are run there, and what they
 * print must be what it says. SECCAT_README=write puts the real output into the README instead.
 *
 * A fenced block of `console` holds commands (`$ ...`) with their output, `...` alone on a line stands for any
 * lines. Another block is a file when a comment before it says so: `<!-- file: NAME -->`.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { root } from "./root.ts";

const readme = suite("readme");
const path = `${root}README.md`;
const write = process.env.SECCAT_README === "write";

interface Block {
  readonly kind: string;
  /** Index of the first line of the text. */
  readonly from: number;
  /** Index of the closing fence. */
  readonly to: number;
  readonly file?: string;
}

function blocksOf(lines: readonly string[]): Block[] {
  const blocks: Block[] = [];
  for (let i = 0; i < lines.length; i++) {
    const kind = /^```(\w+)$/.exec(lines[i] ?? "")?.[1];
    if (kind === undefined) continue;
    const to = lines.indexOf("```", i + 1);
    const named = /^<!-- file: (\S+) -->$/.exec(lines[i - 1] ?? "")?.[1];
    blocks.push({ kind, from: i + 1, to, ...(named === undefined ? {} : { file: named }) });
    i = to;
  }
  return blocks;
}

/** The commands of a console block, each with the output shown. */
function commandsOf(text: readonly string[]): { command: string; shown: string[] }[] {
  const commands: { command: string; shown: string[] }[] = [];
  for (const line of text) {
    if (line.startsWith("$ ")) commands.push({ command: line.slice(2), shown: [] });
    else commands.at(-1)?.shown.push(line);
  }
  return commands;
}

/** Whether `printed` is what `shown` says, `...` standing for any lines. */
function isShown(printed: readonly string[], shown: readonly string[]): boolean {
  const [first, ...rest] = shown;
  if (first === undefined) return printed.length === 0;
  if (first === "...") return printed.some((_, i) => isShown(printed.slice(i), rest)) || rest.length === 0;
  return printed[0] === first && isShown(printed.slice(1), rest);
}

class Sandbox {
  readonly folder = mkdtempSync(join(tmpdir(), "seccat-readme-"));

  constructor() {
    const bin = join(this.folder, "bin");
    mkdirSync(bin);
    // So that no package.json of a folder above says what `seccat` is.
    this.put("package.json", "{}\n");
    mkdirSync(join(this.folder, "node_modules"));
    symlinkSync(root, join(this.folder, "node_modules", "seccat"));
    writeFileSync(
      join(bin, "seccat"),
      `#!/bin/sh\nexec "${process.execPath}" "${root}src/cli/seccat.cjs" "$@"\n`,
    );
    chmodSync(join(bin, "seccat"), 0o755);
    symlinkSync(process.execPath, join(bin, "node"));
  }

  put(name: string, text: string): void {
    mkdirSync(dirname(join(this.folder, name)), { recursive: true });
    writeFileSync(join(this.folder, name), text);
  }

  run(command: string): string[] {
    const { FORCE_COLOR: _, CI: __, ...env } = process.env;
    const done = spawnSync("sh", ["-c", `exec 2>&1; ${command}`], {
      cwd: this.folder,
      encoding: "utf8",
      timeout: 60_000,
      env: { ...env, NO_COLOR: "1", PATH: `${join(this.folder, "bin")}:${env.PATH ?? ""}` },
    });
    const text = done.stdout.replace(/\n$/, "");
    return text === "" ? [] : text.split("\n");
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const sandbox = new Sandbox();

/** What a command prints; once more where it could not name a call, as the kernel logs ten kills in five seconds, and other tests kill too. */
function printedBy(command: string, shown: readonly string[]): string[] {
  const printed = sandbox.run(command);
  const isNamed = (line: string) => line.startsWith("seccat: killed: the command called ");
  if (!shown.some(isNamed) || printed.some(isNamed)) return printed;
  spawnSync("sleep", ["6"]);
  return sandbox.run(command);
}
const lines = readFileSync(path, "utf8").split("\n");
const replaced: { from: number; to: number; text: string[] }[] = [];

for (const block of blocksOf(lines)) {
  const text = lines.slice(block.from, block.to);
  if (block.file !== undefined) sandbox.put(block.file, `${text.join("\n")}\n`);
  if (block.kind !== "console") continue;
  const commands = commandsOf(text);
  if (process.platform !== "linux" && commands.some(({ command }) => command.startsWith("seccat run"))) {
    console.log(`readme: line ${block.from + 1} skipped, seccomp is part of Linux`);
    continue;
  }
  readme(`line ${block.from + 1}: ${commands.map(({ command }) => command).join("; ")}`, () => {
    const real = commands.map(({ command, shown }) => ({
      command,
      shown,
      printed: printedBy(command, shown),
    }));
    if (write) {
      const text = real.flatMap(({ command, shown, printed }) => {
        return [`$ ${command}`, ...(isShown(printed, shown) ? shown : printed)];
      });
      replaced.push({ from: block.from, to: block.to, text });
      return;
    }
    for (const { command, shown, printed } of real)
      if (!isShown(printed, shown)) assert.equal(printed, shown, command);
  });
}

readme("the files that it shows are used by its commands", () => {
  const text = lines.join("\n");
  for (const { file } of blocksOf(lines))
    if (file !== undefined) assert.ok(text.split(file).length > 2, `${file} is only shown`);
});

readme.after(() => {
  sandbox.remove();
  if (!write) return;
  const result = [...lines];
  for (const { from, to, text } of replaced.reverse()) result.splice(from, to - from, ...text);
  writeFileSync(path, result.join("\n"));
});

readme.run();
