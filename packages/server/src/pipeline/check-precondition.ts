import { formatETag, ifMatchAllows, ifMatchAllowsSince, ifNoneMatchAllows, type Route } from '@openkupe/contract';
import { notFound, preconditionFailed, Refusal } from '../errors/refusal.ts';
import type { Kind } from '../store/resource.ts';
import type { Guard } from './handler.ts';

/** What a resource is called in a message. */
const NOUNS: Readonly<Record<Kind, string>> = {
  tenant: 'Tenant',
  cluster: 'Cluster',
  secret: 'Secret',
  alertmanager: 'Alertmanager configuration of tenant',
  'api-key': 'API key',
  setting: 'Setting',
  invoice: 'Invoice',
};

/**
 * Stage 8. "PATCH requests that include an If-Match header fail with 412 Precondition Failed if the resource changed after you read it."
 * This is where 412 is decided, for every route with a guard: before any business rule judges a request that was made from stale state.
 * Returns the refusal, or nothing when the write may go on.
 */
export function checkPrecondition(guard: Guard | undefined, ifMatch: string | undefined): Refusal | undefined {
  if (!guard) return undefined;
  const { unchangedSince, missing } = guard;
  if (missing && ifMatch !== undefined) return notFound(missing.what, missing.name);
  if (unchangedSince === undefined ? ifMatchAllows(ifMatch, guard) : ifMatchAllowsSince(ifMatch, guard, unchangedSince)) return undefined;
  return preconditionFailed(`${NOUNS[guard.kind]} "${guard.name}"`, formatETag(guard));
}

/**
 * The second condition of stage 8, for writes on routes with a guard (on GET it means 304, see `serialise.ts`). RFC 9110 §13.2.2 asks it
 * after `If-Match`, and §13.2.1 only of a request that would succeed without it, so it is asked once the handler has decided. A POST names
 * the collection that it adds to, not what it makes: there `*` asks for nothing, because a name that is taken is 409 anyway.
 * Returns the refusal, or nothing when the write may go on.
 */
export function checkIfNoneMatch(guard: Guard | undefined, method: Route['method'], ifNoneMatch: string | undefined): Refusal | undefined {
  if (!guard || (method === 'POST' && ifNoneMatch?.trim() === '*')) return undefined;
  if (ifNoneMatchAllows(ifNoneMatch, guard.missing ? undefined : guard)) return undefined;
  const what = `${NOUNS[guard.kind]} "${guard.name}"`;
  return new Refusal(
    412,
    `${what} is what If-None-Match excludes, so nothing was written; read it, or send the request without that header`,
    {
      headers: { etag: formatETag(guard) },
    },
  );
}
