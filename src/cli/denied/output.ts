/**
 * Where explanations go: to a file, or to standard error while the command uses the same terminal. A line that cannot be
 * written is lost, and said to be; nothing that happens here changes how a call is denied.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { isatty } from "node:tty";
import { SeccatError } from "../../abi/error.ts";
import { isLineMode } from "../../enforce/terminal.ts";
import { reasonOf } from "../output.ts";
import { type Style, styleOf } from "../style.ts";

/** Takes lines. */
export interface LineOutput {
  readonly style: Style;
  /** Writes lines that belong together; their last line break is added. */
  write(lines: string): void;
  /** Writes what was held back, and says what was lost. */
  end(): void;
}

const STDERR = 2;
/** How much is held back while a program has the terminal for itself, in writes. */
const MOST_HELD = 1000;

/** The output that `-o` names: a file that is emptied, standard output for `-`, standard error when undefined. Throws a SeccatError "file". */
export function openLines(path: string | undefined): LineOutput {
  if (path === undefined)
    return isatty(STDERR) ? new TerminalOutput(STDERR) : new FileOutput(STDERR, "standard error");
  if (path === "-") return isatty(1) ? new TerminalOutput(1) : new FileOutput(1, "standard output");
  try {
    return new FileOutput(openSync(path, "w"), path);
  } catch (error) {
    throw new SeccatError({ code: "file", message: `cannot write ${path}: ${reasonOf(error)}` });
  }
}

/** A value as one line of JSON in which no character can steer a terminal, or break the line for a reader. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

class FileOutput implements LineOutput {
  readonly style: Style;
  readonly #fd: number;
  readonly #name: string;
  #lost = 0;

  constructor(fd: number, name: string) {
    this.#fd = fd;
    this.#name = name;
    this.style = styleOf({ isTTY: false });
  }

  write(lines: string): void {
    try {
      writeWhole(this.#fd, `${lines}\n`);
    } catch (error) {
      if (this.#lost++ === 0 && this.#fd !== STDERR)
        complain(`cannot write ${this.#name}: ${reasonOf(error)}; calls are denied as before`);
    }
  }

  end(): void {
    if (this.#fd > STDERR) closeSync(this.#fd);
    if (this.#lost > 1 && this.#fd !== STDERR) complain(`${this.#lost} entries of ${this.#name} are lost`);
  }
}

/** Holds back what would break into the picture of a program that has the terminal for itself. */
class TerminalOutput implements LineOutput {
  readonly style: Style;
  readonly #fd: number;
  readonly #held: string[] = [];
  #lost = 0;
  #waiting: NodeJS.Timeout | undefined;

  constructor(fd: number) {
    this.#fd = fd;
    this.style = styleOf({ isTTY: true });
  }

  write(lines: string): void {
    if (this.#held.length < MOST_HELD) this.#held.push(lines);
    else this.#lost++;
    if (isLineMode(this.#fd)) this.#release();
    else this.#waiting ??= setInterval(() => isLineMode(this.#fd) && this.#release(), 200).unref();
  }

  end(): void {
    this.#release();
  }

  #release(): void {
    clearInterval(this.#waiting);
    this.#waiting = undefined;
    const lines = this.#held.splice(0);
    if (this.#lost > 0) lines.push(`seccat: ${this.#lost} more were not kept while the terminal was in use`);
    this.#lost = 0;
    // With \r, a line begins at the left even where a program has switched that off.
    if (lines.length > 0) attemptWrite(this.#fd, `${lines.join("\n").replaceAll("\n", "\r\n")}\r\n`);
  }
}

function complain(text: string): void {
  attemptWrite(STDERR, `seccat: warning: ${text}\n`);
}

function attemptWrite(fd: number, text: string): void {
  try {
    writeWhole(fd, text);
  } catch {
    // nobody is left to tell
  }
}

/** How long a reader that does not take anything is waited for, in milliseconds. */
const PATIENCE = 100;

function writeWhole(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  let waited = 0;
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(fd, bytes, done);
      waited = 0;
    } catch (error) {
      const isFull = error instanceof Error && "code" in error && error.code === "EAGAIN";
      if (!isFull || waited++ >= PATIENCE) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
