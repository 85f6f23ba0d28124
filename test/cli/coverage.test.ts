import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { minimumOf, minimumSuite } from "../../src/cli/coverage.ts";
import { policyText } from "./policies.ts";
import { seccat, withFiles } from "./seccat.ts";

const covering = suite("seccat test, its reports");

const one = "policy: p.yaml\ntests:\n  - allows: read\n  - denies: ptrace\n";
const other = "policy: p.yaml\ntests:\n  - { call: fcntl, args: { cmd: F_GETFL }, gives: allow }\n";
const failing = "policy: p.yaml\ntests:\n  - { name: '<&\"#', allows: execve }\n";
const files = { "p.yaml": policyText, "a.yaml": one, "b.yaml": other, "f.yaml": failing };

covering("--min-coverage fails below its percentage, over all files together", () => {
  withFiles(files, (folder) => {
    const low = seccat(["test", "--min-coverage", "rules=100", "a.yaml"], { cwd: folder });
    assert.is(low.code, 1);
    assert.match(
      low.stdout,
      /\ncoverage\n {2}FAIL at least 100 % of rules are reached\n {7}2 of 3 are, 66\.6 %\n1 of 3 failed\n$/,
    );
    const high = seccat(["test", "--min-coverage", "rules=100", "a.yaml", "b.yaml"], { cwd: folder });
    assert.is(high.code, 0, high.stdout);
    assert.match(high.stdout, /\ncoverage\n {2}ok {3}at least 100 % of rules are reached\n4 passed\n$/);
    assert.is(seccat(["test", "--min-coverage", "99", "a.yaml", "b.yaml"], { cwd: folder }).code, 1);
    assert.is(seccat(["test", "--min-coverage", "0", "a.yaml"], { cwd: folder }).code, 0);
    const border = (least: string) =>
      seccat(["test", "--min-coverage", `rules=${least}`, "a.yaml"], { cwd: folder }).code;
    assert.equal(["66.6", "66.66666", "66.67", "66.7"].map(border), [0, 0, 1, 1]);
  });
});

covering("a percentage is of all parts or of some", () => {
  assert.equal(minimumOf("90.5"), { rules: 90.5, instructions: 90.5, branches: 90.5 });
  assert.equal(minimumOf("rules=100, branches=50"), { rules: 100, branches: 50 });
  for (const text of ["101", "-1", "90%", "lines=3", "rules=", "rules=1=2", "rules"])
    assert.throws(() => minimumOf(text), /no percentage/);
  assert.throws(() => minimumOf("rules=100,rules=50"), /names rules twice/);
});

covering("what is just enough is enough, in whatever decimals it is asked for", () => {
  const rules = (reached: number, all: number) =>
    Array.from({ length: all }, (_, i) => ({ hits: i < reached ? 1 : 0 }));
  const told = (reached: number, all: number, least: string) => {
    const coverage = [{ file: "p.yaml", coverage: { rules: rules(reached, all), programs: [] } }];
    const [outcome] = minimumSuite(coverage, minimumOf(`rules=${least}`)).outcomes;
    return outcome?.ok ? "ok" : outcome?.message;
  };
  for (let all = 1; all <= 500; all++)
    for (let tenths = 1; tenths <= 1000; tenths++) {
      if ((tenths * all) % 1000 !== 0) continue;
      const reached = (tenths * all) / 1000;
      assert.is(told(reached, all, String(tenths / 10)), "ok", `${tenths / 10} % of ${all}`);
    }
  assert.is(told(161, 250, "64.400001"), "161 of 250 are, 64.4 %");
  assert.is(told(2499, 2500, "100"), "2499 of 2500 are, 99.9 %");
  assert.is(told(0, 0, "100"), "ok");
});

covering("--coverage shows each rule and each instruction with how often it ran", () => {
  withFiles(files, (folder) => {
    const { code, stdout } = seccat(["test", "--coverage", "a.yaml"], { cwd: folder });
    assert.is(code, 0);
    assert.match(
      stdout,
      /\np\.yaml\n {5}1x {2}rule 1 {2}p\.yaml:4\n {2}never {2}rule 2 {2}p\.yaml:6\n {5}1x {2}rule 3 {2}p\.yaml:10\n\nits program, little-endian:\n {5}2x {2}0000 {2}A = arch\n/,
    );
    assert.match(stdout, /\n {2}never {2}\d{4} {2}/);
    assert.match(stdout, /; never (true|false)\n/);
    const { coverage } = JSON.parse(seccat(["test", "--json", "a.yaml", "b.yaml"], { cwd: folder }).stdout);
    assert.equal(coverage.rules, { reached: 3, all: 3 });
    assert.equal(
      coverage.filters[0].rules.map(({ hits }: { hits: number }) => hits),
      [1, 1, 1],
    );
    assert.is(coverage.filters[0].programs[0].instructions[0], 3);
  });
});

covering("--lcov writes a tracefile with the policy's lines, and the listings that it names", () => {
  withFiles(files, (folder) => {
    const { code, stderr } = seccat(["test", "--lcov", "lcov.info", "a.yaml"], { cwd: folder });
    assert.is(code, 0, stderr);
    const text = readFileSync(`${folder}/lcov.info`, "utf8");
    assert.match(
      text,
      /^TN:\nSF:p\.yaml\nDA:4,1\nDA:6,0\nDA:10,1\nLF:3\nLH:2\nend_of_record\nTN:\nSF:lcov\.info\.p\.yaml\.asm\nBRDA:4,0,0,\d/,
    );
    const listing = readFileSync(`${folder}/lcov.info.p.yaml.asm`, "utf8").split("\n");
    for (const [, line, hits] of text.slice(text.indexOf(".asm")).matchAll(/^DA:(\d+),(\d+)$/gm)) {
      assert.match(
        listing[Number(line) - 1] ?? "",
        new RegExp(`^ ${String(Number(line) - 3).padStart(4, "0")}: `),
      );
      assert.ok(Number(hits) >= 0);
    }
    const page = spawnSync("genhtml", ["--branch-coverage", "-q", "-o", "html", "lcov.info"], {
      cwd: folder,
      encoding: "utf8",
    });
    if (page.error) console.log("lcov: genhtml skipped, apt-get install lcov");
    else {
      assert.equal([page.status, page.stderr], [0, ""]);
      assert.ok(existsSync(`${folder}/html/index.html`));
    }
  });
});

covering("two policies whose paths make one name have a listing each", () => {
  const named = (policy: string) => `policy: ${policy}\ntests: [{ allows: read }]\n`;
  withFiles(
    { "p-q.yaml": policyText, "a.yaml": named("p/q.yaml"), "b.yaml": named("p-q.yaml") },
    (folder) => {
      mkdirSync(`${folder}/p`);
      writeFileSync(`${folder}/p/q.yaml`, policyText.replace("read, ", "read, lseek, "));
      assert.is(seccat(["test", "--lcov", "l.info", "a.yaml", "b.yaml"], { cwd: folder }).code, 0);
      const sources = [...readFileSync(`${folder}/l.info`, "utf8").matchAll(/^SF:(.*\.asm)$/gm)].map(
        ([, name]) => readFileSync(`${folder}/${name}`, "utf8"),
      );
      assert.is(new Set(sources).size, 2);
    },
  );
});

covering("--junit writes a file beside what is printed, and --reporter tap prints TAP", () => {
  withFiles(files, (folder) => {
    const { code, stdout } = seccat(["test", "--junit", "j.xml", "--reporter", "tap", "a.yaml", "f.yaml"], {
      cwd: folder,
    });
    assert.is(code, 1);
    assert.match(
      stdout,
      /^TAP version 13\n1\.\.3\nok 1 - a\.yaml: read\(\) passes \(x86_64\)\nok 2 - .*\n(# .*\n)+not ok 3 - f\.yaml: <&"\\# \(x86_64\)\n {2}---\n/m,
    );
    const xml = readFileSync(`${folder}/j.xml`, "utf8");
    assert.match(xml, /<testsuites name="seccat test" tests="3" failures="1"/);
    assert.match(xml, /<testcase name="&lt;&amp;&quot;# \(x86_64\)" classname="f\.yaml"/);
  });
});

covering("--arch and --kernel choose where the tests are asked", () => {
  withFiles({ ...files, "p.yaml": policyText.replace("x86_64", "x86_64, aarch64") }, (folder) => {
    const { code, stdout } = seccat(["test", "--arch", "aarch64", "--kernel", "4.9,6.1", "a.yaml"], {
      cwd: folder,
    });
    assert.is(code, 0);
    assert.match(
      stdout,
      /^a\.yaml\n {2}ok {3}read\(\) passes \(aarch64, Linux 4\.9\)\n {2}ok {3}read\(\) passes \(aarch64, Linux 6\.1\)\n/,
    );
    assert.not.match(stdout, /x86_64/);
  });
});

covering("what cannot be done is told before anything is written", () => {
  withFiles(files, (folder) => {
    for (const [args, message] of [
      [["--junit", "-", "a.yaml"], /--junit writes a file/],
      [["--junit", "no/j.xml", "a.yaml"], /cannot write no\/j\.xml/],
      [["--lcov", "-", "a.yaml"], /--lcov writes a file/],
      [["--min-coverage", "200", "--junit", "j.xml", "a.yaml"], /--min-coverage is no percentage/],
      [["--kernel", "six", "a.yaml"], /this is no kernel version/],
      [["--arch", "x86-64", "a.yaml"], /unknown arch x86-64/],
      [["--reporter", "dots", "a.yaml"], /reporter/],
      [["--watch", "-"], /need a file with a name/],
      [["--junit", "j.xml", "none.yaml"], /cannot read none\.yaml/],
      [["--junit", "p.yaml", "a.yaml"], /^seccat: error: p\.yaml would be written over\n/],
      [["--lcov", "./a.yaml", "a.yaml"], /a\.yaml would be written over/],
      [["--junit", "j.xml", "--lcov", "./j.xml", "a.yaml"], /j\.xml would be written over/],
    ] as const) {
      const { code, stdout, stderr } = seccat(["test", ...args], { cwd: folder });
      assert.is(code, 2, args.join(" "));
      assert.is(stdout, "");
      assert.match(stderr, message);
    }
    assert.not(existsSync(`${folder}/j.xml`));
    assert.is(readFileSync(`${folder}/p.yaml`, "utf8"), policyText);
  });
});

covering("when nothing is left to ask, that is no success", () => {
  withFiles({ ...files, "x.yaml": "policy: p.yaml\ntests: [{ allows: read, arch: x86_64 }]\n" }, (folder) => {
    const { code, stderr } = seccat(["test", "--arch", "aarch64", "x.yaml"], { cwd: folder });
    assert.is(code, 2);
    assert.match(stderr, /no test is left to run/);
  });
});

covering.run();
