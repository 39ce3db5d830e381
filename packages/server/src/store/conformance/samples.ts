import type { ManualClock } from '@openkupe/contract/testing/manual-clock';
import { beforeEach, expect, onTestFinished } from 'vitest';
import type { ClusterObserved, ClusterSpec, Resource, ResourceKey } from '../resource.ts';
import type { Change, CommitOutcome, NewIdempotencyRecord, Store, Write, WriteOf } from '../store.ts';

/** A store that the suite may fill. */
export interface StoreUnderTest {
  /** The open store; another one after `reopen`. */
  readonly store: Store;
  /** The clock that work is due by. */
  readonly clock: ManualClock;
  /** Closes the store and opens it on the same data. */
  reopen(): Promise<void>;
  /** Closes the store and removes its data. */
  discard(): Promise<void>;
}
export type MakeStore = () => Promise<StoreUnderTest>;

/** A store of its own for each test of the suite that calls this, discarded when that has finished. */
export function storeOfEachTest(makeStore: MakeStore): Omit<StoreUnderTest, 'discard'> {
  let made: StoreUnderTest;
  beforeEach(async () => {
    const own = await makeStore();
    onTestFinished(() => own.discard());
    made = own;
  });
  return {
    get store() {
      return made.store;
    },
    get clock() {
      return made.clock;
    },
    reopen: () => made.reopen(),
  };
}

export const AT = Date.UTC(2026, 0, 1);

/** An idempotency record that never expires, in a quota that no test fills by accident. */
export const RECORD: NewIdempotencyRecord = {
  scope: 'scope',
  fingerprint: 'print',
  status: 201,
  sealed: 'sealed',
  expiresAt: 2 ** 42,
  tenant: 'acme',
  quotaBytes: 2 ** 40,
  replaceableMs: 0,
  nowMs: AT,
};

export function clusterKey(name = 'web', tenant = 'acme'): ResourceKey<'cluster'> {
  return { kind: 'cluster', tenant, name };
}

export function apiKeyKey(name = 'k1', tenant = 'acme'): ResourceKey<'api-key'> {
  return { kind: 'api-key', tenant, name };
}

export function clusterSpec(displayName = 'Web'): ClusterSpec {
  return { displayName, type: 'shared', version: '1.32', resources: { cpu: '4' }, alerts: { muted: [] }, highAvailability: false };
}

export function clusterObserved(waitingFor = ''): ClusterObserved {
  return { observedGeneration: 0, kubernetesVersion: '', endpoint: '', caPem: '', waitingFor };
}

export function createCluster(key = clusterKey(), uid = 'uid-1'): WriteOf<'cluster'> {
  return { verb: 'create', key, uid, spec: clusterSpec(), observed: clusterObserved() };
}

export function createApiKey(key = apiKeyKey(), uid = 'uid-1'): WriteOf<'api-key'> {
  return { verb: 'create', key, uid, spec: { displayName: 'CI', role: 'admin', createdBy: 'a@b.example', keyHash: '00' }, observed: {} };
}

export function changeOf(...writes: Write[]): Change {
  return { at: AT, writes };
}

export type Written = Extract<CommitOutcome, { outcome: 'written' }>;

/** Commits and insists that it was written. */
export async function commitWritten(store: Store, change: Change): Promise<Written> {
  const outcome = await store.commit(change);
  expect(outcome).toMatchObject({ outcome: 'written' });
  return outcome as Written;
}

/** Creates a cluster and returns it. */
export async function givenCluster(store: Store, key = clusterKey()): Promise<Resource<'cluster'>> {
  await commitWritten(store, changeOf(createCluster(key)));
  return (await store.get(key)) as Resource<'cluster'>;
}
