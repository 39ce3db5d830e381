import type { ResourceKey } from '../../packages/server/src/store/resource.ts';
import type { Store, WriteOf } from '../../packages/server/src/store/store.ts';

const spec: WriteOf<'cluster'> & { verb: 'create' } = {
  verb: 'create',
  key: { kind: 'cluster', tenant: 'bench', name: '' },
  uid: 'u',
  spec: { displayName: 'A cluster', type: 'shared', version: '1.32', resources: { cpu: '4', memory: '8Gi' }, highAvailability: false },
  observed: { observedGeneration: 1, kubernetesVersion: 'v1.32.3', endpoint: 'https://c.example', caPem: 'x'.repeat(500), waitingFor: '' },
};

const keyAt = (index: number): ResourceKey<'cluster'> => ({ kind: 'cluster', tenant: 'bench', name: `c${index}` });

/** The cluster of the first caller. */
export const READ_KEY = keyAt(0);

/** Updates one cluster, as a PATCH does: row, audit, event and wake, until `until` (monotonic milliseconds). Returns how often. */
async function updateUntil(store: Store, key: ResourceKey<'cluster'>, until: number): Promise<number> {
  const created = await store.commit({ at: 1, writes: [{ ...spec, key }] });
  if (created.outcome !== 'written') throw new Error(`create answered ${created.outcome}`);
  let version = String(created.revision);
  for (let count = 0; ; count += 1) {
    if (performance.now() >= until) return count;
    const outcome = await store.commit({
      at: count,
      writes: [{ verb: 'update-if', key, expectedVersion: version, spec: spec.spec, keepsLabels: true }],
      audit: {
        tenant: 'bench',
        actor: 'bench',
        action: 'clusters.update',
        target: key.name,
        requestId: `r${count}`,
        tenantUid: '',
        targetUid: '',
        address: '',
        fields: [],
      },
      events: [{ key, type: 'changed', message: 'Cluster was changed' }],
      wake: [key],
    });
    if (outcome.outcome !== 'written') throw new Error(`update answered ${outcome.outcome}`);
    version = String(outcome.revision);
  }
}

/** Durable updates a second of `callers` that each wait for one before the next. */
export async function updatesPerSecond(store: Store, callers: number, seconds: number): Promise<number> {
  const startedAt = performance.now();
  const until = startedAt + seconds * 1000;
  const counts = await Promise.all(Array.from({ length: callers }, (_, index) => updateUntil(store, keyAt(index), until)));
  return counts.reduce((sum, count) => sum + count, 0) / ((performance.now() - startedAt) / 1000);
}
