import type { AbiName } from "../../arch/index.ts";
import type { ArgInput, ArgsInput } from "../../src/policy/call.ts";
import type { Policy } from "../../src/policy/types.ts";

/** One call under one policy, with the answer that a person reading the policy expects. */
export interface Case {
  /** A sentence that says what is expected. */
  readonly sentence: string;
  readonly abi: AbiName;
  readonly call: string | number;
  readonly args: ArgsInput;
  /** `allow`, `kill_process`, `errno EPERM`, `trap 5`. */
  readonly gives: string;
}

/** The cases of one policy. */
export interface CaseGroup {
  readonly name: string;
  readonly policy: Policy;
  readonly cases: readonly Case[];
}

type Row = readonly [sentence: string, call: string | number, args: ArgsInput, gives: string, abi?: AbiName];

/** A group of cases; `abi` is that of rows which name none. */
export function group(name: string, policy: Policy, abi: AbiName, rows: readonly Row[]): CaseGroup {
  return {
    name,
    policy,
    cases: rows.map(([sentence, call, args, gives, own]) => ({
      sentence,
      call,
      args,
      gives,
      abi: own ?? abi,
    })),
  };
}

/** Rows that give the calls in `calls` one answer each, without arguments. */
export function each(calls: readonly (string | number)[], gives: string, abi?: AbiName): Row[] {
  return calls.map((call) => {
    const sentence = `${call} gets ${gives}${abi === undefined ? "" : ` on ${abi}`}`;
    return abi === undefined ? [sentence, call, [], gives] : [sentence, call, [], gives, abi];
  });
}

/** Rows that try one argument of `call` with many values: `yes` allow, `no` deny. */
export function values(
  call: string,
  index: number,
  condition: string,
  { yes, no, deny, abi }: { yes: readonly ArgInput[]; no: readonly ArgInput[]; deny: string; abi?: AbiName },
): Row[] {
  const row = (value: ArgInput, gives: string, verb: string): Row => {
    const args = Array.from({ length: index + 1 }, (_, i) => (i === index ? value : 0));
    const shown = typeof value === "string" ? value : `0x${BigInt.asUintN(64, BigInt(value)).toString(16)}`;
    const sentence = `${condition}: ${shown} ${verb} it${abi === undefined ? "" : ` on ${abi}`}`;
    return abi === undefined ? [sentence, call, args, gives] : [sentence, call, args, gives, abi];
  };
  return [
    ...yes.map((value) => row(value, "allow", "meets")),
    ...no.map((value) => row(value, deny, "does not meet")),
  ];
}
