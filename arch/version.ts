/** Orders kernel versions by their numbers: negative when `a` is older, 0 when equal ("5.1" and "5.1.0" are). */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a.split("."), b.split(".")];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = number(left[i]) - number(right[i]);
    if (difference !== 0) return difference;
  }
  return 0;
}

function number(part: string | undefined): number {
  return Number.parseInt(part ?? "", 10) || 0;
}
