import { assembleCode, type Code, type CodeItem, int32 } from "./code.ts";
import {
  AT_FDCWD,
  AT_REMOVEDIR,
  BLOCK,
  LAUNCHER_FAILED,
  type LauncherParameters,
  REMOVING_WORDS,
  STACK_DIRECTORY,
  STACK_FILE,
  STATUS_DONE,
  STATUS_GO,
  STATUS_RESULT,
  STEP_SIZE,
  STEPS,
  WAIT_TIMED_OUT,
} from "./layout.ts";

/** Registers: a call takes nr in x8 and arguments in x0 to x5; x19 to x21 survive it. */
const cursor = 19;
const status = 20;
const left = 21;
const zero = 31;
/** As the base of an address. */
const stack = 31;

/** movz xd, #low; movk xd, #high, lsl 16: a value of 32 bits. */
const movImm = (d: number, value: number) => [
  ...int32(0xd2800000 | ((value & 0xffff) << 5) | d),
  ...int32(0xf2a00000 | ((value >>> 16) << 5) | d),
];
/** movn xd, #value: xd = ~value, a small negative number. */
const movNot = (d: number, value: number) => int32(0x92800000 | (value << 5) | d);
/** orr xd, xzr, xm: xd = xm */
const mov = (d: number, m: number) => int32(0xaa0003e0 | (m << 16) | d);
/** add xd, xn, xm */
const add = (d: number, n: number, m: number) => int32(0x8b000000 | (m << 16) | (n << 5) | d);
/** subs xd, xn, xm */
const subs = (d: number, n: number, m: number) => int32(0xeb000000 | (m << 16) | (n << 5) | d);
/** add xd, xn, #value (12 bits) */
const addImm = (d: number, n: number, value: number) => int32(0x91000000 | (value << 10) | (n << 5) | d);
/** subs xd, xn, #value (12 bits) */
const subsImm = (d: number, n: number, value: number) => int32(0xf1000000 | (value << 10) | (n << 5) | d);
/** cmn xn, #value (12 bits): flags of xn + value */
const cmnImm = (n: number, value: number) => int32(0xb1000000 | (value << 10) | (n << 5) | zero);
/** cmp xn, #value (12 bits) */
const cmpImm = (n: number, value: number) => subsImm(zero, n, value);
/** ldr xt, [xn, #offset] */
const ldr = (t: number, n: number, offset: number) => int32(0xf9400000 | ((offset / 8) << 10) | (n << 5) | t);
/** str xt, [xn, #offset] */
const str = (t: number, n: number, offset: number) => int32(0xf9000000 | ((offset / 8) << 10) | (n << 5) | t);
/** ldp xt, xu, [xn, #offset] */
const ldp = (t: number, u: number, n: number, offset: number) =>
  int32(0xa9400000 | (((offset / 8) & 0x7f) << 15) | (u << 10) | (n << 5) | t);
const svc = int32(0xd4000001);
const yieldHint = int32(0xd503203f);
const brk = int32(0xd4200000);

const words = (from: number, target: number) => (target - from) / 4;
/** b to */
const b = (to: string): CodeItem => ({
  to,
  size: 4,
  encode: (from, target) => int32(0x14000000 | (words(from, target) & 0x3ffffff)),
});
/** b.condition to */
const bIf = (condition: number, to: string): CodeItem => ({
  to,
  size: 4,
  encode: (from, target) => int32(0x54000000 | ((words(from, target) & 0x7ffff) << 5) | condition),
});
/** cbnz xt, to */
const cbnz = (t: number, to: string): CodeItem => ({
  to,
  size: 4,
  encode: (from, target) => int32(0xb5000000 | ((words(from, target) & 0x7ffff) << 5) | t),
});
const beq = (to: string) => bIf(0, to);
const bne = (to: string) => bIf(1, to);
const bhs = (to: string) => bIf(2, to);
const ble = (to: string) => bIf(13, to);
const bgt = (to: string) => bIf(12, to);
const blt = (to: string) => bIf(11, to);
/** ldrh wt, [xn, #offset] */
const ldrh = (t: number, n: number, offset: number) =>
  int32(0x79400000 | ((offset / 2) << 10) | (n << 5) | t);
/** tst xn, #1 */
const tstOne = (n: number) => int32(0xf240001f | (n << 5));
/** lsl xd, xn, #32 */
const lslWord = (d: number, n: number) => int32(0xd3607c00 | (n << 5) | d);

/** The instructions that the keeper's code is made of too. */
export const asm = Object.freeze({
  movImm,
  movNot,
  add,
  ldr,
  str,
  ldrh,
  tstOne,
  lslWord,
  cmnImm,
  cmpImm,
  svc,
  brk,
  b,
  jumps: Object.freeze({ beq, bhs, ble, bgt, blt }),
} as const);

/** Some seconds: one turn of the loop takes a few cycles. */
const SPINS = 0xffffffff;

/** The launcher's code for aarch64, with the same labels and meaning as that for x86_64. */
export function aarch64Launcher({ channel, length, nr }: LauncherParameters): Code {
  const remove = (path: number, flags: number) => [
    movImm(8, nr.unlinkat),
    movNot(0, ~AT_FDCWD),
    ldr(1, stack, path),
    movImm(2, flags),
    svc,
  ];
  return assembleCode([
    ldr(9, stack, 0),
    cmpImm(9, REMOVING_WORDS),
    bne("start"),
    ...remove(STACK_FILE, 0),
    ...remove(STACK_DIRECTORY, AT_REMOVEDIR),

    { label: "start" },
    movImm(8, nr.mmap),
    movImm(0, BLOCK),
    movImm(1, STEPS - BLOCK + length),
    movImm(2, 3), // PROT_READ | PROT_WRITE
    movImm(3, 0x32), // MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS
    movNot(4, 0), // -1
    movImm(5, 0),
    svc,
    cmnImm(0, 4095),
    bhs("fail"),
    movImm(cursor, STEPS),
    movImm(left, length),

    { label: "read" },
    movImm(8, nr.read),
    movImm(0, channel),
    mov(1, cursor),
    mov(2, left),
    svc,
    cmpImm(0, 0),
    ble("fail"),
    add(cursor, cursor, 0),
    subs(left, left, 0),
    bne("read"),
    movImm(cursor, STEPS),
    movImm(status, BLOCK),

    { label: "step" },
    ldr(8, cursor, 0),
    cmnImm(8, 1),
    beq("wait"),
    ldp(0, 1, cursor, 8),
    ldp(2, 3, cursor, 24),
    ldp(4, 5, cursor, 40),
    svc,
    { label: "called" },
    str(0, status, STATUS_RESULT),
    cmnImm(0, 4095),
    bhs("fail"),
    { label: "next" },
    ldr(9, status, STATUS_DONE),
    addImm(9, 9, 1),
    str(9, status, STATUS_DONE),
    addImm(cursor, cursor, STEP_SIZE),
    b("step"),

    { label: "wait" },
    movImm(11, SPINS),
    { label: "spin" },
    yieldHint,
    ldr(10, status, STATUS_GO),
    cbnz(10, "next"),
    subsImm(11, 11, 1),
    bne("spin"),
    movNot(0, ~WAIT_TIMED_OUT),
    str(0, status, STATUS_RESULT),
    brk,

    { label: "fail" },
    movImm(8, nr.exit_group),
    movImm(0, LAUNCHER_FAILED),
    svc,
    brk,
  ]);
}
