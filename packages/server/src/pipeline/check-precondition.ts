import { formatETag, ifMatchAllows, ifMatchAllowsSince, ifNoneMatchAllows, type Route } from '@openkupe/contract';
import { notFound, preconditionFailed, Refusal } from '../errors/refusal.ts';
import type { Kind } from '../store/resource.ts';
import type { PreconditionTarget } from './handler.ts';

/** What a resource is called in a message. */
const NOUNS: Readonly<Record<Kind, string>> = {
  tenant: 'Tenant',
  cluster: 'Cluster',
  secret: 'Secret',
  alertmanager: 'Alertmanager configuration of tenant',
  'api-key': 'API key',
  setting: 'Setting',
  invoice: 'Invoice',
  'engine-choice': 'Choice of engines',
  sandbox: 'Sandbox record',
  'secret-value': 'Secret value',
  webhook: 'Webhook',
  'deletion-attempt': 'Deletion attempt',
};

/**
 * Stage 8. "PATCH requests that include an If-Match header fail with 412 Precondition Failed if the resource changed after you read it."
 * This is where 412 is decided, for every route with a guard: before any business rule judges a request that was made from stale state.
 *
 * @throws {Refusal} 412, or 404 for an `If-Match` on what is not there.
 */
export function checkPrecondition(target: PreconditionTarget, ifMatch: string | undefined): void {
  const { unchangedSince, missing } = target;
  if (missing && ifMatch !== undefined) throw notFound(missing.what, missing.name);
  if (unchangedSince === undefined ? ifMatchAllows(ifMatch, target) : ifMatchAllowsSince(ifMatch, target, unchangedSince)) return;
  throw preconditionFailed(`${NOUNS[target.kind]} "${target.name}"`, formatETag(target));
}

/**
 * The second condition of stage 8, for writes on routes with a guard (on GET it means 304, see `serialise.ts`). RFC 9110 §13.2.2 asks it
 * after `If-Match`, and §13.2.1 only of a request that would succeed without it, so it is asked once the handler has decided. A POST names
 * the collection that it adds to, not what it makes: there `*` asks for nothing, because a name that is taken is 409 anyway.
 *
 * @throws {Refusal} 412.
 */
export function checkIfNoneMatch(target: PreconditionTarget, method: Route['method'], ifNoneMatch: string | undefined): void {
  if (method === 'POST' && ifNoneMatch?.trim() === '*') return;
  if (ifNoneMatchAllows(ifNoneMatch, target.missing ? undefined : target)) return;
  const what = `${NOUNS[target.kind]} "${target.name}"`;
  const message = `${what} is what If-None-Match excludes, so nothing was written; read it, or send the request without that header`;
  throw new Refusal(412, message, { headers: { etag: formatETag(target) } });
}
