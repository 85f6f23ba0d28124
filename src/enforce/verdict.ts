import { abiNames, abi as factsOf, syscallsOf } from "../../arch/index.ts";
import { combineReturns, decodeAction, formatAction } from "../abi/action.ts";
import { packData, type SeccompData } from "../abi/data.ts";
import { SeccatError } from "../abi/error.ts";
import { checkProgram } from "../bpf/check.ts";
import type { Program } from "../bpf/program.ts";
import { run } from "../bpf/run.ts";
import { type Native, native } from "./native.ts";

/** One program or several as a list. Throws a SeccatError "schema" for what is no program. */
export function programList(programs: Program | readonly Program[]): readonly Program[] {
  const list = isList(programs) ? programs : [programs];
  for (const program of list) checkProgram(program);
  return list;
}

function isList(programs: Program | readonly Program[]): programs is readonly Program[] {
  return Array.isArray(programs);
}

/** What the kernel answers to `data` under `programs`, installed in this order, oldest first; the return value, u32. */
export function verdict(programs: readonly Program[], data: SeccompData): number {
  return combineReturns(programs.toReversed().map((program) => run(program, packData(data, program.endian))));
}

/** Whether that answer lets the call happen: ALLOW or LOG. */
export function isAllowed(ret: number): boolean {
  const { kind } = decodeAction(ret);
  return kind === "allow" || kind === "log";
}

/**
 * Refuses programs that are not for this machine: another byte order, or an architecture check that knows
 * other architectures only. Throws SeccatError "enforce".
 */
export function checkFits(programs: readonly Program[], here: Native = native()): void {
  for (const program of programs) {
    if (program.endian !== here.endian)
      throw new SeccatError({
        code: "enforce",
        message: `the program is for a ${program.endian}-endian machine`,
        expected: `a program for ${here.abi}, ${here.endian}-endian`,
        received: `${program.endian}-endian instructions`,
        fix: `compile the policy for ${here.abi}`,
      });
    if (!deniesAll(program, here.auditArch, syscallsOf(here.abi))) continue;
    const others = abiNames.filter((name) => {
      const facts = factsOf(name);
      return facts.endian === program.endian && !deniesAll(program, facts.auditArch, syscallsOf(name));
    });
    if (others.length === 0) continue; // it denies everything everywhere: strange, but what it says
    throw new SeccatError({
      code: "enforce",
      message: `the program denies every call of ${here.abi}, which is this machine`,
      expected: `a program that knows ${here.abi}`,
      received: `a program for ${others.join(", ")}`,
      fix: `add ${here.abi} to the policy's arches and compile it again`,
    });
  }
}

/** Whether every call of an ABI gets one and the same denial, with arguments all zeros and all ones. */
function deniesAll(program: Program, arch: number, calls: readonly (readonly [string, number])[]): boolean {
  const answers = new Set<number>();
  const ones = Array<bigint>(6).fill(0xffff_ffff_ffff_ffffn);
  for (const [, nr] of calls) {
    for (const args of [[], ones]) {
      const ret = run(program, packData({ nr, arch, args }, program.endian));
      if (isAllowed(ret)) return false;
      answers.add(ret);
    }
  }
  return answers.size <= 1;
}

/** `kill_process`, `errno(1)`: the action of a return value, in the words of a policy. */
export function actionOf(ret: number): string {
  return formatAction(decodeAction(ret));
}
