import { constant } from "../../arch/index.ts";
import { loadShim } from "../../shim/index.ts";
import { native, nr } from "./native.ts";

/** The largest struct termios of any ABI, and then some. */
const TERMIOS_SIZE = 128;
/** Where c_lflag lies: behind c_iflag, c_oflag and c_cflag, four bytes each. */
const LOCAL_FLAGS = 12;

/**
 * Whether the terminal `fd` hands its input over by lines, as it does for a shell's commands. An editor, a pager or a
 * shell's own prompt has it hand over keys; a line that somebody else prints then breaks what they show. True when `fd`
 * is no terminal, or when that cannot be told.
 */
export function isLineMode(fd: number): boolean {
  try {
    const here = native();
    const request = constant(here.abi, "TCGETS");
    const termios = new Uint8Array(TERMIOS_SIZE);
    if (request === undefined || !loadShim().syscall(nr("ioctl", here), fd, request, termios).ok) return true;
    const flags = new DataView(termios.buffer).getUint32(LOCAL_FLAGS, here.endian === "little");
    return (flags & (here.abi.startsWith("ppc") ? ICANON_PPC : ICANON)) !== 0;
  } catch {
    return true; // no FFI package
  }
}

/** c_lflag: input by lines (asm-generic/termbits.h; asm/termbits.h of powerpc). */
const ICANON = 0x2;
const ICANON_PPC = 0x100;
