import { describe, expect, it } from 'vitest';
import type { LedgerEntry, LedgerRow } from '../ledger.ts';
import { AT, changeOf, clusterKey, commitWritten, createCluster, givenCluster, type MakeStore, storeOfEachTest } from './samples.ts';

const credit = (reason: string, more: Partial<LedgerEntry> = {}): LedgerEntry => ({
  tenant: 'acme',
  at: AT,
  fact: { kind: 'credit', amount: '1.00', reason },
  ...more,
});
const ended = (more: Partial<LedgerEntry> = {}): LedgerEntry => ({
  ...credit('', more),
  fact: { kind: 'cluster', uid: 'u', name: 'web', billed: null },
});
const reasons = (rows: readonly LedgerRow[]) => rows.map(({ fact }) => (fact.kind === 'credit' ? fact.reason : fact.kind));

/** What bills are computed from: appended with the change that causes it, in order, for good. */
export function describeLedger(makeStore: MakeStore): void {
  const test = storeOfEachTest(makeStore);
  const append = (...ledger: LedgerEntry[]) => commitWritten(test.store, { ...changeOf(), ledger });

  describe('the ledger', () => {
    it('counts the entries of each tenant from one, and survives', async () => {
      await append(credit('a'), credit('b', { tenant: 'other' }), credit('c', { at: AT + 5 }));
      await test.reopen();
      await append(credit('d', { at: AT + 6 }));
      expect(await test.store.ledger('acme', 0, 10)).toEqual([
        { ...credit('a'), entry: 1 },
        { ...credit('c', { at: AT + 5 }), entry: 2 },
        { ...credit('d', { at: AT + 6 }), entry: 3 },
      ]);
      expect(reasons(await test.store.ledger('other', 0, 10))).toEqual(['b']);
    });

    it('is read on from an entry, at most as many as asked for', async () => {
      await append(credit('a'), credit('b'), credit('c'), credit('d'));
      expect(reasons(await test.store.ledger('acme', 1, 2))).toEqual(['b', 'c']);
      expect(reasons(await test.store.ledger('acme', 3, 2))).toEqual(['d']);
      expect(await test.store.ledger('acme', 4, 2)).toEqual([]);
    });

    it('knows the last entry, also of one kind', async () => {
      expect(await test.store.lastLedger('acme')).toBeUndefined();
      await append(credit('a'), credit('b'), ended());
      expect(await test.store.lastLedger('acme')).toMatchObject({ entry: 3, fact: { kind: 'cluster' } });
      expect(await test.store.lastLedger('acme', 'credit')).toMatchObject({ entry: 2, fact: { reason: 'b' } });
      expect(await test.store.lastLedger('acme', 'closing')).toBeUndefined();
      expect(await test.store.lastLedger('other')).toBeUndefined();
    });

    it('never goes back in time: an entry that comes late counts from the one before it', async () => {
      await append(credit('a', { at: AT + 100 }), credit('b', { at: AT }), credit('c', { tenant: 'other', at: AT }));
      await append(credit('d', { at: AT + 99 }), credit('e', { at: AT + 101 }));
      const times = async (tenant: string) => (await test.store.ledger(tenant, 0, 10)).map(({ at }) => at - AT);
      expect(await times('acme')).toEqual([100, 100, 100, 101]);
      expect(await times('other')).toEqual([0]);
    });

    it('goes back in time at a reopening, and on from there', async () => {
      const closed = { tenantUid: '', invoice: '', until: 0, upTo: 0, isFinal: false, clusters: [], credit: '0' };
      const reopening = { tenant: 'acme', at: AT + 5, fact: { kind: 'reopening', reopened: '2026-01', ...closed } } as const;
      await append(credit('a', { at: AT + 100 }), reopening, credit('b', { at: AT + 7 }));
      expect((await test.store.ledger('acme', 0, 10)).map(({ at }) => at - AT)).toEqual([100, 5, 7]);
      expect(await test.store.lastLedger('acme', 'reopening')).toMatchObject({ entry: 2, fact: reopening.fact });
    });

    it('takes an entry that follows another only directly after it', async () => {
      await append(credit('a', { follows: 0 }));
      const late = await test.store.commit({ ...changeOf(createCluster()), ledger: [credit('x', { follows: 0 })] });
      expect(late).toEqual({ outcome: 'stale', index: 1 });
      expect(await test.store.get(clusterKey())).toBeUndefined();
      await append(credit('b', { follows: 1 }), credit('c', { follows: 2 }));
      expect(reasons(await test.store.ledger('acme', 0, 10))).toEqual(['a', 'b', 'c']);
    });

    it('gives the place after an entry to one of many that ask at once', async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 5 }, (_, index) => test.store.commit({ ...changeOf(), ledger: [credit(`${index}`, { follows: 0 })] })),
      );
      expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['stale', 'stale', 'stale', 'stale', 'written']);
      expect(await test.store.ledger('acme', 0, 10)).toHaveLength(1);
    });

    it('holds nothing of a change that was refused', async () => {
      await givenCluster(test.store);
      expect(await test.store.commit({ ...changeOf(createCluster()), ledger: [credit('a')] })).toMatchObject({ outcome: 'exists' });
      expect(await test.store.lastLedger('acme')).toBeUndefined();
      await append(credit('b'));
      expect(await test.store.ledger('acme', 0, 10)).toMatchObject([{ entry: 1 }]);
    });
  });
}
