import { LIMITS } from '@openkupe/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LeasedWork, Store } from '../../store/store.ts';
import { LEASE_MS } from '../testing/step-by-step.ts';
import { openWorld, type World } from '../testing/world.ts';
import { removeRow } from './remove-row.ts';

describe('removing the row of a cluster', () => {
  let world: World;
  let fence: LeasedWork;
  beforeEach(async () => {
    world = await openWorld();
    await world.create('production', { resources: { cpu: '4' } });
    await world.remove('production');
    const [work] = await world.store.leaseWork({ owner: 'test', leaseMs: LEASE_MS, limit: 1 });
    if (!work) throw new Error('nothing was due');
    fence = work;
  });
  afterEach(() => world.end());

  const loaded = async () => {
    const cluster = await world.cluster('production');
    if (!cluster) throw new Error('the row is gone');
    return cluster;
  };
  /** The real store, but something happens between what is read and the commit, at most `times` times. */
  function meanwhile(times: number, happening: (round: number) => Promise<void>): Store {
    let round = 0;
    return {
      ...world.store,
      async listReadable(kind, tenant) {
        const rows = await world.store.listReadable(kind, tenant);
        round += 1;
        if (round <= times) await happening(round);
        return rows;
      },
    };
  }

  it('counts a cluster that was created meanwhile', async () => {
    const store = meanwhile(1, () => world.create('staging', { resources: { cpu: '1' } }));
    expect(await removeRow(store, await loaded(), fence, world.clock.now())).toBe('removed');
    expect((await world.tenant()).observed).toMatchObject({ clusterCount: 1, allocated: { cpu: '1' } });
    expect(await world.messages()).toEqual(['Cluster "production" is gone.']);
  });

  it('gives up after a bounded number of rounds, and has changed nothing', async () => {
    await world.create('staging');
    const store = meanwhile(LIMITS.commitRounds, (round) => world.patch('staging', { resources: { cpu: `${round}` } }));
    await expect(removeRow(store, await loaded(), fence, world.clock.now())).rejects.toThrow('changed in every round');
    expect((await world.tenant()).observed).toMatchObject({ clusterCount: 2 });
    expect(await world.messages()).toEqual([]);
    expect(await removeRow(world.store, await loaded(), fence, world.clock.now())).toBe('removed');
  });

  it('finds that it was removed already', async () => {
    const cluster = await loaded();
    await removeRow(world.store, cluster, fence, world.clock.now());
    expect(await removeRow(world.store, cluster, fence, world.clock.now())).toBe('missing');
    expect(await world.messages()).toHaveLength(1);
  });

  it('does not take a later cluster of the same name for it', async () => {
    const cluster = await loaded();
    await removeRow(world.store, cluster, fence, world.clock.now());
    await world.create('production', { resources: { cpu: '2' } });
    expect(await removeRow(world.store, cluster, fence, world.clock.now())).toBe('stale');
    expect((await world.tenant()).observed).toMatchObject({ clusterCount: 1, allocated: { cpu: '2' } });
  });

  it('writes an event', async () => {
    await removeRow(world.store, await loaded(), fence, world.clock.now());
    const key = { kind: 'cluster', tenant: 'acme', name: 'production' };
    expect(await world.store.events(0, 10)).toMatchObject([{ key, type: 'deleted', message: 'Cluster "production" is gone.' }]);
  });
});
