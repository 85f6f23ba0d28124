import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Issue, SeccatError } from "../../src/abi/error.ts";
import { compile } from "../../src/compile/index.ts";
import { allow, arg, deny, policy } from "../../src/policy/builder.ts";
import type { Policy, Rule } from "../../src/policy/types.ts";
import { Random } from "../seed.ts";

const weighing = suite("compile/heavy");
const random = new Random(7);
const values = (count: number) =>
  arg(2)
    .as("u64")
    .in(...Array.from({ length: count }, () => random.u64()));

const built = policy({ default: "kill_process", arches: ["x86_64"] }, [
  allow("read", "write"),
  deny("EPERM", "ioctl").if(values(400)),
  deny("EACCES", "fcntl", "prctl", "ptrace", "keyctl").if(values(800)),
  allow("futex").if(values(220)),
  allow("openat").if("flags & O_WRONLY == 0"),
]);
/** As read from a file. */
const long: Policy = {
  ...built,
  rules: built.rules.map((rule, i) => ({
    ...rule,
    where: { file: "long.yaml", line: 10 * i },
    ...(i === 1 ? { why: "the driver's requests" } : {}),
  })),
};

function issuesOf(of: Policy): readonly Issue[] {
  try {
    compile(of);
  } catch (error) {
    if (error instanceof SeccatError) return error.issues;
    throw error;
  }
  return [];
}

/** Instructions of a policy's program, however many. */
function lengthOf(of: Policy): number {
  const [issue] = issuesOf(of);
  return issue ? Number(issue.received) : compile(of).program.insns.length;
}

weighing("a policy that is too long is refused with the rules that take most, and where they stand", () => {
  const [limit, ...heavy] = issuesOf(long);
  assert.is(limit?.code, "limit");
  assert.is(limit?.message, "the program is longer than the kernel takes");
  assert.is(limit?.expected, "at most 4096 instructions");
  assert.ok(Number(limit?.received) > 4096);
  assert.equal(
    heavy.map(({ where }) => where),
    [2, 1, 3].map((rule) => ({ file: "long.yaml", line: 10 * rule, path: `rules[${rule}]` })),
  );
  assert.match(
    heavy[0]?.message ?? "",
    /^rule 3 \(fcntl, prctl, ptrace and 1 more\) takes \d+ instructions: without it there are \d+$/,
  );
  assert.match(heavy[1]?.message ?? "", /^rule 2 \(ioctl: the driver's requests\) takes /);
});

weighing("what a rule takes is what the program has less without it", () => {
  const whole = lengthOf(long);
  const heavy = issuesOf(long).slice(1);
  assert.is(heavy.length, 3);
  for (const { message, where } of heavy) {
    const rule = Number(/\d+/.exec(where?.path ?? "")?.[0]);
    const left = lengthOf({ ...long, rules: long.rules.filter((_, i) => i !== rule) });
    assert.match(message, new RegExp(`takes ${whole - left} instructions: without it there are ${left}$`));
  }
});

weighing("rules that another one says as well take nothing, and are not told", () => {
  const [, ioctl, fcntl, futex] = long.rules;
  if (!fcntl || !ioctl || !futex) throw new Error("no rules");
  const again: Rule = { ...fcntl, syscalls: ["seccomp"] };
  const heavy = issuesOf({ ...long, rules: [fcntl, again, ioctl, futex] }).slice(1);
  assert.equal(
    heavy.slice(0, 2).map(({ where }) => where?.path),
    ["rules[2]", "rules[3]"],
  );
  // What is left of either of the two is its number in the search.
  for (const { message } of heavy.slice(2)) assert.match(message, /takes [1-9] instructions/);
});

weighing("of hundreds of heavy rules, some are weighed, and it is said how many", () => {
  const rules = Array.from({ length: 300 }, (_, i) =>
    deny("EPERM", "ioctl", "fcntl", "prctl").if(
      arg(i % 3)
        .as("u64")
        .in(...Array.from({ length: 4 }, () => random.u64())),
    ),
  );
  const [limit, ...heavy] = issuesOf(policy({ default: "kill_process", arches: ["x86_64"] }, rules));
  const tries = Math.floor(30_000 / Number(limit?.received));
  assert.match(limit?.fix ?? "", new RegExp(`\\(${tries} of 300 rules were weighed\\)$`));
  assert.is(heavy.length, 3);
});

weighing.run();
