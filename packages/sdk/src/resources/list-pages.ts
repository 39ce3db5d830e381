import type { ApiCall, CallOptions, Result } from '../call.ts';
import type { Engine } from '../engine.ts';
import { InvalidRequestError } from '../errors/by-status.ts';
import { readOnce } from '../operation.ts';
import { type Decode, decodeObject } from '../to-result.ts';

/** Items per page when nothing is said. */
const PAGE_ITEMS = 100;

/** A list that can be read whole or in pages. `Filter`: which items; a server that does not know a filter answers 400. */
export interface Listing<T, Filter extends object = object> {
  /** All of them, in one request. */
  list(options?: CallOptions & Filter): Promise<Result<T[]>>;
  /**
   * All of them, page by page: each is one request, with `timeoutMs` for itself. Rows that are written meanwhile are on a later page or on
   * none. A page may have fewer items than its `limit`, even none, before the last one.
   *
   * @example
   * for await (const { value } of client.clusters.pages({ limit: 50 })) console.log(value.length);
   */
  pages(options?: CallOptions & Filter & { readonly limit?: number }): AsyncGenerator<Result<T[]>, void>;
}

/** The query of a request without what is undefined; empty where nothing is left. */
export function queryOf(parameters: object): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return given.length === 0 ? '' : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}

/** What says how to call, and what says which items. */
function divide(given: object): { options: CallOptions; filter: object } {
  const { signal, timeoutMs, idempotencyKey: _, ...filter } = given as CallOptions;
  return { options: { ...(signal && { signal }), ...(timeoutMs === undefined ? {} : { timeoutMs }) }, filter };
}

interface Page<T> {
  readonly items: T[];
  readonly next: string | undefined;
}

function pageDecoder<T>(decodeList: Decode<T[]>): Decode<Page<T>> {
  return (body) => {
    const items = decodeList(body);
    const next = decodeObject<{ continue?: unknown }>(body)?.continue;
    return items && { items, next: typeof next === 'string' && next !== '' ? next : undefined };
  };
}

/** Items per page where all of a list is wanted: the most that a server gives. */
const MOST_ITEMS = 500;

/** Reads all of a list in pages, for as long as the server knows pages; one that refuses them as unknown gives the whole at once. */
export function readAllPages<T, Filter extends object>(
  { list, pages }: Listing<T, Filter>,
  options: CallOptions & Filter,
): () => Promise<Result<T[]>> {
  let knowsPages = true;
  return async () => {
    if (!knowsPages) return list(options);
    const value: T[] = [];
    let last: Result<T[]> | undefined;
    try {
      for await (last of pages({ ...options, limit: MOST_ITEMS })) value.push(...last.value);
    } catch (error) {
      if (last || !(error instanceof InvalidRequestError)) throw error;
      knowsPages = false;
    }
    return last ? { ...last, value } : list(options);
  };
}

/** The methods that read the list at `call`. */
export function createListing<T, Filter extends object = object>(
  engine: Engine,
  call: ApiCall,
  decodeList: Decode<T[]>,
): Listing<T, Filter> {
  return {
    async list(given = {} as CallOptions & Filter) {
      const { options, filter } = divide(given);
      return readOnce(engine, { ...call, query: queryOf(filter) }, decodeList, options);
    },
    async *pages({ limit = PAGE_ITEMS, ...given } = {} as CallOptions & Filter & { readonly limit?: number }) {
      const { options, filter } = divide(given);
      const decode = pageDecoder(decodeList);
      let next: string | undefined;
      do {
        const query = queryOf({ ...filter, limit, continue: next });
        const { value, ...about } = await readOnce(engine, { ...call, query }, decode, options);
        next = value.next;
        yield { ...about, value: value.items };
      } while (next !== undefined);
    },
  };
}
