import { decodeKey } from './resource-row.ts';
import type { StoredEvent } from './store.ts';

/** A row of `event`, whose key stands in columns. */
export interface EventRow extends Omit<StoredEvent, 'key'> {
  readonly kind: string;
  readonly tenant: string;
  readonly name: string;
}

/** The event in a row. */
export function decodeEvent(row: EventRow): StoredEvent {
  return { key: decodeKey(row), type: row.type, message: row.message, revision: row.revision, at: row.at };
}

/**
 * Of one row more than `limit`, as many whole commits as fit, so that the last revision answered is a place to go on from. `cutOff`: the revision of
 * the first commit, where it alone is larger; it is to be read whole.
 */
export function wholeCommits(found: readonly EventRow[], limit: number): { readonly page: readonly EventRow[]; readonly cutOff?: number } {
  const last = found.length > limit ? found.at(-1)?.revision : undefined;
  const page = found.filter(({ revision }) => revision !== last);
  return page.length === 0 && last !== undefined ? { page, cutOff: last } : { page };
}
