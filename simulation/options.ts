import { parseArgs } from 'node:util';

/** What a run is asked for. */
export interface SimulationOptions {
  readonly seeds: readonly number[];
  /** Steps with faults, of each seed. */
  readonly steps: number;
  readonly isTraced: boolean;
  /** All in this process. */
  readonly isAlone: boolean;
  /** The index of the mutation to play with; `undefined` for the program as it is. */
  readonly mutation: number | undefined;
  /** Breaks the program once for each validator instead, which has to find it. */
  readonly checksMutations: boolean;
}

/** How `npm run simulate` is used. */
export const USAGE = `npm run simulate -- [--steps M] [--first-seed N]   M steps, spread over seeds
npm run simulate -- --seed N [--steps M] [--trace]  one seed, with what happens in it
npm run simulate -- --mutations                     breaks the program once for each validator, which has to find it`;

/** Steps of one seed, where many are played: enough for crashes and month ends, few enough to replay by eye. */
const STEPS_OF_ONE = 10_000;

function wholeNumber(text: string, name: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new RangeError(`--${name} is "${text}"; give a whole number`);
}

/**
 * Reads the arguments. `--seed N --steps M` plays one seed, `--trace` shows what happens in it; without a seed, `--steps M` steps are spread over the
 * seeds from 1 on, or from `--first-seed N` on. `--mutations` checks that every validator
 * finds what breaks its invariant.
 *
 * @example readOptions(['--seed', '7', '--steps', '5000']).seeds // [7]
 */
export function readOptions(args: readonly string[]): SimulationOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string' },
      'first-seed': { type: 'string', default: '1' },
      steps: { type: 'string', default: String(STEPS_OF_ONE) },
      trace: { type: 'boolean', default: false },
      mutation: { type: 'string' },
      mutations: { type: 'boolean', default: false },
      alone: { type: 'boolean', default: false },
    },
  });
  const steps = wholeNumber(values.steps, 'steps');
  const mutation = values.mutation === undefined ? undefined : wholeNumber(values.mutation, 'mutation');
  const shown = { isTraced: values.trace, isAlone: values.alone, mutation, checksMutations: values.mutations };
  if (values.seed !== undefined) return { ...shown, seeds: [wholeNumber(values.seed, 'seed')], steps, isAlone: true };
  if (values.seeds !== undefined) return { ...shown, seeds: values.seeds.split(',').map((seed) => wholeNumber(seed, 'seeds')), steps };
  const first = wholeNumber(values['first-seed'], 'first-seed');
  const seeds = Array.from({ length: Math.max(1, Math.ceil(steps / STEPS_OF_ONE)) }, (_, index) => first + index);
  return { ...shown, seeds, steps: Math.min(steps, STEPS_OF_ONE) };
}
