/** What the calls do that the real library need not be asked about. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { abi, type SyscallName, syscallNr } from "../../arch/index.ts";
import { packData } from "../../src/abi/data.ts";
import { SeccatError } from "../../src/abi/error.ts";
import { readProgram } from "../../src/bpf/codec.ts";
import { run } from "../../src/bpf/run.ts";
import {
  SCMP_A0,
  SCMP_A0_32,
  SCMP_A1,
  SCMP_A5_64,
  SCMP_ACT_ALLOW,
  SCMP_ACT_ERRNO,
  SCMP_ACT_KILL,
  SCMP_ACT_KILL_PROCESS,
  SCMP_ACT_TRACE,
  SCMP_ARCH_AARCH64,
  SCMP_ARCH_NATIVE,
  SCMP_ARCH_PPC64LE,
  SCMP_ARCH_X86_64,
  SCMP_CMP,
  SCMP_CMP_EQ,
  SCMP_CMP_GT,
  SCMP_CMP32,
  SCMP_CMP64,
  SCMP_FLTATR_ACT_BADARCH,
  SCMP_FLTATR_API_SYSRAWRC,
  SCMP_FLTATR_API_TSKIP,
  SCMP_SYS,
  type scmp_filter_ctx,
  seccomp_arch_add,
  seccomp_arch_exist,
  seccomp_arch_native,
  seccomp_arch_remove,
  seccomp_attr_get,
  seccomp_attr_set,
  seccomp_export_bpf,
  seccomp_export_pfc,
  seccomp_init,
  seccomp_merge,
  seccomp_policies,
  seccomp_program,
  seccomp_release,
  seccomp_rule_add,
  seccomp_rule_add_array,
  seccomp_rule_add_exact,
} from "../../src/libseccomp.ts";
import { evaluate } from "../../src/policy/evaluate.ts";

const api = suite("libseccomp/api");
const EINVAL = -constants.errno.EINVAL;

/** A context for one arch alone, whatever this machine is. */
function contextFor(token: number, base = SCMP_ACT_KILL): scmp_filter_ctx {
  const ctx = seccomp_init(base);
  if (token === seccomp_arch_native()) return ctx;
  assert.is(seccomp_arch_remove(ctx, SCMP_ARCH_NATIVE), 0);
  assert.is(seccomp_arch_add(ctx, token), 0);
  return ctx;
}

function answer(
  ctx: scmp_filter_ctx,
  name: "x86_64" | "aarch64",
  nr: SyscallName | number,
  ...args: bigint[]
): number {
  const number = typeof nr === "number" ? nr : (syscallNr(name, nr) ?? -1);
  return run(
    seccomp_program(ctx),
    packData({ nr: number, arch: abi(name).auditArch, args }, abi(name).endian),
  );
}

api("actions and comparisons are the numbers and structures of seccomp.h", () => {
  assert.is(SCMP_ACT_ERRNO(1), 0x50001);
  assert.is(SCMP_ACT_ERRNO(0x10001), 0x50001);
  assert.is(SCMP_ACT_TRACE(-1), 0x7ff0ffff);
  assert.is(SCMP_ACT_KILL_PROCESS, 0x80000000);
  assert.equal(SCMP_A0(SCMP_CMP_EQ, 5), { arg: 0, op: 4, datum_a: 5n, datum_b: 0n });
  assert.equal(SCMP_CMP(3, SCMP_CMP_GT, -1), { arg: 3, op: 6, datum_a: 0xffff_ffff_ffff_ffffn, datum_b: 0n });
  assert.equal(SCMP_CMP32(3, SCMP_CMP_GT, -1), { arg: 3, op: 6, datum_a: 0xffff_ffffn, datum_b: 0n });
  assert.equal(SCMP_A0_32(SCMP_CMP_EQ, 2n ** 40n + 7n), SCMP_CMP64(0, SCMP_CMP_EQ, 7));
  assert.equal(SCMP_A5_64(SCMP_CMP_EQ, 1, 2), { arg: 5, op: 4, datum_a: 1n, datum_b: 2n });
});

api("a number that JavaScript cannot hold exactly is refused instead of compared wrongly", () => {
  for (const inexact of [2 ** 64, 2 ** 53, 1.5, Number.NaN])
    assert.throws(
      () => SCMP_A0(SCMP_CMP_EQ, inexact),
      (error: unknown) => error instanceof SeccatError && error.code === "usage",
    );
});

api("rules decide by the arguments, and what no rule names gets the default", () => {
  const ctx = contextFor(SCMP_ARCH_X86_64);
  assert.is(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS("read"), 1, SCMP_A0(SCMP_CMP_EQ, 2n ** 32n)), 0);
  assert.is(answer(ctx, "x86_64", "read", 2n ** 32n), SCMP_ACT_ALLOW);
  assert.is(answer(ctx, "x86_64", "read", 0n), SCMP_ACT_KILL);
  assert.is(answer(ctx, "x86_64", "write", 2n ** 32n), SCMP_ACT_KILL);
});

api("arg_cnt says how many comparisons count, and more than are given is EINVAL", () => {
  const ctx = contextFor(SCMP_ARCH_X86_64);
  const args = [SCMP_A0(SCMP_CMP_EQ, 1), SCMP_A1(SCMP_CMP_EQ, 2)];
  assert.is(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS("read"), 3, ...args), EINVAL);
  assert.is(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS("read"), -1, ...args), EINVAL);
  assert.is(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS("read"), 1, ...args), 0);
  assert.is(answer(ctx, "x86_64", "read", 1n, 9n), SCMP_ACT_ALLOW);
  assert.is(seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, SCMP_SYS("write"), 2, args), 0);
  assert.is(answer(ctx, "x86_64", "write", 1n, 9n), SCMP_ACT_KILL);
  assert.is(answer(ctx, "x86_64", "write", 1n, 2n), SCMP_ACT_ALLOW);
});

api("an unknown name is -1, and a rule for it EINVAL", () => {
  const ctx = contextFor(SCMP_ARCH_X86_64);
  assert.is(SCMP_SYS("opne"), -1);
  assert.is(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS("opne"), 0), EINVAL);
  assert.is(seccomp_rule_add_exact(ctx, SCMP_ACT_ALLOW, SCMP_SYS("opne"), 0), EINVAL);
});

api("calls of other arches get the bad-arch action, x32's too", () => {
  const ctx = contextFor(SCMP_ARCH_X86_64, SCMP_ACT_ALLOW);
  assert.is(answer(ctx, "aarch64", "read"), SCMP_ACT_KILL);
  assert.is(seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(38)), 0);
  assert.is(answer(ctx, "aarch64", "read"), SCMP_ACT_ERRNO(38));
  assert.is(answer(ctx, "x86_64", 0x40000000), SCMP_ACT_ERRNO(38));
  assert.is(answer(ctx, "x86_64", "read"), SCMP_ACT_ALLOW);
});

api("the number -1 is x86_64's own: its default, or a rule that API_TSKIP allows", () => {
  const ctx = contextFor(SCMP_ARCH_X86_64, SCMP_ACT_ERRNO(1));
  assert.is(answer(ctx, "x86_64", 0xffffffff), SCMP_ACT_ERRNO(1));
  assert.is(seccomp_attr_set(ctx, SCMP_FLTATR_API_TSKIP, 1), 0);
  assert.is(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, -1, 1, SCMP_A0(SCMP_CMP_EQ, 7)), 0);
  assert.is(answer(ctx, "x86_64", 0xffffffff, 7n), SCMP_ACT_ALLOW);
  assert.is(answer(ctx, "x86_64", 0xffffffff, 8n), SCMP_ACT_ERRNO(1));
  assert.is(answer(ctx, "x86_64", 0xfffffffe), SCMP_ACT_KILL);
});

api("a rule that fails on one arch is on none", () => {
  const ctx = contextFor(SCMP_ARCH_X86_64);
  assert.is(seccomp_arch_add(ctx, SCMP_ARCH_AARCH64), 0);
  assert.is(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, 100_000, 0), -constants.errno.EFAULT);
  assert.is(answer(ctx, "x86_64", 100_000), SCMP_ACT_KILL);
  assert.is(seccomp_arch_exist(ctx, SCMP_ARCH_AARCH64), 0);
});

api("one of two merged filters goes on with the arches of both", () => {
  const one = contextFor(SCMP_ARCH_X86_64);
  const other = contextFor(SCMP_ARCH_AARCH64);
  seccomp_rule_add(one, SCMP_ACT_ALLOW, SCMP_SYS("read"), 0);
  seccomp_rule_add(other, SCMP_ACT_ALLOW, SCMP_SYS("write"), 0);
  assert.is(seccomp_merge(one, contextFor(SCMP_ARCH_X86_64)), -constants.errno.EEXIST);
  assert.is(seccomp_merge(one, contextFor(SCMP_ARCH_PPC64LE, SCMP_ACT_ALLOW)), EINVAL);
  assert.is(seccomp_merge(one, other), 0);
  assert.is(seccomp_attr_get(other, SCMP_FLTATR_ACT_BADARCH), EINVAL);
  assert.is(answer(one, "x86_64", "read"), SCMP_ACT_ALLOW);
  assert.is(answer(one, "aarch64", "write"), SCMP_ACT_ALLOW);
  assert.is(answer(one, "aarch64", "read"), SCMP_ACT_KILL);
});

api("a released context answers EINVAL, and the forms that return bytes throw", () => {
  const ctx = contextFor(SCMP_ARCH_X86_64);
  seccomp_release(ctx);
  seccomp_release(ctx);
  seccomp_release(null);
  assert.is(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, 0, 0), EINVAL);
  assert.is(seccomp_arch_add(ctx, SCMP_ARCH_AARCH64), EINVAL);
  assert.is(seccomp_export_bpf(ctx, 1), EINVAL);
  for (const form of [seccomp_export_bpf, seccomp_export_pfc, seccomp_policies, seccomp_program])
    for (const none of [ctx, null])
      assert.throws(
        () => form(none),
        (error: unknown) => error instanceof SeccatError && error.code === "usage",
      );
});

api("an export writes the same bytes that it returns, and says why it cannot", () => {
  const folder = mkdtempSync(join(tmpdir(), "seccat-export-"));
  try {
    const ctx = contextFor(SCMP_ARCH_X86_64);
    seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS("read"), 0);
    const file = join(folder, "bpf");
    const fd = openSync(file, "w");
    assert.is(seccomp_export_bpf(ctx, fd), 0);
    closeSync(fd);
    assert.equal(new Uint8Array(readFileSync(file)), seccomp_export_bpf(ctx));
    assert.is(readProgram(readFileSync(file)).insns.length, seccomp_program(ctx).insns.length);
    const readOnly = openSync(file, "r");
    assert.is(seccomp_export_pfc(ctx, readOnly), -constants.errno.ECANCELED);
    assert.is(seccomp_attr_set(ctx, SCMP_FLTATR_API_SYSRAWRC, 1), 0);
    assert.is(seccomp_export_pfc(ctx, readOnly), -constants.errno.EBADF);
    closeSync(readOnly);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

api("a program longer than the kernel takes is E2BIG", () => {
  const ctx = seccomp_init(SCMP_ACT_KILL);
  for (let nr = 0; nr < 900; nr++) {
    const args = [0, 1, 2].map((arg) => SCMP_CMP64(arg, SCMP_CMP_GT, BigInt(nr + 1) * 0x1_2345_6789n));
    assert.is(seccomp_rule_add(ctx, SCMP_ACT_ERRNO(1 + nr), 1000 + nr, 3, ...args), 0);
  }
  assert.is(seccomp_export_bpf(ctx, 1), -constants.errno.E2BIG);
});

api("the policies of a filter say what its program does", () => {
  const ctx = contextFor(SCMP_ARCH_X86_64);
  seccomp_rule_add(ctx, SCMP_ACT_ERRNO(1), SCMP_SYS("read"), 1, SCMP_A0(SCMP_CMP_GT, 3));
  const [policy, x32] = seccomp_policies(ctx);
  assert.equal(policy?.arches, ["x86_64"]);
  assert.equal(x32?.arches, ["x32"]);
  for (const arg of [3n, 4n, 2n ** 63n]) {
    const call = { nr: syscallNr("x86_64", "read") ?? -1, arch: abi("x86_64").auditArch, args: [arg] };
    assert.is(policy && evaluate(policy, call).ret, answer(ctx, "x86_64", "read", arg));
  }
});

api.run();
