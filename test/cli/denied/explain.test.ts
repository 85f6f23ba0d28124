import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { native } from "../../../src/enforce/native.ts";
import { compileStatic, skip, whyNotHere } from "../../enforce/programs.ts";
import { root } from "../../root.ts";
import { onTerminal, whyNoPython } from "../python.ts";
import { seccat, seccatArgs } from "../seccat.ts";

const test = suite("seccat run --explain");
const folder = mkdtempSync(join(tmpdir(), "seccat-test-"));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const denied = "openat2, connect, socket, ioctl, mount, prctl, chdir, mkdirat, mkdir";
const policy = `# what the calls of calls.c get
default: allow
rules:
  # the library is loaded by openat too
  - action: { errno: EACCES }
    syscalls: [openat]
    when: flags in {O_WRONLY|O_CREAT|O_TRUNC, O_NOFOLLOW, O_SYNC}
  - action: { errno: EPERM }
    syscalls: [${denied}] # all that
    why: not in a test
  - action: { errno: ENOSPC }
    syscalls: [clone]
    when: flags & CLONE_NEWUSER != 0
`;
const files: Readonly<Record<string, string>> = {
  "p.yaml": policy,
  "dirs.yaml": "default: allow\nrules:\n  - action: { errno: EPERM }\n    syscalls: [mkdir, mkdirat]\n",
  "calls.yaml": "default: allow\nrules:\n  - action: { errno: EPERM }\n    syscalls: [chdir]\n",
  "links.yaml": "default: allow\nrules:\n  - action: { errno: EMLINK }\n    syscalls: [symlink, symlinkat]\n",
  "kill.yaml": "default: allow\nrules:\n  - action: kill_process\n    syscalls: [mkdir, mkdirat]\n",
  "trap.yaml": "default: allow\nrules:\n  - action: trap\n    syscalls: [mkdir, mkdirat]\n",
  "net.yaml": "default: allow\nrules:\n  - action: { errno: EPERM }\n    syscalls: [socket]\n",
  "oci.json": JSON.stringify({
    defaultAction: "SCMP_ACT_ALLOW",
    syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO" }],
  }),
};
for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);

const calls = join(folder, "calls");
const gcc = spawnSync("gcc", ["-pthread", "-o", calls, `${root}test/cli/denied/calls.c`], {
  encoding: "utf8",
});
const why =
  (await whyNotHere()) ??
  (gcc.status === 0 ? undefined : (gcc.error?.message ?? gcc.stderr)) ??
  (native().abi === "x86_64" ? undefined : `the calls are x86_64's, and this is ${native().abi}`);

const run = (options: readonly string[], words: readonly string[], env: Record<string, string> = {}) =>
  seccat(["run", ...options, "--", ...words], { cwd: folder, env });

interface Told {
  readonly [key: string]: unknown;
  readonly event: string;
  readonly call: string;
  readonly times: number;
  readonly args?: readonly { readonly value: string }[];
  readonly from?: { readonly file: string; readonly offset: string };
  readonly calls?: readonly { readonly syscall: string; readonly times: number }[];
  readonly by: readonly { readonly [key: string]: unknown }[];
}

/** The text of the first denial of a call. */
const callOf = (events: readonly Told[], name: string) =>
  events.find(({ event, syscall }) => event === "denied" && syscall === name)?.call ?? "";

const told = (text: string): Told[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

function explain(): void {
  test("each call is decoded: names, flags, strings, paths, addresses", () => {
    const { code, stderr } = run(["-p", "p.yaml", "--json", "--explain"], [calls, "all"]);
    assert.is(code, 0);
    const events = told(stderr);
    assert.equal(
      events.filter(({ event }) => event === "denied").map(({ call, verdict }) => `${call}: ${verdict}`),
      [
        'openat(dirfd=3</usr>, pathname="lib/x"</usr/lib/x>, flags=O_WRONLY|O_CREAT|O_TRUNC, mode=0640): errno EACCES',
        `openat(dirfd=AT_FDCWD<${folder}>, pathname="/etc/shadow", flags=O_NOFOLLOW): errno EACCES`,
        `openat2(dirfd=AT_FDCWD<${folder}>, pathname="y"<${folder}/y>, how={flags=O_RDWR|O_CREAT, mode=0600, resolve=RESOLVE_IN_ROOT}, size=24): errno EPERM`,
        "connect(sockfd=5, addr={AF_INET 127.0.0.9:8080}, addrlen=16): errno EPERM",
        "connect(sockfd=5, addr={AF_UNIX /run/no.sock}, addrlen=110): errno EPERM",
        "socket(domain=AF_INET6, type=SOCK_DGRAM|SOCK_NONBLOCK, protocol=17): errno EPERM",
        `${callOf(events, "ioctl")}: errno EPERM`,
        "clone(flags=SIGCHLD|CLONE_NEWNS|CLONE_NEWUSER, stack=0, parent_tid=NULL, child_tid=NULL, tls=0): errno ENOSPC",
        `${callOf(events, "mount")}: errno EPERM`,
        "prctl(option=PR_SET_DUMPABLE, second=0, third=0, fourth=0, fifth=0): errno EPERM",
        'chdir(path="/end"): errno EPERM',
        'chdir(path="/cut"...): errno EPERM',
        "chdir(path=0x10): errno EPERM",
        `mkdir(pathname="\\x1b]0;title\\x07\\xff"<${folder}/\\x1b]0;title\\x07\ufffd>, mode=0): errno EPERM`,
      ],
    );
    assert.match(callOf(events, "ioctl"), /^ioctl\(fd=0<\S+>, request=TIOCSTI, arg=0x[0-9a-f]+\)$/);
    assert.match(
      callOf(events, "mount"),
      /^mount\(source="none", target="\/nowhere\/that\/exists", filesystemtype="tmpfs", mountflags=MS_NOSUID\|MS_NODEV, data=0x[0-9a-f]+\)$/,
    );
  });

  test("an entry of --json says who, where in the code, which rule, and what would allow it", () => {
    const { stderr } = run(["-p", "p.yaml", "--json", "--explain"], [calls, "all"]);
    const [first, ...others] = told(stderr);
    if (!first) return assert.unreachable("nothing was told");
    const { time, pid, tid, ip, from, ...rest } = first;
    assert.equal(rest, {
      event: "denied",
      command: "calls",
      exe: calls,
      arch: "x86_64",
      nr: 257,
      syscall: "openat",
      call: rest.call,
      args: [
        { name: "dirfd", text: "3</usr>", path: "/usr", value: "0x3" },
        {
          name: "pathname",
          text: '"lib/x"</usr/lib/x>',
          string: "lib/x",
          path: "/usr/lib/x",
          value: first.args?.[1]?.value,
        },
        { name: "flags", text: "O_WRONLY|O_CREAT|O_TRUNC", value: "0x241" },
        { name: "mode", text: "0640", value: "0x1a0" },
      ],
      verdict: "errno EACCES",
      by: [
        {
          policy: "p.yaml",
          reason: "rule",
          rule: 1,
          why: null,
          file: "p.yaml",
          line: 5,
          column: 5,
          allow: "- { action: allow, syscalls: [openat], when: flags == O_WRONLY|O_CREAT|O_TRUNC }",
          before: 5,
        },
      ],
    });
    assert.ok(Math.abs(Date.now() - Date.parse(String(time))) < 60_000);
    assert.is(pid, tid);
    const { file = "", offset = "" } = from ?? {};
    assert.match(file, /\/libc\.so\.6$/);
    assert.match(String(ip), /^0x7[0-9a-f]{11}$/);
    assert.ok(inSymbol(file, "syscall", Number(offset)), `${offset} is in syscall() of ${file}`);
    const end = others.at(-1);
    assert.equal([end?.event, end?.status, end?.signal, end?.denied], ["ended", 0, null, 14]);
    assert.equal(
      end?.calls?.filter(({ syscall }) => syscall === "chdir").map(({ times }) => times),
      [3],
    );
  });

  test("in words, with the rule's place and reason, and a summary at the end", () => {
    const { stderr } = run(["-p", "dirs.yaml", "-p", "p.yaml", "--explain"], ["mkdir", "d"]);
    const plain = stderr
      .replace(/\d\d:\d\d:\d\d\.\d{3}/g, "TIME")
      .replace(/\[\d+\]/g, "[PID]")
      .replace(/\+0x[0-9a-f]+ in \S+/, "+0xOFF in EXE")
      .replace(/^mkdir: .*\n/m, "");
    assert.is(
      plain,
      `seccat: denied: TIME mkdir[PID]: mkdir(pathname="d"<${folder}/d>, mode=0777): errno EPERM
  from: libc.so.6+0xOFF in EXE
  by: p.yaml:8:5 (rule 2: not in a test)
  allow: - { action: allow, syscalls: [mkdir] } before line 8
  by: dirs.yaml:3:5 (rule 1)
  allow: - { action: allow, syscalls: [mkdir] } before line 3
seccat: 1 call was denied
  mkdir: 1 time, first at TIME: errno EPERM
    by: p.yaml:8:5 (rule 2: not in a test)
    allow: - { action: allow, syscalls: [mkdir] } before line 8
    by: dirs.yaml:3:5 (rule 1)
    allow: - { action: allow, syscalls: [mkdir] } before line 3
`,
    );
  });

  test("all policies of a stack are explained, and each denies as it says", () => {
    const options = ["-p", "dirs.yaml", "-p", "kill.yaml", "-p", "links.yaml", "--json", "--explain"];
    const links = told(run(options, ["ln", "-s", "a", "b"]).stderr.replace(/^ln: .*\n/m, ""));
    assert.equal(
      links[0]?.by.map((one) => one.policy),
      ["links.yaml"],
    );
    assert.is(links[0]?.verdict, "errno EMLINK");
    const { code, stderr } = run(options, ["mkdir", "d"]);
    const [first] = told(stderr);
    assert.is(code, 159);
    assert.is(first?.verdict, "kill_process");
    assert.equal(
      first?.by.map((one) => one.policy),
      ["kill.yaml", "dirs.yaml"],
    );
    assert.not(existsSync(join(folder, "d")));
  });

  test("a process that goes on and on is summed up, not followed", () => {
    const { code, stderr } = run(["-p", "dirs.yaml", "--explain"], [calls, "flood", "5000"]);
    assert.is(code, 0);
    const lines = stderr.split("\n");
    assert.ok(lines.length < 60, `${lines.length} lines`);
    const left = lines.flatMap(
      (line) => /same call ([\d,]+) more times?: mkdirat by calls, /.exec(line)?.[1] ?? [],
    );
    const shown = lines.filter((line) => /^seccat: denied: \d/.test(line)).length;
    const sum = left.reduce((all, text) => all + Number(text.replaceAll(",", "")), 0);
    assert.is(sum + shown, 5000);
    assert.match(stderr, /^seccat: 5,000 calls were denied\n {2}mkdirat: 5,000 times, first at /m);
  });

  test("a process that makes its calls look different each time is summed up too", () => {
    const { code, stderr } = run(["-p", "p.yaml", "--explain"], [calls, "kinds", "6000"]);
    assert.is(code, 0);
    assert.ok(stderr.split("\n").length < 1500, `${stderr.split("\n").length} lines`);
    assert.match(stderr, /^seccat: denied: calls of [\d,]+ more kinds [\d,]+ more times: ioctl$/m);
    assert.match(stderr, /^seccat: 6,000 calls were denied$/m);
    assert.match(
      stderr,
      /^ {4}allow: .*request in \{0x7a000000, 0x7a000001, .*… \(--suggest writes all of it\)$/m,
    );
  });

  test("a trap, which the kernel carries out alone, is said to be the likely end", () => {
    const { code, stderr } = run(["-p", "trap.yaml", "--explain"], ["mkdir", "d"]);
    assert.is(code, 159);
    assert.match(
      stderr,
      /^seccat: killed: the command ended by SIGSYS, and not by a kill action\n {2}fix: look for the action trap in trap\.yaml/,
    );
    const plain = run(["-p", "trap.yaml"], ["mkdir", "d"]);
    assert.is(plain.code, 159);
    assert.match(plain.stderr, /--explain names the call, unless the rule's action is trap/);
  });

  test("a call of another architecture is read by its own tables, and told where it is not listed", () => {
    const old = join(folder, "old");
    const problem = compileStatic(oldCall, old);
    if (problem) return skip("a call of x86", problem);
    writeFileSync(
      join(folder, "both.yaml"),
      (files["dirs.yaml"] ?? "").replace("\n", "\narches: [x86_64, x86]\n"),
    );
    const [first] = told(run(["-p", "both.yaml", "--json", "--explain"], [old]).stderr);
    if (first?.event !== "denied") return skip("a call of x86", "this kernel takes none");
    assert.is(first.call, 'mkdir(pathname="/old", mode=0755)');
    assert.equal([first.arch, first.nr], ["x86", 39]);
    const unlisted = told(run(["-p", "dirs.yaml", "--json", "--explain"], [old]).stderr)[0];
    assert.is(unlisted?.by[0]?.noRule, "the policy does not list x86: add it to arches");
    const words = run(["-p", "dirs.yaml", "--explain"], [old]).stderr;
    assert.match(words, /mkdir\(pathname="\/old", mode=0755\) on x86: /);
    assert.match(words, /^ {2}mkdir on x86: 1 time, /m);
  });

  test("many threads and children that do the same are one kind of call", () => {
    const { code, stderr } = run(["-p", "dirs.yaml", "--json", "--explain"], [calls, "threads", "30"]);
    assert.is(code, 0);
    const events = told(stderr);
    assert.is(events.at(-1)?.denied, 60);
    assert.ok(events.filter(({ event }) => event === "denied").length < 10);
  });

  test("processes that vanish while their call is looked at disturb nobody", () => {
    for (const wait of ["0", "300", "2000"]) {
      const { code, stderr } = run(["-p", "calls.yaml", "--json", "--explain"], [calls, "vanish", "40"], {
        WAIT_US: wait,
      });
      assert.is(code, 0);
      for (const { event, call } of told(stderr))
        if (event === "denied") assert.match(call, /^chdir\(path=("\/gone"|0x[0-9a-f]+)\)$/);
    }
  });

  test("where explanations cannot be written, calls are denied all the same", () => {
    const { code, stderr } = run(["-p", "dirs.yaml", "-o", "/dev/full"], [calls, "flood", "10"]);
    assert.is(code, 0);
    assert.match(
      stderr,
      /^seccat: warning: cannot write \/dev\/full: no space left on device; calls are denied as before\n/,
    );
    const quiet = spawnSync(
      "sh",
      [
        "-c",
        `exec "$@" 2>/dev/full`,
        "sh",
        process.execPath,
        ...seccatArgs,
        "run",
        "-p",
        "dirs.yaml",
        "--explain",
        "--",
        "sh",
        "-c",
        "mkdir full; exit 4",
      ],
      { cwd: folder },
    );
    assert.is(quiet.status, 4);
    assert.not(existsSync(join(folder, "full")));
  });

  test("-o FILE has them, and stderr is the command's", () => {
    const { stderr } = run(["-p", "kill.yaml", "-o", "told.txt"], ["mkdir", "d"]);
    assert.is(stderr, "");
    assert.match(
      readFileSync(join(folder, "told.txt"), "utf8"),
      /^seccat: denied: .* mkdir\[\d+\]: mkdir\(.*: kill_process\n/,
    );
    const json = run(["-p", "kill.yaml", "-o", "told.json", "--json"], ["mkdir", "d"]);
    assert.is(json.stderr, "");
    assert.equal(
      told(readFileSync(join(folder, "told.json"), "utf8")).map(({ event }) => event),
      ["denied", "ended"],
    );
  });

  test("a child of Python and one of Node are explained too", () => {
    run(
      ["-p", "net.yaml", "--json", "-o", "python.json"],
      [
        "python3",
        "-c",
        "import socket\ntry: socket.create_connection(('127.0.0.1', 9))\nexcept OSError: pass",
      ],
    );
    // A shell may wrap Python, and either may first ask a daemon for a user's name, over a socket too.
    const python = told(readFileSync(join(folder, "python.json"), "utf8"));
    const call = python.find(
      ({ exe, call }) => String(exe).includes("python") && call.includes("AF_INET"),
    )?.call;
    assert.match(
      call ?? JSON.stringify(python),
      /^socket\(domain=AF_INET, type=SOCK_STREAM\|SOCK_CLOEXEC, protocol=\d+\)$/,
    );
    const node = run(
      ["-p", "dirs.yaml", "--json", "--explain"],
      [process.execPath, "-e", "try { fs.mkdirSync('of node') } catch {}"],
    );
    const [first] = told(node.stderr);
    assert.is(first?.call, `mkdir(pathname="of node"<${folder}/of node>, mode=0777)`);
    assert.is(first?.exe, process.execPath);
  });

  test("--suggest writes a policy under which the same command passes, and leaves the rest as it is", () => {
    const options = ["-p", "p.yaml", "-o", "/dev/null", "--suggest", "wide.yaml"];
    const { stderr } = run(options, [calls, "all"]);
    assert.is(stderr, "seccat: wrote wide.yaml: 7 rules added\n");
    const wide = readFileSync(join(folder, "wide.yaml"), "utf8");
    assert.match(wide, /^# what the calls of calls\.c get\ndefault: allow\nrules:\n {2}- action: allow\n/);
    assert.match(wide, /# the library is loaded by openat too\n/);
    assert.match(wide, /\n {4}why: not in a test\n/);
    assert.match(wide, /syscalls: \[socket, ioctl, mount, prctl, mkdirat\] # all that\n/);
    const again = run(["-p", "wide.yaml", "--json", "--explain"], [calls, "all"]);
    assert.equal(
      told(again.stderr).map(({ event, denied }) => [event, denied]),
      [["ended", 0]],
    );
    const more = run(["-p", "wide.yaml", "--json", "--explain"], [calls, "flood", "1"]);
    assert.is(told(more.stderr)[0]?.verdict, "errno EPERM");
  });

  test("--suggest changes the policy itself only by its own name, and not when somebody else did meanwhile", () => {
    writeFileSync(join(folder, "self.yaml"), files["dirs.yaml"] ?? "");
    symlinkSync("self.yaml", join(folder, "link.yaml"));
    const options = ["-p", "self.yaml", "-o", "/dev/null", "--suggest"];
    const linked = run([...options, "link.yaml"], ["true"]);
    assert.is(linked.code, 125);
    assert.match(linked.stderr, /^seccat: error: link\.yaml is the file of self\.yaml\n/);
    const touched = run([...options, "self.yaml"], ["sh", "-c", "mkdir d; echo '# mine' >> self.yaml"]);
    assert.match(touched.stderr, /self\.yaml was changed while the command ran, and is left as it is/);
    assert.is(readFileSync(join(folder, "self.yaml"), "utf8"), `${files["dirs.yaml"]}# mine\n`);
    const { stderr } = run([...options, "self.yaml"], ["mkdir", "d"]);
    assert.match(stderr, /seccat: wrote self\.yaml: 1 rule added\n$/);
    assert.match(
      readFileSync(join(folder, "self.yaml"), "utf8"),
      /syscalls: \[mkdir\]\n.*syscalls: \[mkdirat\]\n# mine\n$/s,
    );
  });

  const refusals: readonly (readonly [what: string, options: readonly string[], message: RegExp])[] = [
    [
      "fewer files than policies",
      ["-p", "dirs.yaml", "-p", "p.yaml", "--suggest", "x"],
      /2 policies and 1 files/,
    ],
    [
      "an output that is the policy",
      ["-p", "dirs.yaml", "-o", "dirs.yaml"],
      /-o dirs\.yaml would overwrite dirs\.yaml/,
    ],
    ["a folder that is not there", ["-p", "dirs.yaml", "--suggest", "no/x.yaml"], /cannot write no\/x\.yaml/],
    ["an output that cannot be opened", ["-p", "dirs.yaml", "-o", "no/x"], /cannot write no\/x/],
    ["standard output", ["-p", "dirs.yaml", "--suggest", "-"], /standard output is the command's/],
  ];
  for (const [what, options, message] of refusals)
    test(`${what} is refused before anything starts`, () => {
      const { code, stdout, stderr } = run(options, ["echo", "ran"]);
      assert.is(code, 125);
      assert.is(stdout, "");
      assert.match(stderr, message);
    });

  test("a container profile is told what to write instead, and becomes a policy of ours", () => {
    const { stderr } = run(["-p", "oci.json", "--explain", "--suggest", "oci.yaml"], ["mkdir", "d"]);
    assert.match(
      stderr,
      /\n {2}allow: convert it to a policy first: seccat convert oci\.json -o policy\.yaml\n/,
    );
    assert.match(stderr, /\nseccat: wrote oci\.yaml: 1 rule added, written anew, without comments\n$/);
    assert.is(run(["-p", "oci.yaml"], ["mkdir", "made"]).code, 0);
  });

  test("a program that is killed names the call where the kernel's log has it, and else how to learn it", () => {
    const { code, stderr } = run(["-p", "kill.yaml"], ["mkdir", "d"]);
    assert.is(code, 159);
    const known =
      "seccat: killed: the command called mkdir, which kill.yaml does not allow (SIGSYS)\n  by: kill.yaml:3:5 (rule 1)\n  fix: --explain tells its arguments, and what would allow it\n";
    const unknown =
      "seccat: killed: the command made a call that kill.yaml does not allow (SIGSYS)\n  fix: --explain names the call; seccat emulate kill.yaml CALL tells the rule\n";
    assert.ok(stderr === known || stderr === unknown, stderr);
  });

  test("a picture on a terminal is not broken into; what was denied comes after it", () => {
    const problem = whyNoPython();
    if (problem) return skip("explanations on a terminal", problem);
    const words = [
      process.execPath,
      ...seccatArgs,
      "run",
      "-p",
      join(folder, "calls.yaml"),
      "--explain",
      "--",
      calls,
      "raw",
    ];
    const said = onTerminal(
      `
shell = start(words)
seen = shell.until(r"\\[cooked\\]\\r\\n") # nothing before
end = shell.until(r"calls? (was|were) denied")
print(json.dumps([seen, end])); shell.end()`,
      words,
    );
    assert.is(said.trim(), '["[cooked]\\r\\n", "call was denied"]');
  });
}

/** A program that makes the directory /old in the way of 32-bit programs, and ends with 3 when that is denied. */
const oldCall = `
void _start(void) {
  int r;
  __asm__ volatile("int $0x80" : "=a"(r) : "a"(39), "b"("/old"), "c"(0755) : "memory");
  __asm__ volatile("syscall" : : "a"(60), "D"(r == -1 ? 3 : 0));
  for (;;) {
  }
}
`;

/** Whether an offset lies in a function of a library, by its symbol table. */
function inSymbol(file: string, name: string, offset: number): boolean {
  const { stdout } = spawnSync("nm", ["-D", "-S", file], { encoding: "utf8", maxBuffer: 1 << 26 });
  const [, at = "", size = ""] = new RegExp(`^([0-9a-f]+) ([0-9a-f]+) \\w ${name}@@`, "m").exec(stdout) ?? [];
  const begin = Number.parseInt(at, 16);
  return offset > begin && offset <= begin + Number.parseInt(size, 16);
}

if (why) skip("explanations", why);
else explain();

test.run();
