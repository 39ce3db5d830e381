import type { Random } from '@openkupe/contract/random';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';

/** One number over all seeds. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** One line of a result table: who, under which circumstances, and what was measured. */
export interface Row {
  readonly scenario: string;
  readonly circumstances: string;
  readonly client: string;
  readonly measures: Readonly<Record<string, Spread>>;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return { median: at(0.5), least: at(0), most: at(1) };
}

/** The value below which a share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
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

/** Runs once per seed and gathers the numbers of all runs. */
export async function overSeeds(
  { scenario, circumstances, client, seeds }: { scenario: string; circumstances: string; client: string; seeds: number },
  once: (seed: number, random: Random) => Promise<Readonly<Record<string, number>>>,
): Promise<Row> {
  const gathered = new Map<string, number[]>();
  for (let seed = 1; seed <= seeds; seed++)
    for (const [name, value] of Object.entries(await once(seed, seedChance(seed))))
      gathered.set(name, [...(gathered.get(name) ?? []), value]);
  return { scenario, circumstances, client, measures: Object.fromEntries([...gathered].map(([name, values]) => [name, spreadOf(values)])) };
}
