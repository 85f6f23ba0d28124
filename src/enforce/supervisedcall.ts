/** A waiting call as a handler gets it: arguments by name, the caller's memory, descriptors for the caller. */
import { existsSync, readlinkSync } from "node:fs";
import { resolve } from "node:path";
import {
  type AbiName,
  type Arg,
  type ArgValues,
  abiOf,
  abi as factsOf,
  type SyscallName,
  syscallArgs,
  syscallName,
} from "../../arch/index.ts";
import { SeccatError } from "../abi/error.ts";
import { notInjected } from "./inject.ts";
import type { Listener } from "./listener.ts";
import { CallMemory, type MemoryResult } from "./memory.ts";
import { native } from "./native.ts";
import type { Answer, Call } from "./notify.ts";
import { decodeStruct, encodeStruct, type Layout, type StructOf, structSize } from "./struct.ts";

/** Arguments of a call that is not known beforehand. */
export type AnyArgs = Readonly<Record<string, number | bigint>>;

/** Where something lies: an address, or the name of the argument that holds it. */
export type Where<Args> = bigint | (keyof Args & string);

/** Makes the arguments of a call from its registers. */
export type ReadArgs<Args> = (
  abi: AbiName,
  name: SyscallName | undefined,
  registers: readonly bigint[],
) => Args;

/** The longest path that the kernel takes, with its NUL. */
const PATH_MAX = 4096;
const AT_FDCWD = -100;

/** What the supervisor answers to a call whose handler did not catch one of this module's errors; `gone` for a call that waits no more. */
const apt = new WeakMap<object, Answer | "gone">();

/** What to answer when a handler threw `error`, where that follows from it; `gone` when there is nobody to answer. */
export function answerFor(error: unknown): Answer | "gone" | undefined {
  return typeof error === "object" && error !== null ? apt.get(error) : undefined;
}

/**
 * A call that waits for its answer.
 *
 * Methods that read or write the caller's memory look before and after whether the call still waits, so what they give
 * belonged to it. They throw when it does not, or when there is no such memory; a handler need not catch that: nobody is
 * answered in the first case, and the caller gets EFAULT, as from the kernel, in the second.
 *
 * What was read can change right afterwards. It is good for doing what the call asks for in the caller's place, and for
 * denying; it does not make `continue` safe.
 */
export class SupervisedCall<Args = AnyArgs> {
  /** The notification. */
  readonly notification: Call;
  readonly abi: AbiName;
  /** The call's name; undefined for a number that the tables do not know. */
  readonly name: SyscallName | undefined;
  readonly #listener: Listener;
  readonly #readArgs: ReadArgs<Args>;
  #memory: CallMemory | undefined;
  #args: Args | undefined;

  /** `readArgs` makes the arguments when they are first asked for. */
  constructor(listener: Listener, call: Call, readArgs: ReadArgs<Args>) {
    this.#listener = listener;
    this.#readArgs = readArgs;
    this.notification = call;
    const { abi, name } = named(call);
    this.abi = abi;
    this.name = name;
  }

  /** The caller's memory, whose methods give results instead of throwing. */
  get memory(): CallMemory {
    this.#memory ??= new CallMemory(this.#listener, this.notification);
    return this.#memory;
  }

  /** The thread that makes the call; 0 when it cannot be seen from here. */
  get pid(): number {
    return this.notification.pid;
  }

  /** The six raw registers. */
  get registers(): readonly bigint[] {
    return this.notification.args;
  }

  /** The arguments by name, as wide and as signed as the kernel reads them. */
  get args(): Args {
    this.#args ??= this.#readArgs(this.abi, this.name, this.registers);
    return this.#args;
  }

  /** Whether the caller still waits for the answer. */
  isWaiting(): boolean {
    return this.#listener.isWaiting(this.notification.id);
  }

  /** The text at a place, as C writes it; at most `limit` bytes with its NUL. Throws for a longer one (the caller gets ENAMETOOLONG) and for one that is no UTF-8 (EILSEQ). */
  string(where: Where<Args>, limit = PATH_MAX): string {
    const bytes = this.stringBytes(where, limit);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw answered("EILSEQ", this.#tell("holds a text that is no UTF-8"));
    }
  }

  /** The text at a place as bytes, without its NUL. Throws as string() does. */
  stringBytes(where: Where<Args>, limit = PATH_MAX): Uint8Array {
    const { bytes, ended } = this.#found(this.memory.readString(this.#address(where), limit));
    if (!ended) throw answered("ENAMETOOLONG", this.#tell(`holds a text of more than ${limit} bytes`));
    return bytes;
  }

  /** `length` bytes at a place. */
  bytes(where: Where<Args>, length: number): Uint8Array {
    return this.#found(this.memory.read(this.#address(where), length));
  }

  /** The structure at a place, laid out as on the caller's ABI. */
  struct<Fields extends Layout>(where: Where<Args>, layout: Fields): StructOf<Fields> {
    return decodeStruct(this.bytes(where, structSize(layout, this.abi)), layout, this.abi);
  }

  /** Writes bytes to a place. */
  write(where: Where<Args>, bytes: Uint8Array): void {
    this.#found(this.memory.write(this.#address(where), bytes));
  }

  /** Writes a structure to a place, laid out as on the caller's ABI. */
  writeStruct<Fields extends Layout>(where: Where<Args>, layout: Fields, values: StructOf<Fields>): void {
    this.write(where, encodeStruct(values, layout, this.abi));
  }

  /**
   * The path at a place, absolute: relative ones begin at the directory that the argument `dirfd` names, or at the caller's
   * own. Symbolic links are not followed, and the root is this process's: for a caller under chroot it is another.
   */
  path(where: Where<Args>, dirfd?: keyof Args & string): string {
    const path = this.string(where);
    if (path.startsWith("/")) return resolve(path);
    const directory = dirfd === undefined ? AT_FDCWD : Number(BigInt.asIntN(32, this.#value(dirfd)));
    return resolve(this.#link(directory === AT_FDCWD ? "cwd" : `fd/${directory}`), path);
  }

  /**
   * Gives the caller a copy of a descriptor of this process, without answering yet; its number there. The answer
   * { descriptor } does both in one step. Throws SeccatError "enforce" when the kernel refuses.
   */
  inject(descriptor: number, options: { readonly newfd?: number; readonly cloexec?: boolean } = {}): number {
    const result = this.#listener.inject(this.notification.id, { fd: descriptor, ...options });
    if (result.kind === "injected") return result.fd;
    if (result.kind === "gone") throw this.#gone();
    throw notInjected(descriptor, result.errno);
  }

  #value(name: string): bigint {
    const args = argsOf(this.abi, this.name, this.registers);
    const value = args[name];
    if (value !== undefined) return BigInt(value);
    throw new SeccatError({
      code: "name",
      message: `${this.name ?? "this call"} has no argument ${name}`,
      expected: Object.keys(args).join(", ") || "an address",
      received: name,
    });
  }

  #address(where: Where<Args>): bigint {
    return typeof where === "bigint" ? where : this.#value(where);
  }

  #link(file: string): string {
    let link: string;
    try {
      link = readlinkSync(`/proc/${this.pid}/${file}`);
    } catch (error) {
      if (!this.isWaiting()) throw this.#gone();
      if (
        existsSync(`/proc/${this.pid}/fd`) &&
        error instanceof Error &&
        "code" in error &&
        error.code === "ENOENT"
      )
        throw answered("EBADF", this.#tell(`names a directory that is not open (${file})`));
      throw new SeccatError({
        code: "enforce",
        message: this.#tell(`begins at a directory that cannot be seen: ${String(error)}`),
      });
    }
    if (!this.isWaiting()) throw this.#gone();
    return link;
  }

  #found<T>(result: MemoryResult<T>): T {
    switch (result.kind) {
      case "done":
        return result.value;
      case "gone":
        throw this.#gone();
      case "fault":
        throw answered(
          "EFAULT",
          this.#tell(`points to 0x${result.address.toString(16)}, where no memory is`),
        );
      default:
        throw new SeccatError({
          code: "enforce",
          message: `the memory of process ${this.pid} cannot be reached: ${result.errno}`,
          fix: "supervise as the same user or as root, with /proc mounted",
        });
    }
  }

  #gone(): SeccatError {
    const error = new SeccatError({ code: "enforce", message: this.#tell("waits no more for its answer") });
    apt.set(error, "gone");
    return error;
  }

  #tell(what: string): string {
    return `${this.name ?? `call ${this.notification.nr}`} of process ${this.pid} ${what}`;
  }
}

interface Named {
  readonly abi: AbiName;
  readonly name: SyscallName | undefined;
}

/** Names that were looked up of this machine's own arch, by number; callers can add no more to it than the tables hold. */
const names = new Map<number, Named>();

function named({ arch, nr }: Call): Named {
  const here = native();
  const found = arch === here.auditArch ? names.get(nr) : undefined;
  if (found) return found;
  const abi = abiOf(arch, nr) ?? here.abi;
  const made = { abi, name: syscallName(abi, nr) };
  if (arch === here.auditArch && made.name !== undefined) names.set(nr, made);
  return made;
}

function answered(errno: "EFAULT" | "ENAMETOOLONG" | "EILSEQ" | "EBADF", message: string): SeccatError {
  const error = new SeccatError({ code: "enforce", message });
  apt.set(error, { errno });
  return error;
}

/** A call of a known name. */
export type CallOf<Name extends SyscallName> = SupervisedCall<ArgValues<Name>>;

/**
 * The arguments of a call by name. Where a 32-bit ABI passes one in two registers, it and those after it cannot be told from
 * their places alone: asking for one throws a SeccatError "host".
 */
export function argsOf(abi: AbiName, name: SyscallName | undefined, registers: readonly bigint[]): AnyArgs {
  const known = (name && syscallArgs(abi, name)) ?? [];
  const { argBits } = factsOf(abi);
  const args: Record<string, number | bigint> = {};
  const split = known.findIndex((arg) => arg.split);
  known.forEach((arg, i) => {
    if (split < 0 || i < split) args[arg.name] = argumentOf(arg, registers[i] ?? 0n, argBits);
    else
      Object.defineProperty(args, arg.name, {
        get: () => {
          throw new SeccatError({
            code: "host",
            message: `${arg.name} of ${name} lies in a pair of registers on ${abi}`,
            fix: "read the six registers",
          });
        },
      });
  });
  return args;
}

function argumentOf({ type }: Arg, register: bigint, argBits: 32 | 64): number | bigint {
  switch (type) {
    case "i32":
      return Number(BigInt.asIntN(32, register));
    case "u32":
      return Number(BigInt.asUintN(32, register));
    case "u16":
      return Number(BigInt.asUintN(16, register));
    case "i64":
      return BigInt.asIntN(argBits, register);
    case "u64":
    case "ptr":
      return register;
    default: {
      const never: never = type;
      return never;
    }
  }
}
