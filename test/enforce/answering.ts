import type { MakeHandler } from "../../src/enforce/loop.ts";

/** Answers in a worker: the first argument tells how. Counts calls, and hands those with 7 to the starting thread. */
export const makeHandler: MakeHandler = ({ data, post }) => {
  let calls = 0;
  return {
    onCall: (call) => {
      calls++;
      if (call.args[0] === 7n) {
        post(call);
        return undefined;
      }
      if (call.args[0] === 8n) throw new Error("a fault in the handler");
      return call.args[0] === 9n ? { continue: true } : { value: (call.args[0] ?? 0n) + 1n };
    },
    onEnd: () => ({ calls, data }),
  };
};
