import { formatTime, LIMITS, type Route, type VersionedResource } from '@openkupe/contract';
import { isOf } from '../audit/read-audit.ts';
import type { MissedChange } from '../errors/refusal.ts';
import type { Store } from '../store/store.ts';
import type { Call } from './handler.ts';

/** Whether an audit row is about what a route's `If-Match` guards. The shared tag of alerting counts something else than revisions. */
const IS_ABOUT: Readonly<Record<VersionedResource, (target: string, name: string | undefined) => boolean>> = {
  cluster: (target, name) => target === `clusters/${name}`,
  secret: (target, name) => target === `secrets/${name}`,
  tenant: (target) => /^(tenants|members)\//.test(target),
  webhook: (target, name) => target === `webhooks/${name}`,
  'api-key': (target, name) => target === `apikeys/${name}`,
  alertmanager: () => false,
};

/**
 * Who has changed what the caller's tag was of, and when, newest first: the audit rows with a later revision than the first tag of `If-Match`.
 * Empty for what is no tag of ours. Members of a tenant are part of it.
 */
export async function changesSince(
  ifMatch: string | undefined,
  { guardedBy }: Pick<Route, 'guardedBy'>,
  { params: { tenant = '', name, id }, tenant: row }: Pick<Call, 'params' | 'tenant'>,
  { store }: { readonly store: Pick<Store, 'audit'> },
): Promise<MissedChange[]> {
  const seen = /^\s*(?:W\/)?"?(\d{1,15})[."\s,]?/.exec(ifMatch ?? '')?.[1];
  if (seen === undefined || guardedBy === undefined || !row) return [];
  const rows = await store.audit(tenant, LIMITS.changesSearched);
  const missed = rows.filter((one) => isOf(one, row) && one.revision > Number(seen) && IS_ABOUT[guardedBy](one.target, name ?? id));
  // NOTE: the newest is about what is there now; what had its name before is not what the caller is to know of.
  const uid = missed[0]?.targetUid;
  return missed
    .filter(({ targetUid }) => targetUid === uid)
    .slice(0, LIMITS.changesCarried)
    .map(({ at, actor, action, target, requestId, fields }) => ({ at: formatTime(at), actor, action, target, requestId, fields }));
}
