/** The value below which the share `at` (0 to 1) of `values` lies. */
export function quantile(values: readonly number[], at: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(at * (values.length - 1))] ?? Number.NaN;
}

/** Median, tenth and ninetieth percentile. */
export interface Spread {
  readonly median: number;
  readonly p10: number;
  readonly p90: number;
}

/** The spread of some measurements. */
export function spreadOf(values: readonly number[]): Spread {
  return { median: quantile(values, 0.5), p10: quantile(values, 0.1), p90: quantile(values, 0.9) };
}

/** Between which two measurements the true median lies, with 95 % confidence, whatever their distribution is. */
export function medianInterval(values: readonly number[]): { readonly low: number; readonly high: number } {
  const sorted = [...values].sort((a, b) => a - b);
  // The median's rank is binomial.
  const half = 0.98 * Math.sqrt(sorted.length);
  const low = Math.max(0, Math.floor(sorted.length / 2 - half));
  const high = Math.min(sorted.length - 1, Math.ceil(sorted.length / 2 + half));
  return { low: sorted[low] ?? Number.NaN, high: sorted[high] ?? Number.NaN };
}
