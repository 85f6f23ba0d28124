/** Commands as the kernel takes them: bytes, and a file found in PATH beforehand, because after the filter it is too late to look. */
import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { SeccatError } from "../abi/error.ts";
import { wrongValue } from "../abi/fields.ts";

/** A word of a command or of its environment: text, or bytes where they are no UTF-8. */
export type Text = string | Uint8Array;

/** Environment variables by name; undefined ones are left out. */
export type Environment = Readonly<Record<string, Text | undefined>>;

/** A command's file, or why there is none, with the status that `env` ends with then: 127 not found, 126 not executable. */
export type Found =
  | { readonly path: Uint8Array }
  | { readonly status: 126 | 127; readonly error: SeccatError };

/** The bytes of a word. Throws SeccatError "usage" when there is a NUL in it, which no program could receive. */
export function wordBytes(word: Text, what: string): Uint8Array {
  if (typeof word !== "string" && !ArrayBuffer.isView(word))
    throw wrongValue(`${what} is neither text nor bytes`, "a text or a Uint8Array", word);
  const bytes = typeof word === "string" ? Buffer.from(word, "utf8") : word;
  if (!bytes.includes(0)) return bytes;
  throw new SeccatError({
    code: "usage",
    message: `${what} holds a NUL byte`,
    received: JSON.stringify(typeof word === "string" ? word : Buffer.from(word).toString("latin1")),
  });
}

/** `NAME=value` of every variable that has a value, in order. */
export function environmentBytes(env: Environment): Uint8Array[] {
  return Object.entries(env).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const what = `environment variable ${name}`;
    if (typeof value === "string") return [wordBytes(`${name}=${value}`, what)];
    return [Buffer.concat([wordBytes(`${name}=`, what), wordBytes(value, what)])];
  });
}

/**
 * This process's environment, process.env with its changes, where values that are no UTF-8 are given as the
 * bytes that Node replaced by U+FFFD.
 */
export function inheritedEnvironment(): Environment {
  return restoreBytes(process.env);
}

/** The end of this process's command line, `words` of it, where words that are no UTF-8 are given as bytes. */
export function inheritedWords(words: readonly string[]): Text[] {
  if (!words.some(isDamaged)) return [...words];
  const original = splitNul(readOwn("cmdline")).slice(-words.length || undefined);
  return words.map((word, i) => {
    const bytes = original.length === words.length ? original[i] : undefined;
    return isDamaged(word) && bytes?.toString("utf8") === word ? bytes : word;
  });
}

/** Whether Node may have replaced bytes of it. */
function isDamaged(text: unknown): boolean {
  return String(text).includes("\ufffd");
}

function restoreBytes(env: Environment): Environment {
  if (!Object.values(env).some(isDamaged)) return env;
  const restored: Record<string, Text | undefined> = { ...env };
  for (const entry of splitNul(readOwn("environ"))) {
    const equals = entry.indexOf("=");
    const name = entry.subarray(0, equals).toString("utf8");
    const value = entry.subarray(equals + 1);
    if (equals > 0 && value.toString("utf8") === env[name]) restored[name] = value;
  }
  return restored;
}

function readOwn(file: "environ" | "cmdline"): Buffer {
  try {
    return readFileSync(`/proc/self/${file}`);
  } catch {
    return Buffer.alloc(0); // no /proc: words stay as Node decoded them
  }
}

function splitNul(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0, at);
    parts.push(bytes.subarray(at, end < 0 ? bytes.length : end));
    at = (end < 0 ? bytes.length : end) + 1;
  }
  return parts;
}

/** What execvp(3) searches without a PATH. */
const DEFAULT_PATH = "/bin:/usr/bin";

/** The file that `name` means from the directory `cwd`: itself when there is a slash in it, else found in `path`. */
export function findCommand(name: Uint8Array, path: Text | undefined, cwd: string): Found {
  const shown = JSON.stringify(Buffer.from(name).toString("utf8"));
  if (name.length === 0) return notFound(shown, "the command is an empty word");
  if (name.includes(0x2f)) {
    const problem = problemOf(name, cwd);
    if (problem === undefined) return { path: name };
    return problem === "ENOENT" ? notFound(shown) : notExecutable(shown, problem);
  }
  let seen: string | undefined;
  for (const directory of pathEntries(path)) {
    const candidate = Buffer.concat([directory, name]);
    const problem = problemOf(candidate, cwd);
    if (problem === undefined) return { path: candidate };
    if (problem !== "ENOENT" && problem !== "ENOTDIR") seen = problem;
  }
  return seen === undefined
    ? notFound(shown, `${shown} is in no directory of PATH`)
    : notExecutable(shown, seen);
}

/** The directories of a PATH with a slash at their end; an empty one is the current directory. */
function pathEntries(path: Text | undefined): Buffer[] {
  const bytes = Buffer.from(path ?? DEFAULT_PATH);
  const entries: Buffer[] = [];
  for (let at = 0; at <= bytes.length; ) {
    const end = bytes.indexOf(":", at);
    const entry = bytes.subarray(at, end < 0 ? bytes.length : end);
    entries.push(entry.length === 0 ? Buffer.from("./") : Buffer.concat([entry, Buffer.from("/")]));
    at = (end < 0 ? bytes.length : end) + 1;
  }
  return entries;
}

/** Why a file cannot be executed, as the name of an errno; undefined when it can. */
function problemOf(file: Uint8Array, cwd: string): string | undefined {
  const absolute = file[0] === 0x2f ? Buffer.from(file) : Buffer.concat([Buffer.from(`${cwd}/`), file]);
  try {
    if (statSync(absolute).isDirectory()) return "EISDIR";
    accessSync(absolute, constants.X_OK);
    return undefined;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : "EIO";
  }
}

function notFound(shown: string, message = `${shown} does not exist`): Found {
  const error = new SeccatError({ code: "file", message: `command not found: ${message}` });
  return { status: 127, error };
}

/** Why a path leads nowhere, by the errno's name, in words. */
export const whyNotReached: Readonly<Record<string, string>> = Object.freeze({
  EACCES: "no permission to enter a part of its path",
  ELOOP: "too many symbolic links",
  ENAMETOOLONG: "its name is too long",
  ENOTDIR: "a part of its path is no directory",
});

const whyNotExecutable: Readonly<Record<string, string>> = {
  ...whyNotReached,
  EACCES: "no permission to execute it",
  EISDIR: "it is a directory",
};

function notExecutable(shown: string, problem: string): Found {
  const error = new SeccatError({
    code: "file",
    message: `command not executable: ${shown}: ${whyNotExecutable[problem] ?? problem}`,
    ...(problem === "EACCES" ? { fix: `chmod +x, or name its interpreter first` } : {}),
  });
  return { status: 126, error };
}
