import { ArgumentError } from '../errors/argument-error.ts';
/**
 * Whether a value can be one part of a path. A URL takes '.' and '..' for the way, so the request would reach something else, and half of
 * a surrogate pair has no encoding.
 */
export function isName(part: unknown): part is string {
  return typeof part === 'string' && !['', '.', '..'].includes(part) && !/\p{Surrogate}/u.test(part);
}

/** A path below the host, each part percent-encoded. Throws an ArgumentError for a part that is no name. */
export function apiPath(...parts: readonly string[]): string {
  for (const part of parts)
    if (!isName(part)) throw new ArgumentError(`${JSON.stringify(part)} is no name, so nothing was sent; give the name of a resource`);
  return `/api/v1/${parts.map(encodeURIComponent).join('/')}`;
}
