import { type AbiName, abiOf, syscallName } from "../../arch/index.ts";
import { type Denial, inheritedWords, run } from "../enforce/index.ts";
import { actionText } from "../testing/expect.ts";
import { hostAbi } from "./arch.ts";
import { type Args, usage } from "./args.ts";
import { printWarnings, readFilter } from "./filter.ts";
import { errStyle, printIssue, say } from "./output.ts";

/** `seccat run`: a command under a policy. Exits as the command does, 125 when it could not be put under it. */
export async function runCommand(args: Args): Promise<number> {
  const { command } = args;
  if (command.length === 0)
    throw usage("there is no command to run", {
      expected: "seccat run --policy POLICY -- CMD [ARG…]",
    });
  const path = args.maybe("policy");
  if (path === undefined)
    throw usage("--policy is missing", { expected: "seccat run --policy POLICY -- CMD [ARG…]" });
  const own = hostAbi();
  const filter = readFilter(path, { target: own });
  printWarnings(filter);
  const denials: Denial[] = [];
  const result = await run(filter.program, inheritedWords(command), {
    ...(args.flag("log") ? { log: true } : {}),
    ...(args.flag("explain")
      ? {
          onDenied: (denial) => {
            denials.push(denial);
            if (!args.flag("json")) say(`seccat: ${denialText(denial, own)}`);
          },
        }
      : {}),
  });
  if (result.kind === "not-started") {
    for (const issue of result.error.issues) printIssue(issue);
    return result.status;
  }
  if (args.flag("json"))
    process.stderr.write(
      `${JSON.stringify({ status: result.status, signal: result.signal ?? null, denials: denials.map((denial) => denialJson(denial, own)) })}\n`,
    );
  else if (result.signal === "SIGSYS") say(killedText(path, args.flag("explain")));
  return result.status;
}

function killedText(path: string, explained: boolean): string {
  const style = errStyle();
  const how = explained
    ? ""
    : `\n  ${style.dim("fix:")} --explain names the call; seccat emulate ${path} CALL tells the rule`;
  return `seccat: ${style.red("killed")}: the command made a call that ${path} does not allow (SIGSYS)${how}`;
}

function denialText({ call, action }: Denial, own: AbiName | undefined): string {
  const style = errStyle();
  const abi = abiOf(call.arch, call.nr) ?? own ?? "x86_64";
  const values = call.args.map((value) => (value < 4096n ? String(value) : `0x${value.toString(16)}`));
  return `${style.red("denied")}: pid ${call.pid}: ${nameOf(call)}(${values.join(", ")}): ${actionText(action, abi)}`;
}

function nameOf(call: Denial["call"]): string {
  const abi = abiOf(call.arch, call.nr);
  return (abi && syscallName(abi, call.nr)) ?? `syscall ${call.nr}`;
}

function denialJson({ call, action }: Denial, own: AbiName | undefined) {
  const abi = abiOf(call.arch, call.nr) ?? own ?? "x86_64";
  return {
    pid: call.pid,
    arch: abi,
    nr: call.nr,
    syscall: nameOf(call),
    args: call.args.map((value) => `0x${value.toString(16)}`),
    verdict: actionText(action, abi),
  };
}
