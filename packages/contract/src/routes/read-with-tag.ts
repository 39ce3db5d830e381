import { ROUTES } from './index.ts';
import type { Route } from './route.ts';

/**
 * The GET on the path of a guarded write, if it answers with the tag that the write's `If-Match` is compared with: what a caller would
 * read again after a 412. Members have none: they are guarded by the tag of their tenant, which is read on another path, and what is
 * POSTed is not what the GET on its path shows.
 */
export function readWithTag(route: Route): Route | undefined {
  if (!route.guardedBy || route.method === 'POST') return undefined;
  return (ROUTES as readonly Route[]).find(({ method, path, success }) => method === 'GET' && path === route.path && success.etag);
}
