/**
 * Programs as bytes: 8 per instruction, in the byte order of the machine that runs them.
 *
 *     offset  0         2    3    4
 *             code u16  jt   jf   k u32
 */
import type { Endian } from "../abi/data.ts";
import { SeccatError } from "../abi/error.ts";
import { wrongValue } from "../abi/fields.ts";
import { opcodeOf } from "../abi/opcode.ts";
import { check, checkProgram } from "./check.ts";
import type { Program, SockFilter } from "./program.ts";

/** Bytes of one instruction (sizeof(struct sock_filter)). */
export const INSN_SIZE = 8;

/** The bytes of `program` for its own byte order. */
export function encode(program: Program): Uint8Array {
  checkProgram(program);
  return encodeInsns(program.insns, program.endian);
}

/** The bytes of instructions that nobody checked, such as those of a foreign file. */
export function encodeInsns(insns: readonly SockFilter[], endian: Endian): Uint8Array {
  const bytes = new Uint8Array(insns.length * INSN_SIZE);
  const view = new DataView(bytes.buffer);
  const little = endian === "little";
  insns.forEach(({ code, jt, jf, k }, pc) => {
    const at = pc * INSN_SIZE;
    view.setUint16(at, code, little);
    view.setUint8(at + 2, jt);
    view.setUint8(at + 3, jf);
    view.setUint32(at + 4, k, little);
  });
  return bytes;
}

/**
 * The instructions that `bytes` hold, unchecked. Throws a SeccatError "binary" when there are none or when
 * the last one is not whole.
 */
export function decode(bytes: Uint8Array, endian: Endian): SockFilter[] {
  checkSize(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = endian === "little";
  const insns: SockFilter[] = [];
  for (let at = 0; at < bytes.length; at += INSN_SIZE) {
    insns.push({
      code: view.getUint16(at, little),
      jt: view.getUint8(at + 2),
      jf: view.getUint8(at + 3),
      k: view.getUint32(at + 4, little),
    });
  }
  return insns;
}

/**
 * The byte order in which more of the opcodes are known. A program that the kernel takes has only known ones,
 * and its last, a ret (0x0006 or 0x0016), is unknown when swapped: so for such a program the answer is right.
 * Throws a SeccatError "binary" when the size is wrong or neither order makes sense.
 */
export function guessEndian(bytes: Uint8Array): Endian {
  const known = (endian: Endian) => decode(bytes, endian).filter((insn) => opcodeOf(insn.code)).length;
  const little = known("little");
  const big = known("big");
  if (little !== big) return little > big ? "little" : "big";
  throw new SeccatError({
    code: "binary",
    message: "these bytes are no seccomp program in either byte order",
    expected: "struct sock_filter instructions, 8 bytes each",
    received: `${bytes.length} bytes that begin with ${hex(bytes.subarray(0, INSN_SIZE))}`,
  });
}

/**
 * The checked program that `bytes` hold; the byte order is guessed unless given. Throws a SeccatError
 * "binary" or "program".
 */
export function readProgram(bytes: Uint8Array, endian?: Endian): Program {
  const order = endian ?? guessEndian(bytes);
  return check(decode(bytes, order), order);
}

function checkSize(bytes: Uint8Array): void {
  // By its name, not by its class: under some test runners there are two of that.
  if (Object.prototype.toString.call(bytes) !== "[object Uint8Array]")
    throw wrongValue("these are no bytes", "a Uint8Array", bytes);
  if (bytes.length > 0 && bytes.length % INSN_SIZE === 0) return;
  throw new SeccatError({
    code: "binary",
    message: bytes.length === 0 ? "the program is empty" : "the last instruction is cut off",
    expected: `a multiple of ${INSN_SIZE} bytes, ${INSN_SIZE} or more`,
    received: `${bytes.length} bytes`,
  });
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
