import { misuse } from '../failure/failure.ts';
import { longName } from '../flag-names.ts';
import type { Format } from './format.ts';

/** How a result is written. */
export interface Printing {
  readonly format: Format;
  /** The query of `-o jsonpath=…`; the format is `json` then. */
  readonly query?: string | undefined;
  readonly columns?: string | undefined;
  readonly hasHeader: boolean;
  readonly sortBy?: string | undefined;
}

/** What follows `-o ` for a query. */
export const QUERY_FORMAT = /^jsonpath=./s;

/** Reads the flags of a command about its output. Fails with exit code 2 for those that contradict each other. */
export function printingOf(flags: Readonly<Record<string, unknown>>, standard: Format): Printing {
  const output = (flags.output as string | undefined) ?? standard;
  const query = QUERY_FORMAT.test(output) ? output.slice(output.indexOf('=') + 1) : undefined;
  const format = query === undefined ? (output as Format) : 'json';
  const isTable = format === 'table' || format === 'wide';
  const useless = ['columns', 'noHeader'].find((key) => flags[key] !== undefined && flags[key] !== false);
  if (useless !== undefined && !isTable)
    throw misuse(`--${longName(useless)} is for tables, and not for -o ${output}; leave one of them out.`);
  return {
    format,
    query,
    columns: flags.columns as string | undefined,
    hasHeader: flags.noHeader !== true,
    sortBy: flags.sortBy as string | undefined,
  };
}
