import type { MakeHandler } from "../src/enforce/loop.ts";

/** Answers from a worker as bench/notify.c does: with a value, or with CONTINUE. */
export const makeHandler: MakeHandler = ({ data }) => ({
  onCall: () => (data === "continue" ? { continue: true } : { value: 5n }),
});
