/** A value measured several times. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly firstQuartile: number;
  readonly thirdQuartile: number;
  readonly rounds: number;
}

/** The value below which this share of the sorted values lies. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number;
}

/** The middle of the values, between two of them when their number is even. */
function middle(sorted: readonly number[]): number {
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] ?? Number.NaN)) / 2;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((left, right) => left - right);
  return {
    median: middle(sorted),
    least: sorted[0] ?? Number.NaN,
    most: sorted.at(-1) ?? Number.NaN,
    firstQuartile: quantile(sorted, 0.25),
    thirdQuartile: quantile(sorted, 0.75),
    rounds: sorted.length,
  };
}

/** What was measured round by round, divided round by round: whatever slowed a whole round down is in both and cancels. */
export function pairedRatios(over: readonly number[], under: readonly number[]): number[] {
  return over.map((value, round) => value / (under[round] ?? Number.NaN));
}
