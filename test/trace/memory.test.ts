import { spawnSync } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const remembering = suite("trace/memory");

const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
const index = new URL(`../../src/trace/index.${extension}`, import.meta.url).href;

/** Reads `pieces` pieces of 64 KiB or so, each 1250 lines of ever new pids and texts, in a heap of 24 MB. */
const code = `
  const { straceReader, newLearner } = await import(${JSON.stringify(index)});
  const pieces = Number(process.argv[1]);
  const reader = straceReader();
  const learner = newLearner({ native: "x86_64", only: "child" });
  let bytes = 0;
  for (let i = 0; i < pieces; i++) {
    let text = "";
    for (let j = 0; j < 250; j++) {
      const pid = 1000 + ((i * 250 + j) % 4000000);
      text += pid + " openat(AT_FDCWD, \\"/tmp/" + pid + "\\", O_RDONLY) = 3\\n"
        + pid + " read(3,  <unfinished ...>\\n"
        + "999 clock_nanosleep(CLOCK_REALTIME, 0, {tv_sec=" + i + "}, NULL) = 0\\n"
        + pid + " exit_group(0) = ?\\nnoise " + i + "\\n";
    }
    bytes += text.length;
    for (const event of reader.push(new TextEncoder().encode(text))) learner.see(event);
  }
  for (const event of reader.end()) learner.see(event);
  const { report } = learner.finish();
  console.log(JSON.stringify({ bytes, lines: report.counts.lines, calls: report.taken.calls }));
`;

remembering("a log of 30 MB from forty thousand processes is read in a heap of 24 MB", () => {
  const pieces = 160;
  const run = spawnSync(
    process.execPath,
    ["--max-old-space-size=24", "--input-type=module", "-e", code, "--", String(pieces)],
    {
      encoding: "utf8",
    },
  );
  assert.is(run.status, 0, run.stderr.slice(-2000));
  const { lines, calls } = JSON.parse(run.stdout);
  assert.equal([lines, calls], [pieces * 1250, pieces * 750]);
});

remembering.run();
