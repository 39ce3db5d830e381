import { parseEntityTagList } from './entity-tag-list.ts';
import { formatETag, type Revisioned } from './etag.ts';

/** Whether a GET may be answered with 304: the whole tag is compared, status included (RFC 9110 §13.1.2). */
export function isNotModified(header: string | undefined, resource: Revisioned): boolean {
  if (header === undefined) return false;
  const condition = parseEntityTagList(header);
  return condition.kind === 'any' || condition.tags.some((tag) => `"${tag}"` === formatETag(resource));
}
