import { readFileSync } from "node:fs";
import { root } from "../root.ts";
import type { Random } from "../seed.ts";

/** Lines of every shape. */
export const lines: readonly string[] = [
  ...readFileSync(`${root}test/data/trace/randomcat.strace`, "utf8").split("\n"),
  `7175  1795488889.968471 [  59] [00007f8320ad8ad7] execve("/bin/sh", ["sh"], 0x7 /* 3 vars */) = 0 <0.000309>`,
  "clone(child_stack=NULL, flags=SIGCHLDstrace: Process 9659 attached",
  ", child_tidptr=0x7f40) = 9659",
  "vfork( <unfinished ...>",
  "[pid  9658] <... vfork resumed>)        = 9658",
  "5 clone3({flags=CLONE_VM|CLONE_THREAD} => {parent_tid=[6]}, 88) = 6",
  "[ Process PID=9779 runs in 32 bit mode. ]",
  "5 +++ superseded by execve in pid 6 +++",
  '5 write(3<TCP:[127.0.0.1:80->127.0.0.1:5]>, "a"..., 9) = 9</tmp/x>',
  "5 syscall_0x3e7(0x1) = -1 ENOSYS (Function not implemented)",
  "--- SIGCHLD {si_signo=SIGCHLD} ---",
  " > /lib/x.so(f+0x1) [0x2]",
  "% time     seconds  usecs/call     calls    errors syscall",
  "------ ----------- ----------- --------- --------- ----------------",
  " 24.78    0.000143           4        34        13 openat",
];
/** What edits put in. */
const pieces = [
  '"',
  "\\",
  "(",
  ")",
  "[",
  "]",
  "{",
  "}",
  "<",
  ">",
  "/*",
  "*/",
  " = ",
  "?",
  "-1",
  "[pid 7] ",
  "<unfinished ...>",
  "<... read resumed>",
  "\n",
  "\r",
  "\t",
  "\0",
  "€",
  "\ud800",
  "5 ",
  "fork() = 5\n",
  "= 5",
  ",",
  "0x",
  "syscall_0x",
  "+++ ",
  "--- ",
];

/** Some lines of the corpus, or of `own`, with some edits. */
export function spoilt(random: Random, own = lines, most = 12): string {
  let text = Array.from({ length: 1 + random.below(most) }, () => random.pick(own)).join("\n");
  for (let edits = random.below(10); edits > 0; edits--) {
    const at = random.below(text.length + 1);
    const to = random.once(2) ? at : Math.min(text.length, at + random.below(12));
    text = text.slice(0, at) + (random.once(3) ? "" : random.pick(pieces)) + text.slice(to);
  }
  return text;
}

/** The same bytes in small pieces. */
export function cut(random: Random, bytes: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + random.below(40);
    parts.push(bytes.subarray(at, at + size));
    at += size;
  }
  return parts;
}
