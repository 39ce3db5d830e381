import { LIMITS } from '@openkupe/contract';
import { invalidRequest } from '../errors/refusal.ts';
import type { Answer, Call } from '../pipeline/handler.ts';
import type { Kind, Resource } from '../store/resource.ts';
import type { ScanRange, Store } from '../store/store.ts';

type Query = Call['query'];

/** The rows of a list or of a page of it, what its ETag is made of, and where the next page begins. */
export interface Page<Row> {
  /** `undefined` for each that was read and is not shown, so that what is iterated bounds what is done in one turn of the event loop. */
  readonly rows: Iterable<Row | undefined>;
  readonly next?: () => string | undefined;
  readonly tagged: NonNullable<Answer['tagged']>;
}

/** Whether a list shows a row. */
type Filter<Row> = (row: Row) => boolean;

/**
 * Where a page ended, for the caller to send back. It names the last row that was read, so it holds whatever is written meanwhile. A made-up
 * one shows nothing that the list itself does not, so it is not signed.
 */
function cursorAt(list: string, name: string): string {
  return Buffer.from(`${list}/${name}`).toString('base64url');
}

/** The name in the cursor that was sent; `undefined` without one. 400 for a cursor of another list, and for what is none. */
export function positionIn(list: string, query: Query): string | undefined {
  if (query.continue === undefined) return undefined;
  const [kind, name = ''] = Buffer.from(query.continue, 'base64url')
    .toString()
    .split(/\/(.*)/);
  if (kind === list && /^[!-~]{1,300}$/.test(name)) return name;
  throw invalidRequest('The request is not valid: "continue" is of no page of this list; begin again without it', 'invalid-continue');
}

/**
 * The rows of one page: the first ones of `rows`, which are those behind the position that was sent. Without `limit` it is all of them. A page
 * whose filter has not found enough among {@link LIMITS.pageReads} rows is shorter, and still has a next one.
 */
export function firstPage<Row>(
  list: string,
  rows: Iterable<Row>,
  query: Query,
  nameOf: (row: Row) => string,
  filter: Filter<Row> = () => true,
): Pick<Page<Row>, 'rows' | 'next'> {
  const limit = query.limit === undefined ? Number.POSITIVE_INFINITY : Number(query.limit);
  const reads = query.limit === undefined ? Number.POSITIVE_INFINITY : LIMITS.pageReads;
  let next: string | undefined;
  function* page(): Generator<Row | undefined> {
    let [taken, read, last] = [0, 0, ''];
    for (const row of rows) {
      if (taken === limit || read === reads) {
        next = cursorAt(list, last);
        return;
      }
      read += 1;
      last = nameOf(row);
      const isShown = filter(row);
      if (isShown) taken += 1;
      yield isShown ? row : undefined;
    }
  }
  return { rows: page(), next: () => next };
}

/** The rows to read for a page, with one more, which shows that there is a next one; `undefined` for the whole list. */
function rangeOf(list: string, query: Query, isFiltered: boolean, label: ScanRange['label']): ScanRange | undefined {
  const { limit, namePrefix: prefix } = query;
  const after = positionIn(list, query);
  if ((limit ?? after ?? prefix ?? label) === undefined) return undefined;
  return { after, prefix, label, ...(limit === undefined ? {} : { limit: 1 + (isFiltered ? LIMITS.pageReads : Number(limit)) }) };
}

/**
 * Reads a page of a kind of resources of the tenant that the path names, by name. Its cost does not depend on how many there are. With `label`, which
 * the filter asks for, too, only what has it is read.
 */
export async function readPage<K extends Kind>(
  kind: K,
  { params: { tenant = '' }, query }: Pick<Call, 'params' | 'query'>,
  { store }: { readonly store: Pick<Store, 'scan'> },
  filter?: Filter<Resource<K>>,
  label?: ScanRange['label'],
): Promise<Page<Resource<K>>> {
  const { version, rows } = await store.scan(kind, tenant, rangeOf(kind, query, filter !== undefined, label));
  return { ...firstPage(kind, rows, query, ({ name }) => name, filter), tagged: { resourceVersion: version, observation: 0 } };
}
