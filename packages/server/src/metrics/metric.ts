import type { Histogram } from '../counters/histogram.ts';

type Labels = { readonly [name: string]: string };

/** A value with its labels. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** Durations with their labels. */
export interface HistogramSample {
  readonly labels: Labels;
  readonly histogram: Histogram;
}

/** What a metric says at a scrape. */
export type Reading = number | Readonly<Record<string, number>> | readonly (Sample | HistogramSample)[];

/**
 * One metric: a counter if its name ends in `_total`, a histogram if it ends in `_duration_seconds`, otherwise a gauge. With a label, the keys of a
 * reading are the values of the label: never values that callers choose, whose number is unbounded.
 */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly read: () => Reading | Promise<Reading>;
  readonly label?: string;
}

/** Makes a {@link Metric}. */
export const metric = (name: string, help: string, read: Metric['read'], label?: string): Metric => ({
  name,
  help,
  read,
  ...(label && { label }),
});
