import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { skip, whyNotHere } from "../enforce/programs.ts";
import { onTerminal, whyNoPython } from "./python.ts";
import { seccatArgs } from "./seccat.ts";

const test = suite("seccat run on a terminal");
const folder = mkdtempSync(join(tmpdir(), "seccat-test-"));
test.after(() => rmSync(folder, { recursive: true, force: true }));
const policy = join(folder, "p.yaml");
writeFileSync(policy, "default: allow\nrules: []\n");
/** A script that is `seccat run` with the command of its arguments. */
const under = join(folder, "under");
const words = [process.execPath, ...seccatArgs, "run", "-p", policy, "--"];
const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
writeFileSync(under, `#!/bin/sh\nexec ${quoted} "$@"\n`, { mode: 0o755 });

test("an interactive shell has its terminal: job control, Ctrl-C, Ctrl-Z, the window's size, its exit code", () => {
  const said = onTerminal(
    `
shell = start([words, "bash", "--norc", "-i"], PS1="ready> ")
shell.until("ready> ")
shell.type("stty size\\n"); print(shell.until(r"\\d+ \\d+\\r\\n").strip())
shell.type("sleep 60\\n"); shell.until(r"sleep 60\\r\\n"); time.sleep(0.3)
shell.type("\\x03"); shell.until("ready> ")
shell.type("echo status $?\\n"); print(shell.until(r"status \\d+\\r\\n").strip())
shell.type("sleep 61\\n"); shell.until(r"sleep 61\\r\\n"); time.sleep(0.3)
shell.type("\\x1a"); print(shell.until("Stopped")); shell.until("ready> ")
shell.type("fg\\n"); shell.until(r"sleep 61\\r\\n"); time.sleep(0.3)
shell.type("\\x03"); shell.until("ready> ")
shell.size(20, 50); time.sleep(0.2)
shell.type("stty size\\n"); print(shell.until(r"\\d+ \\d+\\r\\n").strip())
shell.type("exit 5\\n"); print(shell.end())`,
    under,
  );
  assert.equal(said.trim().split("\n"), ["37 91", "status 130", "Stopped", "20 50", "5"]);
});

test("a shell stops it by Ctrl-Z as a job, goes on with fg, and ends it by Ctrl-C", () => {
  const said = onTerminal(
    `
shell = start(["bash", "--norc", "-i"], PS1="ready> ")
shell.until("ready> ")
shell.type(words + " sh -c 'echo go''ing; sleep 3; echo wo''ke; sleep 60'\\n"); shell.until("going\\r\\n"); time.sleep(0.2)
shell.type("\\x1a"); print(shell.until("Stopped")); shell.until("ready> ")
shell.type("fg\\n"); print(shell.until("woke"))
shell.type("\\x03"); shell.until("ready> ")
shell.type("echo status $?\\n"); print(shell.until(r"status \\d+\\r\\n").strip())
shell.type("exit\\n"); print(shell.end())`,
    under,
  );
  assert.equal(said.trim().split("\n"), ["Stopped", "woke", "status 130", "0"]);
});

test("a command that stops itself is a stopped job, which fg continues", () => {
  const said = onTerminal(
    `
shell = start(["bash", "--norc", "-i"], PS1="ready> ")
shell.until("ready> ")
shell.type(words + " sh -c 'kill -TSTP $$; echo wo''ke; kill -STOP $$; echo aga''in; exit 4'\\n")
print(shell.until("Stopped")); shell.until("ready> ")
shell.type("fg\\n"); print(shell.until("woke")); print(shell.until("Stopped")); shell.until("ready> ")
shell.type("fg\\n"); print(shell.until("again")); shell.until("ready> ")
shell.type("echo status $?\\n"); print(shell.until(r"status \\d+\\r\\n").strip())
shell.type("exit\\n"); print(shell.end())`,
    under,
  );
  assert.equal(said.trim().split("\n"), ["Stopped", "woke", "Stopped", "again", "status 4", "0"]);
});

test("what a command sets on the terminal stays set", () => {
  const said = onTerminal(
    `
term = start(["sh", "-c", words + " stty -echo -ixon erase ^U; exec stty -a"])
term.end(); print(term.seen.decode())`,
    under,
  );
  for (const setting of [/ -echo /, / -ixon /, /erase = \^U;/]) assert.match(said, setting);
});

const why = (await whyNotHere()) ?? whyNoPython();
if (why) {
  rmSync(folder, { recursive: true, force: true });
  skip("seccat run on a terminal", why);
} else test.run();
