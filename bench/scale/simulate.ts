import { planCluster } from '../../packages/server/src/reconciler/clusters/plan-cluster.ts';
import { CLUSTER_TIMING } from '../../packages/server/src/reconciler/clusters/timing.ts';
import { LOOP_PACE } from '../../packages/server/src/reconciler/loop.ts';
import { createTenantRoundRobin } from '../../packages/server/src/reconciler/tenant-round-robin.ts';
import type { Resource } from '../../packages/server/src/store/resource.ts';
import { quantile } from '../harness/statistics.ts';
import { createVirtualQueue, type StoreCosts } from './virtual-queue.ts';

/** An installation on which the reconciler works alone, without requests. */
export interface Installation {
  readonly clusters: number;
  readonly clustersPerTenant: number;
  /** Processes that work at a time, each on its share of the tenants and on a store of its own. */
  readonly shards: number;
  /** Between two looks at a cluster that does not change. */
  readonly steadyCheckMs: number;
  /** Clusters of the tenant that changes all of them at once. */
  readonly burst: number;
}

/** What became of it. Seconds, and looks a second of one shard. */
export interface Simulated {
  /** Until every cluster was looked at once, after a start. */
  readonly sweepSeconds: number;
  readonly neededPerSecond: number;
  readonly donePerSecond: number;
  /** From a single change of a tenant to its end, in steady state and behind the burst of another tenant. */
  readonly lagP50: number;
  readonly lagP99: number;
  readonly burstLagP99: number;
}

const spec = { displayName: '', type: 'shared', version: '1.32', resources: {}, highAvailability: false } as const;
const access = { endpoint: 'https://127.0.0.1:1', caPem: '' };
const seen = { exists: true, isReady: true, isRolledOut: true, runningVersion: 'v1.32.3', reason: '', isFaulty: false, access };
const observed = { ...access, acceptedAt: 1, readyAt: 1, observedGeneration: 1, kubernetesVersion: 'v1.32.3', waitingFor: '' };
const row = { kind: 'cluster', tenant: '', name: '', uid: '', resourceVersion: '1', observation: 1, createdAt: 1, spec } as const;

/** Plans one look, or a change as far as it comes, with the plan of the running control plane. Returns the steps and when to look again. */
function reconcile(isChanged: boolean, steadyCheckMs: number): { steps: number; afterMs: number } {
  let cluster: Resource<'cluster'> = { ...row, generation: isChanged ? 2 : 1, observed };
  let appliedGeneration = 1;
  for (let steps = 1; ; steps += 1) {
    const step = planCluster(cluster, { ...seen, appliedGeneration }, 1, { ...CLUSTER_TIMING, steadyCheckMs, workedMs: 0 });
    if (step.step === 'wait') return { steps, afterMs: step.ms };
    if (step.step === 'record') cluster = { ...cluster, observed: step.observed };
    else appliedGeneration = cluster.generation;
  }
}

/** A change every so often, each of another tenant. */
const PROBE_EVERY_MS = 500;
const PROBES = 40;
/** A change that takes longer counts as one that never ends. */
const PATIENCE_MS = 300_000;
/** How long the steady state is watched. */
const STEADY_MS = 60_000;

/** Runs one shard on virtual time: a start, a steady state with single changes, and those behind a burst. */
export async function simulate({ shards, steadyCheckMs, burst, ...all }: Installation, costs: StoreCosts): Promise<Simulated> {
  const clusters = Math.round(all.clusters / shards);
  const tenantOf = Int32Array.from({ length: clusters + burst }, (_, item) =>
    item < burst ? 0 : 1 + Math.floor((item - burst) / all.clustersPerTenant),
  );
  const queue = createVirtualQueue(tenantOf, costs);
  const roundRobin = createTenantRoundRobin(queue);
  const changedAt = new Map<number, number>();
  const lags: number[] = [];
  const waiting = new Set(tenantOf.keys());
  let done = 0;
  // NOTE: the plan is pure, and all clusters that run are alike to it.
  const [check, effect] = [reconcile(false, steadyCheckMs), reconcile(true, steadyCheckMs)];

  function run(item: number): void {
    const changed = changedAt.get(item);
    const { steps, afterMs } = changed === undefined ? check : effect;
    queue.spend(steps > 1 ? costs.changeMs : costs.checkMs);
    queue.finish(item, afterMs);
    if (changed !== undefined && item >= burst) lags.push((queue.nowMs() - changed) / 1_000);
    changedAt.delete(item);
    waiting.delete(item);
    done += 1;
  }
  async function workUntil(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const leased = await roundRobin.lease({ owner: '', leaseMs: LOOP_PACE.leaseMs, limit: LOOP_PACE.concurrency });
      for (const { key } of leased) run(Number(key.name));
      if (leased.length === 0) queue.spend(Math.min(PROBE_EVERY_MS, Math.max(1, queue.nextInMs())));
    }
  }
  const change = (item: number) => {
    changedAt.set(item, queue.nowMs());
    queue.finish(item, 0);
  };
  /** Changes a cluster of another tenant every so often; the lags of all of them, in seconds. */
  async function probe(): Promise<readonly number[]> {
    lags.length = 0;
    for (let count = 1; count <= PROBES; count += 1) {
      change(burst + ((count * 7_919 * all.clustersPerTenant) % clusters));
      const until = queue.nowMs() + PROBE_EVERY_MS;
      await workUntil(() => queue.nowMs() >= until);
    }
    const patienceEnds = queue.nowMs() + PATIENCE_MS;
    await workUntil(() => lags.length >= PROBES || queue.nowMs() >= patienceEnds);
    return Array.from({ length: PROBES }, (_, at) => lags[at] ?? Number.POSITIVE_INFINITY);
  }

  await workUntil(() => waiting.size === 0);
  const sweepSeconds = queue.nowMs() / 1_000;
  done = 0;
  const steadyFromMs = queue.nowMs();
  await workUntil(() => queue.nowMs() >= steadyFromMs + STEADY_MS);
  const donePerSecond = (done / (queue.nowMs() - steadyFromMs)) * 1_000;
  const steady = await probe();
  for (let item = 0; item < burst; item += 1) change(item);
  const behindBurst = await probe();
  return {
    sweepSeconds,
    neededPerSecond: tenantOf.length / (steadyCheckMs / 1_000),
    donePerSecond,
    lagP50: quantile(steady, 0.5),
    lagP99: quantile(steady, 0.99),
    burstLagP99: quantile(behindBurst, 0.99),
  };
}
