import { formatETag, ifMatchAllows, ifMatchAllowsSince } from '@openkupe/contract';
import { notFound, preconditionFailed, type Refusal } from '../refusal.ts';
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
