import type { Command, Option, Positional } from "./command.ts";
import { arch, filter, filterArches, json, output } from "./shared.ts";

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

/** Commands that say what a filter does. */
export const judging: readonly Command[] = [
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
    run: async (args) => (await import("../emulate.ts")).emulate(args),
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
    run: async (args) => (await import("../test.ts")).test(args),
  },
  {
    name: "explain",
    describe: "say in words what a program or policy does",
    positionals: [filter],
    options: { arch: filterArches, json },
    examples: [["seccat explain p.bpf", "which call gets which action"]],
    run: async (args) => (await import("../explain.ts")).explainCommand(args),
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
    run: async (args) => (await import("../prove.ts")).prove(args),
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
    run: async (args) => (await import("../diff.ts")).diff(args),
  },
];
