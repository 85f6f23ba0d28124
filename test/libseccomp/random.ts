/** Random filters as libseccomp's callers build them, and calls that come close to what they compare with. */
import { type AbiName, abi, type SyscallName, syscallNr, syscallsOf } from "../../arch/index.ts";
import type { SeccompData } from "../../src/abi/data.ts";
import {
  SCMP_ACT_ALLOW,
  SCMP_ACT_ERRNO,
  SCMP_ACT_KILL,
  SCMP_ACT_KILL_PROCESS,
  SCMP_ACT_LOG,
  SCMP_ACT_NOTIFY,
  SCMP_ACT_TRACE,
  SCMP_ACT_TRAP,
  SCMP_CMP_EQ,
  SCMP_CMP_GE,
  SCMP_CMP_GT,
  SCMP_CMP_LE,
  SCMP_CMP_LT,
  SCMP_CMP_MASKED_EQ,
  SCMP_CMP_NE,
  SCMP_CMP64,
  SCMP_FLTATR_ACT_BADARCH,
  SCMP_FLTATR_CTL_OPTIMIZE,
  SCMP_SYS,
  type scmp_arg_cmp,
} from "../../src/libseccomp.ts";
import type { Random } from "../seed.ts";

/** One rule as the caller writes it. */
export interface Ruling {
  readonly action: number;
  readonly name: SyscallName;
  readonly nr: number;
  readonly args: readonly scmp_arg_cmp[];
}

/** One filter as the caller builds it. */
export interface Filter {
  readonly arches: readonly AbiName[];
  readonly base: number;
  readonly badArch: number;
  readonly rules: readonly Ruling[];
  /** After so many rules the last of several `arches` is added; most often 0. */
  readonly lateAfter: number;
  /** SCMP_FLTATR_CTL_OPTIMIZE. */
  readonly optimize: 1 | 2;
}

/** The little-endian architectures of libseccomp 2.5. */
export const little: readonly AbiName[] = [
  "x86_64",
  "x86",
  "x32",
  "arm",
  "aarch64",
  "mipsel",
  "mipsel64",
  "mipsel64n32",
  "ppc64le",
  "riscv64",
];
/** Its big-endian ones. */
export const big: readonly AbiName[] = [
  "mips",
  "mips64",
  "mips64n32",
  "parisc",
  "parisc64",
  "ppc",
  "ppc64",
  "s390",
  "s390x",
];

const actions: readonly number[] = [
  SCMP_ACT_KILL,
  SCMP_ACT_KILL_PROCESS,
  SCMP_ACT_TRAP,
  SCMP_ACT_ERRNO(0),
  SCMP_ACT_ERRNO(1),
  SCMP_ACT_ERRNO(38),
  SCMP_ACT_ERRNO(4094),
  SCMP_ACT_NOTIFY,
  SCMP_ACT_TRACE(7),
  SCMP_ACT_LOG,
  SCMP_ACT_ALLOW,
];

const ops = [
  SCMP_CMP_NE,
  SCMP_CMP_LT,
  SCMP_CMP_LE,
  SCMP_CMP_EQ,
  SCMP_CMP_GE,
  SCMP_CMP_GT,
  SCMP_CMP_MASKED_EQ,
];

const edges: readonly bigint[] = [
  0n,
  1n,
  2n,
  3n,
  5n,
  0x7fn,
  0xffn,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x1_0000_0000n,
  0x1_0000_0001n,
  0x1_0000_0003n,
  0x1_0000_0005n,
  0x1_ffff_ffffn,
  0x2_0000_0000n,
  0x2_0000_0005n,
  0x7fff_ffff_ffff_ffffn,
  0x8000_0000_0000_0000n,
  0xffff_ffff_0000_0000n,
  0xffff_ffff_ffff_ffffn,
];
/** Values that share upper halves, and lower ones. */
const few: readonly bigint[] = [
  0n,
  3n,
  5n,
  0xffff_ffffn,
  0x1_0000_0000n,
  0x1_0000_0003n,
  0x1_0000_0005n,
  0x2_0000_0003n,
  0xffff_ffff_0000_0005n,
];
const masks: readonly bigint[] = [
  1n,
  3n,
  0xffn,
  0xf0n,
  0xffff_ffffn,
  0x1_0000_0001n,
  0xff_0000_0000n,
  0xffff_ffff_0000_0000n,
  0x8000_0000_0000_0000n,
  0xffff_ffff_ffff_ffffn,
  0n,
];

/** A few names, so that rules meet; socket and IPC calls, and calls that some architectures lack, among them. */
const popular: readonly SyscallName[] = ["read", "socket", "semop", "open", "mmap", "accept4", "ioctl"];

/**
 * A filter on one to four architectures of one byte order. In one of two, all rules of one syscall have one
 * action; in one of three, all rules are about one syscall and few values, so that they meet.
 */
export function randomFilter(random: Random, names: readonly SyscallName[]): Filter {
  const arches = randomArches(random);
  const base = random.pick(actions);
  const dense = random.once(3);
  const oneAction = random.once(2);
  const meeting = random.pick(popular);
  const actionOf = new Map<SyscallName, number>();
  const count = dense ? 2 + random.below(5) : 1 + random.below(random.once(4) ? 30 : 8);
  const rules = Array.from({ length: count }, (): Ruling => {
    const name = dense ? meeting : random.once(3) ? random.pick(names) : random.pick(popular);
    const action = actionOf.get(name) ?? otherAction(random, base);
    if (oneAction) actionOf.set(name, action);
    return { action, name, nr: SCMP_SYS(name), args: randomArgs(random, dense ? few : edges, dense) };
  });
  return {
    arches,
    base,
    badArch: random.pick(actions),
    rules,
    lateAfter: random.once(10) ? random.below(count) : 0,
    optimize: random.once(6) ? 2 : 1,
  };
}

function randomArches(random: Random): AbiName[] {
  const from = [...(random.once(3) ? big : little)];
  const arches: AbiName[] = [];
  for (let count = 1 + random.below(4); count > 0; count--)
    arches.push(...from.splice(random.below(from.length), 1));
  return arches;
}

function otherAction(random: Random, base: number): number {
  const action = random.pick(actions);
  return action === base ? otherAction(random, base) : action;
}

function randomArgs(random: Random, data: readonly bigint[], dense: boolean): scmp_arg_cmp[] {
  if (random.once(dense ? 15 : 5)) return [];
  const args = random.once(2) ? [random.below(3)] : [0, 1, 2, 3, 4, 5].filter(() => random.once(3));
  return args.map((arg) => {
    const op = random.pick(ops);
    if (op === SCMP_CMP_MASKED_EQ) return SCMP_CMP64(arg, op, random.pick(masks), randomDatum(random, data));
    return SCMP_CMP64(arg, op, randomDatum(random, data));
  });
}

function randomDatum(random: Random, data: readonly bigint[]): bigint {
  return random.once(data === few ? 50 : 10) ? random.u64() : random.pick(data);
}

/** Calls that come close to what the filter decides by. */
export function randomCalls(random: Random, filter: Filter, count: number): SeccompData[] {
  const values = [...edges, ...filter.rules.flatMap(({ args }) => args.flatMap(neighbours))];
  return Array.from({ length: count }, () => randomCall(random, filter, values));
}

function randomCall(random: Random, filter: Filter, values: readonly bigint[]): SeccompData {
  const arch = random.once(12) ? random.pick([...little, ...big]) : random.pick(filter.arches);
  const nr = randomNr(random, filter, arch);
  const narrow = abi(arch).argBits === 32 && !random.once(4);
  const args = Array.from({ length: 6 }, () => {
    const value = random.once(8) ? random.u64() : random.pick(values);
    return narrow ? value & 0xffff_ffffn : value;
  });
  const { socketcall, ipc } = abi(arch).multiplexers;
  if (nr === socketcall || nr === ipc) args[0] = BigInt(random.below(26));
  return { nr, arch: abi(arch).auditArch, args, instructionPointer: random.u64() };
}

function randomNr(random: Random, filter: Filter, arch: AbiName): number {
  const { name } = random.pick(filter.rules);
  const { socketcall, ipc } = abi(arch).multiplexers;
  if (random.once(8) && socketcall !== undefined && ipc !== undefined) return random.pick([socketcall, ipc]);
  const nr = syscallNr(arch, name);
  if (nr !== undefined && !random.once(6)) return nr;
  const near = (nr ?? 0) + random.below(3) - 1;
  return random.pick([
    near >>> 0,
    random.pick(syscallsOf(arch))[1],
    random.below(600) + abi(arch).nrBase,
    (near | 0x40000000) >>> 0,
    random.pick([
      0x3fffffff, 0x40000000, 0x7fffffff, 0x80000000, 0xbfffffff, 0xc0000000, 0xfffffffe, 0xffffffff,
    ]),
    random.u32(),
  ]);
}

/** Values next to those of a comparison, in each half, and across its mask. */
function neighbours({ op, datum_a, datum_b }: scmp_arg_cmp): bigint[] {
  const cut = (value: bigint) => BigInt.asUintN(64, value);
  const around = (value: bigint) => [
    value,
    value - 1n,
    value + 1n,
    value + (1n << 32n),
    value - (1n << 32n),
    value & 0xffff_ffffn,
    value | (1n << 63n),
  ];
  if (op !== SCMP_CMP_MASKED_EQ) return around(datum_a).map(cut);
  const equal = datum_b & datum_a;
  const outside = ~datum_a & 0xffff_ffff_ffff_ffffn;
  const lowest = datum_a & -datum_a;
  return [...around(equal), equal | outside, equal ^ lowest, datum_b, datum_a, outside].map(cut);
}

/** The commands that build the filter and export it, as a listing and as a program: one answer each. */
export function commandsOf(filter: Filter, tokenOf: (arch: AbiName) => number): string[] {
  const { arches, base, badArch, rules, lateAfter, optimize } = filter;
  const add = arches.map((arch) => `arch_add ${tokenOf(arch)}`);
  const late = lateAfter > 0 && arches.length > 1 ? add.splice(-1) : [];
  return [
    `init ${base}`,
    "arch_remove 0",
    ...add,
    `attr_set ${SCMP_FLTATR_ACT_BADARCH} ${badArch}`,
    `attr_set ${SCMP_FLTATR_CTL_OPTIMIZE} ${optimize}`,
    ...rules.slice(0, lateAfter).map(ruleCommand),
    ...late,
    ...rules.slice(lateAfter).map(ruleCommand),
    "pfc",
    "bpf",
  ];
}

function ruleCommand({ action, nr, args }: Ruling): string {
  const data = args.map(({ arg, op, datum_a, datum_b }) => ` ${arg} ${op} ${datum_a} ${datum_b}`);
  return `rule ${action} ${nr} ${args.length}${data.join("")}`;
}

/** A filter as a person reads it. */
export function describe({ arches, base, rules, lateAfter, optimize }: Filter): string {
  const names = ["", "!=", "<", "<=", "==", ">=", ">", "&"];
  const hex = (value: bigint | number) => `0x${value.toString(16)}`;
  const show = ({ action, name, args }: Ruling) => {
    const tests = args.map(
      ({ arg, op, datum_a, datum_b }) =>
        `arg${arg} ${names[op]} ${hex(datum_a)}${op === SCMP_CMP_MASKED_EQ ? ` == ${hex(datum_b)}` : ""}`,
    );
    return `  ${name} ${tests.join(", ")} -> ${hex(action)}`;
  };
  const head = `${arches.join(" ")}, default ${hex(base)}, late ${lateAfter}, optimize ${optimize}`;
  return [head, ...rules.map(show)].join("\n");
}
