/**
 * Outcomes in the Test Anything Protocol, version 13, which every reader of TAP takes.
 *
 * Source: testanything.org/tap-version-13-specification.html
 */
import { fullName, type Outcome, type Suite } from "./outcome.ts";

/** The suites as one TAP document; each name begins with its suite's. `more` lines are comments at the end. */
export function tapReport(suites: readonly Suite[], more: readonly string[] = []): string {
  const lines: string[] = [];
  let count = 0;
  for (const { name, outcomes, notes } of suites) {
    for (const outcome of outcomes) {
      count++;
      const label = escaped(`${name}: ${fullName(outcome)}`);
      lines.push(`${outcome.ok ? "ok" : "not ok"} ${count} - ${label}`, ...diagnosis(outcome));
    }
    lines.push(...notes.map((note) => `# ${oneLine(`${name}: ${note}`)}`));
  }
  const comments = more.map((line) => `# ${line}`.trimEnd());
  return `${["TAP version 13", `1..${count}`, ...lines, ...comments].join("\n")}\n`;
}

/** A block of YAML; its texts are JSON's, which YAML reads alike. */
function diagnosis({ ok, message, details = [] }: Outcome): string[] {
  if (ok || message === undefined) return [];
  return [
    "  ---",
    `  message: ${JSON.stringify(message)}`,
    "  severity: fail",
    ...(details.length > 0 ? ["  details:"] : []),
    ...details.map((line) => `    - ${JSON.stringify(line)}`),
    "  ...",
  ];
}

/** A # would begin a directive such as TODO. */
function escaped(text: string): string {
  return oneLine(text).replace(/[\\#]/g, "\\$&");
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ");
}
