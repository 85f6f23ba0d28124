import type { Native } from "../native.ts";
import type { Step } from "./block.ts";
import { STEP_SIZE, WAIT } from "./layout.ts";

/** Data placed one behind another from an address on, behind `count` steps. */
export class Memory {
  readonly #parts: { readonly address: number; readonly bytes: Uint8Array }[] = [];
  readonly #start: number;
  readonly #little: boolean;
  readonly #wordBytes: 4 | 8;
  #end: number;

  constructor(start: number, count: number, { endian, wordBytes }: Native) {
    this.#start = start;
    this.#end = start + count * STEP_SIZE;
    this.#little = endian === "little";
    this.#wordBytes = wordBytes;
  }

  /** Places the bytes that `make` makes for an address; gives that address. */
  place(make: (address: number) => Uint8Array): number {
    const address = Math.ceil(this.#end / 8) * 8;
    const bytes = make(address);
    this.#parts.push({ address, bytes });
    this.#end = address + bytes.length;
    return address;
  }

  /** 64 bits each. */
  words(values: readonly (number | bigint)[]): number {
    const bytes = new Uint8Array(values.length * 8);
    const view = new DataView(bytes.buffer);
    values.forEach((value, i) => {
      view.setBigUint64(i * 8, BigInt.asUintN(64, BigInt(value)), this.#little);
    });
    return this.place(() => bytes);
  }

  /** 32 bits each. */
  integers(values: readonly number[]): number {
    const bytes = new Uint8Array(values.length * 4);
    const view = new DataView(bytes.buffer);
    values.forEach((value, i) => {
      view.setUint32(i * 4, value, this.#little);
    });
    return this.place(() => bytes);
  }

  /** As wide as a pointer each. */
  longs(values: readonly number[]): number {
    return this.#wordBytes === 8 ? this.words(values) : this.integers(values);
  }

  /** A string ended by NUL. */
  string(bytes: Uint8Array): number {
    const address = this.place(() => bytes);
    this.#end++;
    return address;
  }

  /** An array of pointers to strings, ended by a null pointer. */
  pointers(strings: readonly Uint8Array[]): number {
    return this.longs([...strings.map((bytes) => this.string(bytes)), 0]);
  }

  /** Everything from the start on, the steps first. */
  bytes(steps: readonly Step[]): Uint8Array {
    const all = new Uint8Array(this.#end - this.#start);
    const view = new DataView(all.buffer);
    steps.forEach((step, at) => {
      [step.nr ?? WAIT, ...step.args].forEach((value, i) => {
        view.setBigUint64(at * STEP_SIZE + i * 8, BigInt.asUintN(64, BigInt(value)), true);
      });
    });
    for (const { address, bytes } of this.#parts) all.set(bytes, address - this.#start);
    return all;
  }
}
