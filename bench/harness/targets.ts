import { markdown } from './table.ts';

/** A bound that a measured number has to keep, with the place where the number is found. */
export interface Target<Results> {
  readonly text: string;
  /** The number, undefined where its part was not measured. */
  of(results: Partial<Results>): number | undefined;
  readonly atMost?: number;
  readonly atLeast?: number;
  readonly below?: number;
}

/** A target and what was measured. */
export interface TargetResult {
  readonly text: string;
  readonly value: number;
  readonly wanted: string;
  readonly isMet: boolean;
}

/** Every target whose part was measured. A value that is not a number misses it. */
export function judge<Results>(targets: readonly Target<Results>[], results: Partial<Results>): TargetResult[] {
  return targets.flatMap(({ text, of, atMost, atLeast, below }) => {
    const value = of(results);
    if (value === undefined) return [];
    const bounds: [string, boolean][] = [];
    if (atMost !== undefined) bounds.push([`≤ ${atMost}`, value <= atMost]);
    if (atLeast !== undefined) bounds.push([`≥ ${atLeast}`, value >= atLeast]);
    if (below !== undefined) bounds.push([`< ${below}`, value < below]);
    const isMet = bounds.every(([, isKept]) => isKept);
    return [{ text, value, wanted: bounds.map(([bound]) => bound).join(', '), isMet }];
  });
}

/** What is wanted, what was measured, and whether that is enough. */
export function targetsTable(results: readonly TargetResult[]): string {
  const lines = results.map(({ text, value, wanted, isMet }) => [
    text,
    String(Number(value.toPrecision(4))),
    wanted,
    isMet ? 'yes' : '**no**',
  ]);
  return markdown(['target', 'measured', 'wanted', 'met'], lines);
}
