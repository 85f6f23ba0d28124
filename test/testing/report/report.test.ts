import { spawnSync } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { assembleProgram } from "../../../src/bpf/text.ts";
import { type LayerCoverage, readTestFile, runTests } from "../../../src/testing/index.ts";
import {
  coverageDetail,
  coverageSummary,
  junitReport,
  lcovReport,
  missedRules,
  outcomeOf,
  type Suite,
  tapReport,
  textReport,
} from "../../../src/testing/report/index.ts";

const reports = suite("testing/report");

const raw = assembleProgram("ld [0]\njeq #0, y\nret #0x80000000\ny: ret #0x7fff0000");
const nasty = `a # <b> & "c" 'd' \\ \u0007 \ud800 \ufffe ]]> é`;
const suites: readonly Suite[] = [
  {
    name: "t.yaml",
    ms: 12.5,
    notes: ["reached: 1 of 2 rules"],
    outcomes: [
      { name: "read() passes", on: "x86_64", ok: true },
      {
        name: nasty,
        ok: false,
        message: "t.yaml:3:1: expected allow, got <kill>",
        details: ["0000  A = arch", "x"],
      },
    ],
  },
  { name: "empty.yaml", ms: 0, notes: [], outcomes: [] },
];
const plain = { bold: String, dim: String, red: String, green: String };

/** What a program says of a text on its standard input; undefined where there is no such program. */
const checked = (command: string, args: readonly string[], input: string) => {
  const done = spawnSync(command, args, { input, encoding: "utf8" });
  return done.error ? undefined : { code: done.status, text: done.stdout + done.stderr };
};

reports("text has every outcome, what is wrong with it, and the sum", () => {
  assert.is(
    textReport(suites, plain, ["more"]),
    `t.yaml
  ok   read() passes (x86_64)
  FAIL ${nasty}
       t.yaml:3:1: expected allow, got <kill>
       0000  A = arch
       x
  reached: 1 of 2 rules
empty.yaml
more
1 of 2 failed
`,
  );
  assert.match(textReport([{ ...suites[0], outcomes: [] } as Suite], plain), /\n0 passed\n$/);
});

reports("TAP numbers the outcomes, escapes what would be a directive, and keeps a name on its line", () => {
  const lines = tapReport(
    [
      {
        name: "t.yaml",
        ms: 1,
        notes: ["a\nnote"],
        outcomes: [{ name: "a # TODO \\ b\nc", ok: false, message: 'say "x"', details: ["y: z"] }],
      },
    ],
    ["detail", ""],
  ).split("\n");
  assert.equal(lines, [
    "TAP version 13",
    "1..1",
    "not ok 1 - t.yaml: a \\# TODO \\\\ b c",
    "  ---",
    '  message: "say \\"x\\""',
    "  severity: fail",
    "  details:",
    '    - "y: z"',
    "  ...",
    "# t.yaml: a note",
    "# detail",
    "#",
    "",
  ]);
});

const perl = checked("prove", ["--version"], "");
if (perl === undefined) console.log("testing/report: TAP::Parser skipped, there is no prove");
else
  reports("Perl's reader of TAP counts the same", () => {
    const script = `use TAP::Parser; local $/; my $p = TAP::Parser->new({ tap => <STDIN> }); $p->run;
      print join(",", $p->tests_planned, scalar($p->passed), scalar($p->failed), scalar($p->parse_errors), scalar($p->todo));`;
    const said = checked("perl", ["-e", script], tapReport(suites));
    assert.equal(said, { code: 0, text: "2,1,1,0,0" });
  });

reports("JUnit's XML has no character that XML has not, and escapes the others", () => {
  const xml = junitReport(suites);
  assert.match(
    xml,
    /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites name="seccat test" tests="2" failures="1" time="0\.012500">\n/,
  );
  assert.match(
    xml,
    /\n {2}<testsuite name="t\.yaml" tests="2" failures="1" errors="0" skipped="0" time="0\.012500">\n/,
  );
  assert.match(xml, /<testcase name="read\(\) passes \(x86_64\)" classname="t\.yaml" time="0\.006250"\/>/);
  assert.match(
    xml,
    /name="a # &lt;b&gt; &amp; &quot;c&quot; &apos;d&apos; \\ \ufffd \ufffd \ufffd \]\]&gt; é"/,
  );
  assert.match(xml, /<failure message="t\.yaml:3:1: expected allow, got &lt;kill&gt;" type="failure">/);
  assert.match(xml, />t\.yaml:3:1: expected allow, got &lt;kill&gt;\n0000 {2}A = arch\nx<\/failure>/);
  assert.match(xml, /<system-out>reached: 1 of 2 rules<\/system-out>/);
  assert.match(xml, /<testsuite name="empty\.yaml" tests="0" /);
});

reports("a reader of JUnit's XML gets line breaks and tabs as they were", () => {
  const text = "a\tb\nc\rd";
  const xml = junitReport([
    { name: "t", ms: 1, notes: [text], outcomes: [{ name: text, ok: false, message: "m", details: [text] }] },
  ]);
  assert.match(xml, /<testcase name="a&#9;b&#10;c&#13;d"/);
  assert.match(xml, />m\na\tb\nc&#13;d<\/failure>/);
  assert.match(xml, /<system-out>a\tb\nc&#13;d<\/system-out>/);
});

const xmllint = checked("xmllint", ["--version"], "");
if (xmllint === undefined) console.log("testing/report: xmllint skipped, apt-get install libxml2-utils");
else
  reports("xmllint reads it", () => {
    const said = checked("xmllint", ["--xpath", "string(//testcase[2]/@name)", "-"], junitReport(suites));
    assert.equal(said, { code: 0, text: "a # <b> & \"c\" 'd' \\ \ufffd \ufffd \ufffd ]]> é\n" });
  });

const coverage = (): LayerCoverage => {
  const file = readTestFile(
    "policy: p\ntests: [{ allows: read, arch: x86_64 }, { allows: write, arch: x86_64 }]",
  );
  const { results, coverage: made } = runTests(file, [raw]);
  assert.equal(
    results.map((result) => outcomeOf(result).ok),
    [true, false],
  );
  const [layer] = made.layers;
  assert.ok(layer);
  const at = (line: number, file = "p.yaml") => ({ file, line, column: 3 });
  return {
    programs: layer?.programs ?? [],
    rules: [
      { hits: 2, where: at(4) },
      { hits: 0, where: at(9) },
      { hits: 3, where: at(4) },
      { hits: 1, where: at(1, "inc.yaml") },
      { hits: 5 },
    ],
  };
};

reports("lcov has rules at their lines, and instructions at the lines of the listing", () => {
  const text = lcovReport([{ coverage: coverage(), listing: () => "out/p.asm" }], (name) => `./${name}`);
  assert.equal(text.split("\n"), [
    ...["TN:", "SF:./p.yaml", "DA:4,5", "DA:9,0", "LF:2", "LH:1", "end_of_record"],
    ...["TN:", "SF:./inc.yaml", "DA:1,1", "LF:1", "LH:1", "end_of_record"],
    ...["TN:", "SF:out/p.asm", "BRDA:4,0,0,1", "BRDA:4,0,1,1", "BRF:2", "BRH:2"],
    ...["DA:3,2", "DA:4,2", "DA:5,1", "DA:6,1", "LF:4", "LH:4", "end_of_record", ""],
  ]);
});

reports("a jump that never ran has branches that are not taken, as lcov writes them", () => {
  const [program] = coverage().programs;
  assert.ok(program);
  if (!program) return;
  const idle = { ...program, instructions: [0, 0, 0, 0], branches: [{ pc: 1, yes: 0, no: 0 }] };
  const text = lcovReport([{ coverage: { programs: [idle] }, listing: () => "p.asm" }], String);
  assert.match(text, /\nBRDA:4,0,0,-\nBRDA:4,0,1,-\nBRF:2\nBRH:0\n/);
});

reports("coverage for people names what was missed", () => {
  const layer = coverage();
  assert.is(missedRules([layer], ["p.yaml"]), "rules that no test reached: 2");
  assert.is(missedRules([layer, layer], ["p", "q"]), "rules that no test reached: 2 of p; 2 of q");
  assert.is(missedRules([{ programs: [] }], ["p"]), undefined);
  assert.equal(coverageDetail(layer, "p.yaml").slice(0, 3), [
    "p.yaml",
    "     2x  rule 1  p.yaml:4",
    "  never  rule 2  p.yaml:9",
  ]);
  const oneWay = runTests(readTestFile("policy: p\ntests: [{ allows: read, arch: x86_64 }]"), [raw]).coverage;
  assert.is(coverageSummary(oneWay), "reached: 3 of 4 instructions, 1 of 2 branches");
  const [own] = oneWay.layers;
  assert.equal(own && coverageDetail(own, "p.bpf").slice(1), [
    "",
    "its program, little-endian:",
    "     1x  0000  A = nr",
    "     1x  0001  if (A == 0) goto 0003  ; never false",
    "  never  0002  return KILL_PROCESS",
    "     1x  0003  return ALLOW",
  ]);
});

reports.run();
