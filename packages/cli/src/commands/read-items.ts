import type { Listing, Result } from '@openkupe/sdk';
import { parsed } from '../command.ts';
import { misuse } from '../failure/failure.ts';

/** Most items of one page. */
const PAGE_ITEMS = 500;

function parseLimit(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw misuse(`--limit ${JSON.stringify(text)} is not possible; give a whole number from 1.`);
}

/** The flag of every list that can be long. */
export const LIMIT_FLAG = { limit: parsed('number', 'Show at most this many, the first ones; all without it.', parseLimit) } as const;

/**
 * The items of a list, or the first `limit` of them. It is read in one request where that is possible, so that servers that know no pages
 * answer it, too; page by page for a `limit`, and where the server refuses the whole as too long.
 */
export async function readItems<T, Filter extends object>(
  listing: Listing<T, Filter>,
  filter: Filter,
  { limit, signal }: { readonly limit: number | undefined; readonly signal: AbortSignal },
): Promise<T[]> {
  const options = { ...filter, signal };
  if (limit === undefined) {
    const whole = await listing.list(options).catch((error: { status?: unknown }): Result<T[]> | undefined => {
      if (error.status === 400) return undefined;
      throw error;
    });
    if (whole) return whole.value;
  }
  const items: T[] = [];
  for await (const { value } of listing.pages({ ...options, limit: Math.min(limit ?? PAGE_ITEMS, PAGE_ITEMS) })) {
    items.push(...value);
    if (limit !== undefined && items.length >= limit) break;
  }
  return items.slice(0, limit);
}
