/** The acts of the story in which servers run. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AbiName } from "../../../arch/index.ts";
import type { Program } from "../../bpf/program.ts";
import { attach, judge, notifyDenials } from "../../enforce/index.ts";
import type { AttackName } from "./attack.ts";
import { attackNames } from "./attack.ts";
import type { Answer } from "./client.ts";
import { request } from "./client.ts";
import { folder } from "./folder.ts";
import { programArgs } from "./guard.ts";
import { callText } from "./naming.ts";
import { UNGUARDED } from "./request.ts";
import type { Screen } from "./screen.ts";
import { grouped } from "./screen.ts";
import type { ChildEnd, ServerOptions } from "./server.ts";
import { startServer } from "./server.ts";

const CATS = 3;
/** No child of the story takes longer than that, in milliseconds. */
const PATIENCE = 5000;

/** Each misdeed in words, and the call that it cannot do without. */
const misdeeds: Readonly<Record<AttackName, { readonly title: string; readonly call: string }>> = {
  spawn: { title: "spawn a shell", call: "execve" },
  connect: { title: "open an outward socket", call: "socket" },
  ptrace: { title: "ptrace its parent", call: "ptrace" },
};

/** What one request came to: an answer or none, and how the child ended. */
interface Visit {
  readonly answer: Answer | undefined;
  readonly end: ChildEnd | undefined;
}

/** Asks a server of its own for a cat, once. */
async function visit(options: ServerOptions): Promise<Visit> {
  const ends: ChildEnd[] = [];
  const server = await startServer({ timeout: PATIENCE, ...options, onEnd: (end) => ends.push(end) });
  try {
    const answer = await request(server.port, "/randomcat").catch(() => undefined);
    await server.idle();
    return { answer, end: ends[0] };
  } finally {
    await server.close();
  }
}

/** A server without any filter serves cats; says whether it did. */
export async function playServing(stage: Screen): Promise<boolean> {
  stage.act("A server");
  stage.say("Every connection gets a process of its own, which reads the request and sends a cat:");
  return serveCats(stage, []);
}

/** The same server, each child under `program`; says whether the cats still came. */
export async function playGuarding(stage: Screen, program: Program): Promise<boolean> {
  stage.act("The same server, each child under the filter");
  stage.say("The child installs it on all its threads before it reads a single byte:");
  return serveCats(stage, programArgs(program));
}

async function serveCats(stage: Screen, childArgs: readonly string[]): Promise<boolean> {
  const ends: ChildEnd[] = [];
  const server = await startServer({ childArgs, timeout: PATIENCE, onEnd: (end) => ends.push(end) });
  try {
    const visits = Array.from({ length: CATS }, async () => {
      const answer = await request(server.port, "/randomcat").catch(() => undefined);
      stage.show(`GET /randomcat   ${answer ? catText(stage, answer) : stage.style.red("no answer")}`);
    });
    await Promise.all(visits);
    await server.idle();
  } finally {
    await server.close();
  }
  const bad = ends.filter(({ code }) => code !== 0);
  for (const { signal, code, errors } of bad)
    stage.show(stage.style.red(`${signal ?? code} ${errors.trim()}`));
  return bad.length === 0 && ends.length === CATS;
}

/** `200  image/png  26,140 bytes  sunrise`. */
function catText({ style }: Screen, { status, type, body }: Answer): string {
  return `${style.green(String(status))}  ${type}  ${grouped(body.length)} bytes  ${style.bold(catName(body) ?? "?")}`;
}

function catName(body: Buffer): string | undefined {
  const place = `${folder}images/`;
  return readdirSync(place)
    .find((name) => readFileSync(place + name).equals(body))
    ?.replace(/\.png$/, "");
}

/** Without a filter, a child that is taken over does what it wants. */
export async function playTakeover(stage: Screen): Promise<void> {
  const { style } = stage;
  stage.say("A hole in that process lets a stranger in. Ours can be asked to play the stranger:");
  const port = await closedPort();
  for (const name of attackNames) {
    const { answer, end } = await visit({ childArgs: attackArgs(name, port) });
    const said = answer?.body.toString().trim() ?? `no answer, ended with ${end?.signal ?? end?.code}`;
    const fate = answer?.status === 200 ? style.red("done") : "failed";
    stage.show(`${misdeeds[name].title.padEnd(24)}${fate}  ${said.slice(0, 45)}`);
  }
}

/** Under the filter, a child that is taken over is killed, and the call is named; says whether each was. */
export async function playStopping(stage: Screen, program: Program, abi: AbiName): Promise<boolean> {
  const { style } = stage;
  stage.act("Taken over again, under the filter");
  stage.say(
    "The kernel kills the child by SIGSYS before the call does anything. A second child, whose denials go to a supervisor first, tells which call it was:",
  );
  const port = await closedPort();
  let well = true;
  let nameless: string | undefined;
  for (const name of attackNames) {
    const [killed, { call, problem }] = await Promise.all([
      visit({ childArgs: [...programArgs(program), ...attackArgs(name, port)] }),
      nameDenial(program, attackArgs(name, port), abi),
    ]);
    const stopped = killed.end?.signal === "SIGSYS" && killed.answer === undefined;
    nameless ??= problem;
    const named = call === undefined ? problem !== undefined : call.startsWith(`${misdeeds[name].call}(`);
    well &&= stopped && named;
    const fate = stopped ? style.green("killed") : style.red("NOT STOPPED");
    stage.show(
      `${misdeeds[name].title.padEnd(24)}${fate}  ${style.bold(call ?? "by a call without a name")}`,
    );
  }
  if (nameless !== undefined)
    stage.say(`This machine does not let a supervisor in, hence no names: ${nameless}.`);
  return well;
}

/** Runs a child whose denials go to a supervisor; the first denied call in words, or why this machine tells none. */
async function nameDenial(
  program: Program,
  attack: readonly string[],
  abi: AbiName,
): Promise<{ readonly call?: string; readonly problem?: string }> {
  const calls: string[] = [];
  const problems: string[] = [];
  const listen = async (child: ChildProcess) => {
    try {
      const supervisor = await attach(
        child.pid ?? 0,
        {},
        {
          otherwise: ({ notification }) => {
            calls.push(callText(abi, notification));
            return judge([program], notification).answer;
          },
          wait: PATIENCE,
        },
      );
      await supervisor.done;
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
      child.kill("SIGKILL"); // it would wait for a supervisor
    }
  };
  const childArgs = [...programArgs(notifyDenials(program), true), ...attack];
  const listening: Promise<void>[] = [];
  const { end } = await visit({ childArgs, onStart: (child) => listening.push(listen(child)) });
  await Promise.all(listening);
  if (end?.code === UNGUARDED) problems.push(end.errors.split("\n")[0] ?? "");
  const [[call], [problem]] = [calls, problems];
  if (call !== undefined) return { call };
  return problem === undefined ? {} : { problem };
}

function attackArgs(name: AttackName, port: number): string[] {
  return ["--attack", name, "--target", String(port)];
}

/** A port of 127.0.0.1 where nobody listens: one that was free a moment ago. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 9;
}
