import { setTimeout as realDelay } from 'node:timers/promises';
import { DEFAULT_PLANS } from '@openkupe/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClusterEngine } from '../engines/engine.ts';
import { CLUSTER_TIMING } from './clusters/timing.ts';
import { LOOP_PACE } from './loop.ts';
import { createReconciler, type Reconciler, type ReconcilerOptions } from './reconciler.ts';
import { DURATIONS, openWorld, TENANT, type World } from './testing/world.ts';

let world: World;
let started: Reconciler[];
beforeEach(async () => {
  world = await openWorld();
  started = [];
});
afterEach(async () => {
  await Promise.all(started.map((reconciler) => reconciler.stop()));
  await world.end();
});

async function start(options: Partial<ReconcilerOptions> = {}): Promise<Reconciler> {
  const { store, engine, secretValues, clock, confirmedTime, random, log } = world;
  const reconciler = createReconciler({
    store,
    engine,
    secretValues,
    loadPlans: async () => DEFAULT_PLANS,
    clock,
    confirmedTime,
    random,
    log,
    ...options,
  });
  started.push(reconciler);
  reconciler.start();
  return reconciler;
}

/** Waits in real time, for disk and sockets; the manual clock stands still unless `tickMs` moves it. */
async function eventually(isSo: () => unknown, tickMs = 0): Promise<void> {
  for (let round = 0; round < 2_000; round += 1) {
    if (await isSo()) return;
    await realDelay(2);
    if (tickMs > 0) await world.clock.advance(tickMs);
  }
  throw new Error(`it never came to be: ${isSo}`);
}
const isIn = (phase: string, name = 'production') => eventually(async () => (await world.phase(name)) === phase);
const comesTo = (phase: string, name = 'production') => eventually(async () => (await world.phase(name)) === phase, 250);

/** The real engine, with one verb held back until it is let go. */
function held(verb: 'observe'): { engine: ClusterEngine; letGo: () => void; inFlight: Set<string>; most: () => number } {
  const gate = Promise.withResolvers<void>();
  const inFlight = new Set<string>();
  let most = 0;
  const engine: ClusterEngine = {
    ...world.engine,
    async [verb](ref: Parameters<ClusterEngine['observe']>[0]) {
      inFlight.add(ref.name);
      most = Math.max(most, inFlight.size);
      await gate.promise;
      inFlight.delete(ref.name);
      return world.engine[verb](ref);
    },
  };
  return { engine, letGo: gate.resolve, inFlight, most: () => most };
}

describe('the reconciler', () => {
  it('takes clusters through their lives by itself', async () => {
    await start();
    await world.create('production');
    await world.create('staging', { version: '1.33' });
    await comesTo('Running');
    await comesTo('Running', 'staging');
    await world.patch('production', { version: '1.34' });
    expect(await world.phase('production')).toBe('Upgrading');
    await comesTo('Running');
    expect((await world.cluster('production'))?.observed.kubernetesVersion).toBe('v1.34.3');
    await world.remove('staging');
    await comesTo('none', 'staging');
    expect(await world.kept()).toEqual(['uid-1']);
    expect((await world.tenant()).observed.clusterCount).toBe(1);
    expect(world.complaints).toEqual([]);
  });

  it('is woken by a commit, without waiting for any time to pass', async () => {
    await start();
    await eventually(() => world.clock.sleeping === 1);
    const at = world.clock.now();
    await world.create('production');
    await isIn('Provisioning');
    expect(world.clock.now()).toBe(at);
  });

  it('finds work that another process left, without a wake signal', async () => {
    await start({ store: { ...world.store, onCommit: () => () => {} } });
    await eventually(() => world.clock.sleeping === 1);
    await world.create('production');
    await world.clock.advance(4_999);
    expect(await world.phase('production')).toBe('Pending');
    await world.clock.advance(1);
    await isIn('Provisioning');
  });

  it('looks at everything when it starts, whatever became of the work', async () => {
    await world.create('production');
    const [work] = await world.store.leaseWork({ owner: 'x', leaseMs: 1, limit: 1 });
    if (work) await world.store.finishWork(work, 'done');
    expect(await world.store.nextWorkInMs()).toBeUndefined();
    await start();
    await isIn('Provisioning');
  });

  it('notices a lost endpoint though nothing woke it', async () => {
    await start();
    await world.create('production');
    await comesTo('Running');
    await eventually(() => world.clock.sleeping === 1);
    world.engine.faults.setFault('production', 'unreachable');
    const at = world.clock.now();
    await comesTo('Degraded');
    const { steadyCheckMs, lostDeadlineMs, changingCheckMs } = CLUSTER_TIMING;
    expect(world.clock.now() - at).toBeLessThanOrEqual(steadyCheckMs + lostDeadlineMs + 5 * changingCheckMs);
    world.engine.faults.setFault('production', undefined);
    await comesTo('Running');
  });

  it('leaves a cluster alone for longer and longer while the engine fails, and no other cluster', async () => {
    world.engine.faults.setFault('production', 'apply-fails');
    await start({ random: { ...world.random, unit: () => 1 } });
    await eventually(() => world.clock.sleeping === 1);
    await world.create('production');
    const waits = [1_000, 2_000, 4_000, 8_000];
    for (const [index, afterMs] of waits.entries()) {
      await eventually(() => world.complaints.length === index + 1);
      expect(world.complaints[index]).toMatchObject({ key: 'cluster/acme/production', what: 'apply', failures: index + 1, afterMs });
      await eventually(async () => (await world.store.nextWorkInMs()) === afterMs);
      await world.clock.advance(afterMs);
    }
    await world.create('staging');
    await comesTo('Running', 'staging');
    world.engine.faults.setFault('production', undefined);
    await comesTo('Running');
    const before = world.complaints.length;
    world.engine.faults.setFault('production', 'apply-fails');
    await world.patch('production', { version: '1.33' });
    await eventually(() => world.complaints.length > before);
    expect(world.complaints.at(-1)).toMatchObject({ failures: 1, afterMs: 1_000 });
  });

  it('does the work of clusters alone', async () => {
    await start();
    await world.store.commit({ at: world.clock.now(), writes: [], wake: [{ kind: 'tenant', tenant: TENANT, name: TENANT }] });
    await eventually(async () => (await world.store.nextWorkInMs()) === undefined);
    expect(world.complaints).toEqual([]);
  });

  it('cannot be started twice', async () => {
    const reconciler = await start();
    expect(() => reconciler.start()).toThrow('Cannot start the reconciler twice');
  });

  it('goes on complaining, not crashing, while the store does not answer', async () => {
    await start();
    await eventually(() => world.clock.sleeping === 1);
    await world.store.close();
    await eventually(() => world.complaints.length >= 2, 5_000);
    expect(world.complaints[0]).toMatchObject({ message: 'the store gave no work; trying again' });
    await world.restart();
  });
});

describe('the bounds of the reconciler', () => {
  it.each([1, 3])('runs at most %i steps concurrently, as configured', async (concurrency) => {
    const { engine, letGo, inFlight, most } = held('observe');
    for (const name of ['one', 'two', 'three', 'four', 'five']) await world.create(name);
    await start({ engine, pace: { concurrency } });
    await eventually(() => inFlight.size === concurrency);
    await realDelay(30);
    expect(inFlight.size).toBe(concurrency);
    letGo();
    await comesTo('Running', 'five');
    expect(most()).toBe(concurrency);
  });

  it('takes a cluster as far as it comes under one lease, and no further once it stops', async () => {
    let leases = 0;
    const leaseWork: World['store']['leaseWork'] = async (request) => {
      const leased = await world.store.leaseWork(request);
      leases += leased.length;
      return leased;
    };
    await start({ store: { ...world.store, leaseWork } });
    await eventually(() => world.clock.sleeping === 1);
    await world.create('production');
    await eventually(async () => (await world.cluster('production'))?.observed.waitingFor === 'The control plane is starting');
    await eventually(async () => (await world.store.nextWorkInMs()) === CLUSTER_TIMING.changingCheckMs);
    expect(leases).toBe(1);
  });

  it('gives up a step that hangs, before its lease ends, and works on', async () => {
    expect(LOOP_PACE.stepMs).toBeLessThan(LOOP_PACE.leaseMs);
    const { engine, inFlight, letGo } = held('observe');
    await world.create('production');
    await start({ engine, pace: { concurrency: 1, stepMs: 7_000 } });
    await eventually(() => inFlight.size === 1);
    await world.clock.advance(6_999);
    expect(world.complaints).toEqual([]);
    await world.clock.advance(1);
    expect(world.complaints).toMatchObject([{ what: 'step', error: 'Error: it took longer than 7000 ms' }]);
    letGo();
    await comesTo('Running');
  });

  it('stops when the running step has ended', async () => {
    const { engine, inFlight, letGo } = held('observe');
    await world.create('production');
    const reconciler = await start({ engine });
    await eventually(() => inFlight.size === 1);
    let isStopped = false;
    const stopped = reconciler.stop().then(() => {
      isStopped = true;
    });
    await realDelay(20);
    expect(isStopped).toBe(false);
    letGo();
    await stopped;
    expect(await world.phase('production')).toBe('Provisioning');
    expect(world.clock.sleeping).toBe(0);
  });

  it('stops all the same when the running step hangs, and gives its work back', async () => {
    const { engine, inFlight, letGo } = held('observe');
    await world.create('production');
    const reconciler = await start({ engine, pace: { stopMs: 3_000 } });
    await eventually(() => inFlight.size === 1);
    let isStopped = false;
    const stopped = reconciler.stop().then(() => {
      isStopped = true;
    });
    await world.clock.advance(2_999);
    expect(isStopped).toBe(false);
    await world.clock.advance(1);
    await stopped;
    expect(await world.store.nextWorkInMs()).toBe(0);
    letGo();
  });

  it('takes no work once it is stopped', async () => {
    const reconciler = await start();
    await reconciler.stop();
    await world.create('production');
    await realDelay(20);
    await world.clock.advance(60_000);
    expect(await world.phase('production')).toBe('Pending');
  });

  it('stops before it was started', async () => {
    const { store, engine, secretValues, clock, confirmedTime, random, log } = world;
    await createReconciler({ store, engine, secretValues, loadPlans: async () => DEFAULT_PLANS, clock, confirmedTime, random, log }).stop();
    expect(clock.sleeping).toBe(0);
  });
});

describe('two reconcilers on one store', () => {
  it('tell everything once, and agree', async () => {
    await start();
    await start();
    const names = ['one', 'two', 'three'];
    for (const name of names) await world.create(name);
    for (const name of names) await comesTo('Running', name);
    for (const name of names) await world.patch(name, { version: '1.33' });
    for (const name of names) await comesTo('Running', name);
    for (const name of names) await world.remove(name);
    for (const name of names) await comesTo('none', name);
    for (const name of names) {
      expect((await world.messages()).filter((sentence) => sentence.includes(`"${name}"`))).toEqual([
        `Cluster "${name}" is being provisioned.`,
        `Cluster "${name}" is ready and runs v1.32.3.`,
        `Cluster "${name}" is up to date and runs v1.33.7.`,
        `Cluster "${name}" is gone.`,
      ]);
    }
    expect((await world.tenant()).observed.clusterCount).toBe(0);
    expect(await world.kept()).toEqual([]);
  });

  it('take over from each other when one is killed in the middle of a step', async () => {
    const hanging = held('observe');
    await world.create('production');
    await start({ engine: hanging.engine, pace: { concurrency: 1, leaseMs: 30_000, stepMs: 10 ** 9 } });
    await eventually(() => hanging.inFlight.size === 1);
    await start();
    await world.clock.advance(29_000);
    expect(await world.phase('production')).toBe('Pending');
    await world.clock.advance(1_000);
    await comesTo('Running');
    const before = await world.cluster('production');
    hanging.letGo();
    await realDelay(30);
    expect(await world.cluster('production')).toEqual(before);
    expect(DURATIONS.provisioningMs).toBeLessThan(30_000);
  });
});
