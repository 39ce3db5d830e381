import { parseArgs } from 'node:util';

export interface Options {
  readonly seeds: number;
  /** Groups, scenarios, clients; none means everything. */
  readonly only: readonly string[];
  readonly isJson: boolean;
  readonly isReadme: boolean;
}

/** Reads the arguments. Throws a RangeError or TypeError that says what is wrong with them. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string', default: '20' },
      only: { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
      readme: { type: 'boolean', default: false },
    },
  });
  const seeds = Number(values.seeds);
  if (!Number.isInteger(seeds) || seeds < 1) throw new RangeError(`The number of seeds is "${values.seeds}"; give a whole number from 1`);
  const only = values.only.flatMap((terms) => terms.split(',')).filter((term) => term !== '');
  if (values.readme && only.length > 0) throw new RangeError('--readme writes down a whole run; leave --only away');
  return { seeds, only, isJson: values.json, isReadme: values.readme };
}
