import type { ClusterEngine } from '../../engines/engine.ts';
import { notFound } from '../../errors/refusal.ts';
import type { Resource } from '../../store/resource.ts';
import type { Store } from '../../store/store.ts';

/** The cluster named by the path, or 404. */
export async function loadCluster(store: Pick<Store, 'get'>, tenant = '', name = ''): Promise<Resource<'cluster'>> {
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
  const broken = cluster.deletedAt === undefined ? engine.unreadable(cluster) : undefined;
  if (broken) throw broken;
}
