import type { Random } from '@openkupe/contract/random';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { quantile, type Spread, spreadOf } from '../harness/statistics.ts';
import { beginAgain } from './virtual-time.ts';

export type Measures = Readonly<Record<string, number>>;

/** What a trial is about: who, under which circumstances. */
export interface Subject {
  /** A part of the benchmark that can be run alone. */
  readonly group: string;
  /** The letter of the scenario; with a prime when it is held out from tuning. */
  readonly scenario: string;
  readonly circumstances: string;
  readonly client: string;
  /** The first seed; 1 when absent. Constants may have been chosen with the first twenty, and never with those from 101 on. */
  readonly seedsFrom?: number;
  /** Its circumstances are drawn anew in each run, more of them than the others have seeds. */
  readonly isDrawn?: boolean;
  /** Takes long: it is begun first, so that no process is left alone with it at the end. */
  readonly isCostly?: boolean;
}

/** One contestant in one scenario, to be run once per seed. */
export interface Trial extends Subject {
  once(seed: number, random: Random): Promise<Measures>;
}

/** What came out of a trial: one line of a result table. */
export interface Row {
  readonly scenario: string;
  readonly circumstances: string;
  readonly client: string;
  readonly seedsFrom: number;
  readonly seeds: number;
  readonly measures: Readonly<Record<string, Spread>>;
}

/** Jain's index: 1 when all have the same, 1/n when one has everything. */
export function jain(values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  const squares = values.reduce((total, value) => total + value * value, 0);
  return squares === 0 ? 1 : (sum * sum) / (values.length * squares);
}

/** Chance for one run: the same for every client. Libraries that use `Math.random` get a seeded one. */
export function seedChance(seed: number): Random {
  Math.random = createSeededRandom(seed * 31 + 5).unit;
  return createSeededRandom(seed);
}

const DRAWN_PER_SEED = 200;

/** Runs a trial once per seed and gathers the numbers of all runs; one that is drawn has its seeds from `drawnFrom` on. */
export async function measureTrial(trial: Trial, seeds: number, drawnFrom = 1): Promise<Row> {
  const { scenario, circumstances, client, once } = trial;
  const [seedsFrom, runs] = trial.isDrawn ? [drawnFrom, DRAWN_PER_SEED * seeds] : [trial.seedsFrom ?? 1, seeds];
  const gathered = new Map<string, number[]>();
  for (let seed = seedsFrom; seed < seedsFrom + runs; seed++) {
    beginAgain();
    for (const [name, value] of Object.entries(await once(seed, seedChance(seed))))
      gathered.set(name, [...(gathered.get(name) ?? []), value]);
  }
  const measures = Object.fromEntries([...gathered].map(([name, values]) => [name, spreadOf(values)]));
  if (trial.isDrawn) measures['× ideal of one in twenty'] = spreadOf([quantile(gathered.get('× ideal') ?? [], 0.95)]);
  return { scenario, circumstances, client, seedsFrom, seeds: runs, measures };
}
