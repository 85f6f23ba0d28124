/** Orders kernel versions by their numbers: negative when `a` is older, 0 when equal ("5.1" and "5.1.0" are). */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a.split("."), b.split(".")];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = Number.parseInt(left[i] ?? "0", 10) - Number.parseInt(right[i] ?? "0", 10);
    if (difference !== 0) return difference;
  }
  return 0;
}
