import type { Command } from "./command.ts";
import { json, output } from "./shared.ts";

/** Commands that watch programs. */
export const learning: readonly Command[] = [
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
    run: async (args) => (await import("../trace.ts")).trace(args),
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
