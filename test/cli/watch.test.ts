/** Each step waits for what the watching process says, and no longer than the limit. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { seccatArgs } from "./seccat.ts";

const watching = suite("seccat test --watch");

const LIMIT_MS = 30_000;
const policy = "default: kill_process\narches: [x86_64]\nrules:\n  - include: inc.yaml\n";
const included = (call: string) => `- action: allow\n  syscalls: [${call}]\n`;
const tests = (call: string) => `policy: p.yaml\ntests:\n  - allows: ${call}\n`;

/** A watching seccat, and what it has printed since it was last waited for. */
class Watch {
  readonly child: ChildProcessWithoutNullStreams;
  #text = "";
  #heard: () => void = () => {};

  constructor(folder: string) {
    this.child = spawn(process.execPath, [...seccatArgs, "test", "--watch", "t.yaml"], {
      cwd: folder,
      env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined },
    });
    this.child.once("close", () => this.#heard());
    for (const stream of [this.child.stdout, this.child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.#text += text;
        this.#heard();
      });
  }

  /** What is printed up to the next word that it watches; `also` must be in it, of several runs in one of them. */
  async ready(also: RegExp): Promise<string> {
    const limit = setTimeout(() => this.child.kill("SIGKILL"), LIMIT_MS);
    while (!(also.test(this.#text) && /watching \d files?; Ctrl-C ends\n$/.test(this.#text))) {
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error(`it ended, and said: ${this.#text}`);
      await new Promise<void>((heard) => {
        this.#heard = heard;
      });
    }
    clearTimeout(limit);
    const text = this.#text;
    this.#text = "";
    return text;
  }

  ended(): Promise<number | NodeJS.Signals | null> {
    return new Promise((done) => this.child.once("close", (code, signal) => done(code ?? signal)));
  }
}

watching(
  "it runs again when a test, a policy or what that includes changes, and Ctrl-C ends it with 130",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "seccat-watch-"));
    const put = (name: string, text: string) => writeFileSync(join(folder, name), text);
    put("p.yaml", policy);
    put("inc.yaml", included("read"));
    put("t.yaml", tests("read"));
    const watch = new Watch(folder);
    try {
      assert.match(
        await watch.ready(/passed/),
        /^t\.yaml\n {2}ok {3}read\(\) passes \(x86_64\)\n[\s\S]*\n1 passed\nwatching 3 files; Ctrl-C ends\n$/,
      );
      put("inc.yaml", included("write"));
      assert.match(await watch.ready(/failed/), /FAIL read\(\) passes/);
      put("t.yaml", tests("write"));
      assert.match(await watch.ready(/passed/), /ok {3}write\(\) passes/);
      put(
        "new.yaml",
        policy
          .replace("kill_process", "allow")
          .replace(/ {2}- include.*/, "")
          .replace("rules:", "rules: []"),
      );
      renameSync(join(folder, "new.yaml"), join(folder, "p.yaml"));
      assert.match(await watch.ready(/passed/), /0 of 0 rules|watching 2 files/);
      put("p.yaml", policy);
      await watch.ready(/1 of 1 rules/);
      rmSync(join(folder, "inc.yaml"));
      assert.match(await watch.ready(/error/), /p\.yaml:4:14: error: cannot read inc\.yaml: no such file/);
      put("inc.yaml", included("write"));
      await watch.ready(/1 passed/);
      const ended = watch.ended();
      watch.child.kill("SIGINT");
      assert.is(await ended, 130);
    } finally {
      watch.child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

watching.run();
