/** What the commands print: results on stdout, all else on stderr, files whole or not at all. */
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { formatPlace, type Issue, SeccatError } from "../abi/error.ts";
import { type Style, styleOf } from "./style.ts";

/** The codes that a command exits with; `run` has further ones. */
export const Exit = Object.freeze({ yes: 0, no: 1, input: 2, host: 3, internal: 70 } as const);

/**
 * A stream that lets its reader leave early: a closed pipe is no error, what is written after it is dropped. Any other
 * failure to write (a full disk) becomes one line and exit code 2. A stream is touched when there is something to
 * write, and not before: Node opens terminals anew then, and a command that is started afterwards would get those.
 */
function watched(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  if (used.has(stream)) return stream;
  used.add(stream);
  return stream.on("error", onWriteError);
}

const used = new Set<NodeJS.WriteStream>();

/**
 * Ends this process with `status` at once, where Node would first take down all that it has set up. Returns when
 * something that was printed is still on its way to a slow reader: then the process ends as ever.
 */
export function endAtOnce(status: number): void {
  if ([...used].every(({ writableLength }) => writableLength === 0)) process.exit(status);
}

function onWriteError(this: NodeJS.WriteStream, error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") return;
  if (this === process.stdout) printIssue(outputIssue("standard output", error));
  process.exit(Exit.input);
}

/** Prints a result. */
export function print(text: string | Uint8Array): void {
  watched(process.stdout).write(text);
}

/**
 * Prints a part of a long result; comes back when standard output can take more. False when nobody reads it any
 * longer.
 */
export async function printPiece(text: string | Uint8Array): Promise<boolean> {
  const stdout = watched(process.stdout);
  if (text.length > 0 && !stdout.write(text) && stdout.errored === null)
    await new Promise<void>((resolve) => {
      const done = () => {
        stdout.off("drain", done).off("error", done).off("close", done);
        resolve();
      };
      stdout.on("drain", done).on("error", done).on("close", done);
    });
  return stdout.errored === null;
}

/** Prints a result as JSON, 64-bit values as "0x…" strings. */
export function printJson(value: unknown): void {
  print(
    `${JSON.stringify(value, (_, v: unknown) => (typeof v === "bigint" ? `0x${v.toString(16)}` : v), 2)}\n`,
  );
}

/** Says something about the work, on stderr. */
export function say(text: string): void {
  watched(process.stderr).write(`${text}\n`);
}

/** The style of stdout. */
export function outStyle(): Style {
  return styleOf(process.stdout);
}

/** The style of stderr. */
export function errStyle(): Style {
  return styleOf(process.stderr);
}

/** `text` with its control characters spelt out, so that a file's bytes cannot steer the terminal. */
export function visible(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (char) => {
    const code = char.codePointAt(0) ?? 0;
    return `\\u{${code.toString(16)}}`;
  });
}

/** Prints one problem on stderr: `file:line:column: message`, then expected, received and fix. */
export function printIssue(issue: Issue, severity: "error" | "warning" = "error"): void {
  const style = errStyle();
  const place = visible(formatPlace(issue.where));
  const word = severity === "error" ? style.red("error") : style.yellow("warning");
  const lines = [`${place ? style.bold(place) : "seccat"}: ${word}: ${visible(issue.message)}`];
  for (const key of ["expected", "received", "fix"] as const) {
    const text = issue[key];
    if (text !== undefined) lines.push(`  ${style.dim(`${key}:`)} ${visible(text)}`);
  }
  say(lines.join("\n"));
}

/**
 * Writes `data` to `path` whole or not at all: a temporary file beside it is renamed over it. "-" is stdout;
 * a device or a pipe is written to in place. Throws a SeccatError "file".
 */
export function writeOutput(path: string, data: string | Uint8Array): void {
  if (path === "-") {
    print(data);
    return;
  }
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  try {
    if (isSpecial(path)) writeInPlace(path, bytes);
    else writeBeside(followed(path), bytes);
  } catch (error) {
    throw new SeccatError(outputIssue(path, error));
  }
}

/** Finds out whether writeOutput could write to `path`, before long work is done. Throws a SeccatError "file". */
export function checkOutput(path: string): void {
  if (path === "-") return;
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw new Error("it is a folder");
    accessSync(isSpecial(path) ? path : dirname(followed(path)), constants.W_OK);
  } catch (error) {
    throw new SeccatError(outputIssue(path, error));
  }
}

/** Throws a SeccatError "usage" when `output` is one of `others`: what is made of a file must not take its place. */
export function checkApart(output: string | undefined, others: readonly string[]): void {
  if (output === undefined || output === "-" || isSpecial(output)) return;
  for (const other of others) {
    if (other === "-" || resolve(followed(other)) !== resolve(followed(output))) continue;
    throw new SeccatError({
      code: "usage",
      message: `${output} would be written over`,
      expected: "a file of its own",
    });
  }
}

function isSpecial(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && !stat.isFile() && !stat.isDirectory();
}

/** The file that a symbolic link means, so that the link itself stays. */
function followed(path: string): string {
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink();
  return isLink && statSync(path, { throwIfNoEntry: false }) ? realpathSync(path) : path;
}

function writeInPlace(path: string, bytes: Uint8Array): void {
  const fd = openSync(path, "w");
  try {
    writeAll(fd, bytes);
  } finally {
    closeSync(fd);
  }
}

function writeBeside(path: string, bytes: Uint8Array): void {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode;
  const temporary = join(dirname(path), `.seccat-${process.pid}-${process.hrtime.bigint()}`);
  const fd = openSync(temporary, "wx", mode === undefined ? 0o666 : mode & 0o777);
  try {
    try {
      writeAll(fd, bytes);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
}

function outputIssue(path: string, error: unknown): Issue {
  return {
    code: "file",
    message: `cannot write ${path}: ${reasonOf(error)}`,
  };
}

/** Why a system call failed, in words: "no such file or directory". */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (message.startsWith("EISDIR: ")) return "it is a directory"; // libuv's words are about the operation
  return /^E[A-Z0-9]+: ([^,]+)/.exec(message)?.[1] ?? message;
}
