import type { Command, Option } from "./command.ts";
import { json } from "./shared.ts";

/** What a command is started with. */
const setting: Readonly<Record<string, Option>> = {
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
};

/** Commands that put processes under filters, and say what this machine can do of that. */
export const enforcing: readonly Command[] = [
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
      explain: {
        describe:
          "tell every call that is denied as it happens, on stderr: arguments, place in the code, rule, and what would allow it",
      },
      output: {
        describe: "send the explanations to this file; asks for them",
        alias: "o",
        value: "FILE",
        words: "file",
      },
      suggest: {
        describe:
          "write the policy to this file with rules added that allow what was denied; for several policies several times, in their order. Asks for explanations",
        value: "FILE",
        words: "file",
        many: true,
      },
      ...setting,
      json: {
        describe:
          "tell the end, and before it each denial that is explained, as lines of JSON on stderr; with --dry-run, on stdout",
      },
    },
    starts: "always",
    examples: [
      ["seccat run --policy p.yaml -- ls -l", "exits as ls does"],
      ["seccat run -p p.yaml --dry-run -- ls -l", "what it would do"],
      ["seccat run -p p.yaml --suggest wider.yaml -- ls -l", "what was denied, and a policy that allows it"],
      ["seccat run -p p.yaml --user nobody --clear-env --env PATH -- ls", "as nobody, with PATH alone"],
    ],
    run: async (args) => (await import("../run.ts")).runCommand(args),
  },
  {
    name: "supervise",
    describe: "decide about a command's calls in TypeScript or JavaScript",
    positionals: [],
    options: {
      handlers: {
        describe:
          "a module whose default export holds functions by the names of calls, and whose export `options` may hold otherwise, failure and timeout. FILE.ts takes Node 22.18 or later",
        value: "FILE",
        words: "file",
      },
      policy: {
        describe:
          "a policy or program that hands calls over (user_notif); without one, those that have a handler are handed over and all others allowed",
        alias: "p",
        value: "POLICY",
        words: "file",
      },
      timeout: { describe: "how long a handler may take; 10000 otherwise", value: "MS" },
      ...setting,
      json: { describe: "tell failures of handlers, and at last the end, as lines of JSON on stderr" },
    },
    starts: "always",
    examples: [["seccat supervise --handlers h.ts -- make", "exits as make does"]],
    run: async (args) => (await import("../supervise.ts")).superviseCommand(args),
  },
  {
    name: "doctor",
    describe: "tell what this machine can do",
    positionals: [],
    options: { json },
    examples: [],
    run: async (args) => (await import("../doctor.ts")).doctor(args),
  },
];
