import type { Command, Option } from "./command.ts";
import { filter, json, output } from "./shared.ts";

/** Whose calls are meant. */
const whose: Readonly<Record<string, Option>> = {
  only: {
    describe:
      "child: all but the first process; all: every process (when absent); or process numbers, or /REGEX/ for the name or path of a program",
    value: "WHICH",
  },
  pid: { describe: "take these processes", value: "LIST" },
  "after-marker": { describe: "take what is called after the mark of this name", value: "NAME" },
  "until-marker": { describe: "take what is called before the mark of this name", value: "NAME" },
};

/** Which calls of a log are meant. */
const choice: Readonly<Record<string, Option>> = {
  ...whose,
  after: {
    describe: "take what a process, or who it comes from, calls after the first of this call",
    value: "CALL",
    words: "syscall",
  },
  until: { describe: "take what it calls up to the first of this call", value: "CALL", words: "syscall" },
  "marker-fd": { describe: "what is written to this descriptor is the name of a mark", value: "N" },
  arch: { describe: "the arch of the log", value: "ARCH", words: "arch" },
};

const split: Option = {
  describe:
    "write a policy of each process, program or phase too, beside that of -o, and tell what only start-up needs",
  value: "WHAT",
  words: ["process", "exe", "phase"],
};
const otherwise: Option = {
  describe: "the policy's default action (kill_process)",
  value: "ACTION",
  words: "action",
};
const widen: Option = {
  describe: "allow what other libcs, kernels or architectures call for the same: libc, kernel, arch",
  value: "LIST",
};
const add: Option = {
  describe:
    "allow what a trace can miss, by calls or by sets: usual (the ends of threads and processes, returns from signals), end, signal, lock, memory, clock, loader (what starts a program, for a filter that is there before)",
  value: "LIST",
  words: "syscall",
};

/** Commands that watch programs. */
export const learning: readonly Command[] = [
  {
    name: "trace",
    describe: "watch a program or read strace logs, and write its policy",
    positionals: [],
    options: {
      from: {
        describe: "read this log instead, such as strace's; - is stdin",
        value: "LOG",
        words: "file",
        many: true,
      },
      output: { ...output, describe: "where to write the policy; stdout when absent" },
      engine: {
        describe:
          "notify: no root and no strace needed; strace: for a program that has a seccomp listener of its own. The first that works here when absent",
        value: "NAME",
        words: ["notify", "strace"],
      },
      ...choice,
      phases: {
        describe:
          "what begins a phase: accept: the first accept; read: what is read first of a connection; exec: each program (accept,read when absent); marks always do",
        value: "LIST",
      },
      split,
      default: otherwise,
      widen,
      add,
      args: {
        describe:
          "learn conditions too, for arguments whose values have names: flags, commands, domains, signals, protection",
      },
      "until-stable": {
        describe: "run the command again and again, until so many runs in a row have shown nothing new",
        value: "N",
      },
      partial: {
        describe:
          "write what the log, or a part of it, tells as a partial profile, from which seccat merge makes the policy",
      },
      piece: {
        describe:
          "with --partial: which part of which log this is; parts are numbered in their order, or by where they begin",
        value: "NAME:N[/TOTAL]",
      },
      "detach-on-interrupt": {
        describe:
          "on Ctrl-C write the policy and let the command go on, which runs in a session of its own (notify engine)",
      },
      view: {
        describe:
          "show calls a second, by process, and new calls as they come, on a terminal's stderr; by itself where the command neither reads nor prints there",
      },
      json: { describe: "print the policy and the report as JSON; compile --weights takes its counts" },
    },
    starts: "sometimes",
    examples: [
      ["seccat trace -o p.yaml -- ls -l", "learn what ls needs"],
      ["seccat trace --from strace.txt --only child", "learn from a log"],
    ],
    run: async (args) => (await import("../trace.ts")).trace(args),
  },
  {
    name: "merge",
    describe: "put policies, and partial profiles of trace --partial, together into one policy",
    positionals: [
      {
        name: "inputs",
        describe: "policies and partial profiles, in any order; - is stdin",
        words: "file",
        many: true,
      },
    ],
    options: {
      output: { ...output, describe: "where to write the policy; stdout when absent" },
      partial: { describe: "write a partial profile instead, to be merged with others" },
      ...whose,
      split,
      default: otherwise,
      widen,
      add,
      json: { describe: "print the policy, and what is known about it, as JSON" },
    },
    examples: [
      ["seccat merge a.yaml b.yaml -o both.yaml", "what either of them allows"],
      ["cat parts/* | seccat merge - -o p.yaml", "the policy of a log that was read in parts"],
    ],
    run: async (args) => (await import("../merge.ts")).mergeCommand(args),
  },
  {
    name: "replay",
    describe: "what a policy would have denied of what strace logs tell",
    positionals: [
      { ...filter, name: "policy" },
      { name: "logs", describe: "the logs; - is stdin", words: "file", many: true },
    ],
    options: {
      ...choice,
      since: {
        describe: "tell what has changed since this policy, and fail only for what it did not deny",
        value: "POLICY",
        words: "file",
      },
      json,
    },
    examples: [
      ["seccat replay p.yaml strace.txt", "exit code 1 when something would have been denied"],
      ["seccat replay new.yaml --since old.yaml strace.txt", "what the new one does otherwise"],
    ],
    run: async (args) => (await import("../replay.ts")).replay(args),
  },
  {
    name: "mark",
    describe: "begin a phase in a trace that is going on",
    positionals: [{ name: "name", describe: "the name of the mark" }],
    options: { pid: { describe: "the pid of the seccat that traces, where several do", value: "PID" }, json },
    examples: [["seccat mark ready", "for --after-marker ready, and --split phase"]],
    run: async (args) => (await import("../mark.ts")).mark(args),
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
    run: async (args) => (await import("../demo.ts")).demo(args),
  },
];
