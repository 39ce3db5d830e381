import { parseEntityTagList } from './entity-tag-list.ts';
import { type Revisioned, resourceVersionOf } from './etag.ts';

/**
 * Whether an `If-Match` header allows a write on one section of a document whose sections share a tag that counts changes: the tag has to
 * be one that was given out since the section last changed, `unchangedSince`. A tag from before a change of another section still
 * passes, so that a client that kept one tag can remove several sections in turn; a change of this section is never lost.
 */
export function ifMatchAllowsSince(header: string | undefined, { resourceVersion }: Revisioned, unchangedSince: number): boolean {
  if (header === undefined) return true;
  const condition = parseEntityTagList(header);
  if (condition.kind === 'any') return true;
  return condition.tags.map(resourceVersionOf).some((text) => {
    const version = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    return version >= unchangedSince && version <= Number(resourceVersion);
  });
}
