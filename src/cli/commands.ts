/**
 * Every command in one table, light enough to print the help and the completions from: what a command does
 * is loaded when it is called.
 */
import type { Args } from "./args.ts";

/** What a shell can offer for a value. */
export type Words = "file" | "arch" | "action" | "syscall" | "name" | readonly string[];

/** One option of a command. */
export interface Option {
  readonly describe: string;
  readonly alias?: string;
  /** The placeholder of its value; a switch has none. */
  readonly value?: string;
  readonly words?: Words;
  /** Whether it can be given several times. */
  readonly many?: boolean;
}

/** One positional argument of a command. */
export interface Positional {
  readonly name: string;
  readonly describe: string;
  readonly words?: Words;
  readonly optional?: boolean;
  /** Whether it takes all that follow. */
  readonly many?: boolean;
}

/** One command. */
export interface Command {
  readonly name: string;
  readonly describe: string;
  readonly positionals: readonly Positional[];
  readonly options: Readonly<Record<string, Option>>;
  /** Whether the words after `--` are a command to start. */
  readonly starts?: "always" | "sometimes";
  readonly examples: readonly (readonly [call: string, what: string])[];
  /** Does the work and says the exit code. */
  readonly run: (args: Args) => Promise<number>;
}

const json: Option = { describe: "print JSON" };
const output: Option = { describe: "where to write; - is stdout", alias: "o", value: "FILE", words: "file" };
const arch: Option = { describe: "the arch of the call", value: "ARCH", words: "arch" };
const filter: Positional = {
  name: "filter",
  describe: "a program (raw sock_filter) or a policy; - is stdin, pid:N a running process",
  words: "file",
};
const filterArches: Option = {
  describe: "the arches meant, such as x86_64,aarch64",
  value: "LIST",
  words: "arch",
};

const sides: readonly Positional[] = ["a", "b"].map((name) => ({
  name,
  describe:
    name === "a"
      ? "a program (raw sock_filter) or a policy; - is stdin, pid:N a running process"
      : "another; NEWEST,...,OLDEST is a stack of them, as for A",
  words: "file",
}));
const comparing: Readonly<Record<string, Option>> = {
  refines: { describe: "ask only whether A is never more permissive than B, by the kernel's precedence" },
  exact: {
    describe:
      "compare the numbers returned, for every input; else what the kernel does, for calls it can make",
  },
  arch: { describe: "ask about calls of these arches only", value: "LIST", words: "arch" },
  nodes: {
    describe: "nodes that each diagram may take (1048576); what takes more stays open: exit code 3",
    value: "N",
  },
};

/** The commands, in the order of the help. */
export const commands: readonly Command[] = Object.freeze<Command[]>([
  {
    name: "trace",
    describe: "watch a program or read strace logs, and write its policy",
    positionals: [],
    options: {
      from: { describe: "read this strace log instead; - is stdin", value: "LOG", words: "file", many: true },
      output: { ...output, describe: "where to write the policy; stdout when absent" },
      only: {
        describe: "child: all but the first process; all: every process (when absent)",
        value: "WHICH",
        words: ["child", "all"],
      },
      pid: { describe: "take these processes", value: "LIST" },
      after: { describe: "take what a process calls after this call", value: "CALL", words: "syscall" },
      default: { describe: "the policy's default action (kill_process)", value: "ACTION", words: "action" },
      arch: { describe: "the arch of the log", value: "ARCH", words: "arch" },
      json: { describe: "print the policy and the report as JSON; compile --weights takes its counts" },
    },
    starts: "sometimes",
    examples: [
      ["seccat trace -o p.yaml -- ls -l", "learn what ls needs"],
      ["seccat trace --from strace.txt --only child", "learn from a log"],
    ],
    run: async (args) => (await import("./trace.ts")).trace(args),
  },
  {
    name: "compile",
    describe: "compile a policy to a program",
    positionals: [{ name: "policy", describe: "the policy; - is stdin", words: "file" }],
    options: {
      output,
      arch: { describe: "only these of its arches", value: "LIST", words: "arch" },
      format: {
        describe: "raw (when absent), asm, c, json or hex",
        alias: "f",
        value: "FORMAT",
        words: ["raw", "asm", "c", "json", "hex"],
      },
      optimise: {
        describe: "speed (when absent): few instructions for the calls that occur; size: few in all",
        alias: "O",
        value: "AIM",
        words: ["speed", "size"],
      },
      kernel: {
        describe:
          "the oldest Linux that will run it; from 5.11 on, calls that are always allowed do not run the program and are not weighed (the newest when absent)",
        value: "X.Y",
      },
      weights: {
        describe:
          'how often calls occur: JSON such as {"read": 120}, a strace log, a table of strace -c, or what trace --json prints; a mix of common programs when absent',
        value: "FILE",
        words: "file",
      },
      typed: {
        describe:
          "compare arguments at the width that the kernel declares, also where 64 bits are written, as in the profiles of other tools: shorter, and what a caller leaves above an int's 32 bits no longer matters",
      },
      nodes: { describe: "the most nodes of the proof (1048576 when absent)", value: "N" },
      stats: {
        describe:
          "tell on stderr: sizes, instructions per call, how many calls the kernel answers by itself, times; --json has them call by call",
      },
      json: { describe: "print the program and its statistics as JSON" },
    },
    examples: [
      ["seccat compile p.yaml -o p.bpf", "raw sock_filter bytes, as bwrap --seccomp takes"],
      ["seccat compile p.yaml -O size --stats -o p.bpf", "as short as can be, with figures"],
      ["seccat compile p.yaml --weights strace.txt -o p.bpf", "fast for what that program does"],
      ["seccat compile p.yaml --format asm", "the listing"],
    ],
    run: async (args) => (await import("./compile.ts")).compileCommand(args),
  },
  {
    name: "disasm",
    describe: "list a program",
    positionals: [filter],
    options: { arch: filterArches, output, json },
    examples: [
      ["seccat disasm p.bpf", "what each instruction does"],
      ["seccat disasm pid:1234", "every filter of a running process, the newest last; needs root"],
    ],
    run: async (args) => (await import("./disasm.ts")).disasm(args),
  },
  {
    name: "asm",
    describe: "assemble a listing",
    positionals: [{ name: "file", describe: "the listing; - is stdin", words: "file" }],
    options: {
      output,
      endian: {
        describe: "little or big, when the listing says none",
        value: "ORDER",
        words: ["little", "big"],
      },
      json,
    },
    examples: [["seccat asm p.asm -o p.bpf", "the way back from disasm"]],
    run: async (args) => (await import("./asm.ts")).asm(args),
  },
  {
    name: "emulate",
    describe: "the verdict on one call and the path to it, or on many calls",
    positionals: [
      filter,
      {
        name: "call",
        describe: "its name or number; - reads calls from stdin, one in a line, or a strace log",
        words: "syscall",
      },
      { name: "args", describe: "its arguments: numbers or constants", optional: true, many: true },
    ],
    options: {
      arch,
      ip: { describe: "the instruction pointer", value: "ADDRESS" },
      json: { describe: "print JSON; of many calls an object in a line each" },
    },
    examples: [
      ["seccat emulate p.yaml socket AF_UNIX SOCK_STREAM\\|SOCK_CLOEXEC", "exit code 0 when allowed"],
      [
        "seccat emulate p.yaml - < calls.txt",
        "line, call and verdict of each; exit code 0 when all are allowed",
      ],
    ],
    run: async (args) => (await import("./emulate.ts")).emulate(args),
  },
  {
    name: "test",
    describe: "run policy test files, or pin what a filter answers",
    positionals: [
      {
        name: "files",
        describe: "the test files, or policies and programs to pin; - is stdin",
        words: "file",
        many: true,
      },
    ],
    options: {
      generate: {
        describe:
          "ask the calls at the edges of the rules too; of a policy or program, write them as a test file",
      },
      output: { ...output, describe: "with --generate: where to write the test file; - is stdout" },
      arch: { describe: "ask on these arches only", value: "LIST", words: "arch" },
      kernel: {
        describe: "answer as these versions of Linux do, such as 4.9,6.1: actions newer than one are kills",
        value: "LIST",
      },
      snapshot: {
        describe:
          "hold the answers to every call against FILE.snap, which is written when missing (a failure where CI is set); of policies and programs too",
      },
      update: { describe: "as --snapshot, and write FILE.snap anew where the answers have changed" },
      coverage: { describe: "show which rules, instructions and branches no test reached" },
      "min-coverage": {
        describe:
          "fail below this: 90 for each of rules, instructions and branches, or rules=100,branches=80",
        value: "PERCENT",
      },
      reporter: { describe: "text (when absent) or tap", value: "NAME", words: ["text", "tap"] },
      junit: { describe: "write the results as JUnit's XML", value: "FILE", words: "file" },
      lcov: {
        describe: "write the coverage for lcov and genhtml, and listings of the programs beside it",
        value: "FILE",
        words: "file",
      },
      watch: { describe: "run again when a file that was read changes, until Ctrl-C", alias: "w" },
      json,
    },
    examples: [
      ["seccat test p.test.yaml", "exit code 1 when a test fails"],
      ["seccat test --snapshot p.yaml", "the first time writes p.yaml.snap, then compares"],
      ["seccat test --min-coverage rules=100 --junit out.xml p.test.yaml", "for a CI server"],
      ["seccat test --generate filter.bpf -o filter.test.yaml", "pin what it answers today"],
    ],
    run: async (args) => (await import("./test.ts")).test(args),
  },
  {
    name: "run",
    describe: "put a command under a policy",
    positionals: [],
    options: {
      policy: {
        describe:
          "a policy or program; several are stacked, oldest first, and a call must pass them all. All but the last must allow seccomp",
        alias: "p",
        value: "POLICY",
        words: "file",
        many: true,
      },
      "dry-run": { describe: "tell what would be run under which filters, and start nothing" },
      log: {
        describe: "complain: deny nothing, have the kernel log what would be denied (journalctl -k or dmesg)",
      },
      explain: { describe: "tell every call that the last policy denies, on stderr as it happens" },
      chdir: { describe: "start in this directory; $PWD stays", value: "DIR", words: "file" },
      env: {
        describe: "set a variable; or without =, keep one that --clear-env would take away",
        value: "NAME[=VALUE]",
        many: true,
      },
      "unset-env": { describe: "take a variable away", value: "NAME", many: true },
      "clear-env": { describe: "take away all variables that --env does not name" },
      "preserve-fd": {
        describe: "pass this open descriptor on, besides 0, 1 and 2",
        value: "N",
        many: true,
      },
      user: {
        describe:
          "become this user (NAME or UID, with its groups; or with :GROUP, that group alone), for good, with its HOME, USER and LOGNAME. Takes root",
        value: "USER[:GROUP]",
      },
      "no-root": { describe: "refuse to start the command as root" },
      "kill-on-parent-exit": {
        describe: "kill the command when seccat ends, and seccat when the process that started it ends",
      },
      json: { describe: "tell at the end, on stderr, as one line of JSON; with --dry-run, on stdout" },
    },
    starts: "always",
    examples: [
      ["seccat run --policy p.yaml -- ls -l", "exits as ls does"],
      ["seccat run -p p.yaml --dry-run -- ls -l", "what it would do"],
      ["seccat run -p p.yaml --user nobody --clear-env --env PATH -- ls", "as nobody, with PATH alone"],
    ],
    run: async (args) => (await import("./run.ts")).runCommand(args),
  },
  {
    name: "explain",
    describe: "say in words what a program or policy does",
    positionals: [filter],
    options: { arch: filterArches, json },
    examples: [["seccat explain p.bpf", "which call gets which action"]],
    run: async (args) => (await import("./explain.ts")).explainCommand(args),
  },
  {
    name: "prove",
    describe: "prove that two filters are the same, or find a call that tells them apart",
    positionals: sides,
    options: { ...comparing, json },
    examples: [
      ["seccat prove p.bpf p.yaml", "exit code 0 when proved, 1 when they differ, 3 when that stays open"],
      ["seccat prove new.yaml old.yaml --refines", "whether the new policy allows nothing more"],
      ["seccat prove new.bpf,old.bpf both.yaml", "whether two filters, stacked, are one policy"],
    ],
    run: async (args) => (await import("./prove.ts")).prove(args),
  },
  {
    name: "diff",
    describe: "tell every difference between two filters",
    positionals: sides,
    options: {
      ...comparing,
      limit: { describe: "tell so many differences, and how many more there are", value: "N" },
      json,
    },
    examples: [["seccat diff old.yaml new.yaml", "exit code 0 when there is none, 1 when there are some"]],
    run: async (args) => (await import("./diff.ts")).diff(args),
  },
  {
    name: "resolve",
    describe: "look up a syscall, a number, a group, a constant or an errno",
    positionals: [
      {
        name: "name",
        describe: "a syscall's name or number, @group, constant or errno",
        words: "name",
      },
    ],
    options: { arch: { ...filterArches, describe: "only these arches" }, json },
    examples: [["seccat resolve openat", "its number on every arch"]],
    run: async (args) => (await import("./resolve.ts")).resolveCommand(args),
  },
  {
    name: "convert",
    describe: "turn a policy or container profile into YAML or JSON",
    positionals: [{ name: "in", describe: "the policy; - is stdin", words: "file" }],
    options: {
      output,
      to: {
        describe: "yaml or json, when the name does not tell",
        value: "NOTATION",
        words: ["yaml", "json"],
      },
      json,
    },
    examples: [["seccat convert docker.json -o policy.yaml", "a Docker profile as a policy"]],
    run: async (args) => (await import("./convert.ts")).convert(args),
  },
  {
    name: "demo",
    describe: "play the story of randomcat on this machine",
    positionals: [],
    options: {
      keep: { describe: "a folder for what the story makes", value: "DIR", words: "file" },
      json,
    },
    examples: [["seccat demo", "from a server and its trace to a filter that holds"]],
    run: async (args) => (await import("./demo.ts")).demo(args),
  },
  {
    name: "doctor",
    describe: "tell what this machine can do",
    positionals: [],
    options: { json },
    examples: [],
    run: async (args) => (await import("./doctor.ts")).doctor(args),
  },
  {
    name: "completion",
    describe: "print the completion script of a shell",
    positionals: [
      {
        name: "shell",
        describe: "bash, zsh or fish; that of $SHELL when absent",
        words: ["bash", "zsh", "fish"],
        optional: true,
      },
    ],
    options: { json },
    examples: [['eval "$(seccat completion bash)"', "in ~/.bashrc"]],
    run: async (args) => (await import("./completion.ts")).completion(args),
  },
]);
