import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { ResourceKey } from '../resource.ts';
import type { LeasedWork } from '../store.ts';
import { AT, changeOf, clusterKey, clusterObserved, commitWritten, givenCluster, type MakeStore, type StoreUnderTest } from './samples.ts';

const LEASE_MS = 1_000;

/** Leases, fences, and wakes that come while somebody works. */
export function describeWork(makeStore: MakeStore): void {
  let test: StoreUnderTest;
  beforeEach(async () => {
    const made = await makeStore();
    onTestFinished(() => made.discard());
    test = made;
  });

  const wake = (key: ResourceKey = clusterKey(), at = AT) => commitWritten(test.store, { at, writes: [], wake: [key] });
  const lease = (nowMs = AT, limit = 10, owner = 'worker') => test.store.leaseWork({ owner, nowMs, leaseMs: LEASE_MS, limit });
  const leaseOne = async (nowMs = AT): Promise<LeasedWork> => {
    const [work, ...others] = await lease(nowMs);
    expect(others).toEqual([]);
    if (!work) throw new Error('nothing was due');
    return work;
  };

  describe('leasing', () => {
    it('gives a due item to one owner, again only after the lease has ended, with a larger fence', async () => {
      expect(await test.store.nextWorkAt()).toBeUndefined();
      await wake();
      expect(await test.store.nextWorkAt()).toBe(AT);
      expect(await lease(AT - 1)).toEqual([]);
      const first = await leaseOne();
      expect(first.key).toEqual(clusterKey());
      expect(await test.store.nextWorkAt()).toBe(AT + LEASE_MS);
      expect(await lease(AT + LEASE_MS - 1)).toEqual([]);
      const second = await leaseOne(AT + LEASE_MS);
      expect(second.fence).toBeGreaterThan(first.fence);
    });

    it('gives each item to one of two owners that ask at once, the longest due first', async () => {
      for (const name of ['a', 'b', 'c', 'd', 'e']) await wake(clusterKey(name), AT - name.charCodeAt(0));
      const [mine, theirs] = await Promise.all([lease(AT, 2, 'me'), lease(AT, 10, 'them')]);
      expect(mine.map(({ key }) => key.name)).toEqual(['e', 'd']);
      expect(theirs.map(({ key }) => key.name)).toEqual(['c', 'b', 'a']);
      expect(new Set([...mine, ...theirs].map(({ fence }) => fence)).size).toBe(5);
    });

    it('keeps one item however often it is woken', async () => {
      await wake(clusterKey(), AT + 5);
      await wake(clusterKey(), AT + 9);
      expect(await test.store.nextWorkAt()).toBe(AT + 5);
      await wake(clusterKey(), AT);
      expect(await test.store.nextWorkAt()).toBe(AT);
      await leaseOne(AT + 10);
    });

    it('survives a restart, lease and all', async () => {
      await wake();
      const work = await leaseOne();
      await test.reopen();
      expect(await lease()).toEqual([]);
      expect(await test.store.finishWork(work, 'done')).toBe('finished');
    });
  });

  describe('finishing', () => {
    it('makes the item due again at the time that was asked for', async () => {
      await wake();
      expect(await test.store.finishWork(await leaseOne(), { dueAt: AT + 50.5 })).toBe('finished');
      expect(await test.store.nextWorkAt()).toBe(AT + 51);
      expect(await lease(AT + 50)).toEqual([]);
      await leaseOne(AT + 51);
    });

    it('brings a sleeping item forward when it is woken', async () => {
      await wake();
      await test.store.finishWork(await leaseOne(), { dueAt: AT + 50_000 });
      await wake(clusterKey(), AT + 7);
      expect(await test.store.nextWorkAt()).toBe(AT + 7);
    });

    it('leaves nothing when done, and gives a larger fence when it is woken again', async () => {
      await wake();
      const first = await leaseOne();
      expect(await test.store.finishWork(first, 'done')).toBe('finished');
      expect(await test.store.nextWorkAt()).toBeUndefined();
      await test.reopen();
      await wake();
      expect((await leaseOne()).fence).toBeGreaterThan(first.fence);
    });

    it.each(['done', { dueAt: AT + 50_000 }] as const)('leaves an item due that was woken meanwhile (%j)', async (next) => {
      await wake();
      const work = await leaseOne();
      await wake(clusterKey(), AT + 3);
      expect(await lease(AT + 3)).toEqual([]);
      expect(await test.store.finishWork(work, next)).toBe('finished');
      expect(await test.store.nextWorkAt()).toBe(AT + 3);
      expect(await test.store.finishWork(await leaseOne(AT + 3), 'done')).toBe('finished');
      expect(await test.store.nextWorkAt()).toBeUndefined();
    });

    it('is lost once somebody else has the work, and changes nothing of theirs', async () => {
      await wake();
      const late = await leaseOne();
      const current = await leaseOne(AT + LEASE_MS);
      expect(await test.store.finishWork(late, 'done')).toBe('lost');
      expect(await test.store.nextWorkAt()).toBe(AT + 2 * LEASE_MS);
      expect(await test.store.finishWork(current, 'done')).toBe('finished');
    });

    it('works once: a lease that was given back is lost', async () => {
      await wake();
      const work = await leaseOne();
      await test.store.finishWork(work, { dueAt: AT + 5 });
      expect(await test.store.finishWork(work, 'done')).toBe('lost');
      expect(await test.store.nextWorkAt()).toBe(AT + 5);
    });

    it('still works after the lease has ended while nobody else took the item', async () => {
      await wake();
      const work = await leaseOne();
      await wake(clusterKey('other'), AT + LEASE_MS);
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
      const current = await leaseOne(AT + LEASE_MS);
      expect(await observe(late, 1)).toEqual({ outcome: 'stale', index: 0 });
      expect(await remove(late)).toEqual({ outcome: 'stale', index: 0 });
      expect(await observe(current, 1)).toMatchObject({ outcome: 'written' });
      expect(await remove(current)).toMatchObject({ outcome: 'written' });
    });
  });
}
