import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encode } from "../../src/bpf/codec.ts";
import { assembleProgram } from "../../src/bpf/text.ts";
import { productLines } from "../prove/products.ts";
import { policyText } from "./policies.ts";
import { type Ended, seccat, withFiles } from "./seccat.ts";

const test = suite("seccat prove");

const bytes = (...lines: string[]) => encode(assembleProgram(lines.join("\n")));
const product = (also: number) => bytes(...productLines(also));
/** The same with another instruction in front. */
const shifted = (program: Uint8Array) =>
  new Uint8Array([...bytes("ld #0", "ret #0").slice(0, 8), ...program]);

const wider = policyText.replace("F_SETFD}", "F_SETFD, F_SETFL}");
const files = {
  "p.yaml": policyText,
  "wider.yaml": wider,
  "both.yaml": policyText.replace("[x86_64]", "[x86_64, aarch64]"),
  "mixed.yaml": policyText.replace("[x86_64]", "[x86_64, s390x]"),
  "big.yaml": policyText.replace("[x86_64]", "[s390x, ppc64]"),
  "docker.json": JSON.stringify({
    defaultAction: "SCMP_ACT_KILL_PROCESS",
    architectures: ["SCMP_ARCH_X86_64"],
    syscalls: [
      { names: ["close", "read", "write", "brk", "exit_group"], action: "SCMP_ACT_ALLOW" },
      { names: ["fcntl"], action: "SCMP_ACT_ALLOW", args: [{ index: 1, value: 3, op: "SCMP_CMP_EQ" }] },
      { names: ["fcntl"], action: "SCMP_ACT_ALLOW", args: [{ index: 1, value: 2, op: "SCMP_CMP_EQ" }] },
      { names: ["ptrace"], action: "SCMP_ACT_ERRNO", errnoRet: 1 },
    ],
  }),
  "ioctl2.bpf": product(2),
  "ioctl3.bpf": product(3),
  "shifted.bpf": shifted(product(2)),
  "allow.bpf": bytes("ret #0x7fff0000"),
  "allow1.bpf": bytes("ret #0x7fff0001"),
  "a,b.yaml": policyText,
};

/** Runs `seccat prove` where these files are, `compile`d ones among them. */
function prove(...args: string[]): Ended {
  return withFiles(files, (cwd) => {
    for (const [policy, out] of [
      ["p.yaml", "p.bpf"],
      ["big.yaml", "big.bpf"],
    ] as const)
      if (args.some((word) => word.includes(out))) seccat(["compile", policy, "-o", out], { cwd });
    return seccat(["prove", ...args], { cwd });
  });
}

/** What is proved: arguments, and the claim. */
const proved: readonly (readonly [args: readonly string[], claim: string])[] = [
  [["p.bpf", "p.yaml"], "A and B do the same for every call"],
  [["p.bpf", "p.yaml", "--exact"], "A and B return the same for every input"],
  [["p.yaml", "wider.yaml", "--refines"], "A is never more permissive than B, for every call"],
  [["p.bpf", "both.yaml", "--arch", "x86_64"], "A and B do the same for every call of x86_64"],
  [["big.bpf", "big.yaml", "--exact"], "A and B return the same for every input"],
  [["p.bpf,wider.yaml", "p.yaml"], "A and B do the same for every call"],
  [["p.bpf,allow.bpf", "allow.bpf,p.bpf"], "A and B do the same for every call"],
  [["allow.bpf", "allow1.bpf"], "A and B do the same for every call"],
  [["a,b.yaml", "p.yaml"], "A and B do the same for every call"],
  [["mixed.yaml,p.yaml", "p.yaml", "--arch", "x86_64"], "A and B do the same for every call of x86_64"],
];

for (const [args, claim] of proved) {
  test(`prove ${args.join(" ")} is proved, with exit code 0`, () => {
    const { code, stdout, stderr } = prove(...args);
    assert.is(stderr, "");
    assert.is(stdout.split("\n")[0], `proved: ${claim}`);
    assert.is(code, 0);
  });
}

test("a proof names both sides", () => {
  assert.match(
    prove("p.bpf", "p.yaml").stdout,
    /\n {2}A {2}p\.bpf: \d+ instructions, little-endian\n {2}B {2}p\.yaml: a policy of 3 rules\n$/,
  );
});

test("two policies that differ get a call, both verdicts and both deciding places", () => {
  const { code, stdout } = prove("p.yaml", "wider.yaml");
  assert.is(code, 1);
  assert.is(
    stdout,
    `differs: fcntl(fd=0, cmd=F_SETFL, arg=0) on x86_64, nr 72
  A  p.yaml kills the process, by the default
  B  wider.yaml allows, by rule 2 (wider.yaml:6): opening the image folder
`,
  );
});

test("a program that differs from a policy is shown with the way through its listing", () => {
  const { code, stdout } = prove("allow.bpf", "p.yaml");
  assert.is(code, 1);
  assert.match(
    stdout,
    /\n {2}A {2}allow\.bpf allows:\n {5}0000 +return ALLOW\n {2}B {2}p\.yaml kills the process, /,
  );
});

test("a policy is compared as itself with one in another format", () => {
  const { code, stdout } = prove("docker.json", "p.yaml");
  assert.is(code, 1);
  assert.match(stdout, /^differs: fcntl\(fd=0, cmd=0x\w+0000000\d, arg=0\) on x86_64, nr 72\n/);
  assert.match(stdout, /\n {2}B {2}p\.yaml allows, by rule 2 /);
});

test("--refines finds the call that only A lets through", () => {
  const { code, stdout } = prove("wider.yaml", "p.yaml", "--refines");
  assert.is(code, 1);
  assert.match(
    stdout,
    /^no: A is more permissive than B: fcntl\(fd=0, cmd=F_SETFL, arg=0\) on x86_64, nr 72\n/,
  );
});

test("--exact sees numbers that mean the same to the kernel", () => {
  const { code, stdout } = prove("allow.bpf", "allow1.bpf", "--exact");
  assert.is(code, 1);
  assert.match(stdout, /\n {2}A {2}allow\.bpf returns 0x7fff0000: allows:\n/);
  assert.match(stdout, /\n {2}B {2}allow1\.bpf returns 0x7fff0001: allows:\n/);
});

test("a stack is told layer by layer, the newest first", () => {
  const { code, stdout } = prove("allow.bpf,p.yaml", "allow.bpf");
  assert.is(code, 1);
  assert.match(stdout, /\n {2}A {2}allow\.bpf on p\.yaml: the stack kills the process\n/);
  assert.match(stdout, /\n {5}allow\.bpf allows:\n {5}0000 /);
  assert.match(stdout, /\n {5}p\.yaml kills the process, by the default\n/);
});

test("words mixed beyond the budget are unknown: the instruction, the reason, what is open, exit code 3", () => {
  const { code, stdout } = prove("ioctl2.bpf", "shifted.bpf");
  assert.is(code, 3);
  assert.is(
    stdout,
    `unknown: no difference was found, but not everything was compared
  A  ioctl2.bpf, instruction 0009: A *= X
     its operation alone takes more than half of the budget
     open: ioctl on x86_64; such as ioctl(fd=0, request=0, arg=0) on x86_64
  The budget was 1,048,576 nodes for each diagram; --nodes 4194304 may decide it.
`,
  );
});

test("--arch leaves nothing open where the other arches are not asked about", () => {
  assert.is(prove("ioctl2.bpf", "shifted.bpf", "--arch", "aarch64,x32").code, 0);
});

test("a difference beside an open part is told, and the open part too", () => {
  const { code, stdout } = prove("ioctl2.bpf", "ioctl3.bpf");
  assert.is(code, 1);
  assert.match(stdout, /^differs: open\(/);
  assert.match(stdout, /\nNot everything was compared:\n {2}A {2}ioctl2\.bpf, instruction 0009: A \*= X\n/);
});

test("the budget is said, and --nodes changes it", () => {
  const { code, stdout } = prove("ioctl2.bpf", "shifted.bpf", "--nodes", "2048");
  assert.is(code, 3);
  assert.match(stdout, /The budget was 2,048 nodes for each diagram; --nodes 8192 may decide it\.\n$/);
});

test("a long way through a program is shortened, and says so", () => {
  const long = Array.from({ length: 40 }, (_, i) => `jeq #${1000 + i}, a`);
  const program = bytes("ld [0]", ...long, "ret #0x7fff0000", "a: ret #0x7fff0000");
  withFiles({ "long.bpf": program, "p.yaml": policyText }, (cwd) => {
    const { stdout } = seccat(["prove", "long.bpf", "p.yaml"], { cwd });
    assert.match(stdout, /\n {5}\.{3} {3}18 more instructions, all in --json\n/);
    const data = JSON.parse(seccat(["prove", "long.bpf", "p.yaml", "--json"], { cwd }).stdout);
    assert.is(data.witness.a.layers[0].steps.length, 42);
  });
});

test("--json has the witness, both answers and what it took", () => {
  const { code, stdout } = prove("p.bpf", "wider.yaml", "--json");
  assert.is(code, 1);
  const data = JSON.parse(stdout);
  assert.is(data.answer, "differs");
  assert.equal([data.a, data.b], [["p.bpf"], ["wider.yaml"]]);
  const { witness } = data;
  assert.equal([witness.arch, witness.nr, witness.syscall, witness.args[1]], ["x86_64", 72, "fcntl", "0x4"]);
  assert.equal([witness.a.verdict, witness.b.verdict], ["kill_process", "allow"]);
  assert.is(witness.a.layers[0].steps[0].pc, 0);
  assert.is(witness.b.layers[0].rule, 2);
  assert.is(witness.b.layers[0].where.line, 6);
  assert.is(data.nodes.budget, 1 << 20);
  assert.ok(data.nodes.made > 0);
});

test("--json of an unknown answer names instruction, reason and regions", () => {
  const data = JSON.parse(prove("ioctl2.bpf", "shifted.bpf", "--json").stdout);
  assert.is(data.answer, "unknown");
  const [part] = data.open;
  assert.equal(part.places, [{ reason: "instruction", pc: 9, text: "A *= X" }]);
  assert.equal([part.side, part.file], ["a", "ioctl2.bpf"]);
  assert.is(part.regions[0].text, "ioctl on x86_64");
  assert.is(part.example.nr, 16);
});

test("- is standard input, once", () => {
  withFiles(files, (cwd) => {
    assert.is(seccat(["prove", "-", "p.yaml"], { cwd, input: policyText }).code, 0);
    assert.is(
      seccat(["prove", "-", "-"], { cwd, input: policyText }).stderr,
      "seccat: error: standard input can be read once only\n  fix: write one of them to a file\n",
    );
  });
});

/** Calls that are wrong, and what is said first about them. */
const bad: readonly (readonly [args: readonly string[], stderr: string])[] = [
  [["p.yaml"], "seccat: error: B is missing"],
  [["p.yaml", "nope.yaml"], "seccat: error: cannot read nope.yaml: no such file or directory"],
  [["p.yaml", "p.yaml,"], "seccat: error: a stack has a file without a name"],
  [["p.yaml", "p.yaml", "--exact", "--refines"], "seccat: error: --exact and --refines exclude each other"],
  [["p.yaml", "p.yaml", "--nodes", "many"], "seccat: error: --nodes is no number that can be used"],
  [["p.yaml", "p.yaml", "--arch", "x86_65"], "seccat: error: unknown arch x86_65"],
  [
    ["mixed.yaml,p.yaml", "p.yaml"],
    "seccat: error: mixed.yaml is a policy for both byte orders, and a stack runs on one machine",
  ],
];

for (const [args, expected] of bad) {
  test(`prove ${args.join(" ")} is refused with exit code 2`, () => {
    const { code, stdout, stderr } = prove(...args);
    assert.is(code, 2);
    assert.is(stdout, "");
    assert.is(stderr.split("\n")[0], expected);
  });
}

test.run();
