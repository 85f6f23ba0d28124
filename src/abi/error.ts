/** What kind of thing went wrong; closed, so that a caller can switch on it. */
export type ErrorCode =
  | "usage" // the call of a command or function is wrong
  | "syntax" // text that does not parse
  | "schema" // parsed text of the wrong shape: unknown key, wrong type, out of range
  | "name" // an unknown syscall, argument, constant, arch, group, errno, signal
  | "policy" // a policy that contradicts itself or cannot be expressed
  | "program" // a program that the kernel would refuse
  | "binary" // bytes that are no program
  | "limit" // a stated limit was reached
  | "proof" // a proof did not come to an end
  | "trace" // a trace that holds nothing usable
  | "file" // a file that cannot be read or written
  | "host" // this machine cannot: no seccomp, no FFI backend, no strace
  | "enforce" // a filter could not be installed; nothing was started
  | "internal"; // a fault of Seccat's own

/** A place in the user's input: in a text, in a program, or in a structure. */
export interface Place {
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
  /** 1-based, in UTF-16 code units. */
  readonly column?: number;
  /** Index of an instruction. */
  readonly pc?: number;
  /** A path into a structure, such as `rules[2].when`. */
  readonly path?: string;
}

/** One problem, in the user's words. */
export interface Issue {
  readonly code: ErrorCode;
  /** What is wrong, one sentence without the place. */
  readonly message: string;
  readonly where?: Place;
  readonly expected?: string;
  readonly received?: string;
  /** What to do about it, such as the nearest right name. */
  readonly fix?: string;
}

/** The one error that Seccat throws: a first issue, and every further one found in the same input. */
export class SeccatError extends Error implements Issue {
  override readonly name = "SeccatError";
  readonly code: ErrorCode;
  // Declared only, so that what is not known is no field at all.
  declare readonly where?: Place;
  declare readonly expected?: string;
  declare readonly received?: string;
  declare readonly fix?: string;
  /** All problems, this one first. */
  readonly issues: readonly Issue[];

  constructor(issue: Issue, more: readonly Issue[] = []) {
    super(issue.message);
    this.code = issue.code;
    if (issue.where) this.where = issue.where;
    if (issue.expected !== undefined) this.expected = issue.expected;
    if (issue.received !== undefined) this.received = issue.received;
    if (issue.fix !== undefined) this.fix = issue.fix;
    this.issues = [issue, ...more];
  }
}

/** Throws all `issues` as one SeccatError, or returns when there are none. */
export function throwIssues(issues: readonly Issue[]): void {
  const [first, ...more] = issues;
  if (first) throw new SeccatError(first, more);
}

/** `file:line:column`, `rules[2].when`, `pc 7`, or "" when nothing is known. */
export function formatPlace(where: Place | undefined): string {
  if (!where) return "";
  const parts: string[] = [];
  if (where.file !== undefined) parts.push(where.file);
  if (where.line !== undefined) parts.push(String(where.line));
  if (where.line !== undefined && where.column !== undefined) parts.push(String(where.column));
  const text = parts.join(":");
  const inner = where.pc !== undefined ? `pc ${where.pc}` : (where.path ?? "");
  return text && inner ? `${text} (${inner})` : text || inner;
}

/** One issue as the lines a person reads: place and message, then expected, received and fix where known. */
export function formatIssue(issue: Issue): string {
  const place = formatPlace(issue.where);
  const lines = [place ? `${place}: ${issue.message}` : issue.message];
  if (issue.expected !== undefined) lines.push(`  expected: ${issue.expected}`);
  if (issue.received !== undefined) lines.push(`  received: ${issue.received}`);
  if (issue.fix !== undefined) lines.push(`  fix: ${issue.fix}`);
  return lines.join("\n");
}
