import { formatETag, ifMatchAllows } from '@openkupe/contract';
import { preconditionFailed } from '../refusal.ts';
import type { Kind, Resource } from '../store/resource.ts';

/** What a resource is called in a message. */
const NOUNS: Readonly<Record<Kind, string>> = {
  tenant: 'Tenant',
  cluster: 'Cluster',
  secret: 'Secret',
  'api-key': 'API key',
  setting: 'Setting',
  invoice: 'Invoice',
};

/**
 * Stage 8. "PATCH requests that include an If-Match header fail with 412 Precondition Failed if the resource changed after you read it."
 * This is where 412 is decided, for every route with a guard: before any business rule judges a request that was made from stale state.
 */
export function checkPrecondition(guard: Resource | undefined, ifMatch: string | undefined): void {
  if (!guard || ifMatchAllows(ifMatch, guard)) return;
  throw preconditionFailed(`${NOUNS[guard.kind]} "${guard.name}"`, formatETag(guard));
}
