import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SeccatError } from "../../src/abi/error.ts";
import { newCounter, readStrace } from "../../src/trace/index.ts";

const counting = suite("trace/counts");

function counted(text: string) {
  const counter = newCounter("x86_64");
  for (const event of readStrace([text])) counter.see(event);
  return counter.finish();
}

const log = `execve("/bin/ls", ["ls"], 0x7ffd /* 3 vars */) = 0
[pid 7] read(3, "a", 1) = 1
[pid 7] read(3,  <unfinished ...>
[pid 8] write(1, "b", 1) = 1
[pid 7] <... read resumed>"c", 1) = 1
[pid 8] +++ exited with 0 +++
`;

/** As strace 6.1 prints it. */
const table = `% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 76.08    0.000951         190         5         2 wait4
  8.48    0.000106          53         2           getdents64
  0.00    0.000000           0        90        24 newfstatat
------ ----------- ----------- --------- --------- ----------------
100.00    0.001250           2        97        26 total
`;

const readable: readonly (readonly [sentence: string, text: string, counts: object])[] = [
  ["a log, each call once, interrupted ones too", log, { execve: 1, read: 2, write: 1 }],
  ["a table, with and without errors", table, { wait4: 5, getdents64: 2, newfstatat: 90 }],
  ["a log with the table of its calls behind it", `${log}${table}`, { execve: 1, read: 2, write: 1 }],
  [
    "a table of chosen columns, the name first",
    "syscall              calls\n---------------- ---------\nopenat                  34\nmmap                    30\n---------------- ---------\ntotal                   64\n",
    { openat: 34, mmap: 30 },
  ],
  [
    "a table whose name is in the middle",
    "    calls syscall             errors  longest\n--------- ---------------- --------- --------\n        7 read                       0.000100\n       23 close                    1 0.000000\n--------- ---------------- --------- --------\n       30 total                    1 0.000100\n",
    { read: 7, close: 23 },
  ],
  [
    "the tables of two modes, and names of either",
    `${table}System call usage summary for 32 bit mode:\n${table.replace("newfstatat", "fstatat64").replace("wait4", "waitpid")}`,
    { wait4: 5, getdents64: 4, newfstatat: 90, waitpid: 5, fstatat64: 90 },
  ],
  [
    "other spellings of a name",
    table.replace("wait4", "pread"),
    { pread64: 5, getdents64: 2, newfstatat: 90 },
  ],
  ["what a table calls total is no call", table.replace(/.* wait4\n/, ""), { getdents64: 2, newfstatat: 90 }],
];
for (const [sentence, text, counts] of readable) {
  counting(`reads ${sentence}`, () => {
    assert.equal(counted(text), { counts, warnings: [] });
  });
}

counting("a name that no call has is left out, and told", () => {
  assert.equal(counted(table.replace("wait4", "wiat4")), {
    counts: { getdents64: 2, newfstatat: 90 },
    warnings: ["wiat4 was left out: did you mean wait4?"],
  });
});

counting("lines of a log that cannot be read are told", () => {
  assert.equal(counted(`${log}to be or not to be\n`).warnings, ["1 line was not readable, and left out"]);
  assert.equal(counted(`to be\nor not\n${log}`).warnings, ["2 lines were not readable, and left out"]);
});

const empty: readonly (readonly [sentence: string, text: string])[] = [
  ["nothing", ""],
  ["another text", "to be or not to be\nthat is 5 read\n"],
  ["rows without a head", "  0.00    0.000000           0        90        24 newfstatat\n"],
  ["a table without rows", "% time     seconds  usecs/call     calls    errors syscall\n"],
];
for (const [sentence, text] of empty) {
  counting(`refuses ${sentence}`, () => {
    try {
      counted(text);
    } catch (error) {
      if (!(error instanceof SeccatError)) throw error;
      assert.is(error.code, "trace");
      assert.is(error.message, "no call is counted here");
      return;
    }
    assert.unreachable("it was read");
  });
}

counting.run();
