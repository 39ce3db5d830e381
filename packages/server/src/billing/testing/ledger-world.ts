import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_PLANS } from '@openkupe/contract';
import type { ClusterObserved, ClusterSpec, Resource, ResourceKey } from '../../store/resource.ts';
import { startInlineWriter } from '../../store/sqlite/inline-writer.ts';
import { openSqliteStore } from '../../store/sqlite/sqlite-store.ts';
import type { Change, Store, Write } from '../../store/store.ts';
import type { BillingPorts } from '../close-period.ts';
import { clusterEntries, planEntries } from '../ledger-entries.ts';

type Cluster = Resource<'cluster'>;
const TENANT = 'acme';
const keyOf = (name: string): ResourceKey<'cluster'> => ({ kind: 'cluster', tenant: TENANT, name });
const TENANT_KEY: ResourceKey<'tenant'> = { kind: 'tenant', tenant: TENANT, name: TENANT };

/** A real store with one tenant, and the changes that matter to a bill, committed as the API and the reconciler commit them. */
export interface LedgerWorld {
  readonly ports: BillingPorts;
  /** Epoch milliseconds; the test moves it. */
  now: number;
  tenant(): Promise<Resource<'tenant'>>;
  cluster(name: string): Promise<Cluster | undefined>;
  create(name: string, uid: string, resources: ClusterSpec['resources']): Promise<void>;
  observe(cluster: Cluster, observed: Partial<ClusterObserved>): Promise<void>;
  resize(cluster: Cluster, resources: ClusterSpec['resources']): Promise<void>;
  /** Deletion is accepted, and the row is gone at once. */
  remove(cluster: Cluster): Promise<void>;
  changePlan(plan: string): Promise<void>;
  /** Commits what an operation of the operator decided. */
  commit(change: Omit<Change, 'at'>): Promise<void>;
  invoices(): Promise<Resource<'invoice'>[]>;
  /** Removes the tenant's row and makes another tenant of the same name. */
  replaceTenant(uid: string): Promise<void>;
  restart(): Promise<void>;
  end(): Promise<void>;
}

const tenantWrite = (uid: string): Write => ({
  verb: 'create',
  key: TENANT_KEY,
  uid,
  spec: { displayName: '', contactEmail: '', plan: 'starter', enforceMetricsLimit: false, enforceLogLimit: false, members: [] },
  observed: { clusterCount: 0, allocated: { cpu: '0', memory: '0', storage: '0' } },
});

export async function openLedgerWorld(startMs: number): Promise<LedgerWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'ledger-'));
  let store: Store = await openSqliteStore({ folder, startWriter: startInlineWriter });
  const world: LedgerWorld = {
    now: startMs,
    get ports() {
      return { store, plans: DEFAULT_PLANS };
    },
    async tenant() {
      const found = await store.get(TENANT_KEY);
      if (!found) throw new Error('there is no tenant');
      return found;
    },
    cluster: (name) => store.get(keyOf(name)),
    async create(name, uid, resources) {
      const spec = { displayName: name, type: 'shared' as const, version: '1.32', resources, highAvailability: true };
      const observed = { observedGeneration: 0, kubernetesVersion: '', endpoint: '', caPem: '', waitingFor: '' };
      await must({ writes: [{ verb: 'create', key: keyOf(name), uid, spec, observed }] });
    },
    async observe(cluster, changes) {
      const observed = { ...cluster.observed, ...changes };
      const { uid, observation: expectedObservation } = cluster;
      await must({
        writes: [{ verb: 'observe-if', key: keyOf(cluster.name), uid, expectedObservation, observed }],
        ledger: clusterEntries(cluster, { observed }, world.now),
      });
    },
    async resize(cluster, resources) {
      const spec = { ...cluster.spec, resources };
      const write: Write = { verb: 'update-if', key: keyOf(cluster.name), expectedVersion: cluster.resourceVersion, spec };
      await must({ writes: [write], ledger: clusterEntries(cluster, { spec }, world.now) });
    },
    async remove(cluster) {
      const key = keyOf(cluster.name);
      await must({
        writes: [{ verb: 'mark-deleted-if', key, expectedVersion: cluster.resourceVersion }],
        ledger: clusterEntries(cluster, { deletedAt: world.now }, world.now),
      });
      const gone = await store.get(key);
      await must({ writes: [{ verb: 'delete-if', key, uid: cluster.uid, expectedVersion: gone?.resourceVersion ?? '' }] });
    },
    async changePlan(plan) {
      const tenant = await world.tenant();
      const spec = { ...tenant.spec, plan };
      const write: Write = { verb: 'update-if', key: TENANT_KEY, expectedVersion: tenant.resourceVersion, spec };
      await must({ writes: [write], ledger: planEntries(tenant, spec, DEFAULT_PLANS, world.now) });
    },
    commit: must,
    invoices: async () => (await store.list('invoice', TENANT)).sort((a, b) => a.spec.billedUntil - b.spec.billedUntil),
    async replaceTenant(uid) {
      const old = await world.tenant();
      await must({ writes: [{ verb: 'delete-if', key: TENANT_KEY, uid: old.uid, expectedVersion: old.resourceVersion }] });
      await must({ writes: [tenantWrite(uid)] });
    },
    async restart() {
      await store.close();
      store = await openSqliteStore({ folder, startWriter: startInlineWriter });
    },
    async end() {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
  async function must(change: Omit<Change, 'at'>): Promise<void> {
    const result = await store.commit({ at: world.now, ...change });
    if (result.outcome !== 'written') throw new Error(`the test's own write was ${result.outcome}`);
  }
  await must({ writes: [tenantWrite('tenant-1')] });
  return world;
}
