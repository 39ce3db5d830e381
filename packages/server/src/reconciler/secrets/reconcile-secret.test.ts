import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ClusterEngine } from '../../engines/engine.ts';
import type { ResourceKey } from '../../store/resource.ts';
import { openWorld, TENANT, UNSEEN, type World } from '../testing/world.ts';
import { reconcileSecret } from './reconcile-secret.ts';

const KEY: ResourceKey<'secret'> = { kind: 'secret', tenant: TENANT, name: 'db' };
const PLACE = { namespace: 'web', name: 'db', owner: 'uid-secret' };
const RIVAL = { ...PLACE, owner: 'uid-rival', version: '1', data: {} };
let world: World;

beforeEach(async () => {
  world = await openWorld();
  await world.create('one');
  const cluster = await world.cluster('one');
  if (!cluster) throw new Error('there is no cluster');
  const ref = { tenant: TENANT, name: 'one', uid: cluster.uid, type: 'shared' } as const;
  await world.engine.apply(ref, cluster.spec, 1);
  await world.clock.advance(20_000);
  await world.engine.observe(ref);
  const observed = { ...UNSEEN, acceptedAt: 0, readyAt: 0 };
  const { uid, observation } = cluster;
  await world.store.commit({
    at: 0,
    writes: [
      { verb: 'observe-if', key: { kind: 'cluster', tenant: TENANT, name: 'one' }, uid, expectedObservation: observation, observed },
      {
        verb: 'create',
        key: KEY,
        uid: 'uid-secret',
        spec: { secretPath: 'a', sync: [{ cluster: 'one', namespace: 'web' }] },
        observed: { observedGeneration: 0, places: [], targets: [], changedAt: 0 },
      },
    ],
    wake: [KEY],
  });
  await world.secretValues.put(TENANT, 'a', { password: 'x' });
});
afterEach(() => world.end());

const refOne = async () => ({ tenant: TENANT, name: 'one', uid: (await world.cluster('one'))?.uid ?? '', type: 'shared' as const });
const secret = () => world.store.get(KEY);

/** Runs one step of the secret with this engine; an engine call that throws stands for a process that died right there. */
async function step(engine: ClusterEngine = world.engine): Promise<void> {
  const { store, clock, log, secretValues: values } = world;
  for (const work of await store.leaseWork({ owner: 'test', leaseMs: 1_000, limit: 10 })) {
    if (work.key.kind === 'secret') await reconcileSecret({ store, engine, values, clock, log }, work, () => true).catch(() => {});
    await store.finishWork(work, { afterMs: 0 });
  }
}

/** The real engine, dying after every verb that changes something has done so. */
function dyingAfterwards(): ClusterEngine {
  const { engine } = world;
  const thenDie = async (done: Promise<unknown>) => {
    await done;
    throw new Error('the process died');
  };
  return Object.assign(Object.create(engine) as ClusterEngine, {
    putSecret: (...given: Parameters<ClusterEngine['putSecret']>) => thenDie(engine.putSecret(...given)) as never,
    deleteSecret: (...given: Parameters<ClusterEngine['deleteSecret']>) => thenDie(engine.deleteSecret(...given)) as never,
  });
}

it('deletion finds what a process put there just before it died, and is done twice without harm', async () => {
  await step();
  expect((await secret())?.observed.places).toHaveLength(1);
  await step(dyingAfterwards());
  expect(await world.engine.putSecret(await refOne(), RIVAL)).toBe('owned-by-another');
  const { resourceVersion: expectedVersion = '' } = (await secret()) ?? {};
  await world.store.commit({ at: 0, writes: [{ verb: 'mark-deleted-if', key: KEY, expectedVersion }], wake: [KEY] });
  await step(dyingAfterwards());
  expect((await secret())?.observed.places).toHaveLength(1);
  for (let steps = 0; steps < 3; steps += 1) await step();
  expect(await secret()).toBeUndefined();
  expect(await world.engine.putSecret(await refOne(), RIVAL)).toBe('stored');
});

it('comes true again after a restart that emptied the sandbox, and writes nothing while nothing is new', async () => {
  for (let steps = 0; steps < 3; steps += 1) await step();
  const before = await secret();
  expect(before?.observed.targets).toMatchObject([{ phase: 'Synced', version: '1' }]);
  await step();
  expect((await secret())?.observation).toBe(before?.observation);
  await world.restart();
  await step();
  expect(await world.engine.putSecret(await refOne(), RIVAL)).toBe('owned-by-another');
  expect((await secret())?.observation).toBe(before?.observation);
});

it('tells a cluster nothing once the lease is lost', async () => {
  await step();
  const { store, clock, log, engine, secretValues: values } = world;
  const [work] = (await store.leaseWork({ owner: 'test', leaseMs: 1_000, limit: 10 })).filter(({ key }) => key.kind === 'secret');
  if (!work) throw new Error('there is no work');
  expect(await reconcileSecret({ store, engine, values, clock, log }, work, () => false)).toEqual({ outcome: 'again', afterMs: 0 });
  expect(await world.engine.putSecret(await refOne(), RIVAL)).toBe('stored');
});
