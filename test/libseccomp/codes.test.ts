/** Return codes, in the order of libseccomp's own checks: each answer is given here and asked of the real library. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compareVersions, type SyscallName, syscallNr, syscallSince } from "../../arch/index.ts";
import { nativeArch } from "../../src/libseccomp/syscall.ts";
import { mirror } from "./mirror.ts";
import { disagreements } from "./names.ts";
import { openOracle } from "./oracle.ts";
import { big, little } from "./random.ts";

const [ALLOW, TRAP, ERRNO1] = [0x7fff0000, 0x30000, 0x50001];
const [X86, X32, S390] = [0x40000003, 0x4000003e, 0x16];

type Dialogue = readonly (readonly [command: string, answer: string])[];

/** Sequences of commands with their answers on x86_64; each begins without a context. */
const dialogues: Readonly<Record<string, Dialogue>> = {
  "without a context all is EINVAL, but resetting nothing": [
    [`rule ${ALLOW} 0 0`, "-22"],
    ["attr_get 1", "-22 0"],
    ["attr_set 3 0", "-22"],
    ["priority 0 1", "-22"],
    ["reset 7", "0"],
  ],
  "an action has data only where the kernel reads it": [
    ["init 5", "-1"],
    ["init 0", "0"],
    [`rule ${TRAP + 1} 0 0`, "-22"],
    [`rule ${0x7ffc0001} 0 0`, "-22"],
    [`rule ${0x50fff} 0 0`, "-22"],
    [`rule ${0x50ffe} 0 0`, "0"],
    [`rule ${0x50000} 1 0`, "0"],
    [`rule ${0x7ff0ffff} 2 0`, "0"],
    [`rule ${0x80000000} 3 0`, "0"],
    [`rule ${0x7fc00000} 4 0`, "0"],
  ],
  "a rule that says what the default says is EACCES": [
    [`init ${ERRNO1}`, "0"],
    [`rule ${ERRNO1} 0 0`, "-13"],
    [`rule ${0x50002} 0 0`, "0"],
  ],
  "counts, arguments, operators and doubles are checked": [
    ["init 0", "0"],
    [`rule ${ALLOW} 0 7`, "-22"],
    [`rule ${ALLOW} 0 1 6 4 0 0`, "-22"],
    [`rule ${ALLOW} 0 1 0 0 0 0`, "-22"],
    [`rule ${ALLOW} 0 1 0 8 0 0`, "-22"],
    [`rule ${ALLOW} 0 2 0 4 0 0 0 4 1 0`, "-22"],
  ],
  "bad numbers come before bad actions, and these before bad comparisons": [
    ["init 0", "0"],
    ["rule 0 -5 0", "-22"],
    ["rule 0 0 0", "-13"],
    ["rule 0 0 1 9 9 9 9", "-13"],
    [`exact ${ALLOW} 0 1 9 9 9 9`, "-22"],
    [`arch_add ${X86}`, "0"],
    [`exact ${ALLOW} 0 1 9 9 9 9`, "-95"],
  ],
  "the numbers -2 to -99 are reserved, and -1 must be asked for": [
    ["init 0", "0"],
    [`rule ${ALLOW} -1 0`, "-22"],
    [`rule ${ALLOW} -2 0`, "-22"],
    [`rule ${ALLOW} -99 0`, "-22"],
    [`rule ${ALLOW} -100 0`, "0"],
    ["attr_set 5 1", "0"],
    [`rule ${ALLOW} -1 0`, "0"],
  ],
  "what the native arch lacks is passed over, but not exactly": [
    ["init 0", "0"],
    [`rule ${ALLOW} -10004 0`, "0"],
    [`exact ${ALLOW} -10004 0`, "-33"],
    [`rule ${ALLOW} 5000 0`, "0"],
  ],
  "a number without a name cannot be had on another arch": [
    ["init 0", "0"],
    [`arch_add ${X86}`, "0"],
    [`rule ${ALLOW} 5000 0`, "-14"],
    [`rule ${ALLOW} -10001 0`, "-14"],
    [`rule ${ALLOW} -10004 0`, "0"],
  ],
  "socket and IPC calls with arguments cannot be had exactly where socketcall and ipc are": [
    ["init 0", "0"],
    ["arch_remove 0", "0"],
    [`arch_add ${X86}`, "0"],
    [`exact ${ALLOW} 41 0`, "0"],
    [`exact ${ALLOW} 42 1 1 4 5 0`, "-22"],
    [`rule ${ALLOW} 42 1 1 4 5 0`, "0"],
  ],
  "arches are added once, with one byte order, and removed when there": [
    ["init 0", "0"],
    ["arch_add 0", "-17"],
    ["arch_add 1", "-22"],
    [`arch_add ${S390}`, "-33"],
    [`arch_add ${X32}`, "0"],
    [`arch_exist ${X32}`, "0"],
    [`arch_exist ${X86}`, "-17"],
    ["arch_exist 1", "-22"],
    [`arch_remove ${X86}`, "-17"],
    ["arch_remove 1", "-22"],
  ],
  "without arches only adding one helps": [
    ["init 0", "0"],
    ["arch_remove 0", "0"],
    [`rule ${ALLOW} 0 0`, "-22"],
    ["attr_get 1", "-22 0"],
    [`arch_add ${S390}`, "0"],
    [`rule ${ALLOW} 0 0`, "0"],
  ],
  "attributes have libseccomp's defaults and limits": [
    [`init ${TRAP}`, "0"],
    ["attr_get 1", `0 ${TRAP}`],
    ["attr_get 2", "0 0"],
    ["attr_get 3", "0 1"],
    ["attr_get 4", "0 0"],
    ["attr_get 5", "0 0"],
    ["attr_get 6", "0 0"],
    ["attr_get 7", "0 0"],
    ["attr_get 8", "0 1"],
    ["attr_get 9", "0 0"],
    ["attr_get 10", "-22 0"],
    ["attr_set 0 1", "-22"],
    ["attr_set 1 0", "-13"],
    ["attr_set 2 5", "-22"],
    [`attr_set 2 ${ERRNO1}`, "0"],
    ["attr_get 2", `0 ${ERRNO1}`],
    ["attr_set 3 7", "0"],
    ["attr_get 3", "0 1"],
    ["attr_set 8 0", "-95"],
    ["attr_set 8 2", "0"],
    ["attr_set 8 3", "-95"],
    ["attr_set 9 1", "0"],
    ["attr_set 10 1", "-22"],
  ],
  "a rule without comparisons replaces others, and the first such rule stays": [
    ["init 0", "0"],
    [`rule ${ALLOW} 9 1 0 4 1 0`, "0"],
    [`rule ${ERRNO1} 9 0`, "0"],
    [`rule ${ALLOW} 9 0`, "0"],
    [`rule ${ALLOW} 9 1 0 4 1 0`, "0"],
  ],
  "the same comparisons with another action are EEXIST, shorter ones too, longer ones are passed over": [
    ["init 0", "0"],
    [`rule ${ALLOW} 9 2 0 4 1 0 1 4 2 0`, "0"],
    [`rule ${ALLOW} 9 2 0 4 1 0 1 4 2 0`, "0"],
    [`rule ${ERRNO1} 9 2 0 4 1 0 1 4 2 0`, "-17"],
    [`rule ${ERRNO1} 9 1 0 4 1 0`, "-17"],
    [`rule ${ALLOW} 9 1 0 4 1 0`, "0"],
    [`rule ${ERRNO1} 9 2 0 4 1 0 1 4 2 0`, "0"],
  ],
  "priorities are for syscalls that a rule could name": [
    ["init 0", "0"],
    ["priority 9 3", "0"],
    ["priority 5000 3", "0"],
    ["priority -5 3", "-22"],
    ["priority -10001 3", "0"],
    [`arch_add ${X86}`, "0"],
    ["priority 5000 3", "-14"],
    ["priority 41 3", "0"],
  ],
  "names and numbers": [
    ["resolve 0 read", "0"],
    ["resolve 0 nosuch", "-1"],
    ["resolve 7 read", "-1"],
    [`resolve ${X32} execve`, String(0x40000000 + 520)],
    [`resolve ${X86} socket`, "-101"],
    [`rewrite ${X86} socket`, "102"],
    [`rewrite ${X86} semtimedop`, "117"],
    [`rewrite ${X86} read`, "3"],
    ["rewrite 0 socketcall", "-10060"],
    ["name 0 0", "read"],
    ["name 0 5000", "-"],
    ["name 0 -10004", "chown32"],
    ["name 0 -10001", "-"],
    ["name 0 -101", "-"],
    [`name ${X86} -101`, "socket"],
    [`name ${X86} 359`, "socket"],
    [`name ${X32} 0`, "read"],
    ["name 7 0", "-"],
    ["arch_name x86_64", String(0xc000003e)],
    ["arch_name x32", String(X32)],
    ["arch_name SCMP_ARCH_X86", "0"],
  ],
};

const codes = suite("libseccomp/codes");
const oracle = openOracle();
if ("missing" in oracle) console.log(`libseccomp/codes: Seccat's side only, ${oracle.missing}`);
if (nativeArch !== "x86_64") console.log("libseccomp/codes: skipped, the numbers are those of x86_64");
else
  for (const [name, dialogue] of Object.entries(dialogues))
    codes(name, () => {
      const commands = dialogue.map(([command]) => command);
      const show = (answers: readonly string[]) => commands.map((command, i) => `${command}: ${answers[i]}`);
      const expected = show(dialogue.map(([, answer]) => answer));
      assert.equal(show(mirror(commands).answers), expected);
      if ("missing" in oracle) return;
      assert.equal(show(oracle.ask(commands)), expected);
    });

if (!("missing" in oracle)) {
  codes("every name resolves alike on every arch, but for what is younger than the library", () => {
    const isYounger = (name: SyscallName) => compareVersions(syscallSince(name) ?? "0.0", "5.17") > 0;
    const isForeign = (name: SyscallName) =>
      [...little, ...big].every((arch) => syscallNr(arch, name) === undefined);
    for (const verb of ["resolve", "rewrite"]) {
      const apart = disagreements(oracle, verb);
      const unexplained = apart.filter(
        ({ name, theirs }) => theirs >= 0 || !(isYounger(name) || isForeign(name)),
      );
      // Linux no longer has this one, and libseccomp from 2.6 on neither.
      assert.equal(unexplained, [{ arch: "parisc64", name: "_llseek", ours: -10026, theirs: 140 }]);
    }
  });

  codes("listings are alike where no two rules compare one argument", () => {
    const commands = [
      "init 0",
      `attr_set 2 ${ERRNO1}`,
      `arch_add ${X86}`,
      `rule ${ALLOW} 0 0`,
      `rule ${TRAP} 1 1 0 1 ${0x100000005} 0`,
      `rule ${0x7ff00007} 2 2 0 2 5 0 2 7 ${0xff00ff} 1`,
      `rule ${0x80000000} 3 2 1 3 5 0 5 4 0 0`,
      `rule ${ERRNO1} 4 1 0 5 ${0x200000000} 0`,
      `rule ${0x7ffc0000} 5 3 0 6 1 0 1 1 2 0 3 3 9 0`,
      `rule ${ALLOW} 41 1 0 4 1 0`,
      `rule ${ALLOW} -10004 0`,
      "priority 3 7",
      "pfc",
    ];
    const text = (answers: readonly string[]) =>
      Buffer.from(answers.at(-1)?.split(" ")[1] ?? "", "hex").toString();
    assert.is(text(mirror(commands).answers), text(oracle.ask(commands)));
  });
}

codes.run();
