/** Outcomes for people. */
import { countOutcomes, type Outcome, type Suite } from "./outcome.ts";

/** Words painted for where they are shown; each function may return its text unchanged. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
}

/** The suites one after the other, `more` lines, and the sum. */
export function textReport(suites: readonly Suite[], paint: Paint, more: readonly string[] = []): string {
  const { failed, all } = countOutcomes(suites);
  const sum = failed === 0 ? paint.green(`${all} passed`) : paint.red(`${failed} of ${all} failed`);
  const detail = more.map((line) => `${line}\n`).join("");
  return `${suites.map((suite) => suiteText(suite, paint)).join("")}${detail}${sum}\n`;
}

function suiteText({ name, outcomes, notes }: Suite, paint: Paint): string {
  const lines = [
    paint.bold(name),
    ...outcomes.flatMap((outcome) => outcomeLines(outcome, paint)),
    ...notes.map((note) => paint.dim(`  ${note}`)),
  ];
  return `${lines.join("\n")}\n`;
}

function outcomeLines({ name, on, ok, message, details = [] }: Outcome, paint: Paint): string[] {
  const where = on === undefined ? "" : ` ${paint.dim(`(${on})`)}`;
  if (ok) return [`  ${paint.green("ok")}   ${name}${where}`];
  return [
    `  ${paint.red("FAIL")} ${name}${where}`,
    ...(message === undefined ? [] : [`       ${message}`]),
    ...details.map((line) => `       ${paint.dim(line)}`),
  ];
}
