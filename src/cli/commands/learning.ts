import type { Command, Option } from "./command.ts";
import { filter, json, output } from "./shared.ts";

/** Which calls of a log are meant. */
const choice: Readonly<Record<string, Option>> = {
  only: {
    describe: "child: all but the first process; all: every process (when absent)",
    value: "WHICH",
    words: ["child", "all"],
  },
  pid: { describe: "take these processes", value: "LIST" },
  after: { describe: "take what a process calls after this call", value: "CALL", words: "syscall" },
  arch: { describe: "the arch of the log", value: "ARCH", words: "arch" },
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
      ...choice,
      default: { describe: "the policy's default action (kill_process)", value: "ACTION", words: "action" },
      widen: {
        describe: "allow what other libcs, kernels or architectures call for the same: libc, kernel, arch",
        value: "LIST",
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
