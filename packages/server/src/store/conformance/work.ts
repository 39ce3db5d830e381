import { describe, expect, it } from 'vitest';
import type { ResourceKey } from '../resource.ts';
import type { LeasedWork } from '../store.ts';
import { AT, changeOf, clusterKey, clusterObserved, commitWritten, givenCluster, type MakeStore, storeOfEachTest } from './samples.ts';

const LEASE_MS = 1_000;

/** Leases, fences, and wakes that come while somebody works. */
export function describeWork(makeStore: MakeStore): void {
  const test = storeOfEachTest(makeStore);

  const pass = (ms: number) => test.clock.advance(ms);
  const wake = (key: ResourceKey = clusterKey(), at = AT) => commitWritten(test.store, { at, writes: [], wake: [key] });
  const lease = (limit = 10, owner = 'worker') => test.store.leaseWork({ owner, leaseMs: LEASE_MS, limit });
  const leaseOne = async (): Promise<LeasedWork> => {
    const [work, ...others] = await lease();
    expect(others).toEqual([]);
    if (!work) throw new Error('nothing was due');
    return work;
  };

  describe('leasing', () => {
    it('gives a due item to one owner, again only after the lease has ended, with a larger fence', async () => {
      expect(await test.store.nextWorkInMs()).toBeUndefined();
      await wake();
      expect(await test.store.nextWorkInMs()).toBe(0);
      const first = await leaseOne();
      expect(first.key).toEqual(clusterKey());
      expect(await test.store.nextWorkInMs()).toBe(LEASE_MS);
      await pass(LEASE_MS - 1);
      expect(await lease()).toEqual([]);
      await pass(1);
      const second = await leaseOne();
      expect(second.fence).toBeGreaterThan(first.fence);
    });

    it('gives each item to one of two owners that ask at once, the longest due first', async () => {
      for (const name of ['e', 'd', 'c', 'b', 'a']) {
        await wake(clusterKey(name));
        await pass(1);
      }
      const [mine, theirs] = await Promise.all([lease(2, 'me'), lease(10, 'them')]);
      expect(mine.map(({ key }) => key.name)).toEqual(['e', 'd']);
      expect(theirs.map(({ key }) => key.name)).toEqual(['c', 'b', 'a']);
      expect(new Set([...mine, ...theirs].map(({ fence }) => fence)).size).toBe(5);
    });

    it('leases of the tenants that are named one item each in turn, the longest due first, and says which have some', async () => {
      await pass(1);
      for (const name of ['one', 'two', 'three', 'four']) await wake(clusterKey(name, 'heavy'));
      await pass(1);
      await wake(clusterKey('single', 'light'));
      await wake(clusterKey('other', 'third'));
      const later = await test.store.leaseWork({ owner: 'x', leaseMs: LEASE_MS, limit: 1, tenants: ['third'] });
      expect(later.map(({ key }) => key.tenant)).toEqual(['third']);
      await pass(500);
      const [heavy, light, ...others] = await test.store.dueTenants(10);
      expect([heavy, light, others]).toMatchObject([{ tenant: 'heavy', items: 4 }, { tenant: 'light', items: 1 }, []]);
      expect(light?.waitsMs).toBeGreaterThanOrEqual(500);
      expect(heavy?.waitsMs).toBeGreaterThan(light?.waitsMs ?? Number.NaN);
      expect(await test.store.dueTenants(1)).toMatchObject([{ tenant: 'heavy', items: 4 }]);
      const leased = await test.store.leaseWork({ owner: 'x', leaseMs: LEASE_MS, limit: 4, tenants: ['light', 'heavy', 'third', 'none'] });
      expect(leased.map(({ key }) => key.tenant)).toEqual(['light', 'heavy', 'heavy', 'heavy']);
    });

    it('keeps one item however often it is woken', async () => {
      for (let count = 0; count < 3; count += 1) await wake();
      await leaseOne();
    });

    it.each([3_600_000, -3_600_000, 86_400_000, -86_400_000, 40 * 86_400_000])(
      'is at once whatever the wall clock said at the wake (%i ms)',
      async (ms) => {
        await wake(clusterKey(), AT + ms);
        expect(await test.store.nextWorkInMs()).toBe(0);
        await leaseOne();
      },
    );

    it.each([3_600_000, -3_600_000, 40 * 86_400_000])(
      'ends when it should though the wall clock was set by %i ms meanwhile',
      async (ms) => {
        await wake();
        const late = await leaseOne();
        test.clock.setWallClock(ms);
        expect(await lease()).toEqual([]);
        await pass(LEASE_MS);
        expect((await leaseOne()).fence).toBeGreaterThan(late.fence);
      },
    );

    it('ends with the process: after a restart everything is due at once, with a larger fence', async () => {
      await wake();
      await wake(clusterKey('later'));
      const [late, slept] = (await lease()) as [LeasedWork, LeasedWork];
      await test.store.finishWork(slept, { afterMs: 50_000 });
      await test.reopen();
      expect(await test.store.nextWorkInMs()).toBe(0);
      expect(await test.store.finishWork(late, 'done')).toBe('lost');
      const leased = await lease();
      expect(leased.map(({ key }) => key.name).sort()).toEqual(['later', 'web']);
      for (const { fence } of leased) expect(fence).toBeGreaterThan(slept.fence);
    });
  });

  describe('finishing', () => {
    it('makes the item due again after the time that was asked for', async () => {
      await wake();
      expect(await test.store.finishWork(await leaseOne(), { afterMs: 50.5 })).toBe('finished');
      expect(await test.store.nextWorkInMs()).toBe(51);
      await pass(50);
      expect(await lease()).toEqual([]);
      await pass(1);
      await leaseOne();
    });

    it('brings a sleeping item forward when it is woken', async () => {
      await wake();
      await test.store.finishWork(await leaseOne(), { afterMs: 50_000 });
      await pass(7);
      await wake();
      expect(await test.store.nextWorkInMs()).toBe(0);
    });

    it('leaves nothing when done, and gives a larger fence when it is woken again', async () => {
      await wake();
      const first = await leaseOne();
      expect(await test.store.finishWork(first, 'done')).toBe('finished');
      expect(await test.store.nextWorkInMs()).toBeUndefined();
      await test.reopen();
      await wake();
      expect((await leaseOne()).fence).toBeGreaterThan(first.fence);
    });

    it.each(['done', { afterMs: 50_000 }] as const)('leaves an item due that was woken meanwhile (%j)', async (next) => {
      await wake();
      const work = await leaseOne();
      await pass(3);
      await wake();
      expect(await lease()).toEqual([]);
      expect(await test.store.finishWork(work, next)).toBe('finished');
      expect(await test.store.nextWorkInMs()).toBe(0);
      expect(await test.store.finishWork(await leaseOne(), 'done')).toBe('finished');
      expect(await test.store.nextWorkInMs()).toBeUndefined();
    });

    it('is lost once somebody else has the work, and changes nothing of theirs', async () => {
      await wake();
      const late = await leaseOne();
      await pass(LEASE_MS);
      const current = await leaseOne();
      expect(await test.store.finishWork(late, 'done')).toBe('lost');
      expect(await test.store.nextWorkInMs()).toBe(LEASE_MS);
      expect(await test.store.finishWork(current, 'done')).toBe('finished');
    });

    it('works once: a lease that was given back is lost', async () => {
      await wake();
      const work = await leaseOne();
      await test.store.finishWork(work, { afterMs: 5 });
      expect(await test.store.finishWork(work, 'done')).toBe('lost');
      expect(await test.store.nextWorkInMs()).toBe(5);
    });

    it('still works after the lease has ended while nobody else took the item', async () => {
      await wake();
      const work = await leaseOne();
      await pass(LEASE_MS);
      await wake(clusterKey('other'));
      expect(await test.store.finishWork(work, 'done')).toBe('finished');
    });
  });

  describe('a fenced write', () => {
    it('is written while the lease is held, and stale after somebody else took the work', async () => {
      const { resourceVersion } = await givenCluster(test.store);
      await wake();
      const late = await leaseOne();
      const observe = (fence: LeasedWork, expectedObservation: number) =>
        test.store.commit(
          changeOf({
            verb: 'observe-if',
            key: clusterKey(),
            uid: 'uid-1',
            expectedObservation,
            observed: clusterObserved('a node'),
            fence,
          }),
        );
      const remove = (fence: LeasedWork) =>
        test.store.commit(changeOf({ verb: 'delete-if', key: clusterKey(), uid: 'uid-1', expectedVersion: resourceVersion, fence }));
      expect(await observe(late, 0)).toMatchObject({ outcome: 'written' });
      await pass(LEASE_MS);
      const current = await leaseOne();
      expect(await observe(late, 1)).toEqual({ outcome: 'stale', index: 0 });
      expect(await remove(late)).toEqual({ outcome: 'stale', index: 0 });
      expect(await observe(current, 1)).toMatchObject({ outcome: 'written' });
      expect(await remove(current)).toMatchObject({ outcome: 'written' });
    });
  });
}
