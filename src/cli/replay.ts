import type { AbiName } from "../../arch/index.ts";
import type { Issue } from "../abi/error.ts";
import type { CallEvent, Mode } from "../trace/event.ts";
import { formatReading, newLearner, type ReadReport } from "../trace/index.ts";
import { ownText } from "../trace/journal.ts";
import { type Args, usage } from "./args.ts";
import { type Filter, printWarnings, readFilter } from "./filter.ts";
import { inputName } from "./input.ts";
import { type Judged, LogJudge } from "./judge.ts";
import { logFiles, logNames, readLogs } from "./logs.ts";
import { Exit, outStyle, print, printJson, say, visible } from "./output.ts";
import { reasonText } from "./reason.ts";
import { counted } from "./side.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";
import { optionsOf } from "./traceoptions.ts";

/** Calls of one name by one process that had the same answers. */
interface Finding {
  readonly log: string;
  /** The first of them, counted in its log. */
  readonly line: number;
  readonly pid: number | undefined;
  readonly name: string;
  readonly count: number;
  readonly sight: Sight;
}

/** What is known of such calls from the first one. */
interface Sight {
  /** Undefined where the log does not tell enough. */
  readonly now: Judged | undefined;
  /** The older policy's answer. */
  readonly before: Judged | undefined;
  /** Why there is no answer. */
  readonly problem: Issue | undefined;
  readonly pid: number | undefined;
  readonly reason: string | undefined;
  readonly call: string;
}

/** More processes than this are not told apart, so that a log of many cannot fill the memory. */
const MOST_PIDS = 4096;

/** `seccat replay`: what a policy would have denied of what logs tell; exit code 1 if it would have denied something. */
export async function replay(args: Args): Promise<number> {
  const logs = logFiles(args.texts("logs"));
  const older = args.maybe("since");
  refuseSecondReader([args.text("policy"), ...(older === undefined ? [] : [older]), ...logs]);
  const options = optionsOf(args, logNames(logs).join(", "));
  const filter = readFilter(args.text("policy"), { target: options.native });
  const since = older === undefined ? undefined : readFilter(older, { target: options.native });
  const replayed = new Replay(filter, since, options.native);
  const learner = newLearner({ ...options, mark: (event, mode) => replayed.mark(event, mode) });
  const ends: number[] = [];
  await readLogs(logs, options.native, (event) => {
    learner.see(event);
    if (event.kind === "end") ends.push((ends.at(-1) ?? 0) + event.line);
  });
  const { calls, report } = learner.taken();
  const findings = calls.flatMap((call): Finding[] => {
    const sight = replayed.sights.get(call.mark);
    if (!sight) return [];
    const at = ends.findIndex((end) => call.first <= end);
    const line = call.first - (ends[at - 1] ?? 0);
    const log = inputName(logs[at] ?? "-");
    return [{ log, line, pid: sight.pid, name: call.name, count: call.count, sight }];
  });
  if (args.flag("json")) printJson(toJson(findings, report, since !== undefined));
  else {
    printWarnings(filter);
    for (const line of formatReading(report)) say(visible(line));
    print(inWords(findings, report, since, outStyle()));
  }
  const wrong = findings.some(({ sight }) => isDenied(sight) && (!since || sight.before?.passes !== false));
  if (wrong) return Exit.no;
  return findings.some(({ sight }) => sight.problem) ? Exit.host : Exit.yes;
}

function refuseSecondReader(paths: readonly string[]): void {
  if (paths.filter((path) => path === "-").length > 1)
    throw usage("standard input can be read once only", { fix: "write one of them to a file" });
}

function isDenied({ now }: Sight): boolean {
  return now?.passes === false;
}

/** Marks the calls that are to be told, and remembers the first of each kind. */
class Replay {
  readonly sights = new Map<string, Sight>();
  readonly #filter: Filter;
  readonly #judge: LogJudge;
  readonly #older: LogJudge | undefined;
  readonly #pids = new Set<number | undefined>();

  constructor(filter: Filter, older: Filter | undefined, native: AbiName) {
    this.#filter = filter;
    this.#judge = new LogJudge(filter.program, native);
    this.#older = older && new LogJudge(older.program, native);
  }

  /** "" for a call that nothing is to be said about. */
  mark(event: CallEvent, mode: Mode | undefined): string {
    const now = this.#judge.judge(event, mode);
    const before = this.#older?.judge(event, mode);
    if ("ret" in now && now.passes && !before) return "";
    if (before && "ret" in now && "ret" in before && now.ret === before.ret) return "";
    return this.#remember(event, now, before);
  }

  #remember(event: CallEvent, now: Judged | Issue, before: Judged | Issue | undefined): string {
    const pid = this.#pidOf(event.pid);
    const answers = [now, before].map((one) => (one === undefined ? "" : "ret" in one ? one.ret : "?"));
    const mark = `${event.name} ${answers.join(" ")} ${pid ?? ""}`;
    if (this.sights.has(mark)) return mark;
    const problem = [now, before].find((one): one is Issue => one !== undefined && !("ret" in one));
    const { policy, name } = this.#filter;
    const judged = "ret" in now ? now : undefined;
    this.sights.set(ownText(mark), {
      now: judged,
      before: before && "ret" in before ? before : undefined,
      problem,
      pid,
      reason: policy && judged && reasonText(policy, this.#judge.seen(judged), name),
      call: ownText(`${event.name}(${event.args.slice(0, 100)})`),
    });
    return mark;
  }

  #pidOf(pid: number | undefined): number | undefined {
    if (this.#pids.size < MOST_PIDS) this.#pids.add(pid);
    return this.#pids.has(pid) ? pid : undefined;
  }
}

function inWords(
  findings: readonly Finding[],
  { taken }: ReadReport,
  since: Filter | undefined,
  style: Style,
): string {
  const denied = findings.filter(({ sight }) => isDenied(sight));
  const open = findings.filter(({ sight }) => sight.problem);
  const other = findings.filter((one) => !denied.includes(one) && !open.includes(one));
  const newly = denied.filter(({ sight }) => !since || sight.before?.passes !== false);
  const otherwise = denied.filter((one) => !newly.includes(one));
  const parts = [
    section(since ? "denied now, and not before" : "would have been denied", newly, style.red),
    section("denied in another way", otherwise, style.yellow),
    section("denied before, and not now", other.filter(wasDenied), style.green),
    section(
      "allowed in another way",
      other.filter((one) => !wasDenied(one)),
      style.yellow,
    ),
    section("not known", open, style.yellow),
  ];
  const sum = (some: readonly Finding[]) => some.reduce((total, { count }) => total + count, 0);
  const unknown = open.length > 0 ? `, ${counted(sum(open), "call")} not known` : "";
  const what = since
    ? `${counted(sum(newly), "call")} denied that ${since.name} let pass`
    : `${sum(denied)} denied`;
  parts.push(
    `${counted(taken.calls, "call")}: ${newly.length > 0 ? style.red(what) : style.green(what)}${unknown}\n`,
  );
  return parts.join("");
}

function wasDenied({ sight }: Finding): boolean {
  return sight.before?.passes === false;
}

function section(title: string, findings: readonly Finding[], paint: (text: string) => string): string {
  if (findings.length === 0) return "";
  const rows = findings.map(({ log, line, pid, name, count, sight }) => [
    `${log}:${line}`,
    pid === undefined ? "" : `pid ${pid}`,
    name,
    count > 1 ? `${count} times` : "once",
    sight.problem ? `${sight.problem.message}: ${sight.call}` : answerText(sight),
  ]);
  return `${paint(title)}\n${table(rows.map((row) => row.map(visible)))}`;
}

function answerText({ now, before, reason }: Sight): string {
  const was = before ? `; before, ${before.text}` : "";
  return `${now?.text}${reason === undefined ? "" : ` ${reason}`}${was}`;
}

function toJson(findings: readonly Finding[], report: ReadReport, compared: boolean) {
  return {
    findings: findings.map(({ log, line, pid, name, count, sight }) => ({
      log,
      line,
      pid: pid ?? null,
      syscall: sight.now?.called.name ?? sight.before?.called.name ?? name,
      arch: sight.now?.called.abi ?? null,
      nr: sight.now?.called.nr ?? null,
      count,
      denied: isDenied(sight),
      verdict: sight.now?.text ?? null,
      ret: sight.now?.ret ?? null,
      ...(compared ? { before: sight.before?.text ?? null } : {}),
      reason: sight.reason ?? null,
      problem: sight.problem?.message ?? null,
      call: sight.call,
    })),
    report,
  };
}
