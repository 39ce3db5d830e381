import { describe, expect, it } from 'vitest';
import type { Change } from '../store.ts';
import { AT, changeOf, clusterKey, commitWritten, createCluster, type MakeStore, RECORD, storeOfEachTest } from './samples.ts';

const EXPIRES_AT = AT + 1_000;

/** A create with an idempotency record. */
function keeping(name: string, scope = 'scope', fingerprint = 'print', nowMs = AT): Change {
  return {
    ...changeOf(createCluster(clusterKey(name))),
    idempotency: { ...RECORD, scope, fingerprint, nowMs, expiresAt: EXPIRES_AT },
  };
}

export function describeIdempotencyRecords(makeStore: MakeStore): void {
  const test = storeOfEachTest(makeStore);

  describe('idempotency records', () => {
    it('are kept with the revision of their change until they expire', async () => {
      const { revision } = await commitWritten(test.store, keeping('a'));
      const kept = { scope: 'scope', fingerprint: 'print', status: 201, sealed: 'sealed', expiresAt: EXPIRES_AT, revision };
      await test.reopen();
      expect(await test.store.idempotencyRecord('scope', AT)).toEqual(kept);
      expect(await test.store.idempotencyRecord('scope', EXPIRES_AT - 1)).toEqual(kept);
      expect(await test.store.idempotencyRecord('scope', EXPIRES_AT)).toBeUndefined();
      expect(await test.store.idempotencyRecord('other', AT)).toBeUndefined();
    });

    it('leave the usage of a tenant as it is where one is cleaned up and replaced in the same transaction', async () => {
      await commitWritten(test.store, keeping('a'));
      const usage = await test.store.idempotencyRecordBytes();
      const [forgotten] = await Promise.all([
        test.store.forgetIdempotencyRecords(EXPIRES_AT),
        test.store.commit({ ...keeping('b'), idempotency: { ...RECORD, nowMs: EXPIRES_AT, expiresAt: EXPIRES_AT + 1_000 } }),
      ]);
      expect(forgotten).toBe(1);
      expect((await test.store.list('cluster')).map(({ name }) => name)).toEqual(['a', 'b']);
      expect(await test.store.idempotencyRecordBytes()).toBe(usage);
    });

    it('answer the second commit of a scope with the first record, and apply nothing of it', async () => {
      const [first, second] = await Promise.all([test.store.commit(keeping('a')), test.store.commit(keeping('b', 'scope', 'other print'))]);
      expect(first).toMatchObject({ outcome: 'written' });
      expect(second).toEqual({ outcome: 'repeated', record: await test.store.idempotencyRecord('scope', AT) });
      expect(await test.store.commit(keeping('a'))).toEqual(second);
      expect((await test.store.list('cluster')).map(({ name }) => name)).toEqual(['a']);
    });

    it('go by the time they are given, not by that of the change: the wall clock may have been set ahead', async () => {
      await commitWritten(test.store, keeping('a'));
      const ahead = { ...keeping('b'), at: EXPIRES_AT + 86_400_000 };
      expect(await test.store.commit(ahead)).toMatchObject({ outcome: 'repeated' });
    });

    it('are not kept for a change that is refused', async () => {
      await commitWritten(test.store, changeOf(createCluster(clusterKey('a'))));
      expect(await test.store.commit(keeping('a'))).toEqual({ outcome: 'exists', index: 0 });
      expect(await test.store.idempotencyRecord('scope', AT)).toBeUndefined();
    });

    it('leave an expired scope to be used again', async () => {
      await commitWritten(test.store, keeping('a'));
      await commitWritten(test.store, keeping('b', 'scope', 'new print', EXPIRES_AT));
      expect(await test.store.idempotencyRecord('scope', AT)).toMatchObject({ fingerprint: 'new print' });
    });

    describe('the quota of a tenant', () => {
      const ANSWER_BYTES = 1_000;
      /** Room for three answers of this size and not for four. */
      const QUOTA = { quotaBytes: 4_500, replaceableMs: 400 };
      const sized = (scope: string, tenant = 'acme', expiresAt = EXPIRES_AT, nowMs = AT): Change => ({
        ...changeOf(createCluster(clusterKey(scope, tenant))),
        idempotency: {
          ...RECORD,
          ...QUOTA,
          tenant,
          scope,
          expiresAt,
          nowMs,
          sealed: 'x'.repeat(ANSWER_BYTES),
        },
      });
      const isKept = async (scope: string) => (await test.store.idempotencyRecord(scope, AT)) !== undefined;

      it('is counted in bytes per tenant, also over a restart and after answers expired', async () => {
        for (const scope of ['a', 'b']) await commitWritten(test.store, sized(scope));
        await commitWritten(test.store, sized('c', 'other'));
        const [acme, other] = [await test.store.idempotencyRecordBytes('acme'), await test.store.idempotencyRecordBytes('other')];
        expect(acme).toBe(2 * other);
        expect(other).toBeGreaterThanOrEqual(ANSWER_BYTES);
        expect(await test.store.idempotencyRecordBytes()).toBe(acme + other);
        await test.reopen();
        expect(await test.store.idempotencyRecordBytes('acme')).toBe(acme);
        await test.store.forgetIdempotencyRecords(EXPIRES_AT);
        expect(await test.store.idempotencyRecordBytes()).toBe(0);
      });

      it('refuses the change whole while every answer is too young to go, and names the time at which one may', async () => {
        for (const scope of ['a', 'b', 'c']) await commitWritten(test.store, sized(scope));
        expect(await test.store.commit(sized('d'))).toEqual({ outcome: 'over-quota', roomAt: EXPIRES_AT - QUOTA.replaceableMs });
        expect(await test.store.get(clusterKey('d'))).toBeUndefined();
        expect(await isKept('a')).toBe(true);
        await commitWritten(test.store, sized('d', 'other'));
      });

      it('lets the oldest answers go from that time on, and no others', async () => {
        await commitWritten(test.store, sized('a', 'acme', EXPIRES_AT - 2));
        await commitWritten(test.store, sized('b', 'acme', EXPIRES_AT - 1));
        await commitWritten(test.store, sized('c'));
        const roomAt = EXPIRES_AT - 2 - QUOTA.replaceableMs;
        expect(await test.store.commit(sized('d', 'acme', EXPIRES_AT, roomAt - 1))).toEqual({ outcome: 'over-quota', roomAt });
        await commitWritten(test.store, sized('d', 'acme', EXPIRES_AT, roomAt));
        expect([await isKept('a'), await isKept('b'), await isKept('c'), await isKept('d')]).toEqual([false, true, true, true]);
      });
    });

    it('are forgotten and counted once they expired', async () => {
      await Promise.all(Array.from({ length: 2_500 }, (_, index) => test.store.commit(keeping(`c${index}`, `scope ${index}`))));
      const later = { ...RECORD, scope: 'later', expiresAt: EXPIRES_AT + 1 };
      await commitWritten(test.store, { ...keeping('later'), idempotency: later });
      expect(await test.store.forgetIdempotencyRecords(EXPIRES_AT - 1)).toBe(0);
      expect(await test.store.forgetIdempotencyRecords(EXPIRES_AT)).toBe(2_500);
      expect(await test.store.idempotencyRecord('scope 7', AT)).toBeUndefined();
      expect(await test.store.idempotencyRecord('later', AT)).toBeDefined();
    });
  });
}
