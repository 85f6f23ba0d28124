/** What only the running kernel decides: loading a filter, and how its refusals are reported. */
import { SeccatError } from "../abi/error.ts";
import type { Program } from "../bpf/program.ts";
import { install } from "../enforce/install.ts";
import {
  SCMP_FLTATR_API_SYSRAWRC,
  SCMP_FLTATR_CTL_LOG,
  SCMP_FLTATR_CTL_NNP,
  SCMP_FLTATR_CTL_SSB,
  SCMP_FLTATR_CTL_TSYNC,
} from "./constant.ts";
import type { Failure, FilterContext } from "./context.ts";

/** Puts this process under `program` as the attributes of `ctx` say. Throws what `install` throws. */
export function load(ctx: FilterContext, program: Program): void {
  const flag = (attr: number) => ctx.attribute(attr) === 1;
  const { listener } = install(program, {
    tsync: flag(SCMP_FLTATR_CTL_TSYNC),
    noNewPrivs: flag(SCMP_FLTATR_CTL_NNP),
    log: flag(SCMP_FLTATR_CTL_LOG),
    specAllow: flag(SCMP_FLTATR_CTL_SSB),
    listener: ctx.notifies && ctx.notifyFd === undefined,
  });
  if (listener !== undefined) ctx.notifyFd = listener;
}

/**
 * The negative errno for what went wrong in the system: -ESRCH for threads that cannot be brought under the
 * filter, -E2BIG for a program that is too long, else -ECANCELED, or with API_SYSRAWRC the system's own.
 */
export function systemFailure(
  ctx: FilterContext,
  error: unknown,
  code: (failure: Failure) => number,
): number {
  if (error instanceof SeccatError) {
    ctx.error = error;
    if (error.code === "limit") return code("E2BIG");
  }
  const errno = errnoOf(error) ?? errnoOf(error instanceof Error ? error.cause : undefined);
  if (errno === code("ESRCH")) return errno;
  return errno !== undefined && ctx.attribute(SCMP_FLTATR_API_SYSRAWRC) === 1 ? errno : code("ECANCELED");
}

/** The negative errno that Node's and the shim's failures carry. */
function errnoOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("errno" in error)) return undefined;
  return typeof error.errno === "number" ? -Math.abs(error.errno) : undefined;
}
