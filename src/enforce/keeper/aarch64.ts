import { asm } from "../launcher/aarch64.ts";
import { assembleCode, type Code } from "../launcher/code.ts";
import {
  BYTE,
  FILE,
  type KeeperParameters,
  LIFE,
  LISTENER,
  NOTIF,
  NOTIF_SIZE,
  OWN,
  OWN_SIZE,
  POLLFD,
  SHARED,
} from "./layout.ts";

const own = 19;
const shared = 20;
const notif = 21;
const zero = 31;

/** The keeper's code for aarch64, with the same labels and meaning as that for x86_64. */
export function aarch64Keeper({ nr, recv, send }: KeeperParameters): Code {
  const { movImm, movNot, ldr, str, svc, cmnImm, cmpImm, b, jumps, tstOne, ldrh, lslWord } = asm;
  const map = (address: number, size: number, protection: number, flags: number, fd: number) => [
    movImm(8, nr.mmap),
    movImm(0, address),
    movImm(1, size),
    movImm(2, protection),
    movImm(3, flags),
    fd < 0 ? movNot(4, ~fd) : movImm(4, fd),
    movImm(5, 0),
    svc,
    cmnImm(0, 4095),
    jumps.bhs("end"),
  ];
  const control = (request: number, address: number) => [
    movImm(8, nr.ioctl),
    movImm(0, LISTENER),
    movImm(1, request),
    movImm(2, address),
    svc,
  ];
  const clear = Array.from({ length: NOTIF_SIZE / 8 }, (_, i) => str(zero, notif, 8 * i));
  return assembleCode([
    movImm(8, nr.close_range),
    movImm(0, FILE + 1),
    movNot(1, 0),
    movImm(2, 0),
    svc,
    ...map(SHARED, 4096, 1, 0x11, FILE), // MAP_SHARED | MAP_FIXED
    ...map(OWN, OWN_SIZE, 3, 0x32, -1), // MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS
    movImm(own, OWN),
    movImm(shared, SHARED),
    movImm(notif, NOTIF),
    movImm(9, 1),
    lslWord(9, 9), // error 0, flags CONTINUE
    str(9, own, 16),
    movImm(10, LISTENER),
    [...asm.add(9, 9, 10)], // fd, events POLLIN, revents 0
    str(9, own, POLLFD),

    { label: "wait" },
    movImm(8, nr.read),
    movImm(0, LIFE),
    movImm(1, OWN + BYTE),
    movImm(2, 1),
    svc,
    cmnImm(0, 4),
    jumps.beq("wait"),
    cmpImm(0, 0),
    jumps.bgt("end"),
    ldr(9, shared, 0),
    str(9, own, 0),
    ...control(send, OWN),

    { label: "next" },
    movImm(8, nr.ppoll),
    movImm(0, OWN + POLLFD),
    movImm(1, 1),
    movImm(2, 0),
    movImm(3, 0),
    movImm(4, 0),
    svc,
    cmpImm(0, 0),
    jumps.ble("next"),
    ldrh(9, own, POLLFD + 6),
    tstOne(9),
    jumps.beq("end"),
    ...clear,
    ...control(recv, NOTIF),
    cmpImm(0, 0),
    jumps.blt("next"),
    ldr(9, notif, 0),
    str(9, own, 0),
    ...control(send, OWN),
    b("next"),

    { label: "end" },
    movImm(8, nr.exit_group),
    movImm(0, 0),
    svc,
    asm.brk,
  ]);
}
