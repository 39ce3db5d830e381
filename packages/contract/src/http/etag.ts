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
