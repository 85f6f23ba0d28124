/** `npm run bench -- soak NAME [ARGUMENT ...]`: things that have to live for a long time, one file each. */
import { machine } from "./machine.ts";
import { soakRuntime } from "./runtime.ts";

/** A soak: prints what it finds and says how many deaths there were. */
type Soak = (args: readonly string[]) => Promise<number>;

const soaks: Readonly<Record<string, Soak>> = {
  /** [REQUESTS [SERVERS [NODE ...]]]: servers under the groups of Node's runtime; Node 20, 22, 24 and 26 from npm when none is named. */
  runtime: soakRuntime,
};

const [name = "runtime", ...args] = process.argv.slice(2);
const soak = Object.hasOwn(soaks, name) ? soaks[name] : undefined;
if (soak) {
  console.log(machine());
  process.exitCode = (await soak(args)) > 0 ? 1 : 0;
} else {
  console.error(`no soak is named ${name}: ${Object.keys(soaks).join(", ")}`);
  process.exitCode = 2;
}
