// Records the command in the arguments and says how it ended: a process of its own, to which a test sends signals.
// It says "running" as soon as the command sleeps.
import { recordStrace } from "../../src/trace/record.ts";

let running = false;
const recorded = await recordStrace(process.argv.slice(2), {
  each: (event) => {
    if (running || event.kind !== "call" || event.result !== "0" || !event.args.includes('["sleep"')) return;
    running = true;
    console.log(`running ${event.pid}`);
  },
});
console.log(JSON.stringify(recorded));
