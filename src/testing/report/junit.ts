/**
 * Outcomes as JUnit's XML, in the parts that CI servers agree about: testsuites, testsuite, testcase with name,
 * classname and time, failure with message and text.
 */
import { countOutcomes, fullName, type Outcome, type Suite } from "./outcome.ts";

/** The suites as one XML document. */
export function junitReport(suites: readonly Suite[]): string {
  const ms = suites.reduce((sum, suite) => sum + suite.ms, 0);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: "seccat test", ...counts(suites), time: seconds(ms) })}>`,
    ...suites.flatMap(suiteLines),
    "</testsuites>",
    "",
  ].join("\n");
}

function suiteLines(suite: Suite): string[] {
  const { name, outcomes, notes, ms } = suite;
  const head = attributes({ name, ...counts([suite]), errors: 0, skipped: 0, time: seconds(ms) });
  const each = seconds(ms / Math.max(1, outcomes.length));
  const said = notes.length === 0 ? [] : [`    <system-out>${escaped(notes.join("\n"))}</system-out>`];
  return [
    `  <testsuite${head}>`,
    ...outcomes.map((outcome) => caseText(outcome, name, each)),
    ...said,
    "  </testsuite>",
  ];
}

function caseText(outcome: Outcome, suite: string, time: string): string {
  const open = `    <testcase${attributes({ name: fullName(outcome), classname: suite, time })}`;
  if (outcome.ok) return `${open}/>`;
  const { message = "", details = [] } = outcome;
  const text = escaped([message, ...details].join("\n"));
  return `${open}>\n      <failure${attributes({ message, type: "failure" })}>${text}</failure>\n    </testcase>`;
}

function counts(suites: readonly Suite[]): Record<string, number> {
  const { failed, all } = countOutcomes(suites);
  return { tests: all, failures: failed };
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(6);
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${quoted(String(value))}"`)
    .join("");
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  "\r": "&#13;",
};

/** What XML 1.0 has no character for becomes U+FFFD. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replace(/[&<>"'\r]/g, (char) => entities[char] ?? char);
}

/** In an attribute a reader makes spaces of tabs and line breaks that do not stand there by their numbers. */
function quoted(text: string): string {
  return escaped(text).replace(/[\t\n]/g, (char) => `&#${char.charCodeAt(0)};`);
}
