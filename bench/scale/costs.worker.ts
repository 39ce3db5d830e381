/**
 * What the reconciler costs a cluster where its engine answers at once, from memory: a look at one that runs, and a new one until it runs. And what the
 * list of tenants with due work costs for each item. Prints milliseconds.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_PLANS, systemClock, systemRandom } from '../../packages/contract/src/index.ts';
import type { ClusterEngine } from '../../packages/server/src/engines/engine.ts';
import { createReconciler } from '../../packages/server/src/reconciler/reconciler.ts';
import { openLocalValues } from '../../packages/server/src/secrets-backend/local/local-values.ts';
import type { Store } from '../../packages/server/src/store/store.ts';
import { createConfirmedTime } from '../../packages/server/src/time/confirmed-time.ts';
import { clusterToMake } from '../server/openkupe.ts';
import { storeOfWorker } from './store-of-worker.ts';

const CLUSTERS_PER_TENANT = 10;
const applied = new Map<string, number>();
/** An engine that has made whatever was applied. */
const engine: ClusterEngine = {
  versions: () => [],
  whyNotAfter: () => undefined,
  validate: () => [],
  unreadable: () => undefined,
  async apply({ uid }, _spec, generation) {
    applied.set(uid, generation);
  },
  async observe({ uid }) {
    const appliedGeneration = applied.get(uid) ?? 0;
    const isMade = appliedGeneration > 0;
    return {
      exists: isMade,
      isReady: isMade,
      isRolledOut: isMade,
      appliedGeneration,
      runningVersion: 'v1.32.3',
      reason: '',
      isFaulty: false,
    };
  },
  access: async () => ({ endpoint: 'https://127.0.0.1:1', caPem: 'x'.repeat(700) }),
  putSecret: async () => 'stored',
  deleteSecret: async () => 'gone',
  destroy: async () => 'gone',
  close: async () => {},
};

const { clusters, folder, store } = await storeOfWorker();
const secretValues = await openLocalValues({ folder: join(folder, 'secret-values'), key: new Uint8Array(32), random: systemRandom });

/** Works until so many items were given back; returns milliseconds for each. */
async function reconcileAll(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let finished = 0;
  const finishWork: Store['finishWork'] = async (...given) => {
    const result = await store.finishWork(...given);
    finished += 1;
    if (finished === clusters) resolve();
    return result;
  };
  const reconciler = createReconciler({
    // NOTE: without the resync of a start, which is not what is measured.
    store: { ...store, finishWork, keysAfter: async () => [] },
    engine,
    secretValues,
    loadPlans: async () => DEFAULT_PLANS,
    clock: systemClock,
    confirmedTime: createConfirmedTime(systemClock),
    random: systemRandom,
    log: { info: () => {}, warn: console.error, error: console.error },
  });
  const startedAt = performance.now();
  reconciler.start();
  await promise;
  const ms = (performance.now() - startedAt) / clusters;
  await reconciler.stop();
  return ms;
}

const keys = Array.from({ length: clusters }, (_, index) => clusterToMake(`t${Math.floor(index / CLUSTERS_PER_TENANT)}`, `c${index}`));
await Promise.all(keys.map((write) => store.commit({ at: Date.now(), writes: [write], wake: [write.key] })));
const listedAt = performance.now();
await store.dueTenants(10_000);
const listMsPerItem = (performance.now() - listedAt) / clusters;
const changeMs = await reconcileAll();
await store.commit({ at: Date.now(), writes: [], wake: keys.map(({ key }) => key) });
const checkMs = await reconcileAll();
await store.close();
rmSync(folder, { recursive: true });
console.log(JSON.stringify({ checkMs, changeMs, listMsPerItem }));
