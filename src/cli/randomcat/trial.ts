/** The act of the story that tests the program without a kernel, and the same tests as a file for `seccat test`. */
import type { AbiName } from "../../../arch/index.ts";
import type { Program } from "../../bpf/program.ts";
import { readTestFile, runTests } from "../../testing/index.ts";
import { showWay } from "./exhibits.ts";
import type { Screen } from "./screen.ts";

/** A sentence, the calls that it is about, and whether they pass. */
interface Claim {
  readonly sentence: string;
  readonly passes: boolean;
  readonly calls: readonly string[];
}

const claims: readonly Claim[] = [
  { sentence: "a request can be read and answered", passes: true, calls: ["read", "write", "shutdown"] },
  { sentence: "a cat can be found and opened", passes: true, calls: ["openat", "getdents64", "close"] },
  { sentence: "the process can end", passes: true, calls: ["exit_group"] },
  {
    sentence: "no other program can be started",
    passes: false,
    calls: ["execve", "execveat", "clone", "clone3"],
  },
  { sentence: "no socket can be opened", passes: false, calls: ["socket", "connect", "bind", "sendto"] },
  {
    sentence: "no other process can be touched",
    passes: false,
    calls: ["ptrace", "process_vm_writev", "kill"],
  },
  {
    sentence: "the kernel cannot be changed",
    passes: false,
    calls: ["bpf", "init_module", "mount", "reboot"],
  },
];

/** Whose way through the program is shown. */
const SHOWN = "ptrace";

/** The claims as a file for `seccat test`, about the policy in the file `policy`. */
export function testFile(policy: string): string {
  const tests = claims.map(({ sentence, passes, calls }) =>
    [
      `  - name: ${sentence}`,
      `    ${passes ? "allows" : "denies"}: [${calls.join(", ")}]`,
      ...(passes ? [] : ["    with: kill_process"]),
    ].join("\n"),
  );
  return `policy: ${policy}\ntests:\n${tests.join("\n")}\n`;
}

/** Tests `program`, shows each claim and one way to a verdict; says whether all hold. */
export function playTests(stage: Screen, program: Program, abi: AbiName): boolean {
  const { style } = stage;
  stage.act("Tested without a kernel");
  stage.say("An interpreter runs the program; that takes no root and no Linux:");
  const file = readTestFile(testFile("policy.yaml"));
  const { results, coverage } = runTests({ ...file, arches: [abi] }, [program]);
  for (const { sentence, calls } of claims) {
    const failed = results.filter((result) => result.sentence === sentence && !result.ok);
    const mark = failed.length === 0 ? style.green("ok") : style.red("NO");
    stage.show(`${mark}  ${sentence.padEnd(36)}${style.dim(calls.join(" "))}`);
    for (const { actual, path } of failed)
      stage.show(style.red(`got ${actual}`), ...(path ?? "").split("\n"));
  }
  const { reached, all } = coverage.instructions;
  stage.say(
    `These ${results.length} questions reached ${reached} of ${all} instructions. The way of ${SHOWN}:`,
  );
  showWay(stage, program, abi, SHOWN);
  return results.every(({ ok }) => ok);
}
