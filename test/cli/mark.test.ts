import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readPolicy } from "../../src/formats/index.ts";
import { skip, whyNotHere } from "../enforce/programs.ts";
import { inFolder, whyNoStrace } from "../trace/here.ts";
import { seccat, seccatArgs } from "./seccat.ts";

const test = suite("seccat mark");

const reasons = { notify: await whyNotHere(), strace: whyNoStrace() || undefined } as const;

/** Waits until a file is there. */
async function until(path: string): Promise<void> {
  for (let i = 0; i < 1000 && !existsSync(path); i++) await new Promise((resolve) => setTimeout(resolve, 20));
}

for (const engine of ["notify", "strace"] as const)
  test(`begins a phase in a trace that is going on (${engine})`, async () => {
    const reason = reasons[engine];
    if (reason !== undefined) return skip("a mark", reason);
    await inFolder(async (folder) => {
      const [begun, marked, policy] = ["begun", "marked", "p.yaml"].map((name) => join(folder, name));
      const script = `cat /dev/null; echo > ${begun}; while [ ! -e ${marked} ]; do sleep 0.05; done; uname > /dev/null`;
      const options = ["--engine", engine, "--split", "phase", "-o", policy ?? ""];
      const child = spawn(process.execPath, [...seccatArgs, "trace", ...options, "--", "sh", "-c", script], {
        env: { ...process.env, XDG_RUNTIME_DIR: folder },
        stdio: "ignore",
      });
      const ended = new Promise((resolve) => child.once("exit", resolve));
      await until(begun ?? "");
      const told = seccat(["mark", "ready now"], { env: { XDG_RUNTIME_DIR: folder } });
      assert.is(told.code, 0, told.stderr);
      assert.is(told.stderr, "marked ready now\n");
      spawn("touch", [marked ?? ""]);
      assert.is(await ended, 0);
      const callsOf = (name: string) =>
        readPolicy(readFileSync(join(folder, name), "utf8")).policy.rules[0]?.syscalls ?? [];
      assert.ok(callsOf("p.mark-ready-now.yaml").includes("uname"));
      assert.not.ok(callsOf("p.start.yaml").includes("uname"));
      assert.ok(callsOf("p.start.yaml").includes("execve"));
    });
  });

test("of several traces it marks the one that it was started under, and asks for a pid elsewhere", async () => {
  if (reasons.notify !== undefined) return skip("several traces", reasons.notify);
  await inFolder(async (folder) => {
    const env = { XDG_RUNTIME_DIR: folder };
    const begun = join(folder, "begun");
    const other = spawn(
      process.execPath,
      [...seccatArgs, "trace", "--", "sh", "-c", `echo > ${begun}; exec sleep 60`],
      {
        env: { ...process.env, ...env },
        stdio: "ignore",
      },
    );
    await until(begun);
    const marking = [process.execPath, ...seccatArgs, "mark", "mine"];
    const options = ["--split", "phase", "-o", join(folder, "p.yaml")];
    const { code, stderr } = seccat(
      ["trace", ...options, "--", "sh", "-c", '"$@"; uname', "sh", ...marking],
      { env },
    );
    assert.is(code, 0, stderr);
    assert.match(stderr, "marked mine");
    assert.ok(existsSync(join(folder, "p.mark-mine.yaml")));
    const second = spawn(process.execPath, [...seccatArgs, "trace", "--", "sleep", "61"], {
      env: { ...process.env, ...env },
      stdio: "ignore",
    });
    const place = join(folder, `seccat-marks-${process.getuid?.() ?? 0}`, String(second.pid));
    await until(place);
    const unsure = seccat(["mark", "mine"], { env });
    assert.is(unsure.code, 2);
    assert.match(unsure.stderr, "more than one trace is going on");
    assert.match(unsure.stderr, `pid ${second.pid} (sleep 61)`);
    for (const child of [other, second]) child.kill("SIGTERM");
    await Promise.all([other, second].map((child) => new Promise((resolve) => child.once("exit", resolve))));
  });
});

test("says so when nothing is being traced, and when that pid traces nothing", async () => {
  await inFolder((folder) => {
    const env = { XDG_RUNTIME_DIR: folder };
    const nothing = seccat(["mark", "ready"], { env });
    assert.is(nothing.code, 2);
    assert.match(nothing.stderr, /nothing is being traced/);
    const other = seccat(["mark", "ready", "--pid", String(process.pid)], { env });
    assert.is(other.code, 3);
    assert.match(other.stderr, new RegExp(`no trace with the pid ${process.pid} listens for marks`));
  });
});

test.run();
