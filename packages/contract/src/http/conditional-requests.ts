// Conditional requests (RFC 9110 §13): entity tags, and what If-Match and If-None-Match say of a resource that has one.

/**
 * The entity tag of a resource has two parts, `"<resourceVersion>.<observation>"`: the first changes with the
 * desired state and when deletion starts, the second when only the observed status changes. RFC 9110 §8.8.3; see docs/decisions/0003.
 */
export interface Revisioned {
  readonly resourceVersion: string;
  readonly observation: number;
}

/** The `ETag` header value of a resource, a strong tag: `"12345.7"`. */
export function formatETag(resource: Revisioned): string {
  return `"${resource.resourceVersion}.${resource.observation}"`;
}

/** The resourceVersion part of the inner text of a tag: what is before the first dot. */
export function resourceVersionOf(opaqueTag: string): string {
  const dot = opaqueTag.indexOf('.');
  return dot === -1 ? opaqueTag : opaqueTag.slice(0, dot);
}

/** What an `If-Match` or `If-None-Match` header asks for: anything that exists, or one of these tags (inner text, unquoted). */
export type EntityTagCondition = { readonly kind: 'any' } | { readonly kind: 'one-of'; readonly tags: readonly string[] };

/**
 * Reads the header leniently: `*`, one tag or a comma list; each tag quoted, bare, or with a `W/` prefix.
 *
 * A bare value is what a person types (`--if-match 42`), a `W/` prefix is what a compressing proxy adds. Text that is none of these
 * becomes a tag that matches nothing, so that a malformed header is a mismatch and never an unconditional write.
 */
export function parseEntityTagList(header: string): EntityTagCondition {
  const text = header.trim();
  if (text === '*') return { kind: 'any' };
  const tags: string[] = [];
  const pattern = /\s*(?:W\/)?(?:"([^"]*)"|([^\s,"]+))\s*(?:,|$)|([^,]*)(?:,|$)/gy;
  while (pattern.lastIndex < text.length) {
    const found = pattern.exec(text);
    if (!found) break;
    const tag = found[1] ?? found[2];
    if (tag !== undefined && tag !== '') tags.push(tag);
  }
  return { kind: 'one-of', tags };
}

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

/** Whether a GET may be answered with 304: the whole tag is compared, status included (RFC 9110 §13.1.2). */
export function isNotModified(header: string | undefined, resource: Revisioned): boolean {
  if (header === undefined) return false;
  const present = formatETag(resource);
  // NOTE: nearly every client sends back the one tag that it got, as it got it.
  if (header === present) return true;
  const condition = parseEntityTagList(header);
  return condition.kind === 'any' || condition.tags.some((tag) => `"${tag}"` === present);
}
