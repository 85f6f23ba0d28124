import type { Command } from "./command.ts";
import { json } from "./shared.ts";

/** Commands for the shell itself. */
export const shell: readonly Command[] = [
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
    run: async (args) => (await import("../completion.ts")).completion(args),
  },
];
