/** The lines of a program that allows ioctl by a product of two arguments, and the call `also`; it kills the rest. */
export function productLines(also: number): string[] {
  return [
    "ld [4]",
    "jne #0xc000003e, k",
    "ld [0]",
    "jeq #16, m",
    `jeq #${also}, a`,
    "ja k",
    "m: ld [16]",
    "tax",
    "ld [24]",
    "mul x",
    "jgt #0x12345678, a",
    "k: ret #0x80000000",
    "a: ret #0x7fff0000",
  ];
}
