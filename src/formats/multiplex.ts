/**
 * The calls that 32-bit ABIs, s390x and ppc64 also make through socketcall and ipc, and what libseccomp adds
 * for them: beside each rule one for the multiplexer, with the sub-call's number in the place of the first
 * argument's comparison. The other comparisons stay, although they then look at other things.
 * Source: include/uapi/linux/net.h and ipc.h; libseccomp's answers.
 */
import { type AbiName, abi, type SyscallName } from "../../arch/index.ts";
import type { ScmpRule } from "./scmp.ts";

const socketcall: Readonly<Partial<Record<SyscallName, number>>> = {
  socket: 1,
  bind: 2,
  connect: 3,
  listen: 4,
  accept: 5,
  getsockname: 6,
  getpeername: 7,
  socketpair: 8,
  send: 9,
  recv: 10,
  sendto: 11,
  recvfrom: 12,
  shutdown: 13,
  setsockopt: 14,
  getsockopt: 15,
  sendmsg: 16,
  recvmsg: 17,
  accept4: 18,
  recvmmsg: 19,
  sendmmsg: 20,
};

const ipc: Readonly<Partial<Record<SyscallName, number>>> = {
  semop: 1,
  semget: 2,
  semctl: 3,
  semtimedop: 4,
  msgsnd: 11,
  msgrcv: 12,
  msgget: 13,
  msgctl: 14,
  shmat: 21,
  shmdt: 22,
  shmget: 23,
  shmctl: 24,
};

/** The rule that libseccomp adds for the multiplexer of `rule`'s call, when one of `arches` has it. */
export function companion(rule: ScmpRule, arches: readonly AbiName[]): ScmpRule | undefined {
  const [sockets, queues] = [socketcall[rule.syscall], ipc[rule.syscall]];
  const syscall = sockets === undefined ? "ipc" : "socketcall";
  const number = sockets ?? queues;
  if (number === undefined || !arches.some((name) => abi(name).multiplexers[syscall] !== undefined))
    return undefined;
  const rest = rule.args.filter(({ index }) => index !== 0);
  return { ...rule, syscall, args: [{ index: 0, op: "EQ", value: BigInt(number) }, ...rest] };
}
