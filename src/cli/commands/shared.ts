/** Options and arguments that several commands have. */
import type { Option, Positional } from "./command.ts";

/** The switch that asks for JSON. */
export const json: Option = { describe: "print JSON" };
/** The option that names the file to write. */
export const output: Option = {
  describe: "where to write; - is stdout",
  alias: "o",
  value: "FILE",
  words: "file",
};
/** The option that names the arch of a call. */
export const arch: Option = { describe: "the arch of the call", value: "ARCH", words: "arch" };
/** The argument that is a program, a policy or a process. */
export const filter: Positional = {
  name: "filter",
  describe: "a program (raw sock_filter) or a policy; - is stdin, pid:N a running process",
  words: "file",
};
/** The option that names the arches a program is read for. */
export const filterArches: Option = {
  describe: "the arches meant, such as x86_64,aarch64",
  value: "LIST",
  words: "arch",
};
