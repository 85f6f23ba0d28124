/** A call that somebody makes, in words: what its numbers are called and what its pointers point to. */
export type { SocketAddress } from "./address.ts";
export type { DecodedArg } from "./argument.ts";
export { type DecodedCall, decodeCall } from "./call.ts";
export { type Caller, unseen } from "./caller.ts";
export { plain } from "./quote.ts";
