import type { Command } from "./command.ts";
import { filter, filterArches, json, output } from "./shared.ts";

/** Commands that make programs and policies, and turn them into other forms. */
export const compiling: readonly Command[] = [
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
    run: async (args) => (await import("../compile.ts")).compileCommand(args),
  },
  {
    name: "lint",
    describe: "what in a policy can never match, and which calls it misses elsewhere",
    positionals: [{ name: "policy", describe: "the policy; - is stdin", words: "file" }],
    options: {
      output: { ...output, describe: "with --widen: where to write the policy; stdout when absent" },
      widen: {
        describe:
          "write the policy with the calls that other versions of the libc, other kernels or other architectures make: libc, kernel, arch",
        value: "LIST",
      },
      arch: { describe: "the policy is to hold on these arches too", value: "LIST", words: "arch" },
      json,
    },
    examples: [
      ["seccat lint p.yaml", "exit code 1 when there is something to do about it"],
      ["seccat lint p.yaml --widen libc -o wide.yaml", "allow what an older or newer libc calls"],
    ],
    run: async (args) => (await import("../lint.ts")).lintCommand(args),
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
    run: async (args) => (await import("../convert.ts")).convert(args),
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
    run: async (args) => (await import("../disasm.ts")).disasm(args),
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
    run: async (args) => (await import("../asm.ts")).asm(args),
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
    run: async (args) => (await import("../resolve.ts")).resolveCommand(args),
  },
];
