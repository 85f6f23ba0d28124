/**
 * Random policies of the kind that libseccomp before 2.6.1 compiles wrongly (GHSA-4q85-33p6-j5g6): several rules of one
 * call compare one register, 64 bits wide, with numbers that share upper halves. Everything else is denied as calls
 * of other arches are, so that no other habit of libseccomp's shows.
 */
import type { SyscallName } from "../../arch/index.ts";
import { tokenOf } from "../../src/libseccomp/syscall.ts";
import {
  SCMP_ACT_ALLOW,
  SCMP_ACT_KILL_PROCESS,
  SCMP_CMP_EQ,
  SCMP_CMP_GE,
  SCMP_CMP_GT,
  SCMP_CMP_LE,
  SCMP_CMP_LT,
  SCMP_CMP_NE,
  SCMP_FLTATR_ACT_BADARCH,
  SCMP_SYS,
} from "../../src/libseccomp.ts";
import type { CompareOp, Policy, Rule } from "../../src/policy/types.ts";
import type { Random } from "../seed.ts";
import type { Placed } from "./known.ts";

/** One comparison of a whole register. */
export interface Comparison {
  readonly index: number;
  readonly op: CompareOp;
  readonly value: bigint;
}

/** The rules of one call: it is allowed when all comparisons of any of them hold. */
export interface Alternatives {
  readonly name: SyscallName;
  readonly rules: readonly (readonly Comparison[])[];
}

const ops: ReadonlyMap<CompareOp, number> = new Map([
  ["!=", SCMP_CMP_NE],
  ["<", SCMP_CMP_LT],
  ["<=", SCMP_CMP_LE],
  ["==", SCMP_CMP_EQ],
  [">=", SCMP_CMP_GE],
  [">", SCMP_CMP_GT],
]);

/** Two or three rules of one call on its first register, which most often go on to the second. */
export function randomAlternatives(random: Random): Alternatives {
  const upper = BigInt(random.below(3));
  const value = () => (random.once(6) ? random.u64() : (upper << 32n) | BigInt(random.below(8)));
  const compared = (index: number): Comparison => ({
    index,
    op: random.pick([...ops.keys()]),
    value: value(),
  });
  const rules = Array.from({ length: 2 + random.below(2) }, () => [
    compared(0),
    ...(random.once(4) ? [] : [compared(1)]),
  ]);
  return { name: "write", rules };
}

/** The policy that means them, on x86_64. */
export function policyOf({ name, rules }: Alternatives): Policy {
  return {
    imported: true,
    arches: ["x86_64"],
    default: { kind: "kill_process" },
    rules: rules.map(
      (tests): Rule => ({
        action: { kind: "allow" },
        syscalls: [name],
        when: {
          kind: "and",
          of: tests.map(({ index, op, value }) => ({
            kind: "compare",
            arg: { index, as: "u64" },
            op,
            value,
          })),
        },
      }),
    ),
  };
}

/** The commands with which the oracle builds the filter and exports it; the last answer is the program. */
export function halvesCommands({ name, rules }: Alternatives): string[] {
  const add = rules.map((tests) => {
    const data = tests.map(({ index, op, value }) => ` ${index} ${ops.get(op)} ${value} 0`);
    return `rule ${SCMP_ACT_ALLOW} ${SCMP_SYS(name)} ${tests.length}${data.join("")}`;
  });
  return [
    `init ${SCMP_ACT_KILL_PROCESS}`,
    "arch_remove 0",
    `arch_add ${tokenOf("x86_64")}`,
    `attr_set ${SCMP_FLTATR_ACT_BADARCH} ${SCMP_ACT_KILL_PROCESS}`,
    ...add,
    "bpf",
  ];
}

/** The same rules as the catalogue of libseccomp's known faults takes them. */
export function placedOf({ rules }: Alternatives): Placed[] {
  return rules.map((tests) => ({
    action: SCMP_ACT_ALLOW,
    args: tests.map(({ index, op, value }) => ({
      arg: index,
      op: ops.get(op) ?? 0,
      mask: 0xffff_ffff_ffff_ffffn,
      datum: value,
    })),
  }));
}

/**
 * Whether two rules compare one register by numbers with one upper half, however: then libseccomp's tree shares the test
 * of it. known.ts lists what is known to follow; that a rule is lost where `!=` meets an order came out here:
 *
 *     a0 < 0x2_00000006 && a1 <= 0x2_00000003        a0 != 0x2_00000005 && a1 <= 0x2_00000003
 *     a0 = 0x2_00000005, a1 = 0x2_00000000           is denied
 */
export function sharesHalf({ rules }: Alternatives): boolean {
  return rules.some((one, i) =>
    rules
      .slice(i + 1)
      .some((other) =>
        one.some((x) => other.some((y) => x.index === y.index && x.value >> 32n === y.value >> 32n)),
      ),
  );
}
