import { type AbiName, abiOf, type SyscallName, syscallArgs, syscallName } from "../../arch/index.ts";
import { type Action, decodeAction } from "../abi/action.ts";
import { packData, type SeccompData } from "../abi/data.ts";
import { type Trace, trace } from "../bpf/run.ts";
import { annotate, listLines } from "../bpf/text.ts";
import { seccompData } from "../policy/call.ts";
import { evaluate } from "../policy/evaluate.ts";
import { actionText } from "../testing/expect.ts";
import { archOf, hostAbi } from "./arch.ts";
import { type Args, usage } from "./args.ts";
import { paintReturn } from "./disasm.ts";
import { type Filter, printWarnings, readFilter } from "./filter.ts";
import { Exit, outStyle, print, printJson, visible } from "./output.ts";

/**
 * `seccat emulate`: one verdict, with the path through the listing, or with the call `-` the verdicts on all calls
 * of standard input; exit code 0 when all pass.
 */
export async function emulate(args: Args): Promise<number> {
  const many = args.text("call") === "-";
  if (many) checkMany(args);
  const word = args.maybe("arch");
  const asked = word === undefined ? undefined : archOf(word);
  const filter = readFilter(args.text("filter"), { target: asked });
  const abi = asked ?? filter.arches[0] ?? hostAbi() ?? "x86_64";
  const ip = args.maybe("ip");
  if (many) {
    printWarnings(filter);
    const { emulateStream } = await import("./stream.ts");
    return emulateStream(filter, { abi, ip: ip === undefined ? 0n : address(ip), json: args.flag("json") });
  }
  const data = seccompData({
    abi,
    call: args.text("call"),
    args: args.texts("args"),
    ...(ip === undefined ? {} : { instructionPointer: address(ip) }),
  });
  const traced = trace(filter.program, packData(data, filter.program.endian));
  const action = decodeAction(traced.ret);
  const passes = action.kind === "allow" || action.kind === "log";
  if (args.flag("json")) printJson(verdictJson(filter, abi, data, traced, action));
  else {
    printWarnings(filter);
    printVerdict(filter, abi, data, traced, action);
  }
  return passes ? Exit.yes : Exit.no;
}

function checkMany(args: Args): void {
  if (args.text("filter") === "-")
    throw usage("standard input cannot be the filter and the calls", { fix: "write the filter to a file" });
  const [first] = args.texts("args");
  if (first !== undefined)
    throw usage("with -, the arguments stand behind the calls on standard input", { received: first });
}

function address(text: string): bigint {
  if (/^(0x[0-9a-f]{1,16}|[0-9]{1,20})$/i.test(text)) {
    const value = BigInt(text);
    if (value < 1n << 64n) return value;
  }
  throw usage("--ip is no address", { expected: "0..2^64-1, decimal or 0x…", received: text });
}

function verdictJson(filter: Filter, abi: AbiName, data: SeccompData, traced: Trace, action: Action) {
  return {
    arch: abi,
    nr: data.nr,
    syscall: nameOf(data) ?? null,
    args: data.args,
    action: action.kind,
    data: "data" in action ? action.data : null,
    verdict: actionText(action, abi),
    ret: traced.ret,
    rule: ruleOf(filter, data) ?? null,
    steps: traced.steps,
  };
}

function nameOf(data: SeccompData): SyscallName | undefined {
  const abi = abiOf(data.arch, data.nr);
  return abi && syscallName(abi, data.nr);
}

/** The policy's rule that decides, counted from 1; undefined for a bare program and for defaults. */
function ruleOf(filter: Filter, data: SeccompData): number | undefined {
  const rule = filter.policy && evaluate(filter.policy, data).rule;
  return rule === undefined ? undefined : rule + 1;
}

function printVerdict(filter: Filter, abi: AbiName, data: SeccompData, traced: Trace, action: Action): void {
  const style = outStyle();
  const text = actionText(action, abi);
  const passes = action.kind === "allow" || action.kind === "log";
  print(`${callText(abi, data)} on ${abi}: ${style.bold(passes ? style.green(text) : style.red(text))}\n`);
  print(`${reason(filter, data)}\n`);
  const comments = annotate(filter.program, { abi });
  const lines = listLines(filter.program, { comments });
  const width = Math.max(...traced.steps.map(({ pc }) => lines[pc]?.words.length ?? 0));
  for (const { pc, a } of traced.steps) {
    const line = lines[pc];
    const words = paintReturn((line?.words ?? "").padEnd(line?.comment ? width : 0), style);
    const loaded = line?.words.startsWith("if ") ? style.dim(`A = ${short(a)}`.padEnd(14)) : " ".repeat(14);
    print(
      `  ${String(pc).padStart(4, "0")}  ${loaded}  ${words}${style.cyan(line?.comment ? `  ; ${line.comment}` : "")}\n`,
    );
  }
}

function short(value: number): string {
  return value < 0x1000 ? String(value) : `0x${value.toString(16)}`;
}

/** `socket(domain=0x2, type=0x1)`: the call with its arguments' names, as far as the ABI has them. */
function callText(abi: AbiName, data: SeccompData): string {
  const name = nameOf(data);
  if (name === undefined) return `syscall ${data.nr}`;
  const known = syscallArgs(abiOf(data.arch, data.nr) ?? abi, name) ?? [];
  const shown = known.map((arg, i) => `${arg.name}=${shortBig(data.args[i] ?? 0n)}`);
  return `${name}(${shown.join(", ")})`;
}

function shortBig(value: bigint): string {
  return value < 0x1000n ? String(value) : `0x${value.toString(16)}`;
}

function reason(filter: Filter, data: SeccompData): string {
  const steps = "the path through the program:";
  if (!filter.policy) return steps;
  const { reason: why, rule } = evaluate(filter.policy, data);
  if (why === "rule" && rule !== undefined) {
    const { why: because, where } = filter.policy.rules[rule] ?? {};
    const own = where?.file === undefined || where.file === filter.name;
    const line = own ? `line ${where?.line}` : visible(`${where.file}:${where.line}`);
    const place = where?.line === undefined ? "" : ` (${line})`;
    return `by rule ${rule + 1}${place}${because ? `: ${visible(because)}` : ""}; ${steps}`;
  }
  const words = {
    default: "by the default",
    newer: "as newer than the policy's kernel",
    badArch: "as an arch that the policy does not list",
  };
  return `${why === "rule" ? "" : words[why]}; ${steps}`;
}
