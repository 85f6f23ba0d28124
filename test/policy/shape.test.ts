/** What callers without types pass for a policy: each is refused with its place, none is taken for a wider one. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Issue, SeccatError } from "../../src/abi/error.ts";
import { allow, arg, deny, policy, rule } from "../../src/policy/builder.ts";
import { evaluate } from "../../src/policy/evaluate.ts";
import { lint } from "../../src/policy/lint.ts";
import { resolve } from "../../src/policy/resolve.ts";
import { shapeIssues } from "../../src/policy/shape.ts";
import { compile } from "../../src/proof.ts";
import { Random, seedOf } from "../seed.ts";

const shape = suite("policy/shape");

/** As a caller without types calls it. */
const untyped = (work: unknown, ...args: readonly unknown[]): unknown =>
  typeof work === "function" ? Reflect.apply(work, undefined, args) : undefined;

function issuesOf(work: () => unknown): readonly Issue[] {
  try {
    work();
  } catch (error) {
    if (error instanceof SeccatError) return error.issues;
    throw error;
  }
  return [];
}

const call = { nr: 0, arch: 0, args: [] };
const test = { kind: "compare", arg: { name: "fd" }, op: "==", value: 1n };
const read = { action: { kind: "allow" }, syscalls: ["read"] };
const base = { arches: ["x86_64"], default: { kind: "kill_process" }, rules: [read] };
/** A policy of one rule with that condition. */
const under = (when: unknown) => ({ ...base, rules: [{ ...read, when }] });
const nested = (depth: number): unknown => (depth === 0 ? test : { kind: "not", of: nested(depth - 1) });
/** Sixty-four levels of two references to the level below: 2^64 parts in a few objects. */
const doubled = Array.from({ length: 64 }).reduce<unknown>(
  (inner) => ({ kind: "and", of: [inner, inner] }),
  test,
);
const endless: { kind: string; of?: unknown } = { kind: "not" };
endless.of = endless;

const wrong: readonly (readonly [sentence: string, value: unknown, path: string, message: string])[] = [
  ["nothing", undefined, "", "this is no policy"],
  ["null", null, "", "this is no policy"],
  ["a text", "default: allow", "", "this is no policy"],
  ["a list", [base], "", "this is no policy"],
  ["a number", 7, "", "this is no policy"],
  ["no key at all", {}, "arches", "arches is missing"],
  ["a key of nobody's", { ...base, badarch: { kind: "allow" } }, "", "unknown key badarch"],
  ["arches that are a text", { ...base, arches: "x86_64" }, "arches", "this is not a list of arches"],
  ["an arch that is none", { ...base, arches: [62] }, "arches[0]", "this is no arch"],
  ["a default in the files' form", { ...base, default: "allow" }, "default", "this is no action"],
  ["an unknown action", { ...base, default: { kind: "alow" } }, "default", "unknown action alow"],
  [
    "an inherited name",
    { ...base, default: { kind: "constructor" } },
    "default",
    "unknown action constructor",
  ],
  ["an errno without one", { ...base, default: { kind: "errno" } }, "default", "the action has no errno"],
  [
    "data that does not belong",
    { ...base, newer: { kind: "allow", errno: 1 } },
    "newer",
    "unknown key errno",
  ],
  ["a trap without data", { ...base, badArch: { kind: "trap" } }, "badArch", "trap has no data"],
  ["a kernel that is a number", { ...base, kernel: 6.1 }, "kernel", "kernel is no text"],
  ["a name that is a list", { ...base, name: ["a"] }, "name", "name is no text"],
  ["rules by name", { ...base, rules: { read } }, "rules", "this is not a list of rules"],
  ["a hole among the rules", { ...base, rules: Array(1) }, "rules[0]", "this is no rule"],
  ["a rule that is a name", { ...base, rules: ["read"] }, "rules[0]", "this is no rule"],
  ["a misspelt condition", { ...base, rules: [{ ...read, wehn: test }] }, "rules[0]", "unknown key wehn"],
  ["a condition that is undefined", under(undefined), "rules[0].when", "this is no condition"],
  ["a condition that is null", under(null), "rules[0].when", "this is no condition"],
  ["a condition's text", under("fd == 1"), "rules[0].when", "this is no condition"],
  ["a kind without a text", under({ kind: Object.create(null) }), "rules[0].when", "this is no condition"],
  ["an and of nothing", under({ kind: "and", of: [] }), "rules[0].when", "an and of no conditions"],
  [
    "an and of one thing",
    under({ kind: "and", of: test }),
    "rules[0].when",
    "this is not a list of conditions",
  ],
  ["a misspelt mask", under({ ...test, msak: 1n }), "rules[0].when", "unknown key msak"],
  ["a mask that is undefined", under({ ...test, mask: undefined }), "rules[0].when", "this is no value"],
  ["an assignment", under({ ...test, op: "=" }), "rules[0].when", "unknown comparison ="],
  ["a number for a bigint", under({ ...test, value: 1 }), "rules[0].when", "this is no value"],
  ["a seventh argument", under({ ...test, arg: { index: 6 } }), "rules[0].when", "this is no argument"],
  [
    "name and index",
    under({ ...test, arg: { index: 0, name: "fd" } }),
    "rules[0].when",
    "this is no argument",
  ],
  ["a width of 8", under({ ...test, arg: { name: "fd", as: "u8" } }), "rules[0].when", "unknown width u8"],
  [
    "a set of bare numbers",
    under({ kind: "in", arg: test.arg, set: [1n] }),
    "rules[0].when",
    "this is no range",
  ],
  ["conditions a thousand deep", under(nested(1001)), "rules[0].when", "the condition is nested too deeply"],
  ["a condition inside itself", under(endless), "rules[0].when", "the condition is nested too deeply"],
  [
    "a condition that grows without end",
    under(doubled),
    "rules[0].when",
    "the policy's conditions have too many parts",
  ],
  [
    "a list in the list of calls",
    { ...base, rules: [{ ...read, syscalls: [["read"]] }] },
    "rules[0].syscalls[0]",
    "this is no syscall",
  ],
  [
    "no list of calls",
    { ...base, rules: [{ action: read.action }] },
    "rules[0].syscalls",
    "rules[0].syscalls is missing",
  ],
];
for (const [sentence, value, path, message] of wrong)
  shape(`refuses ${sentence}`, () => {
    const [first] = issuesOf(() => untyped(resolve, value));
    assert.is(first?.message, message);
    assert.is(first?.where?.path ?? "", path);
    assert.is(first?.code, /too/.test(message) ? "limit" : "schema");
    const others = [
      () => untyped(lint, value),
      () => untyped(compile, value),
      () => untyped(evaluate, value, call),
    ];
    for (const other of others) assert.equal(issuesOf(other)[0], first);
  });

shape("says every fault of a policy at once, with the nearest names", () => {
  const value = {
    ...base,
    defualt: 1,
    default: { kind: "kil_process" },
    rules: [
      { ...read, whyy: "" },
      { action: { kind: "log" }, syscalls: "write" },
    ],
  };
  assert.equal(
    shapeIssues(value).map(({ where, message, fix }) => [where?.path, message, fix]),
    [
      [undefined, "unknown key defualt", "did you mean default?"],
      ["default", "unknown action kil_process", "did you mean kill_process?"],
      ["rules[0]", "unknown key whyy", "did you mean why?"],
      ["rules[1].syscalls", "this is not a list of syscalls", undefined],
    ],
  );
});

shape("takes what is right: the builder's rules, cast JSON, and conditions of every kind", () => {
  const conditions = ["fd == 1 && !(fd in {1, 2..3})", "u64(arg1) & ~0xf s< -1 || count & (1|O_RDONLY) != 0"];
  const rules = conditions.map((text) => allow("read").if(text).because("a test"));
  assert.equal(shapeIssues({ ...base, rules }), []);
  assert.equal(shapeIssues(JSON.parse(JSON.stringify(base))), []);
  assert.equal(shapeIssues(under(nested(999))), []);
});

const misbuilt: readonly (readonly [
  sentence: string,
  build: () => unknown,
  path: string,
  message: string,
])[] = [
  ["no head", () => untyped(policy), "", "this is no head of a policy"],
  ["rules in the head", () => untyped(policy, { ...head, rules: [] }, []), "", "unknown key rules"],
  ["no default", () => untyped(policy, { arches: ["x86_64"] }, []), "default", "this is no action"],
  [
    "a misspelt key of the head",
    () => untyped(policy, { ...head, kernal: "6.1" }, []),
    "",
    "unknown key kernal",
  ],
  ["no rules", () => untyped(policy, head), "rules", "rules is missing"],
  ["no arches", () => untyped(policy, { default: "allow" }, []), "arches", "arches is missing"],
  [
    "a rule with a misspelt condition",
    () => untyped(policy, head, [{ ...read, When: test }]),
    "rules[0]",
    "unknown key When",
  ],
  [
    "calls in a list",
    () => policy(head, [Object(untyped(allow, ["read"]))]),
    "rules[0].syscalls[0]",
    "this is no syscall",
  ],
  [
    "a reason that is no text",
    () => policy(head, [Object(untyped(allow("read").because, 1))]),
    "rules[0].why",
    "rules[0].why is no text",
  ],
  ["an unknown action", () => untyped(rule, "alow", "read"), "action", "this is no action"],
  [
    "an action of two kinds",
    () => untyped(rule, { errno: 1, trap: 2 }, "read"),
    "action",
    "this is no action",
  ],
  ["an action in capitals", () => untyped(rule, { ERRNO: 1 }, "read"), "action", "this is no action"],
  ["the word errno alone", () => untyped(rule, "errno", "read"), "action", "this is no action"],
  ["an inherited name", () => untyped(rule, "__proto__", "read"), "action", "this is no action"],
  [
    "an errno that is missing",
    () => policy(head, [Object(untyped(deny, undefined, "read"))]),
    "rules[0].action",
    "the action has no errno",
  ],
  ["a condition that is not there", () => untyped(allow("read").if), "", "this is no condition"],
  ["a condition that is a boolean", () => untyped(allow("read").if, true), "", "this is no condition"],
  ["half a number", () => arg("fd").eq(1.5), "", "this number is not exact"],
  ["a number beyond 2^53", () => arg("fd").eq(2 ** 63), "", "this number is not exact"],
  ["no value", () => untyped(arg("fd").eq), "", "this number is not exact"],
  ["half a range", () => untyped(arg("fd").in, { from: 1, too: 2 }), "", "this number is not exact"],
];
const head = { arches: ["x86_64"], default: "kill_process" } as const;
for (const [sentence, build, path, message] of misbuilt)
  shape(`the builder refuses ${sentence}`, () => {
    const [first] = issuesOf(build);
    assert.is(first?.message, message);
    assert.is(first?.where?.path ?? "", path);
  });

shape("anything at all in any place is refused by a SeccatError, or is a policy", () => {
  const random = new Random(seedOf("shape"));
  const things: readonly unknown[] = [
    undefined,
    null,
    0,
    -1,
    1.5,
    Number.NaN,
    1n,
    "",
    "allow",
    "__proto__",
    "constructor",
    true,
    [],
    {},
    [null],
    { kind: "allow" },
    { kind: "and" },
    Symbol("s"),
    () => 1,
    new Map(),
    new Date(0),
    Object.create(null),
  ];
  const full = {
    ...under({ kind: "or", of: [test, { kind: "in", arg: { index: 1 }, set: [{ from: 1n, to: 2n }] }] }),
  };
  /** `value` with one of its parts, at any depth, replaced. */
  const broken = (value: unknown): unknown => {
    const keys = typeof value === "object" && value !== null ? Object.keys(value) : [];
    if (keys.length === 0 || random.below(5) === 0) return things[random.below(things.length)];
    const key = random.pick(keys);
    const copy: object = Array.isArray(value) ? [...value] : { ...Object(value) };
    Reflect.set(copy, key, broken(Reflect.get(copy, key)));
    return copy;
  };
  let refused = 0;
  for (let i = 0; i < 3000; i++) {
    const value = broken(full);
    refused += issuesOf(() => untyped(compile, value)).length > 0 ? 1 : 0;
  }
  assert.ok(refused > 2500, `${refused} refused`);
});

shape("one policy is looked at once", () => {
  let looks = 0;
  const value = {
    ...base,
    get rules() {
      looks++;
      return [read];
    },
  };
  untyped(resolve, value);
  const first = looks;
  untyped(resolve, value);
  assert.is(looks, first);
});

shape.run();
