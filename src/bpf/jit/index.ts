/** Programs as JavaScript: the one place to import them from. */
export { type Evaluator, jit } from "./evaluator.ts";
export { jitStack } from "./stack.ts";
