import { parseArgs } from 'node:util';
import type { Random } from '@openkupe/contract/random';

export interface Options {
  readonly seeds: number;
  /** The first seed of what is drawn anew in each run. */
  readonly drawnFrom: number;
  /** Groups, scenarios, clients; none means everything. */
  readonly only: readonly string[];
  readonly isJson: boolean;
  readonly isReadme: boolean;
}

const MOST_SEEDS = 1_000_000;

/** Reads the arguments; `random` draws the seed that is not given. Throws a RangeError or TypeError that says what is wrong with them. */
export function readOptions(args: readonly string[], random: Random): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string', default: '20' },
      seed: { type: 'string' },
      only: { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
      readme: { type: 'boolean', default: false },
    },
  });
  const seeds = Number(values.seeds);
  if (!Number.isInteger(seeds) || seeds < 1) throw new RangeError(`The number of seeds is "${values.seeds}"; give a whole number from 1`);
  const drawnFrom = values.seed === undefined ? 1 + Math.floor(random.unit() * MOST_SEEDS) : Number(values.seed);
  if (!Number.isInteger(drawnFrom) || drawnFrom < 1) throw new RangeError(`The seed is "${values.seed}"; give a whole number from 1`);
  const only = values.only.flatMap((terms) => terms.split(',')).filter((term) => term !== '');
  return { seeds, drawnFrom, only, isJson: values.json, isReadme: values.readme };
}
