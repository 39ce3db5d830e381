import { pairedRatios, type Spread, spreadOf } from './statistics.ts';

/** What one contestant was measured at in one round, by the name of the measure. */
export type Measures = Readonly<Record<string, number>>;

/** One of those that are compared. */
export interface Contestant<Measured extends Measures> {
  readonly name: string;
  /** One round. */
  run(): Promise<Measured>;
}

/** One contestant over all rounds. */
export interface Compared<Name extends string> {
  readonly name: string;
  readonly values: Readonly<Record<Name, Spread>>;
  /** Each value divided by that of the baseline in the same round. */
  readonly ratios: Readonly<Record<Name, Spread>>;
}

/**
 * Runs every contestant once unmeasured, then `rounds` times. Each round begins with the next contestant, so that a drift of the machine
 * meets all of them alike. Returns the rounds of each, by name.
 */
export async function alternate<Measured extends Measures>(
  contestants: readonly Contestant<Measured>[],
  rounds: number,
): Promise<ReadonlyMap<string, readonly Measured[]>> {
  for (const contestant of contestants) await contestant.run();
  const measured = new Map<string, Measured[]>(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    const first = round % contestants.length;
    for (const contestant of [...contestants.slice(first), ...contestants.slice(0, first)])
      measured.get(contestant.name)?.push(await contestant.run());
  }
  return measured;
}

/** Spreads of every measure, and of its ratio to that of `baseline`, in the order of `rounds`. Throws where the baseline did not run. */
export function compare<Name extends string>(
  rounds: ReadonlyMap<string, readonly Readonly<Record<Name, number>>[]>,
  baseline: string,
): Compared<Name>[] {
  const base = rounds.get(baseline);
  if (!base?.[0]) throw new Error(`"${baseline}" was not measured; compare with one of ${[...rounds.keys()].join(', ')}`);
  const names = Object.keys(base[0]) as Name[];
  const each = (of: (name: Name) => readonly number[]) =>
    Object.fromEntries(names.map((name) => [name, spreadOf(of(name))])) as Record<Name, Spread>;
  return [...rounds].map(([name, own]) => ({
    name,
    values: each((measure) => own.map((round) => round[measure])),
    ratios: each((measure) =>
      pairedRatios(
        own.map((round) => round[measure]),
        base.map((round) => round[measure]),
      ),
    ),
  }));
}
