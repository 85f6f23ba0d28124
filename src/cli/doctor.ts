import { type HostFact, hostStatus } from "../enforce/index.ts";
import type { Args } from "./args.ts";
import { Exit, outStyle, print, printJson, visible } from "./output.ts";
import { fold, lineWidth } from "./table.ts";

/** `seccat doctor`: what this machine can do; exit code 3 when it cannot put a command under a filter. */
export async function doctor(args: Args): Promise<number> {
  const status = await hostStatus();
  if (args.flag("json")) printJson(status);
  else {
    const style = outStyle();
    const width = Math.max(...status.facts.map(({ name }) => name.length));
    for (const fact of status.facts) print(factText(fact, width));
    const can = (yes: boolean, what: string) => `  ${yes ? style.green("yes") : style.red("no ")}  ${what}\n`;
    print(`\n${style.bold("So on this machine Seccat can")}\n`);
    print(can(true, "learn from logs, compile, test and explain policies"));
    print(can(status.install, "put a Node process under a filter (install)"));
    print(can(status.run, "put a command under a filter (run)"));
    print(can(status.supervise, "name the calls that a filter denies (run --explain)"));
    print(can(status.supervise, "watch a program, and decide about its calls (trace, supervise)"));
    print(can(status.read, "read the filters of other processes (pid:N)"));
  }
  return status.run ? Exit.yes : Exit.host;
}

function factText({ name, value, state, reason, cost }: HostFact, width: number): string {
  const style = outStyle();
  const sign = state === "yes" ? style.green("ok") : state === "no" ? style.red("no") : style.dim("--");
  const indent = `\n${" ".repeat(width + 8)}`;
  const room = Math.max(20, lineWidth() - width - 8);
  const lines = fold(visible(reason === undefined ? value : `${value} (${reason})`), room);
  const costs = cost === undefined ? [] : fold(`cost: ${cost}`, room).map(style.yellow);
  return `  ${sign}  ${name.padEnd(width)}  ${[...lines, ...costs].join(indent)}\n`;
}
