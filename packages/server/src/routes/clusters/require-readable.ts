import type { ClusterEngine } from '../../engines/engine.ts';
import type { Resource } from '../../store/resource.ts';

/**
 * Before an answer about one cluster, or a change of it: what the engine keeps of it can be read. A cluster that is being deleted needs nothing of that.
 *
 * @throws {BrokenDataError} which is answered 500, and named in the log and the readiness check.
 */
export function requireReadable(cluster: Resource<'cluster'>, engine: Pick<ClusterEngine, 'unreadable'>): void {
  const broken = cluster.deletedAt === undefined ? engine.unreadable(cluster) : undefined;
  if (broken) throw broken;
}
