import { type AbiName, abiOf, syscallName } from "../../arch/index.ts";
import { inheritedWords } from "../enforce/command.ts";
import { type Denial, logDenials } from "../enforce/denials.ts";
import { endKeepingTerminal } from "../enforce/ending.ts";
import { endWithParent } from "../enforce/parent.ts";
import { plan } from "../enforce/plan.ts";
import type { NotStarted, SpawnOptions } from "../enforce/prepare.ts";
import { run } from "../enforce/run.ts";
import { actionText } from "../testing/action.ts";
import { hostAbi } from "./arch.ts";
import { type Args, usage } from "./args.ts";
import { type Loaded, loadProgram, printWarnings } from "./binary.ts";
import { endAtOnce, errStyle, printIssue, say } from "./output.ts";
import { readSetting } from "./setting.ts";

/** `seccat run`: a command under policies. Exits as the command does, 125 when it could not be put under them. */
export async function runCommand(args: Args): Promise<number> {
  const { command } = args;
  const paths = args.texts("policy");
  const expected = "seccat run --policy POLICY -- CMD [ARG…]";
  if (command.length === 0) throw usage("there is no command to run", { expected });
  if (paths.length === 0) throw usage("--policy is missing", { expected });
  const [log, explain, json] = [args.flag("log"), args.flag("explain"), args.flag("json")];
  if (log && explain)
    throw usage("--log and --explain exclude each other", {
      fix: "--explain denies and tells; --log denies nothing",
    });
  const own = hostAbi();
  const filters: Loaded[] = [];
  for (const path of paths) filters.push(await loadProgram(path, own));
  for (const filter of filters) printWarnings(filter);
  const setting = readSetting(args);
  const denials: Denial[] = [];
  const onDenied = (denial: Denial) => {
    denials.push(denial);
    if (!json) say(`seccat: ${denialText(denial, own)}`);
  };
  const programs = filters.map(({ program }) => (log ? logDenials(program) : program));
  const options: SpawnOptions = {
    ...setting.spawn,
    ...(log ? { log } : {}),
    ...(explain ? { onDenied } : {}),
  };
  const words = inheritedWords(command);
  if (args.flag("dry-run")) {
    const planned = plan(programs, words, options);
    if (planned.kind === "not-started") return refuse(planned);
    const { printPlan } = await import("./dryrun.ts");
    printPlan(planned, paths, setting, { log, explain, json });
    return 0;
  }
  if (options.killOnParentExit) endWithParent();
  const result = await run(programs, words, options);
  if (result.kind === "not-started") return refuse(result);
  if (json)
    say(
      JSON.stringify({
        status: result.status,
        signal: result.signal ?? null,
        denials: denials.map((denial) => denialJson(denial, own)),
      }),
    );
  else if (result.signal === "SIGSYS") say(killedText(paths, explain));
  endKeepingTerminal(result.status);
  endAtOnce(result.status);
  return result.status;
}

function refuse({ error, status }: NotStarted): number {
  for (const issue of error.issues) printIssue(issue);
  return status;
}

function killedText(paths: readonly string[], explained: boolean): string {
  const style = errStyle();
  const path = paths.join(paths.length === 2 ? " or " : ", ");
  const how = explained
    ? ""
    : `\n  ${style.dim("fix:")} --explain names the call; seccat emulate ${paths.at(-1)} CALL tells the rule`;
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
