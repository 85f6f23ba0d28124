import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readPolicy } from "../../src/formats/index.ts";
import { skip, whyNotHere } from "../enforce/programs.ts";
import { whyNoStrace } from "../trace/here.ts";
import { onTerminal, whyNoPython } from "./python.ts";
import { seccatArgs } from "./seccat.ts";

const test = suite("seccat trace on a terminal");
const folder = mkdtempSync(join(tmpdir(), "seccat-test-"));
test.after(() => rmSync(folder, { recursive: true, force: true }));
const policy = join(folder, "p.yaml");
const why = (await whyNotHere()) ?? whyNoPython();

/** A script that is `seccat trace -o POLICY` with the options and the command of its arguments. */
function tracer(options: string): string {
  const path = join(folder, "tracer");
  const words = [process.execPath, ...seccatArgs, "trace", "-o", policy];
  const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  writeFileSync(path, `#!/bin/sh\nexec ${quoted} ${options} -- "$@"\n`, { mode: 0o755 });
  rmSync(policy, { force: true });
  return path;
}

function onKernel(name: string, work: () => void): void {
  test(name, () => (why === undefined ? work() : skip(name, why)));
}

/** The calls of the policy that was written. */
function learned(): readonly (string | number)[] {
  return readPolicy(readFileSync(policy, "utf8")).policy.rules[0]?.syscalls ?? [];
}

onKernel(
  "an interactive shell has its terminal while it is watched: job control, Ctrl-C, Ctrl-Z, its exit code",
  () => {
    const said = onTerminal(
      `
shell = start([words, "bash", "--norc", "-i"], PS1="ready> ")
shell.until("ready> ")
shell.type("stty size\\n"); print(shell.until(r"\\d+ \\d+\\r\\n").strip())
shell.type("sleep 60\\n"); shell.until(r"sleep 60\\r\\n"); time.sleep(0.5)
shell.type("\\x03"); shell.until("ready> ")
shell.type("echo status $?\\n"); print(shell.until(r"status \\d+\\r\\n").strip())
shell.type("sleep 61\\n"); shell.until(r"sleep 61\\r\\n"); time.sleep(0.5)
shell.type("\\x1a"); print(shell.until("Stopped")); shell.until("ready> ")
shell.type("fg\\n"); shell.until(r"sleep 61\\r\\n"); time.sleep(0.5)
shell.type("\\x03"); shell.until("ready> ")
shell.type("exit 5\\n"); print(shell.until("itself ended with 5")); print(shell.end())`,
      tracer(""),
    );
    assert.equal(said.trim().split("\n"), ["37 91", "status 130", "Stopped", "itself ended with 5", "0"]);
    assert.ok(learned().includes("setpgid"));
  },
);

onKernel("Ctrl-C ends the command, and what was seen is written", () => {
  const said = onTerminal(
    `
shell = start([words, "sh", "-c", "echo be''gun; sleep 60"])
shell.until("begun"); time.sleep(0.3)
shell.type("\\x03"); print(shell.until("itself ended with 130")); print(shell.end())`,
    tracer(""),
  );
  assert.equal(said.trim().split("\n"), ["itself ended with 130", "0"]);
  assert.ok(learned().includes("write"));
});

onKernel("with --detach-on-interrupt, Ctrl-C has the policy written and the command goes on", () => {
  const [go, gone] = [join(folder, "go"), join(folder, "gone")];
  const script = `echo be''gun; i=0; while [ ! -e ${go} ] && [ $i -lt 600 ]; do sleep 0.1; i=$((i+1)); done; echo on > ${gone}`;
  const said = onTerminal(
    `
shell = start([words, "sh", "-c", ${JSON.stringify(script)}])
shell.until("begun"); time.sleep(0.3)
shell.type("\\x03"); print(shell.until("the command goes on unwatched, pid [0-9]+").split(",")[0])
print(os.waitstatus_to_exitcode(os.waitpid(shell.pid, 0)[1])) # the command still has the terminal
open(${JSON.stringify(go)}, "w").close()
deadline = time.time() + 20
while not os.path.exists(${JSON.stringify(gone)}) and time.time() < deadline: time.sleep(0.1)`,
    tracer("--detach-on-interrupt"),
  );
  assert.equal(said.trim().split("\n"), ["the command goes on unwatched", "0"]);
  assert.ok(existsSync(gone), "the command did not go on");
  assert.ok(learned().includes("write"));
});

for (const options of ["--view", "--view --engine strace"])
  onKernel(`${options} shows the calls as they come, and takes its lines away`, () => {
    if (options.endsWith("strace") && whyNoStrace() !== "") return skip(options, whyNoStrace());
    const said = onTerminal(
      `
shell = start([words, "sh", "-c", "i=0; while [ $i -lt 300 ]; do cat /dev/null; i=$((i+1)); done"], TERM="xterm", NO_COLOR="1")
print(shell.until(r"new +[0-9.]+ s  execve pid \\d+")[:3]); print(shell.until(r"[0-9,]+ calls/s, [0-9,]+ calls of \\d+ kinds").split(" ", 1)[1].split(",")[0])
shell.until("pid \\d+, "); print(shell.until("1 run, 301 processes")); print(shell.end())`,
      tracer(options),
    );
    assert.equal(said.trim().split("\n"), ["new", "calls/s", "1 run, 301 processes", "0"]);
  });

for (const options of ["", "--detach-on-interrupt", "--engine strace"])
  onKernel(`who outlasts the command is told, and Ctrl-C stops waiting for them: ${options}`, () => {
    if (options.endsWith("strace") && whyNoStrace() !== "") return skip(options, whyNoStrace());
    const said = onTerminal(
      `
shell = start([words, "sh", "-c", "(setsid sleep 77 > /dev/null 2>&1 < /dev/null &); exit 4"])
pid = re.search(r"\\d+", shell.until(r"what it left has not: pid \\d+ \\(sleep\\)"))[0]
shell.type("\\x03"); print(shell.until(r"what the command left goes on unwatched: pid %s \\(sleep\\)" % pid).split(":")[0])
print(shell.until("itself ended with 4")); print(shell.end())
os.kill(int(pid), 15) # it does go on`,
      tracer(options),
    );
    const told = ["what the command left goes on unwatched", "itself ended with 4", "0"];
    assert.equal(said.trim().split("\n"), told);
    assert.ok(learned().includes("setsid"));
  });

test.run();
