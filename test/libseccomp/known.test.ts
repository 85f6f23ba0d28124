/** The smallest filters on which libseccomp 2.5.4 and Seccat differ, each with the call that shows it. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AbiName, abi, type SyscallName, syscallNr, syscallsOf } from "../../arch/index.ts";
import { packData } from "../../src/abi/data.ts";
import { readProgram } from "../../src/bpf/codec.ts";
import { run } from "../../src/bpf/run.ts";
import { nativeArch, tokenOf } from "../../src/libseccomp/syscall.ts";
import { seccomp_program } from "../../src/libseccomp.ts";
import { mirror } from "./mirror.ts";
import { openOracle } from "./oracle.ts";

const ALLOW = 0x7fff0000;
const [NE, LT, LE, EQ, GE, GT] = [1, 2, 3, 4, 5, 6];

const nr = (name: SyscallName) => syscallNr("x86_64", name);
/** An ALLOW rule; each comparison is argument, operator, value. */
const allow = (name: SyscallName, ...args: readonly (readonly [number, number, number])[]) =>
  `rule ${ALLOW} ${nr(name)} ${args.length}${args.map(([arg, op, value]) => ` ${arg} ${op} ${value} 0`).join("")}`;
const arch = (verb: "add" | "remove", name: AbiName) => `arch_${verb} ${tokenOf(name)}`;

interface Example {
  readonly name: string;
  readonly commands: readonly string[];
  readonly abi: AbiName;
  readonly call: SyscallName | number;
  readonly args: readonly bigint[];
  readonly ours: number;
  /** What libseccomp 2.5.4 answers; it never ends when `hang`. */
  readonly theirs: number | "hang";
}

const examples: readonly Example[] = [
  {
    name: "a != test with a second argument behind it leaves the wrong argument in A for the next rule",
    commands: ["init 0", allow("open", [0, NE, 5], [1, EQ, 3]), allow("open", [0, EQ, 1])],
    abi: "x86_64",
    call: "open",
    args: [7n, 1n],
    ours: 0,
    theirs: ALLOW,
  },
  {
    name: "a call that an arch lacks, first by priority, takes the load of the number with it",
    commands: ["init 0", arch("add", "aarch64"), allow("open"), allow("read", [0, EQ, 1])],
    abi: "aarch64",
    call: "read",
    args: [1n],
    ours: ALLOW,
    theirs: 0,
  },
  {
    name: "two > of one argument with one upper half share what follows",
    commands: ["init 0", allow("open", [0, GT, 3], [1, EQ, 1]), allow("open", [0, GT, 5], [1, EQ, 2])],
    abi: "x86_64",
    call: "open",
    args: [4n, 2n],
    ours: 0,
    theirs: ALLOW,
  },
  {
    name: "two != of one argument with one upper half share what follows",
    commands: ["init 0", allow("open", [0, NE, 3], [1, EQ, 1]), allow("open", [0, NE, 5], [1, EQ, 2])],
    abi: "x86_64",
    call: "open",
    args: [5n, 2n],
    ours: 0,
    theirs: ALLOW,
  },
  {
    name: "a > behind a shorter > with one upper half is lost",
    commands: ["init 0", allow("open", [0, GT, 5]), allow("open", [0, GT, 3], [1, EQ, 1])],
    abi: "x86_64",
    call: "open",
    args: [4n, 1n],
    ours: ALLOW,
    theirs: 0,
  },
  {
    name: "a < beside a != with one upper half is lost",
    commands: [
      "init 0",
      allow("open", [0, LT, 0x2_0000_0006], [1, LE, 0x2_0000_0003]),
      allow("open", [0, NE, 0x2_0000_0005], [1, LE, 0x2_0000_0003]),
    ],
    abi: "x86_64",
    call: "open",
    args: [0x2_0000_0005n, 0x2_0000_0000n],
    ours: ALLOW,
    theirs: 0,
  },
  {
    name: "one >= with two continuations never ends",
    commands: ["init 0", allow("open", [0, GE, 1], [1, EQ, 1]), allow("open", [0, GE, 1], [2, EQ, 2])],
    abi: "x86_64",
    call: "open",
    args: [1n, 0n, 2n],
    ours: ALLOW,
    theirs: "hang",
  },
  {
    name: "a rule is dropped when its second comparison is the opposite of another rule's only one",
    commands: ["init 0", allow("open", [1, EQ, 0]), allow("open", [0, NE, 0], [1, NE, 0])],
    abi: "x86_64",
    call: "open",
    args: [1n, 1n],
    ours: ALLOW,
    theirs: 0,
  },
  {
    name: "a rule that fails takes an arch with it that was added just before",
    commands: ["init 0", allow("read"), arch("add", "x86"), `rule ${ALLOW} 5000 0`, allow("write")],
    abi: "x86",
    call: "write",
    args: [],
    ours: ALLOW,
    theirs: 0,
  },
  {
    name: "on x86_64 the numbers from 0x80000000 on are x32's although bit 30 is clear",
    commands: ["init 0", `attr_set 2 ${0x50001}`],
    abi: "x86_64",
    call: 0x80000000,
    args: [],
    ours: 0,
    theirs: 0x50001,
  },
  {
    name: "in a long program of the other byte order, returns are written backward",
    commands: [
      "init 0",
      arch("remove", "x86_64"),
      arch("add", "s390x"),
      ...syscallsOf("x86_64")
        .slice(0, 300)
        .map(([, number], i) => `rule ${[ALLOW, 0x50001, 0x50002, 0x30000][i % 4]} ${number} 0`),
    ],
    abi: "s390x",
    call: "read",
    args: [],
    ours: ALLOW,
    theirs: 0xff7f,
  },
];

const known = suite("libseccomp/known");
const oracle = openOracle();
if (nativeArch !== "x86_64") console.log("libseccomp/known: skipped, the examples are for x86_64");
else {
  if ("missing" in oracle) console.log(`libseccomp/known: Seccat's side only, ${oracle.missing}`);
  else if (oracle.version !== "2.5.4")
    console.log(`libseccomp/known: Seccat's side only, this is libseccomp ${oracle.version} and not 2.5.4`);
  for (const example of examples)
    known(example.name, () => {
      const { ctx } = mirror(example.commands);
      const number = typeof example.call === "number" ? example.call : syscallNr(example.abi, example.call);
      assert.type(number, "number");
      const call = { nr: number ?? 0, arch: abi(example.abi).auditArch, args: example.args };
      const words = packData(call, abi(example.abi).endian);
      assert.is(run(seccomp_program(ctx), words), example.ours);
      if ("missing" in oracle || oracle.version !== "2.5.4") return;
      const answers = oracle.ask([...example.commands, "bpf"]);
      assert.is(answers.includes("hang"), example.theirs === "hang");
      if (example.theirs === "hang") return;
      const hex = answers.at(-1)?.split(" ")[1] ?? "";
      assert.is(run(readProgram(Buffer.from(hex, "hex"), abi(example.abi).endian), words), example.theirs);
    });
}

known.run();
