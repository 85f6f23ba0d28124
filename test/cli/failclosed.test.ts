/** Every way in which a run can fail: nothing of the command runs, proved by a file that it would create first. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encode } from "../../src/bpf/codec.ts";
import { assembleProgram } from "../../src/bpf/text.ts";
import { skip, whyNotHere } from "../enforce/programs.ts";
import { type Given, seccat, seccatArgs, withFiles } from "./seccat.ts";

const test = suite("seccat run fails closed");

const allow = encode(assembleProgram("ret #0x7fff0000\n"));
const denying = (...calls: string[]) =>
  `default: allow\narches: [native]\nrules:\n  - { action: { errno: EACCES }, syscalls: [${calls.join(", ")}] }\n`;
const long = encode(assembleProgram("ret #0x7fff0000\n".repeat(4096)));

const files = {
  "good.yaml": "default: allow\nrules: []\n",
  "good.bpf": allow,
  "typo.yaml": "default: allow\nruels: []\n",
  "name.yaml": "default: allow\nrules: [{ action: kill_process, syscalls: [mkdirr] }]\n",
  "empty.yaml": "",
  "cut.bpf": allow.subarray(0, 5),
  "jump.bpf": Uint8Array.from([0x05, 0, 0, 0, 9, 0, 0, 0, ...allow]),
  "foreign.bpf": encode(
    assembleProgram("ld [4]\njeq #0x40000028, yes\nret #0x80000000\nyes: ret #0x7fff0000\n"),
  ),
  "noexec.yaml": denying("execve"),
  "noseccomp.yaml": denying("seccomp"),
  "noprctl.yaml": denying("prctl"),
  "nosetuid.yaml": denying("setresuid"),
  "nosetgroups.yaml": denying("setgroups"),
  "long.bpf": long,
  "computed.bpf": encode(assembleProgram("ld #0x7fff0000\nret a\n")),
};

const good = ["--policy", "good.yaml"];
/** What a nested run is started under. */
const inside = (outer: string, ...options: string[]) => ({ outer, options: [...good, ...options] });

type Way = readonly [
  what: string,
  how: readonly string[] | { readonly outer: string; readonly options: readonly string[] },
  words: RegExp,
  given?: Given,
];

const ways: readonly Way[] = [
  ["no policy", [], /--policy is missing/],
  ["a policy that is not there", ["--policy", "none.yaml"], /none\.yaml/],
  ["an empty policy", ["--policy", "empty.yaml"], /the file is empty/],
  ["a misspelt key", ["--policy", "typo.yaml"], /typo\.yaml:2:1: error/],
  ["an unknown call", ["--policy", "name.yaml"], /mkdirr/],
  ["half an instruction", ["--policy", "cut.bpf"], /cut\.bpf/],
  ["a jump out of the program", ["--policy", "jump.bpf"], /jump\.bpf/],
  ["a program for another machine", ["--policy", "foreign.bpf"], /denies every call of/],
  ["a wrong second policy", [...good, "--policy", "typo.yaml"], /typo\.yaml:2:1: error/],
  ["a policy that denies execve", ["--policy", "noexec.yaml"], /the filter answers execve/],
  [
    "an older policy that denies seccomp",
    ["--policy", "noseccomp.yaml", ...good],
    /filter 2 could never be installed.*\n.*\n.*\n {2}fix: give filter 1 last/,
  ],
  [
    "two that deny it",
    ["--policy", "noseccomp.yaml", "--policy", "noseccomp.yaml"],
    /allow seccomp in filter 1: a later one/,
  ],
  [
    "a stack of which one denies execve",
    [...good, "--policy", "noexec.yaml"],
    /answers execve.*\n.*\n.*\n {2}fix: allow execve in filter 2\n/,
  ],
  ["a stack that is too long", Array(4).fill(["--policy", "long.bpf"]).flat(), /longer than the kernel lets/],
  [
    "an answer that complaining cannot replace",
    ["--policy", "computed.bpf", "--log"],
    /computes what it returns/,
  ],
  ["--log with --explain", [...good, "--log", "--explain"], /exclude each other/],
  ["an unknown option", [...good, "--no-such-option"], /no option --no-such-option/],
  [
    "a directory that is not there",
    [...good, "--chdir", "nowhere"],
    /cannot be started in "nowhere": it does not exist/,
  ],
  ["a descriptor that is not open", [...good, "--preserve-fd", "963"], /descriptor 963 is not open/],
  ["a descriptor that is no number", [...good, "--preserve-fd", "x"], /x is no descriptor/],
  ["a descriptor of Node's own", [...good, "--preserve-fd", "3"], /Node's own/],
  ["a variable without a name", [...good, "--env", "=x"], /needs the name of a variable/],
  ["a user that is not there", [...good, "--user", "seccat-nobody-of-this-name"], /there is no user/],
  ["a user without a group", [...good, "--user", "3999999"], /its group is not known/],
  ["a kernel that refuses filters", inside("noseccomp.yaml"), /the kernel refused the filter with EACCES/],
  ["a kernel that refuses no_new_privs", inside("noprctl.yaml"), /refused PR_SET_NO_NEW_PRIVS/],
  [
    "an FFI package that is not there",
    [...good, "--explain"],
    /no FFI backend is named/,
    { env: { SECCAT_FFI: "none" } },
  ],
  [
    "a parent that cannot be followed",
    [...good, "--kill-on-parent-exit"],
    /no FFI backend is named/,
    { env: { SECCAT_FFI: "none" } },
  ],
  [
    "no place for the launcher",
    inside("nomkdir.yaml"),
    /the launcher could not be started from any directory/,
  ],
];

const rootWays: readonly Way[] = [
  ["root where it must not be", [...good, "--no-root"], /would run as root/],
  ["a change to root where it must not be", [...good, "--no-root", "--user", "0:0"], /would run as root/],
  [
    "a kernel that keeps the user",
    inside("nosetuid.yaml", "--user", "65534:65534"),
    /could not set the user: EACCES/,
  ],
  [
    "a kernel that keeps the groups",
    inside("nosetgroups.yaml", "--user", "65534:65534"),
    /could not set the groups: EACCES/,
  ],
];

function attempt(folder: string, how: Way[1], given: Given) {
  const proof = ["sh", "-c", "> ran; exit 0"];
  const whole = "outer" in how;
  const inner = ["run", ...(whole ? how.options : how), "--", ...proof];
  const words = whole
    ? ["run", "--policy", how.outer, "--", process.execPath, ...seccatArgs, ...inner]
    : inner;
  return { ...seccat(words, { ...given, cwd: folder }), ran: existsSync(join(folder, "ran")) };
}

const all = { ...files, "nomkdir.yaml": denying("mkdir", "mkdirat") };

function fails([what, how, words, given = {}]: Way): void {
  test(`${what}: exit code 125, and nothing ran`, () => {
    const { code, stdout, stderr, ran } = withFiles(all, (folder) => attempt(folder, how, given));
    assert.equal([code, stdout, ran], [125, "", false], stderr);
    assert.match(stderr, words);
    assert.not.match(stderr, /\n\s+at /);
  });
}

const why = await whyNotHere();
if (why) skip("failing closed", why);
else {
  for (const way of ways) fails(way);
  if (process.getuid?.() === 0) for (const way of rootWays) fails(way);
  else {
    fails(["a change of user", [...good, "--user", "0:0"], /could not set the groups: EPERM/]);
    skip("failing closed as root", "this is not root");
  }

  test("and the same command runs where nothing is wrong", () => {
    const { code, ran } = withFiles(all, (folder) => attempt(folder, good, {}));
    assert.equal([code, ran], [0, true]);
  });
}

test.run();
