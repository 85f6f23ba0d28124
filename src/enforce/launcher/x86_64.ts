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

/** Registers by their number in an instruction. A call takes nr in rax, arguments in rdi rsi rdx r10 r8 r9. */
const reg = {
  rax: 0,
  rcx: 1,
  rdx: 2,
  rbx: 3,
  rbp: 5,
  rsi: 6,
  rdi: 7,
  r8: 8,
  r9: 9,
  r10: 10,
  r12: 12,
} as const;
type Reg = keyof typeof reg;

/** REX.W, with the high bits of the reg and r/m fields. */
const rexW = (r: number, rm: number) => 0x48 | ((r >> 3) << 2) | (rm >> 3);
const modrm = (mod: number, r: number, rm: number) => (mod << 6) | ((r & 7) << 3) | (rm & 7);

/** mov r32, imm32, which clears the upper half; or for a negative value mov r64, imm32 with its sign extended. */
function movImm(to: Reg, value: number): number[] {
  const r = reg[to];
  if (value < 0) return [rexW(0, r), 0xc7, modrm(3, 0, r), ...int32(value)];
  return [...(r > 7 ? [0x41] : []), 0xb8 | (r & 7), ...int32(value)];
}
/** mov to, [base + offset]; base is rbx or rbp, whose encoding needs no extra byte. */
const load = (to: Reg, base: "rbx" | "rbp", offset: number) => [
  rexW(reg[to], reg[base]),
  0x8b,
  modrm(1, reg[to], reg[base]),
  offset,
];
/** mov [base + offset], from */
const store = (base: "rbx" | "rbp", offset: number, from: Reg) => [
  rexW(reg[from], reg[base]),
  0x89,
  modrm(1, reg[from], reg[base]),
  offset,
];
/** mov qword [base + offset], imm32 with its sign extended */
const storeImm = (base: "rbx" | "rbp", offset: number, value: number) => [
  rexW(0, reg[base]),
  0xc7,
  modrm(1, 0, reg[base]),
  offset,
  ...int32(value),
];
/** inc qword [base + offset] */
const incMem = (base: "rbx" | "rbp", offset: number) => [0x48, 0xff, modrm(1, 0, reg[base]), offset];
/** cmp qword [base + offset], 0 */
const cmpMemZero = (base: "rbx" | "rbp", offset: number) => [0x48, 0x83, modrm(1, 7, reg[base]), offset, 0];
/** mov to, from */
const mov = (to: Reg, from: Reg) => [rexW(reg[from], reg[to]), 0x89, modrm(3, reg[from], reg[to])];
/** add to, from */
const add = (to: Reg, from: Reg) => [rexW(reg[from], reg[to]), 0x01, modrm(3, reg[from], reg[to])];
/** sub to, from */
const sub = (to: Reg, from: Reg) => [rexW(reg[from], reg[to]), 0x29, modrm(3, reg[from], reg[to])];
/** add to, imm8 */
const addImm = (to: Reg, value: number) => [rexW(0, reg[to]), 0x83, modrm(3, 0, reg[to]), value];
/** cmp rax, imm32 with its sign extended */
const cmpRax = (value: number) => [0x48, 0x3d, ...int32(value)];
/** cmp qword [rsp], imm8 with its sign extended */
const cmpTop = (value: number) => [0x48, 0x83, 0x3c, 0x24, value];
/** mov rsi, [rsp + offset] */
const loadRsiFromStack = (offset: number) => [0x48, 0x8b, 0x74, 0x24, offset];
const testRax = [0x48, 0x85, 0xc0];
const decEcx = [0xff, 0xc9];
const syscall = [0x0f, 0x05];
const pause = [0xf3, 0x90];
const hlt = [0xf4];

/** A jump with a distance of 32 bits, counted from its end. */
const jump = (opcode: readonly number[], to: string): CodeItem => {
  const size = opcode.length + 4;
  return { to, size, encode: (from, target) => [...opcode, ...int32(target - from - size)] };
};
const jae = (to: string) => jump([0x0f, 0x83], to);
const je = (to: string) => jump([0x0f, 0x84], to);
const jne = (to: string) => jump([0x0f, 0x85], to);
const jle = (to: string) => jump([0x0f, 0x8e], to);
const jmp = (to: string) => jump([0xe9], to);
const jg = (to: string) => jump([0x0f, 0x8f], to);
const js = (to: string) => jump([0x0f, 0x88], to);

/** The instructions that the keeper's code is made of too. */
export const asm = Object.freeze({
  movImm,
  mov,
  load,
  store,
  storeImm,
  syscall,
  testRax,
  cmpRax,
  hlt,
  jumps: Object.freeze({ je, jne, jle, jg, js, jmp }),
} as const);

/** About ten seconds: a pause takes 40 to 140 cycles. */
const SPINS = 0x10000000;

/**
 * The launcher's code for x86_64. Label `called` is behind the syscall instruction that makes the steps.
 *
 *             if (argc == REMOVING_WORDS) { unlinkat(AT_FDCWD, argv[1], 0); unlinkat(AT_FDCWD, argv[2], AT_REMOVEDIR) }
 *     start:  mmap(BLOCK, size, RW, PRIVATE|ANONYMOUS|FIXED, -1, 0)
 *             rbx = STEPS; r12 = length
 *     read:   n = read(channel, rbx, r12); if (n <= 0) goto fail
 *             rbx += n; r12 -= n; if (r12 != 0) goto read
 *             rbx = STEPS; rbp = BLOCK
 *     step:   if (rbx->nr == WAIT) goto wait
 *             result = rbx->nr(...); status.result = result
 *             if (result is an errno) goto fail
 *     next:   status.done++; rbx += STEP_SIZE; goto step
 *     wait:   ecx = SPINS
 *     spin:   if (status.go) goto next; if (--ecx) goto spin
 *             status.result = WAIT_TIMED_OUT; and a fault: a call that nobody answers would never return
 *     fail:   exit_group(125); and should a filter not even allow that, a fault
 */
export function x86_64Launcher({ channel, length, nr }: LauncherParameters): Code {
  const remove = (path: number, flags: number) => [
    movImm("rax", nr.unlinkat),
    movImm("rdi", AT_FDCWD),
    loadRsiFromStack(path),
    movImm("rdx", flags),
    syscall,
  ];
  return assembleCode([
    cmpTop(REMOVING_WORDS),
    jne("start"),
    ...remove(STACK_FILE, 0),
    ...remove(STACK_DIRECTORY, AT_REMOVEDIR),

    { label: "start" },
    movImm("rax", nr.mmap),
    movImm("rdi", BLOCK),
    movImm("rsi", STEPS - BLOCK + length),
    movImm("rdx", 3), // PROT_READ | PROT_WRITE
    movImm("r10", 0x32), // MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS
    movImm("r8", -1),
    movImm("r9", 0),
    syscall,
    cmpRax(BLOCK),
    jne("fail"),
    movImm("rbx", STEPS),
    movImm("r12", length),

    { label: "read" },
    movImm("rax", nr.read),
    movImm("rdi", channel),
    mov("rsi", "rbx"),
    mov("rdx", "r12"),
    syscall,
    testRax,
    jle("fail"),
    add("rbx", "rax"),
    sub("r12", "rax"),
    jne("read"),
    movImm("rbx", STEPS),
    movImm("rbp", BLOCK),

    { label: "step" },
    load("rax", "rbx", 0),
    cmpRax(-1),
    je("wait"),
    load("rdi", "rbx", 8),
    load("rsi", "rbx", 16),
    load("rdx", "rbx", 24),
    load("r10", "rbx", 32),
    load("r8", "rbx", 40),
    load("r9", "rbx", 48),
    syscall,
    { label: "called" },
    store("rbp", STATUS_RESULT, "rax"),
    cmpRax(-4095),
    jae("fail"),
    { label: "next" },
    incMem("rbp", STATUS_DONE),
    addImm("rbx", STEP_SIZE),
    jmp("step"),

    { label: "wait" },
    movImm("rcx", SPINS),
    { label: "spin" },
    pause,
    cmpMemZero("rbp", STATUS_GO),
    jne("next"),
    decEcx,
    jne("spin"),
    storeImm("rbp", STATUS_RESULT, WAIT_TIMED_OUT),
    hlt,

    { label: "fail" },
    movImm("rax", nr.exit_group),
    movImm("rdi", LAUNCHER_FAILED),
    syscall,
    hlt,
  ]);
}
