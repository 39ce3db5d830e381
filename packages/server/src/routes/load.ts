import { type ClusterEngine, refOf } from '../engines/engine.ts';
import { notFound } from '../errors/refusal.ts';
import type { Call } from '../pipeline/handler.ts';
import type { Resource } from '../store/resource.ts';
import type { Store } from '../store/store.ts';

type Reads = Pick<Store, 'get'>;

/** The tenant that the path names, as authorisation found it, or 404. */
export function loadTenant({ tenant, params }: Pick<Call, 'tenant' | 'params'>): Resource<'tenant'> {
  if (!tenant) throw notFound('Tenant', params.tenant ?? '');
  return tenant;
}

/** A tenant by its name, or 404. */
export async function readTenant(store: Reads, tenant = ''): Promise<Resource<'tenant'>> {
  return loadTenant({ tenant: await store.get({ kind: 'tenant', tenant, name: tenant }), params: { tenant } });
}

/** The API key named by the path, or 404. */
export async function loadApiKey(store: Reads, tenant = '', id = ''): Promise<Resource<'api-key'>> {
  const found = await store.get({ kind: 'api-key', tenant, name: id });
  if (!found) throw notFound('API key', id, tenant);
  return found;
}

/** The secret named by the path, or 404. */
export async function loadSecret(store: Reads, tenant = '', name = ''): Promise<Resource<'secret'>> {
  const found = await store.get({ kind: 'secret', tenant, name });
  if (!found) throw notFound('Secret', name, tenant);
  return found;
}

/** The webhook named by the path, or 404. */
export async function loadWebhook(store: Reads, tenant = '', name = ''): Promise<Resource<'webhook'>> {
  const found = await store.get({ kind: 'webhook', tenant, name });
  if (!found) throw notFound('Webhook', name, tenant);
  return found;
}

/** The cluster named by the path, or 404. */
export async function loadCluster(store: Reads, tenant = '', name = ''): Promise<Resource<'cluster'>> {
  const found = await store.get({ kind: 'cluster', tenant, name });
  if (!found) throw notFound('Cluster', name, tenant);
  return found;
}

/**
 * Before an answer about one cluster, or a change of it: what the engine keeps of it can be read. A cluster that is being deleted needs nothing of that.
 *
 * @throws {BrokenDataError} which is answered 500, and named in the log and the readiness check.
 */
export function requireReadable(cluster: Resource<'cluster'>, engine: Pick<ClusterEngine, 'unreadable'>): void {
  const broken = cluster.deletedAt === undefined ? engine.unreadable(refOf(cluster)) : undefined;
  if (broken) throw broken;
}
