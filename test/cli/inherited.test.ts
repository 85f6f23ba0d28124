/** What a command inherits from `seccat run`, against what it inherits from `env`: no difference but the filter. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encode } from "../../src/bpf/codec.ts";
import { allowAll, skip, whyNotHere } from "../enforce/programs.ts";
import { elsewhere } from "./elsewhere.ts";
import { onTerminal, whyNoPython } from "./python.ts";
import { seccatArgs } from "./seccat.ts";

const test = suite("what a command inherits");
const folder = mkdtempSync(join(tmpdir(), "seccat-test-"));
test.after(() => rmSync(folder, { recursive: true, force: true }));
const policy = join(folder, "p.yaml");
writeFileSync(policy, "default: allow\nrules: []\n");
const program = join(folder, "p.bpf"); // of whatever machine
writeFileSync(program, encode(allowAll()));

/** Writes everything that a process inherits, as far as it can be read, to the file that is its first argument. */
const state = join(folder, "state.py");
writeFileSync(
  state,
  `import ctypes, fcntl, json, os, resource, signal, sys, termios
libc = ctypes.CDLL(None)
def read(path):
    try: return open(path).read()
    except OSError as error: return str(error)
def prctl(option):
    value = ctypes.c_int(-1)
    return [libc.prctl(option, ctypes.byref(value)), value.value]
own = ("Pid", "Tgid", "PPid", "NStgid", "NSpid", "NSpgid", "NSsid", "Ngid")
meant = ("NoNewPrivs", "Seccomp", "Seccomp_filters", "Speculation_Store_Bypass", "SpeculationIndirectBranch")
measured = ("Vm", "Rss", "Hugetlb", "SigQ", "voluntary", "nonvoluntary")
status = dict(line.split(":", 1) for line in read("/proc/self/status").splitlines())
fds = {}
for fd in map(int, os.listdir("/proc/self/fd")):
    try: link = os.readlink("/proc/self/fd/%d" % fd)
    except OSError: continue
    info = [line for line in read("/proc/self/fdinfo/%d" % fd).splitlines() if line[:4] in ("flag", "mnt_") or line[:4] == "pos:" and fd != 2] # stderr may have been written to
    if not link.startswith("/proc/"): fds[fd] = [link, info, fcntl.fcntl(fd, fcntl.F_GETFD), fcntl.fcntl(fd, fcntl.F_GETFL)]
json.dump({
    "status": {k: v for k, v in status.items() if k not in own + meant and not k.startswith(measured)},
    "in the same group and session": [os.getpgrp() == int(sys.argv[2]), os.getsid(0) == int(sys.argv[3])],
    "descriptors": fds,
    "limits": read("/proc/self/limits"),
    "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    "environment": {k: v for k, v in os.environ.items() if k != "_"}, # the shell says there what it started
    "arguments": sys.argv[4:],
    "directories": [os.getcwd(), os.readlink("/proc/self/root")],
    "umask": os.umask(0),
    "scheduling": [os.nice(0), os.sched_getscheduler(0), sorted(os.sched_getaffinity(0)), libc.prctl(30), read("/proc/self/timerslack_ns")],
    "ids": [os.getresuid(), os.getresgid(), os.getgroups()],
    "oom": read("/proc/self/oom_score_adj"),
    "cgroup": read("/proc/self/cgroup"),
    "namespaces": {name: os.readlink("/proc/self/ns/" + name) for name in os.listdir("/proc/self/ns")},
    "personality": libc.personality(0xffffffff),
    "prctl": {"pdeathsig": prctl(2), "dumpable": libc.prctl(3), "keepcaps": libc.prctl(7), "securebits": libc.prctl(27), "subreaper": prctl(37), "thp": libc.prctl(42)},
    "timers": [signal.getitimer(which) for which in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)],
    "terminal": [termios.tcgetattr(0)[:6], [c if isinstance(c, int) else c.hex() for c in termios.tcgetattr(0)[6]], list(os.get_terminal_size(0)), os.tcgetpgrp(0) == int(sys.argv[2])],
}, open(sys.argv[1], "w"), indent=1, sort_keys=True)
`,
);

/** The state that a command has when `wrapper` starts it from a shell with unusual everything, on a terminal. */
function stateUnder(wrapper: readonly string[]): Record<string, unknown> {
  const out = join(folder, "state.json");
  const quoted = wrapper.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  const script = `
    stty -ixon erase ^H; umask 0137; cd /usr/lib; ulimit -Sn 333; ulimit -c 0; ulimit -s 4096
    export ODD="$(printf 'a\\377b')" EMPTY= A='x=y'
    test $(id -u) = 0 && echo 321 > /proc/self/oom_score_adj
    exec 5<"$0" 7>>${folder}/appended
    read -r line <&5
    ${quoted} python3 ${state} ${out} $$ $(ps -o sid= $$) 'an argument' '' 2>${folder}/errors; exit $?`;
  onTerminal(
    `term = start(["nice", "-n", "5", "bash", "-c", words[0], words[1]])
status = term.end()
if status: raise SystemExit("%d: %s %s" % (status, term.seen, open(words[2]).read()))`,
    [script, policy, join(folder, "errors")],
  );
  return JSON.parse(readFileSync(out, "utf8"));
}

/** How it is started: here, and as a machine without a launcher does it. */
const ways: readonly [how: string, filter: string, node: readonly string[]][] = [
  ["", policy, []],
  [", where it is started by FFI calls too", program, elsewhere(folder)],
];

for (const [how, filter, node] of ways)
  test(`is what it inherits from env, in every respect that can be read${how}`, () => {
    const seccat = [
      process.execPath,
      ...node,
      ...seccatArgs,
      "run",
      "-p",
      filter,
      "--preserve-fd",
      "5",
      "--preserve-fd",
      "7",
      "--",
    ];
    const [plain, ours] = [stateUnder(["env"]), stateUnder(seccat)];
    assert.equal(Object.keys(ours), Object.keys(plain));
    for (const [part, value] of Object.entries(plain)) assert.equal(ours[part], value, part);
    // and the shell's doings did arrive, so that the comparison is one
    assert.match(JSON.stringify(plain.limits), /Max open files +333 /);
    assert.equal([plain.umask, plain.oom], [0o137, process.getuid?.() === 0 ? "321\n" : plain.oom]);
    assert.equal(Object.keys(plain.descriptors ?? {}), ["0", "1", "2", "5", "7"]);
  });

const why = (await whyNotHere()) ?? whyNoPython();
if (why) {
  rmSync(folder, { recursive: true, force: true });
  skip("what a command inherits", why);
} else test.run();
