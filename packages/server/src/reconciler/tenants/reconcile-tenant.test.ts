import { setTimeout as realDelay } from 'node:timers/promises';
import { DEFAULT_PLANS } from '@openkupe/contract';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Store } from '../../store/store.ts';
import { tenantAllocation } from '../../tenancy/allocation.ts';
import { createReconciler, type Reconciler } from '../reconciler.ts';
import { openWorld, TENANT, type World } from '../testing/world.ts';

let world: World;
let reconciler: Reconciler | undefined;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(async () => {
  await reconciler?.stop();
  await world.end();
});

const KEY = { kind: 'tenant', tenant: TENANT, name: TENANT } as const;

async function start(changes: Partial<Store> = {}): Promise<void> {
  const { engine, secretValues, clock, confirmedTime, random, log } = world;
  const store = { ...world.store, ...changes };
  reconciler = createReconciler({ store, engine, secretValues, loadPlans: async () => DEFAULT_PLANS, clock, confirmedTime, random, log });
  await reconciler.start();
}

async function markTenantDeleted(): Promise<void> {
  const { resourceVersion: expectedVersion } = await world.tenant();
  await world.store.commit({ at: world.clock.now(), writes: [{ verb: 'mark-deleted-if', key: KEY, expectedVersion }] });
}

async function pass(isOver: () => Promise<boolean>): Promise<void> {
  for (let round = 0; round < 1_000; round += 1) {
    if (await isOver()) return;
    await realDelay(2);
    await world.clock.advance(100);
  }
  throw new Error('it never came to be');
}

const isGone = async () => (await world.store.get(KEY)) === undefined;

it('is found at the next start when its wake was lost, and goes after its clusters', async () => {
  await world.create('one');
  await world.create('two');
  await world.secretValues.put(TENANT, 'db', { password: 'x' });
  await markTenantDeleted();
  await world.restart();
  await start();
  await pass(isGone);
  expect(await world.store.list('cluster', TENANT)).toEqual([]);
  expect(await world.kept()).toEqual([]);
  expect(await world.secretValues.read(TENANT, 'db')).toEqual({ outcome: 'missing' });
  const messages = await world.messages();
  expect(messages.indexOf('Cluster "two" is gone.')).toBeGreaterThan(-1);
  expect(messages.at(-1)).toBe(`Tenant "${TENANT}" is gone, and its API keys are revoked`);
});

it('goes on where it was when the process ended between any two steps', async () => {
  await world.create('one');
  await start();
  await pass(async () => (await world.phase('one')) === 'Running');
  await markTenantDeleted();
  await world.store.commit({ at: world.clock.now(), writes: [], wake: [KEY] });
  await pass(async () => (await world.cluster('one'))?.deletedAt !== undefined);
  await reconciler?.stop();
  await world.restart();
  await start();
  await pass(isGone);
  expect(await world.cluster('one')).toBeUndefined();
});

it('leaves a tenant alone that is not deleted', async () => {
  await start();
  await world.store.commit({ at: world.clock.now(), writes: [], wake: [KEY] });
  await pass(async () => (await world.store.nextWorkInMs()) === undefined);
  expect(await isGone()).toBe(false);
});

async function writeLate(): Promise<void> {
  const spec = { displayName: 'late', role: 'admin', createdBy: 'a@b.example', keyHash: '00' } as const;
  const key = { kind: 'api-key', tenant: TENANT, name: 'ak-0123abcd' } as const;
  await world.store.commit({ at: world.clock.now(), writes: [{ verb: 'create', key, uid: 'late', spec, observed: {} }] });
  await world.secretValues.put(TENANT, 'db', { password: 'x' });
}
const wake = () => world.store.commit({ at: world.clock.now(), writes: [], wake: [KEY] });

it.each([
  ['nothing happens', async () => {}],
  ['it is woken', wake],
  [
    'its work item is lost',
    async () => {
      await reconciler?.stop();
      for (const work of await world.store.leaseWork({ owner: 'test', leaseMs: 1, limit: 10 })) await world.store.finishWork(work, 'done');
      await world.restart();
      await start();
    },
  ],
])('what is written for a minute after a tenant is gone goes as well, though meanwhile %s', async (_, happen) => {
  await start();
  await markTenantDeleted();
  await wake();
  await pass(isGone);
  await happen();
  await world.clock.advance(30_000);
  await writeLate();
  await pass(async () => (await world.store.nextWorkInMs()) === undefined);
  expect(await world.store.keys('api-key', TENANT)).toEqual([]);
  expect(await world.store.keys('deletion-attempt', TENANT)).toEqual([]);
  expect(await world.secretValues.read(TENANT, 'db')).toEqual({ outcome: 'missing' });
});

it('is swept although the process ended before it gave the work back', async () => {
  // NOTE: a lease that nothing ends until its time is over is what a process leaves that was killed.
  await start({ finishWork: async () => 'finished' });
  await markTenantDeleted();
  await wake();
  await pass(isGone);
  await reconciler?.stop();
  await world.restart();
  await start();
  await world.clock.advance(45_000);
  await writeLate();
  await pass(async () => (await world.store.nextWorkInMs()) === undefined);
  expect(await world.store.keys('api-key', TENANT)).toEqual([]);
});

it('a later tenant of the name keeps its keys and values', async () => {
  await start();
  await markTenantDeleted();
  const { spec } = await world.tenant();
  await wake();
  await pass(isGone);
  await world.store.commit({
    at: world.clock.now(),
    writes: [{ verb: 'create', key: KEY, uid: 'later', spec, observed: tenantAllocation([]) }],
  });
  await writeLate();
  await pass(async () => (await world.store.nextWorkInMs()) === undefined);
  expect(await world.store.keys('api-key', TENANT)).toHaveLength(1);
  expect(await world.secretValues.read(TENANT, 'db')).toMatchObject({ outcome: 'found' });
  await markTenantDeleted();
  await wake();
  await pass(isGone);
  await pass(async () => (await world.store.nextWorkInMs()) === undefined);
  expect(await world.store.keys('deletion-attempt', TENANT)).toEqual([]);
});
