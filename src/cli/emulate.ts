import { type AbiName, abiOf, type SyscallName, syscallName } from "../../arch/index.ts";
import { type Action, combineReturns, decodeAction } from "../abi/action.ts";
import { packData, type SeccompData } from "../abi/data.ts";
import { type Trace, trace } from "../bpf/run.ts";
import { callText } from "../explain/index.ts";
import { seccompData } from "../policy/call.ts";
import { evaluate } from "../policy/evaluate.ts";
import { actionText } from "../testing/action.ts";
import { archOf, hostAbi } from "./arch.ts";
import { type Args, usage } from "./args.ts";
import { type Filter, installedJson, printWarnings, readStack, type Stack } from "./filter.ts";
import { Exit, outStyle, print, printJson } from "./output.ts";
import { placeText, processJson, taskText } from "./process.ts";
import { pathText, reasonText } from "./reason.ts";
import { fold, lineWidth } from "./table.ts";

/**
 * `seccat emulate`: one verdict, with the path through the listing, or with the call `-` the verdicts on all calls
 * of standard input; exit code 0 when all pass.
 */
export async function emulate(args: Args): Promise<number> {
  const many = args.text("call") === "-";
  if (many) checkMany(args);
  const word = args.maybe("arch");
  const asked = word === undefined ? undefined : archOf(word);
  const stack = readStack(args.text("filter"), { target: asked });
  const abi = asked ?? (stack.process ? hostAbi() : stack.filters[0].arches[0]) ?? hostAbi() ?? "x86_64";
  const ip = args.maybe("ip");
  if (many) {
    printWarnings(stack);
    const { emulateStream } = await import("./stream.ts");
    const [oldest, ...newer] = stack.filters;
    const newestFirst = [...newer.map(({ program }) => program).reverse(), oldest.program] as const;
    return emulateStream(newestFirst, {
      abi,
      ip: ip === undefined ? 0n : address(ip),
      json: args.flag("json"),
    });
  }
  const data = seccompData({
    abi,
    call: args.text("call"),
    args: args.texts("args"),
    ...(ip === undefined ? {} : { instructionPointer: address(ip) }),
  });
  const judged = judge(stack, data);
  const action = decodeAction(judged.traced.ret);
  const passes = action.kind === "allow" || action.kind === "log";
  if (args.flag("json")) printJson(verdictJson(stack, judged, abi, data, action));
  else {
    printWarnings(stack);
    printVerdict(stack, judged, abi, data, action);
  }
  return passes ? Exit.yes : Exit.no;
}

/** What each filter of a stack says, and the one whose word counts. */
interface Judged {
  readonly filter: Filter;
  readonly traced: Trace;
  /** Oldest first. */
  readonly all: readonly { readonly filter: Filter; readonly traced: Trace }[];
}

/** By the kernel's precedence: the strictest answer, and of equal ones the newest. */
function judge({ filters }: Stack, data: SeccompData): Judged {
  const [first, ...more] = filters;
  const answer = (filter: Filter) => ({
    filter,
    traced: trace(filter.program, packData(data, filter.program.endian)),
  });
  const all = [answer(first), ...more.map(answer)] as const;
  const newestFirst = all.toReversed();
  const ret = combineReturns(newestFirst.map(({ traced }) => traced.ret));
  return { ...(newestFirst.find(({ traced }) => traced.ret === ret) ?? newestFirst[0] ?? all[0]), all };
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

function verdictJson(
  { process }: Stack,
  { filter, traced, all }: Judged,
  abi: AbiName,
  data: SeccompData,
  action: Action,
) {
  const verdict = {
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
  if (!process) return verdict;
  return {
    ...verdict,
    ...processJson(process),
    decides: filter.installed?.index ?? null,
    filters: all.map(({ filter, traced: { ret, steps } }) => ({
      ...installedJson(filter),
      ret,
      verdict: actionText(decodeAction(ret), abi),
      steps,
    })),
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

function printVerdict(stack: Stack, judged: Judged, abi: AbiName, data: SeccompData, action: Action): void {
  const style = outStyle();
  const text = actionText(action, abi);
  const passes = action.kind === "allow" || action.kind === "log";
  const { filter, traced, all } = judged;
  print(`${callText(data)} on ${abi}: ${style.bold(passes ? style.green(text) : style.red(text))}\n`);
  print(`${reason(stack, filter, data)}\n`);
  print(pathText(filter.program, traced, abi, style));
  const others = all.filter((one) => one.filter !== filter);
  if (others.length > 0) print(othersText(others, abi));
}

function reason({ process }: Stack, { policy, name, installed }: Filter, data: SeccompData): string {
  const steps = "the path through the program:";
  if (process && installed) return `by ${placeText(installed, process)}, of ${taskText(process)}; ${steps}`;
  if (!policy) return steps;
  return `${reasonText(policy, data, name)}; ${steps}`;
}

/** What the filters answer whose word does not count, those of one answer together. */
function othersText(others: Judged["all"], abi: AbiName): string {
  const byAnswer = new Map<string, number[]>();
  for (const { filter, traced } of others) {
    const answer = actionText(decodeAction(traced.ret), abi);
    byAnswer.set(answer, [...(byAnswer.get(answer) ?? []), filter.installed?.index ?? 0]);
  }
  const parts = [...byAnswer].map(([answer, indices]) => {
    return `${indices.length > 1 ? "filters" : "filter"} ${indices.join(", ")}: ${answer}`;
  });
  return `${fold(`the others: ${parts.join("; ")}`, lineWidth()).join("\n")}\n`;
}
