import { parseArgs } from 'node:util';

/** What a run of a benchmark is asked for. */
export interface Options {
  /** Parts to measure. */
  readonly only: readonly string[];
  /** Less of each part, to see that it works; its numbers count for little. */
  readonly isQuick: boolean;
  /** Whether the results are kept in `bench/results/`. */
  readonly isJson: boolean;
  /** Whether the tables in the README are made anew from the results that are kept. */
  readonly isReadme: boolean;
}

/**
 * Reads the arguments of a benchmark with these parts. `--readme` without `--json` measures nothing.
 *
 * @throws {TypeError} for an unknown option. {@link RangeError} for an unknown part.
 */
export function readOptions(args: readonly string[], parts: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      readme: { type: 'boolean', default: false },
    },
  });
  const named = values.only?.flatMap((names) => names.split(','));
  const unknown = named?.find((name) => !parts.includes(name));
  if (unknown !== undefined) throw new RangeError(`There is no part "${unknown}"; the parts are ${parts.join(', ')}`);
  const isOnlyReadme = values.readme && !values.json;
  return { only: isOnlyReadme ? [] : (named ?? parts), isQuick: values.quick, isJson: values.json, isReadme: values.readme };
}
