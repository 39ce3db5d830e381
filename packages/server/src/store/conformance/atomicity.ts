import { describe, expect, it } from 'vitest';
import type { Resource } from '../resource.ts';
import { StoreUnavailableError, type Write, type WriteOf } from '../store.ts';
import { afterWrite, PENDING_VERSION } from '../writes.ts';
import {
  AT,
  apiKeyKey,
  changeOf,
  clusterKey,
  clusterObserved,
  clusterSpec,
  commitWritten,
  createApiKey,
  createCluster,
  givenCluster,
  type MakeStore,
  RECORD,
  storeOfEachTest,
} from './samples.ts';

/** One change is applied whole or not at all, one after the other, and stays. */
export function describeAtomicity(makeStore: MakeStore): void {
  const test = storeOfEachTest(makeStore);

  describe('a change of several writes', () => {
    it('gives all of them one revision, which is their version', async () => {
      const { revision } = await commitWritten(test.store, changeOf(createCluster(), createApiKey()));
      const written = [await test.store.get(clusterKey()), await test.store.get(apiKeyKey())];
      expect(written.map((one) => one?.resourceVersion)).toEqual([String(revision), String(revision)]);
    });

    it('leaves no trace when a later write is refused, and names that write', async () => {
      const before = await givenCluster(test.store);
      const next = await test.store.commit({
        ...changeOf(
          createApiKey(),
          { verb: 'observe-if', key: clusterKey(), uid: 'uid-1', expectedObservation: 0, observed: clusterObserved('no') },
          { verb: 'update-if', key: clusterKey(), expectedVersion: '0', spec: clusterSpec('No') },
        ),
        audit: {
          tenant: 'acme',
          actor: 'a',
          action: 'b',
          target: 'c',
          requestId: 'd',
          tenantUid: '',
          targetUid: '',
          address: '',
          fields: [],
        },
        events: [{ key: clusterKey(), type: 'changed', message: 'No' }],
        wake: [clusterKey()],
        idempotency: { ...RECORD, scope: 's' },
      });
      expect(next).toEqual({ outcome: 'stale', index: 2 });
      expect(await test.store.get(apiKeyKey())).toBeUndefined();
      expect(await test.store.get(clusterKey())).toEqual(before);
      expect(await test.store.audit('acme', 10)).toEqual([]);
      expect(await test.store.events(0, 10)).toEqual([]);
      expect(await test.store.nextWorkInMs()).toBeUndefined();
      expect(await test.store.idempotencyRecord('s', 0)).toBeUndefined();
    });

    it('may write a resource twice', async () => {
      const { resourceVersion } = await givenCluster(test.store);
      await commitWritten(
        test.store,
        changeOf(
          { verb: 'update-if', key: clusterKey(), expectedVersion: resourceVersion, spec: clusterSpec('Changed') },
          { verb: 'observe-if', key: clusterKey(), uid: 'uid-1', expectedObservation: 0, observed: clusterObserved('a node') },
        ),
      );
      expect(await test.store.get(clusterKey())).toMatchObject({ generation: 2, observation: 1, spec: clusterSpec('Changed') });
    });

    it('leaves each resource as was known before, but for the version', async () => {
      let before: Resource<'cluster'> | undefined;
      const writes = (version: string): WriteOf<'cluster'>[] => [
        createCluster(),
        { verb: 'update-if', key: clusterKey(), expectedVersion: version, spec: clusterSpec('Changed') },
        { verb: 'update-if', key: clusterKey(), expectedVersion: version, spec: clusterSpec('Again') },
        { verb: 'observe-if', key: clusterKey(), uid: 'uid-1', expectedObservation: 0, observed: clusterObserved('a node') },
        { verb: 'mark-deleted-if', key: clusterKey(), expectedVersion: version },
      ];
      for (const index of writes('').keys()) {
        const write = writes(before?.resourceVersion ?? '')[index] as WriteOf<'cluster'>;
        const { revision } = await commitWritten(test.store, { at: AT + index, writes: [write] });
        const foreseen = afterWrite(write, AT + index, before);
        const isVersioned = foreseen.resourceVersion === PENDING_VERSION;
        before = await test.store.get(clusterKey());
        expect({ ...foreseen, ...(isVersioned ? { resourceVersion: String(revision) } : {}) }).toEqual(before);
        expect(isVersioned).toBe(write.verb !== 'observe-if');
      }
    });
  });

  describe('changes at the same time', () => {
    it('lets exactly one of two writers with the same expectation win', async () => {
      let { resourceVersion } = await givenCluster(test.store);
      for (let round = 0; round < 20; round += 1) {
        const update = (who: string) =>
          test.store.commit(changeOf({ verb: 'update-if', key: clusterKey(), expectedVersion: resourceVersion, spec: clusterSpec(who) }));
        const first = update('first');
        if (round % 2 === 1) await new Promise<void>((resolve) => setImmediate(resolve));
        const outcomes = await Promise.all([first, update('second')]);
        expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['stale', 'written']);
        const winner = outcomes[0]?.outcome === 'written' ? 'first' : 'second';
        const now = await test.store.get(clusterKey());
        expect(now?.spec.displayName).toBe(winner);
        resourceVersion = now?.resourceVersion ?? '';
      }
    });

    it('does not let a refused or throwing neighbour harm the others', async () => {
      await givenCluster(test.store);
      const unwritable = { ...createCluster(clusterKey('c')), spec: { displayName: 1n } } as unknown as Write;
      const outcomes = await Promise.allSettled([
        test.store.commit(changeOf(createCluster(clusterKey('a')))),
        test.store.commit(changeOf(createCluster(clusterKey('b')), createCluster())),
        test.store.commit(changeOf(unwritable)),
        test.store.commit(changeOf(createCluster(clusterKey('d')))),
      ]);
      expect(outcomes).toMatchObject([
        { value: { outcome: 'written' } },
        { value: { outcome: 'exists', index: 1 } },
        { reason: expect.any(TypeError) },
        { value: { outcome: 'written' } },
      ]);
      expect((await test.store.list('cluster')).map(({ name }) => name)).toEqual(['a', 'd', 'web']);
    });
  });

  describe('reopened', () => {
    it('holds everything, and gives no revision a second time', async () => {
      const { revision } = await commitWritten(test.store, changeOf(createCluster(), createApiKey()));
      const last = await commitWritten(
        test.store,
        changeOf({ verb: 'delete-if', key: apiKeyKey(), uid: 'uid-1', expectedVersion: String(revision) }),
      );
      const before = await test.store.list('cluster');
      await test.reopen();
      expect(await test.store.list('cluster')).toEqual(before);
      expect(await test.store.list('api-key')).toEqual([]);
      expect((await commitWritten(test.store, changeOf(createApiKey()))).revision).toBeGreaterThan(last.revision);
    });
  });

  describe('ping and close', () => {
    it('answers a ping and leaves the revision where it is visible', async () => {
      const before = await givenCluster(test.store);
      await test.store.ping();
      expect(await test.store.get(clusterKey())).toEqual(before);
    });

    it('finishes what was handed in before, and refuses what comes after', async () => {
      const { store } = test;
      const accepted = store.commit(changeOf(createCluster()));
      const closing = store.close();
      await expect(store.commit(changeOf(createApiKey()))).rejects.toThrow(StoreUnavailableError);
      expect(await accepted).toMatchObject({ outcome: 'written' });
      await closing;
      await store.close();
      await expect(store.get(clusterKey())).rejects.toThrow(StoreUnavailableError);
      await expect(store.ping()).rejects.toThrow(StoreUnavailableError);
      await test.reopen();
      expect(await test.store.list('cluster')).toHaveLength(1);
      expect(await test.store.list('api-key')).toHaveLength(0);
    });
  });
}
