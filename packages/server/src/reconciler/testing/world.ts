import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clusterPhase } from '@openkupe/contract';
import { createManualClock, type ManualClock } from '@openkupe/contract/testing/manual-clock';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { clusterEntries } from '../../billing/ledger-entries.ts';
import { createSandboxEngine, type SandboxEngine } from '../../engines/sandbox/sandbox-engine.ts';
import type { Log, LogFields } from '../../log/log.ts';
import { type LocalValues, openLocalValues } from '../../secrets-backend/local/local-values.ts';
import type { LedgerEntry } from '../../store/ledger.ts';
import type { ClusterObserved, ClusterSpec, Resource, ResourceKey } from '../../store/resource.ts';
import { startInlineWriter } from '../../store/sqlite/inline-writer.ts';
import { openSqliteStore } from '../../store/sqlite/sqlite-store.ts';
import type { Store, Write } from '../../store/store.ts';
import { tenantAllocation } from '../../tenancy/allocation.ts';
import { type ConfirmedTime, createConfirmedTime } from '../../time/confirmed-time.ts';

export const TENANT = 'acme';
export const DURATIONS = { provisioningMs: 8_000, upgradingMs: 12_000, terminatingMs: 3_000 };
export const UNSEEN: ClusterObserved = { observedGeneration: 0, kubernetesVersion: '', endpoint: '', caPem: '', waitingFor: '' };

/** A real store and a real sandbox engine on a manual clock, with one tenant, and what the API does to clusters. */
export interface World {
  readonly clock: ManualClock;
  readonly confirmedTime: ConfirmedTime;
  readonly store: Store;
  readonly engine: SandboxEngine;
  readonly secretValues: LocalValues;
  readonly random: ReturnType<typeof createSeededRandom>;
  readonly log: Log;
  /** Warnings and errors so far. */
  readonly complaints: LogFields[];
  create(name: string, spec?: Partial<ClusterSpec>): Promise<void>;
  patch(name: string, spec: Partial<ClusterSpec>): Promise<void>;
  remove(name: string): Promise<void>;
  cluster(name: string): Promise<Resource<'cluster'> | undefined>;
  /** The phase that the API would show; `none` when there is no row. */
  phase(name: string): Promise<string>;
  tenant(): Promise<Resource<'tenant'>>;
  /** The message of every event so far. */
  messages(): Promise<string[]>;
  /** The uids of the clusters that the engine keeps. */
  kept(): Promise<string[]>;
  /** Ends store and engine as a process does, and opens both again. */
  restart(): Promise<void>;
  end(): Promise<void>;
}

const SPEC: ClusterSpec = {
  displayName: '',
  type: 'shared',
  version: '1.32',
  resources: { cpu: '2', memory: '4Gi' },
  highAvailability: false,
};
const keyOf = (name: string): ResourceKey<'cluster'> => ({ kind: 'cluster', tenant: TENANT, name });
const TENANT_KEY: ResourceKey<'tenant'> = { kind: 'tenant', tenant: TENANT, name: TENANT };

export async function openWorld(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'reconciler-'));
  const clock = createManualClock();
  const random = createSeededRandom(1);
  const sandbox = { folder: join(folder, 'sandbox'), clock, random, durations: DURATIONS };
  let store = await openSqliteStore({ folder: join(folder, 'store'), clock, startWriter: startInlineWriter });
  let engine = await createSandboxEngine(sandbox);
  const secretValues = await openLocalValues({ folder: join(folder, 'secret-values'), key: new Uint8Array(32), random });
  let created = 0;
  const complaints: LogFields[] = [];
  const complain = (fields: LogFields, message: string) => complaints.push({ ...fields, message });

  async function must(writes: Write[], wake?: ResourceKey): Promise<void> {
    const result = await store.commit({ at: clock.now(), writes, ...(wake ? { wake: [wake] } : {}) });
    if (result.outcome !== 'written') throw new Error(`the test's own write was ${result.outcome}`);
  }
  /** Decides again when the reconciler was faster, as the API does, and appends to the ledger what the change is billed for. */
  async function change(
    name: string,
    decide: (row: Resource<'cluster'>) => Promise<{ writes: Write[]; ledger: LedgerEntry[] }>,
  ): Promise<void> {
    for (let round = 0; round < 16; round += 1) {
      const row = await existing(name);
      const { uid, observation: expectedObservation, observed } = row;
      const { writes, ledger } = await decide(row);
      const guard: Write = { verb: 'observe-if', key: keyOf(name), uid, expectedObservation, observed };
      const result = await store.commit({ at: clock.now(), writes: [...writes, guard], ledger, wake: [keyOf(name)] });
      if (result.outcome === 'written') return;
    }
    throw new Error(`the test's own write of "${name}" lost every race`);
  }
  const tenant = async () => {
    const found = await store.get(TENANT_KEY);
    if (!found) throw new Error('there is no tenant');
    return found;
  };
  const cluster = (name: string) => store.get(keyOf(name));
  const existing = async (name: string) => {
    const found = await cluster(name);
    if (!found) throw new Error(`there is no cluster "${name}"`);
    return found;
  };
  /** The API writes the tenant's allocation with every change of a cluster. */
  async function allocating(others: (clusters: Resource<'cluster'>[]) => Parameters<typeof tenantAllocation>[0]): Promise<Write> {
    const owner = await tenant();
    const observed = tenantAllocation(others(await store.list('cluster', TENANT)));
    return { verb: 'observe-if', key: TENANT_KEY, uid: owner.uid, expectedObservation: owner.observation, observed };
  }

  await must([
    {
      verb: 'create',
      key: TENANT_KEY,
      uid: 'tenant',
      spec: { displayName: '', contactEmail: '', plan: 'pro', enforceMetricsLimit: false, enforceLogLimit: false, members: [] },
      observed: tenantAllocation([]),
    },
  ]);

  return {
    clock,
    confirmedTime: createConfirmedTime(clock),
    random,
    secretValues,
    get store() {
      return store;
    },
    get engine() {
      return engine;
    },
    log: { info: () => {}, warn: complain, error: complain },
    complaints,
    async create(name, changes = {}) {
      created += 1;
      const spec = { ...SPEC, ...changes };
      const write: Write = { verb: 'create', key: keyOf(name), uid: `uid-${created}`, spec, observed: UNSEEN };
      await must([write, await allocating((clusters) => [...clusters, { name, spec }])], keyOf(name));
    },
    async patch(name, changes) {
      await change(name, async (row) => {
        const spec = { ...row.spec, ...changes };
        const write: Write = { verb: 'update-if', key: keyOf(name), expectedVersion: row.resourceVersion, spec };
        const allocation = await allocating((all) => all.map((one) => (one.name === name ? { name, spec } : one)));
        return { writes: [write, allocation], ledger: clusterEntries(row, { spec }, clock.now()) };
      });
    },
    async remove(name) {
      await change(name, async (row) => ({
        writes: [{ verb: 'mark-deleted-if', key: keyOf(name), expectedVersion: row.resourceVersion }],
        ledger: clusterEntries(row, { deletedAt: clock.now() }, clock.now()),
      }));
    },
    cluster,
    async phase(name) {
      const row = await cluster(name);
      if (!row) return 'none';
      const { acceptedAt, readyAt, degraded, observedGeneration } = row.observed;
      return clusterPhase({
        isDeleted: row.deletedAt !== undefined,
        isAccepted: acceptedAt !== undefined,
        wasReady: readyAt !== undefined,
        isDegraded: degraded !== undefined,
        generation: row.generation,
        observedGeneration,
      });
    },
    tenant,
    messages: async () => (await store.events(0, 10_000)).map(({ message }) => message),
    kept: async () => (await readdir(sandbox.folder)).map((name) => name.replace('.json', '')).sort(),
    async restart() {
      await engine.close();
      await store.close();
      store = await openSqliteStore({ folder: join(folder, 'store'), clock, startWriter: startInlineWriter });
      engine = await createSandboxEngine(sandbox);
    },
    async end() {
      await engine.close();
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
}
