import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { placeIn } from "../../src/enforce/caller.ts";

const test = suite("enforce/caller");

const maps = `55a6c0a00000-55a6c0a01000 r--p 00000000 fe:00 11                         /usr/bin/cat
55a6c0a01000-55a6c0a05000 r-xp 00001000 fe:00 11                         /usr/bin/cat
55a6c1000000-55a6c1021000 rw-p 00000000 00:00 0                          [heap]
7f0000000000-7f0000010000 rwxp 00000000 00:00 0
7f29c5400000-7f29c5428000 r--p 00000000 fe:00 22                         /usr/lib/libc.so.6
7f29c5428000-7f29c55b0000 r-xp 00028000 fe:00 22                         /usr/lib/libc.so.6
7f29c5600000-7f29c5601000 r-xp 00000000 fe:00 33                         /home/a cat/my lib.so (deleted)
7ffd2d5d9000-7ffd2d5db000 r-xp 00000000 00:00 0                          [vdso]
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
`;

const places: readonly (readonly [
  what: string,
  at: bigint,
  file: string | undefined,
  offset: bigint | undefined,
])[] = [
  ["a library counts from where it is mapped first", 0x7f29c5430005n, "/usr/lib/libc.so.6", 0x30005n],
  ["so does the command's own file", 0x55a6c0a01000n, "/usr/bin/cat", 0x1000n],
  ["memory without a file counts from its begin", 0x7f0000000123n, undefined, 0x123n],
  ["a name with blanks", 0x7f29c5600010n, "/home/a cat/my lib.so (deleted)", 0x10n],
  ["the kernel's own code for processes", 0x7ffd2d5d9a00n, "[vdso]", 0xa00n],
  ["between two mappings there is nothing", 0x7f29c55c0000n, undefined, undefined],
  ["a mapping ends before its end", 0x55a6c0a05000n, undefined, undefined],
  ["before all", 0x1000n, undefined, undefined],
];

for (const [what, at, file, offset] of places)
  test(what, () => {
    const found = placeIn(maps, at);
    assert.is(found?.file, file);
    assert.is(found?.offset, offset);
  });

test("of nothing nothing is known", () => {
  assert.is(placeIn("", 0x1000n), undefined);
});

test("this process's own maps can be read", () => {
  const own = readFileSync("/proc/self/maps", "utf8");
  const [line = ""] = own.split("\n").filter((each) => / r-xp .*\//.test(each));
  const at = BigInt(`0x${line.split("-")[0]}`) + 7n;
  const file = placeIn(own, at)?.file ?? "nothing";
  assert.ok(line.endsWith(file), `${line}: ${file}`);
});

test.run();
