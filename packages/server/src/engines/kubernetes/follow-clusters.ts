import type { Clock } from '@openkupe/contract';
import type { ClusterEngine } from '../engine.ts';
import type { CachedClient } from './cached-client.ts';
import type { KubernetesClient } from './client.ts';
import type { ApiResource } from './kubernetes-object.ts';
import { clusterOf } from './labels.ts';

/** A client of the host; with `onChange`, changes there are noticed before the next observation is due. */
export type HostClient = KubernetesClient & Partial<Pick<CachedClient, 'onChange'>>;

/** What following needs. */
export interface FollowClustersPorts {
  readonly host: HostClient;
  readonly clock: Pick<Clock, 'sleep'>;
}

/** Changes of a cluster within this time are reported once, also where another program changes an object back each time. In milliseconds. */
const TOGETHER_MS = 200;

/** Reports every cluster of which an object of these kinds was made, changed or removed on the host, by whatever program, until the signal aborts. */
export function followClusters(
  { host, clock }: FollowClustersPorts,
  kinds: readonly ApiResource[],
  listener: Parameters<NonNullable<ClusterEngine['onChange']>>[0],
  signal: AbortSignal,
): void {
  const waiting = new Set<string>();
  const report = async (uid: string, cluster: Parameters<typeof listener>[0]) => {
    if (waiting.has(uid)) return;
    waiting.add(uid);
    await clock.sleep(TOGETHER_MS, signal);
    waiting.delete(uid);
    listener(cluster);
  };
  for (const kind of kinds) {
    host.onChange?.(kind, (uid, object) => {
      const cluster = clusterOf(object);
      // NOTE: the wait ends with the signal.
      if (cluster) void report(uid, cluster).catch(() => {});
    });
  }
}
