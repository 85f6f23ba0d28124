import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readArg, splitArgs, type TraceArg } from "../../src/trace/argument.ts";

const arguing = suite("trace/argument");

const split: readonly (readonly [args: string, parts: readonly string[]])[] = [
  ["", []],
  ["3", ["3"]],
  [`3, "a, b", 4`, ["3", `"a, b"`, "4"]],
  [`"a\\", b", 4`, [`"a\\", b"`, "4"]],
  [`3</tmp/a, b>, 4`, ["3</tmp/a, b>", "4"]],
  [`3<TCP:[1.1.1.1:80->2.2.2.2:5]>, "x"..., 3`, ["3<TCP:[1.1.1.1:80->2.2.2.2:5]>", `"x"...`, "3"]],
  [`{a=1, b=[2, 3], c="}"}, ~[RTMIN RT_1], 8`, [`{a=1, b=[2, 3], c="}"}`, "~[RTMIN RT_1]", "8"]],
  [`makedev(0x1, 0x3), 1<<CAP_A, x`, ["makedev(0x1, 0x3)", "1<<CAP_A", "x"]],
  [`/* 23 entries, 2 hidden */, 32768`, ["/* 23 entries, 2 hidden */", "32768"]],
  [`"unclosed, 4`, [`"unclosed`, "4"]],
  [`{unclosed, 4`, ["{unclosed", "4"]],
  [`/* unclosed, 4`, ["/* unclosed", "4"]],
];

for (const [args, parts] of split)
  arguing(`${args || "no arguments"} are ${parts.length}`, () => {
    assert.equal(splitArgs(args), [...parts]);
  });

const text = (value: string): TraceArg => ({ kind: "text", text: value });
const bytes = (list: readonly number[], cut = false): TraceArg => ({
  kind: "string",
  bytes: Uint8Array.from(list),
  cut,
});
const number = (value: bigint, note = ""): TraceArg => ({ kind: "number", value, note });

const read: readonly (readonly [arg: string, expected: TraceArg])[] = [
  ["3", number(3n)],
  ["-1", number(-1n)],
  ["0x2", number(2n)],
  ["0xffffffffffffffff", number(0xffffffffffffffffn)],
  ["0644", number(0o644n)],
  ["0", number(0n)],
  ["089", number(89n)],
  ["3</etc/passwd>", number(3n, "/etc/passwd")],
  ["0x2 /* O_RDWR */", number(2n, "O_RDWR")],
  ["-100 /* AT_FDCWD */", number(-100n, "AT_FDCWD")],
  ["8192*1024", text("8192*1024")],
  ["1<<CAP_CHOWN", text("1<<CAP_CHOWN")],
  ["O_RDONLY|O_CLOEXEC", text("O_RDONLY|O_CLOEXEC")],
  ["NULL", text("NULL")],
  ["{st_mode=S_IFDIR|0755, ...}", text("{st_mode=S_IFDIR|0755, ...}")],
  [`"GET\\r\\n"`, bytes([71, 69, 84, 13, 10])],
  [`"\\377\\0\\1\\018"..., 9`, bytes([255, 0, 1, 1, 56])],
  [`"\\x62\\xC1"`, bytes([0x62, 0xc1])],
  [`"\\t\\v\\f\\"\\\\\\q"...`, bytes([9, 11, 12, 34, 92, 113], true)],
  [`"ä𝄞"`, bytes([0xc3, 0xa4, 0xf0, 0x9d, 0x84, 0x9e])],
  [`""`, bytes([])],
  [`"unclosed`, text(`"unclosed`)],
];

for (const [arg, expected] of read)
  arguing(`${arg} is read as ${expected.kind}`, () => {
    assert.equal(readArg(arg), expected);
  });

arguing.run();
