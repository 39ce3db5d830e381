import { parseEntityTagList } from './entity-tag-list.ts';
import { type Revisioned, resourceVersionOf } from './etag.ts';

/**
 * Whether an `If-Match` header allows a write on `resource`. No header allows every write.
 *
 * Only the resourceVersion part is compared, so a status write never causes a 412. Serves the sentence "PATCH requests that include
 * an If-Match header fail with 412 Precondition Failed if the resource changed after you read it".
 */
export function ifMatchAllows(header: string | undefined, resource: Revisioned): boolean {
  if (header === undefined) return true;
  const condition = parseEntityTagList(header);
  return condition.kind === 'any' || condition.tags.some((tag) => resourceVersionOf(tag) === resource.resourceVersion);
}
