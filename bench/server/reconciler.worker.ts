/**
 * How many clusters a second come to Running: by the reconciler with the sandbox at zero duration, or by a bare loop that leases, plans and commits
 * with what no engine has to be asked. In one process, without HTTP. Prints the rate and the processor time for each cluster.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_PLANS, systemClock, systemRandom } from '../../packages/contract/src/index.ts';
import { createReplicatedSandbox } from '../../packages/server/src/engines/sandbox/replicated-sandbox.ts';
import { createSandboxEngine } from '../../packages/server/src/engines/sandbox/sandbox-engine.ts';
import { planCluster } from '../../packages/server/src/reconciler/clusters/plan-cluster.ts';
import { CLUSTER_TIMING } from '../../packages/server/src/reconciler/clusters/timing.ts';
import { LOOP_PACE } from '../../packages/server/src/reconciler/loop.ts';
import { createReconciler } from '../../packages/server/src/reconciler/reconciler.ts';
import { openLocalValues } from '../../packages/server/src/secrets-backend/local/local-values.ts';
import type { DatabaseAddress } from '../../packages/server/src/store/database-address.ts';
import { openPostgresStore } from '../../packages/server/src/store/postgres/postgres-store.ts';
import type { Resource, ResourceKey } from '../../packages/server/src/store/resource.ts';
import { openSqliteStore } from '../../packages/server/src/store/sqlite/sqlite-store.ts';
import type { LeasedWork, Store } from '../../packages/server/src/store/store.ts';
import { createConfirmedTime } from '../../packages/server/src/time/confirmed-time.ts';
import { clusterToMake } from './openkupe.ts';

const CLUSTERS_PER_TENANT = 10;
const DURATIONS = { provisioningMs: 0, upgradingMs: 0, terminatingMs: 0 };

/** Clusters that are wanted, each with its work item, and nothing done for any. */
async function fill(store: Store, clusters: number): Promise<void> {
  const at = Date.now();
  const write = (index: number) => clusterToMake(`t${Math.floor(index / CLUSTERS_PER_TENANT)}`, `c${index}`);
  const writes = Array.from({ length: clusters }, (_, index) => write(index));
  await Promise.all(writes.map((one) => store.commit({ at, writes: [one], wake: [one.key] })));
}

/** Resolves when the reconciler has said of so many clusters that they are ready. */
async function reconcileAll(store: Store, folder: string, clusters: number, isReplicated: boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let ready = 0;
  const log = {
    info(fields: { reason?: unknown }) {
      if (fields.reason !== 'ready') return;
      ready += 1;
      if (ready === clusters) resolve();
    },
    warn: console.error,
    error: console.error,
  };
  const key = new Uint8Array(32);
  const sandbox = { folder: join(folder, 'sandbox'), clock: systemClock, random: systemRandom, durations: DURATIONS };
  const engine = isReplicated ? createReplicatedSandbox({ ...sandbox, store, key }) : await createSandboxEngine(sandbox);
  if ('takeOver' in engine) await engine.takeOver();
  const reconciler = createReconciler({
    store,
    engine,
    secretValues: await openLocalValues({ folder: join(folder, 'secret-values'), key, random: systemRandom }),
    loadPlans: async () => DEFAULT_PLANS,
    clock: systemClock,
    confirmedTime: createConfirmedTime(systemClock),
    random: systemRandom,
    log,
  });
  reconciler.start();
  await promise;
  await reconciler.stop();
  await engine.close();
}

/** What an engine would report of a cluster that it has made. */
const madeOf = ({ generation }: Resource<'cluster'>) => ({
  exists: true,
  isReady: true,
  isRolledOut: true,
  appliedGeneration: generation,
  runningVersion: 'v1.32.3',
  reason: '',
  isFaulty: false,
  access: { endpoint: 'https://127.0.0.1:1', caPem: 'x'.repeat(700) },
});

/** One lease, and plan and commit until nothing is left to record. */
async function workOn(store: Store, work: LeasedWork): Promise<void> {
  for (;;) {
    const key = work.key as ResourceKey<'cluster'>;
    const cluster = (await store.get(key)) as Resource<'cluster'>;
    const step = planCluster(cluster, madeOf(cluster), Date.now(), { ...CLUSTER_TIMING, workedMs: 0 });
    if (step.step !== 'record') break;
    const { uid, observation: expectedObservation } = cluster;
    const write = { verb: 'observe-if', key, uid, expectedObservation, observed: step.observed, fence: work } as const;
    await store.commit({ at: Date.now(), writes: [write], events: [{ key, type: 'observed', message: step.reason }] });
  }
  await store.finishWork(work, { afterMs: CLUSTER_TIMING.steadyCheckMs });
}

async function bareLoop(store: Store): Promise<void> {
  for (;;) {
    const leased = await store.leaseWork({ owner: 'bare', leaseMs: LOOP_PACE.leaseMs, limit: LOOP_PACE.concurrency });
    if (leased.length === 0) return;
    await Promise.all(leased.map((work) => workOn(store, work)));
  }
}

const [by, clusterCount, database] = process.argv.slice(2);
const clusters = Number(clusterCount);
const folder = mkdtempSync(join(tmpdir(), 'openkupe-bench-'));
const address = database && (JSON.parse(database) as DatabaseAddress);
const storeFolder = join(folder, 'store');
const store = await (address ? openPostgresStore({ folder: storeFolder, address }) : openSqliteStore({ folder: storeFolder }));
await fill(store, clusters);
const [startedAt, before] = [performance.now(), process.cpuUsage()];
await (by === 'bare' ? bareLoop(store) : reconcileAll(store, folder, clusters, address !== undefined));
const seconds = (performance.now() - startedAt) / 1_000;
const { user, system } = process.cpuUsage(before);
const running = (await store.listReadable('cluster')).filter(({ observed }) => observed.observedGeneration === 1);
if (running.length !== clusters) throw new Error(`${running.length} of ${clusters} clusters are Running`);
await store.close();
rmSync(folder, { recursive: true });
console.log(JSON.stringify({ perSecond: clusters / seconds, cpuUs: (user + system) / clusters }));
