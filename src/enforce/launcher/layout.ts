/**
 * The launcher's memory, at fixed addresses so that the block can be filled with absolute pointers beforehand.
 *
 *     CODE    the ELF file: headers and about 300 bytes of code
 *     BLOCK   status page: a page of a file that the parent sees too (see below)
 *     STEPS   what arrives through the channel: steps, programs, path, argv, envp, strings
 *
 *     status  0  steps done, u64
 *             8  result of the last call, s64 (a negative errno when it failed)
 *            16  not 0 once the parent lets a waiting launcher go on, u64
 *     step    0  nr, u64, or WAIT     8 .. 48  six arguments, u64 each
 *
 * All addresses are multiples of 64 KiB, the largest page size of a machine that has a launcher.
 */

/** Where the ELF file is mapped. */
export const CODE = 0x400000;
/** Where the status page lies. */
export const BLOCK = 0x10000000;
/** Where the steps begin. */
export const STEPS = BLOCK + 0x10000;

/** Offset in the status page: steps done. */
export const STATUS_DONE = 0;
/** Offset in the status page: result of the last call. */
export const STATUS_RESULT = 8;
/** Offset in the status page: the parent's permission to go on. */
export const STATUS_GO = 16;
/** Bytes of the status page in use. */
export const STATUS_SIZE = 24;

/** Bytes of a step. */
export const STEP_SIZE = 56;
/** A step's nr that stands for waiting until the parent lets it go on. */
export const WAIT = 0xffff_ffff_ffff_ffffn;
/** The result of a wait that lasted too long: -ETIMEDOUT. */
export const WAIT_TIMED_OUT = -110;

/** The status with which a launcher ends that could not start its command. */
export const LAUNCHER_FAILED = 125;

/** Words of the command line of a launcher that removes its file and then the directory: a name, and these two paths. */
export const REMOVING_WORDS = 3;
/** Offset from the stack pointer at the start, behind the number of words and the name: the file's path. */
export const STACK_FILE = 16;
/** Offset from the stack pointer at the start: the directory's path. */
export const STACK_DIRECTORY = 24;
/** unlinkat: a path that begins at the working directory. */
export const AT_FDCWD = -100;
/** unlinkat: remove a directory. */
export const AT_REMOVEDIR = 0x200;

/** What goes into the machine code. */
export interface LauncherParameters {
  /** The descriptor that the block arrives through. */
  readonly channel: number;
  /** Bytes of the block, from STEPS on. */
  readonly length: number;
  readonly nr: Readonly<Record<"unlinkat" | "mmap" | "read" | "exit_group", number>>;
}
