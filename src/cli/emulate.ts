import { type AbiName, abiOf, type SyscallName, syscallName } from "../../arch/index.ts";
import { type Action, decodeAction } from "../abi/action.ts";
import { packData, type SeccompData } from "../abi/data.ts";
import { type Trace, trace } from "../bpf/run.ts";
import { callText } from "../explain/index.ts";
import { seccompData } from "../policy/call.ts";
import { evaluate } from "../policy/evaluate.ts";
import { actionText } from "../testing/action.ts";
import { archOf, hostAbi } from "./arch.ts";
import { type Args, usage } from "./args.ts";
import { type Filter, printWarnings, readFilter } from "./filter.ts";
import { Exit, outStyle, print, printJson } from "./output.ts";
import { pathText, reasonText } from "./reason.ts";

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
  print(`${callText(data)} on ${abi}: ${style.bold(passes ? style.green(text) : style.red(text))}\n`);
  print(`${reason(filter, data)}\n`);
  print(pathText(filter.program, traced, abi, style));
}

function reason(filter: Filter, data: SeccompData): string {
  const steps = "the path through the program:";
  if (!filter.policy) return steps;
  return `${reasonText(filter.policy, data, filter.name)}; ${steps}`;
}
