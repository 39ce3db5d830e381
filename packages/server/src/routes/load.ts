import { notFound } from '../errors/refusal.ts';
import type { Resource } from '../store/resource.ts';
import type { Store } from '../store/store.ts';

/** The tenant named by the path, or 404. */
export async function loadTenant(store: Store, tenant = ''): Promise<Resource<'tenant'>> {
  const found = await store.get({ kind: 'tenant', tenant, name: tenant });
  if (!found) throw notFound('Tenant', tenant);
  return found;
}

/** The API key named by the path, or 404. */
export async function loadApiKey(store: Store, tenant = '', id = ''): Promise<Resource<'api-key'>> {
  const found = await store.get({ kind: 'api-key', tenant, name: id });
  if (!found) throw notFound('API key', id, tenant);
  return found;
}

/** The cluster named by the path, or 404. */
export async function loadCluster(store: Store, tenant = '', name = ''): Promise<Resource<'cluster'>> {
  const found = await store.get({ kind: 'cluster', tenant, name });
  if (!found) throw notFound('Cluster', name, tenant);
  return found;
}

/** The secret named by the path, or 404. */
export async function loadSecret(store: Store, tenant = '', name = ''): Promise<Resource<'secret'>> {
  const found = await store.get({ kind: 'secret', tenant, name });
  if (!found) throw notFound('Secret', name, tenant);
  return found;
}
