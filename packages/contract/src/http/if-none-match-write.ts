import { parseEntityTagList } from './entity-tag-list.ts';
import { type Revisioned, resourceVersionOf } from './etag.ts';

/**
 * Whether an `If-None-Match` header allows a write on `resource`, or on something that does not exist (`undefined`). No header allows every
 * write. `*` allows only to make what does not exist; a list of tags refuses a write on a resource whose present tag is in it
 * (RFC 9110 §13.1.2).
 *
 * Only the resourceVersion part is compared, as for `If-Match`, so that a status write never decides what a caller's write does.
 */
export function ifNoneMatchAllows(header: string | undefined, resource: Revisioned | undefined): boolean {
  if (header === undefined || !resource) return true;
  const condition = parseEntityTagList(header);
  return condition.kind === 'one-of' && !condition.tags.some((tag) => resourceVersionOf(tag) === resource.resourceVersion);
}
