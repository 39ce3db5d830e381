import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LEASE_MS, type StepByStep, stepByStep } from '../testing/step-by-step.ts';
import { DURATIONS, openWorld, type World } from '../testing/world.ts';
import { reconcileCluster } from './reconcile-cluster.ts';
import { createStopwatch } from './stopwatch.ts';
import { CLUSTER_TIMING } from './timing.ts';

describe('reconciling a cluster, step by step', () => {
  let world: World;
  let steps: StepByStep;
  beforeEach(async () => {
    world = await openWorld();
    steps = stepByStep(world);
  });
  afterEach(() => world.end());

  const isRunning = (name: string) => async () => (await world.phase(name)) === 'Running';
  const isGone = (name: string) => async () => (await world.phase(name)) === 'none';
  const minutes = (count: number) => count * 60_000;

  it('takes a cluster from creation to running, upgrade and removal', async () => {
    const startedAt = world.clock.now();
    await world.create('production');
    expect(await world.phase('production')).toBe('Pending');
    await steps.step();
    expect(await world.phase('production')).toBe('Provisioning');
    await steps.until(isRunning('production'));
    expect(world.clock.now() - startedAt).toBe(DURATIONS.provisioningMs);
    const running = await world.cluster('production');
    expect(running?.observed).toMatchObject({ observedGeneration: 1, kubernetesVersion: 'v1.32.3', waitingFor: '' });
    expect(running?.observed.endpoint).toMatch(/^https:/);

    await world.patch('production', { version: '1.33' });
    expect(await world.phase('production')).toBe('Upgrading');
    await world.clock.advance(DURATIONS.upgradingMs - 1);
    await steps.step();
    expect((await world.cluster('production'))?.observed).toMatchObject({ observedGeneration: 1, kubernetesVersion: 'v1.32.3' });
    await steps.until(isRunning('production'));
    const upgraded = await world.cluster('production');
    expect(upgraded?.observed).toMatchObject({ observedGeneration: 2, kubernetesVersion: 'v1.33.7', readyAt: running?.observed.readyAt });
    expect(upgraded?.resourceVersion).not.toBe(running?.resourceVersion);

    await world.remove('production');
    expect(await world.phase('production')).toBe('Terminating');
    await steps.until(isGone('production'));
    expect(await world.kept()).toEqual([]);
    expect((await world.tenant()).observed).toEqual({ clusterCount: 0, allocated: { cpu: '0', memory: '0', storage: '0' } });
    expect(await steps.step()).toBe('no-work');
    expect(await world.messages()).toEqual([
      'Cluster "production" is being provisioned.',
      'Cluster "production" is ready and runs v1.32.3.',
      'Cluster "production" is up to date and runs v1.33.7.',
      'Cluster "production" is gone.',
    ]);
  });

  it('never moves what If-Match compares', async () => {
    await world.create('production');
    const before = await world.cluster('production');
    await steps.until(isRunning('production'));
    const after = await world.cluster('production');
    expect(after?.resourceVersion).toBe(before?.resourceVersion);
    expect(after?.generation).toBe(1);
    expect(after?.observation).toBeGreaterThan(0);
  });

  it('brings eight quick changes during provisioning into effect at once', async () => {
    await world.create('production');
    const startedAt = world.clock.now();
    for (let change = 1; change <= 8; change += 1) {
      await world.patch('production', { resources: { cpu: `${change}` }, ...(change === 8 ? { version: '1.34' } : {}) });
      await steps.step();
      await steps.step();
    }
    await steps.until(isRunning('production'));
    expect(world.clock.now() - startedAt).toBe(DURATIONS.provisioningMs);
    expect((await world.cluster('production'))?.observed).toMatchObject({ observedGeneration: 9, kubernetesVersion: 'v1.34.3' });
    expect((await world.messages()).length).toBe(2);
  });

  it('does not call a change observed that came while it recorded the one before', async () => {
    await world.create('production');
    await steps.until(isRunning('production'));
    await world.patch('production', { version: '1.33' });
    await steps.until(async () => (await world.engine.observe(await refOf('production'))).isRolledOut);
    await world.patch('production', { version: '1.34' });
    await steps.step();
    expect((await world.cluster('production'))?.observed).toMatchObject({ observedGeneration: 1, kubernetesVersion: 'v1.32.3' });
    await steps.until(isRunning('production'));
    expect((await world.cluster('production'))?.observed).toMatchObject({ observedGeneration: 3, kubernetesVersion: 'v1.34.3' });
  });

  it.each(['Pending', 'Provisioning', 'Running', 'Upgrading', 'Degraded'])('removes a cluster that is %s', async (phase) => {
    await world.create('production');
    if (phase !== 'Pending') await steps.until(async () => (await world.phase('production')) === 'Provisioning');
    if (phase === 'Running' || phase === 'Upgrading') await steps.until(isRunning('production'));
    if (phase === 'Upgrading') await world.patch('production', { version: '1.33' });
    if (phase === 'Degraded') {
      await steps.step();
      world.engine.faults.setFault('production', 'degraded');
      await steps.until(async () => (await world.phase('production')) === 'Degraded');
    }
    expect(await world.phase('production')).toBe(phase);
    await world.remove('production');
    await steps.until(isGone('production'));
    expect(await world.kept()).toEqual([]);
    expect((await world.tenant()).observed.clusterCount).toBe(0);
  });

  it('lets a name come back with another cluster behind it', async () => {
    await world.create('production');
    await steps.until(isRunning('production'));
    const first = await world.cluster('production');
    await world.remove('production');
    await steps.until(isGone('production'));
    await world.create('production', { version: '1.33' });
    await steps.until(isRunning('production'));
    const second = await world.cluster('production');
    expect(second?.uid).not.toBe(first?.uid);
    expect(second?.observed.caPem).not.toBe(first?.observed.caPem);
    expect(second?.observed.kubernetesVersion).toBe('v1.33.7');
    expect(await world.kept()).toEqual([second?.uid]);
  });

  it('gives back what a removed cluster took, and only that', async () => {
    await world.create('production', { resources: { cpu: '4', memory: '16Gi', storage: '100Gi' } });
    await world.create('staging', { resources: { cpu: '500m', memory: '1Gi' } });
    await world.remove('production');
    await steps.until(isGone('production'));
    expect((await world.tenant()).observed).toEqual({ clusterCount: 1, allocated: { cpu: '0.5', memory: '1', storage: '0' } });
  });

  describe('when something is wrong', () => {
    /** A quarter of an hour in few steps. */
    const patient = () => stepByStep(world, { changingCheckMs: minutes(1), degradedCheckMs: minutes(1) });
    const isDegraded = async () => (await world.phase('production')) === 'Degraded';

    it('keeps trying to apply, says so after 15 minutes, and recovers', async () => {
      const slowly = patient();
      world.engine.faults.setFault('production', 'apply-fails');
      await world.create('production');
      const startedAt = world.clock.now();
      await slowly.until(isDegraded);
      expect(world.clock.now() - startedAt).toBe(minutes(15));
      const reason = 'No progress for 15 minutes: Its configuration has to be applied';
      expect((await world.cluster('production'))?.observed.degraded).toBe(reason);
      world.engine.faults.setFault('production', undefined);
      await slowly.until(isRunning('production'));
      expect((await world.messages()).at(-1)).toBe('Cluster "production" is ready and runs v1.32.3.');
    });

    it('calls a cluster that is never ready degraded after 15 minutes, and a change gives it another 15', async () => {
      const slowly = patient();
      world.engine.faults.setFault('production', 'never-ready');
      await world.create('production');
      await slowly.until(isDegraded);
      await world.patch('production', { version: '1.33' });
      const changedAt = world.clock.now();
      await slowly.until(async () => (await world.phase('production')) === 'Provisioning');
      await slowly.until(isDegraded);
      expect(world.clock.now() - changedAt).toBeGreaterThanOrEqual(minutes(15));
      world.engine.faults.setFault('production', undefined);
      await slowly.until(isRunning('production'));
      expect((await world.cluster('production'))?.observed).toMatchObject({ observedGeneration: 2, kubernetesVersion: 'v1.33.7' });
    });

    it('notices a fault at the next look and its end soon after', async () => {
      await world.create('production');
      await steps.until(isRunning('production'));
      world.engine.faults.setFault('production', 'degraded');
      const brokenAt = world.clock.now();
      await steps.until(isDegraded);
      expect(world.clock.now() - brokenAt).toBeLessThanOrEqual(CLUSTER_TIMING.steadyCheckMs);
      world.engine.faults.setFault('production', undefined);
      const mendedAt = world.clock.now();
      await steps.until(isRunning('production'));
      expect(world.clock.now() - mendedAt).toBeLessThanOrEqual(CLUSTER_TIMING.degradedCheckMs);
      expect((await world.messages()).slice(-2)).toEqual([
        'Cluster "production" is degraded. A fault was switched on: the control plane reports itself unhealthy.',
        'Cluster "production" is no longer degraded.',
      ]);
    });

    it('calls an endpoint that was silent for a minute lost, and not one that was silent for a moment', async () => {
      await world.create('production');
      await steps.until(isRunning('production'));
      world.engine.faults.setFault('production', 'unreachable');
      await steps.until(async () => (await world.cluster('production'))?.observed.waitingFor !== '');
      expect(await world.phase('production')).toBe('Running');
      const lostAt = world.clock.now();
      await steps.until(isDegraded);
      expect(world.clock.now() - lostAt).toBe(CLUSTER_TIMING.lostDeadlineMs);
      world.engine.faults.setFault('production', undefined);
      await steps.until(isRunning('production'));

      const messages = await world.messages();
      world.engine.faults.setFault('production', 'unreachable');
      await steps.until(async () => (await world.cluster('production'))?.observed.waitingFor !== '');
      world.engine.faults.setFault('production', undefined);
      await steps.until(async () => (await world.cluster('production'))?.observed.waitingFor === '');
      expect(await world.messages()).toEqual(messages);
    });

    it('waits for a cluster that does not go away, and says what for', async () => {
      await world.create('production');
      await steps.until(isRunning('production'));
      world.engine.faults.setFault('production', 'never-gone');
      await world.remove('production');
      for (let count = 0; count < 30; count += 1) await steps.step();
      expect(await world.phase('production')).toBe('Terminating');
      expect((await world.cluster('production'))?.observed.waitingFor).toBe('Its resources are being removed');
      expect((await world.tenant()).observed.clusterCount).toBe(1);
      world.engine.faults.setFault('production', undefined);
      await steps.until(isGone('production'));
    });
  });

  describe('with a lease that was lost', () => {
    const leaseNow = async () => {
      const { store } = world;
      const [work] = await store.leaseWork({ owner: 'another', leaseMs: LEASE_MS, limit: 1 });
      if (!work) throw new Error('nothing was due');
      return work;
    };
    const portsNow = () => {
      const { store, engine, clock, confirmedTime, log } = world;
      return { store, engine, clock, confirmedTime, log, timing: CLUSTER_TIMING, stopwatch: createStopwatch(clock) };
    };

    it('writes nothing', async () => {
      await world.create('production');
      const stale = await leaseNow();
      await world.clock.advance(LEASE_MS);
      const fresh = await leaseNow();
      expect(fresh.fence).toBeGreaterThan(stale.fence);
      const before = await world.cluster('production');
      await reconcileCluster(portsNow(), stale, () => true);
      expect(await world.cluster('production')).toEqual(before);
      expect(await world.messages()).toEqual([]);
      await reconcileCluster(portsNow(), fresh, () => true);
      expect(await world.phase('production')).toBe('Provisioning');
    });

    it('does not remove the row', async () => {
      await world.create('production');
      await world.remove('production');
      const stale = await leaseNow();
      await world.clock.advance(LEASE_MS);
      const fresh = await leaseNow();
      expect(await reconcileCluster(portsNow(), stale, () => true)).toEqual({ outcome: 'again', afterMs: 0 });
      expect(await world.phase('production')).toBe('Terminating');
      expect(await reconcileCluster(portsNow(), fresh, () => true)).toEqual({ outcome: 'done' });
      expect((await world.tenant()).observed.clusterCount).toBe(0);
    });

    it('tells the engine nothing', async () => {
      await world.create('production');
      await steps.step();
      const work = await leaseNow();
      await reconcileCluster(portsNow(), work, () => false);
      expect(await world.kept()).toEqual([]);
      await reconcileCluster(portsNow(), work, () => true);
      expect(await world.kept()).toEqual(['uid-1']);
    });
  });

  async function refOf(name: string) {
    const row = await world.cluster(name);
    return { tenant: 'acme', name, uid: row?.uid ?? '', type: 'shared' } as const;
  }
});
