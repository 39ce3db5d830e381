import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Change } from '../store.ts';
import { AT, changeOf, clusterKey, commitWritten, createCluster, type MakeStore, type StoreUnderTest } from './samples.ts';

const EXPIRES_AT = AT + 1_000;

/** A create that keeps its answer; `seal` shows what it was given. */
function keeping(name: string, scope = 'scope', fingerprint = 'print'): Change {
  return {
    ...changeOf(createCluster(clusterKey(name))),
    keep: { scope, fingerprint, expiresAt: EXPIRES_AT, seal: (resources) => ({ status: 201, sealed: JSON.stringify(resources) }) },
  };
}

export function describeKeptAnswers(makeStore: MakeStore): void {
  let test: StoreUnderTest;
  beforeEach(async () => {
    const made = await makeStore();
    onTestFinished(() => made.discard());
    test = made;
  });

  describe('kept answers', () => {
    it('seals the answer from the resources as written, and keeps it until it expires', async () => {
      const { resources } = await commitWritten(test.store, keeping('a'));
      const kept = { scope: 'scope', fingerprint: 'print', status: 201, sealed: JSON.stringify(resources), expiresAt: EXPIRES_AT };
      await test.reopen();
      expect(await test.store.keptAnswer('scope', AT)).toEqual(kept);
      expect(await test.store.keptAnswer('scope', EXPIRES_AT - 1)).toEqual(kept);
      expect(await test.store.keptAnswer('scope', EXPIRES_AT)).toBeUndefined();
      expect(await test.store.keptAnswer('other', AT)).toBeUndefined();
    });

    it('answers the second commit of a scope with the first answer, and applies nothing of it', async () => {
      const [first, second] = await Promise.all([test.store.commit(keeping('a')), test.store.commit(keeping('b', 'scope', 'other print'))]);
      expect(first).toMatchObject({ outcome: 'written' });
      expect(second).toEqual({ outcome: 'answered', kept: await test.store.keptAnswer('scope', AT) });
      expect(await test.store.commit(keeping('a'))).toEqual(second);
      expect((await test.store.list('cluster')).map(({ name }) => name)).toEqual(['a']);
    });

    it('does not seal an answer for a change that is refused', async () => {
      await commitWritten(test.store, changeOf(createCluster(clusterKey('a'))));
      expect(await test.store.commit(keeping('a'))).toEqual({ outcome: 'exists', index: 0 });
      expect(await test.store.keptAnswer('scope', AT)).toBeUndefined();
    });

    it('lets an expired scope be used again', async () => {
      await commitWritten(test.store, keeping('a'));
      const later = { ...keeping('b', 'scope', 'new print'), at: EXPIRES_AT };
      await commitWritten(test.store, later);
      expect(await test.store.keptAnswer('scope', AT)).toMatchObject({ fingerprint: 'new print' });
    });

    it('forgets expired answers and counts them', async () => {
      await Promise.all(Array.from({ length: 2_500 }, (_, index) => test.store.commit(keeping(`c${index}`, `scope ${index}`))));
      const { keep } = keeping('later', 'later');
      await commitWritten(test.store, { ...keeping('later', 'later'), ...(keep && { keep: { ...keep, expiresAt: EXPIRES_AT + 1 } }) });
      expect(await test.store.forgetKeptAnswers(EXPIRES_AT - 1)).toBe(0);
      expect(await test.store.forgetKeptAnswers(EXPIRES_AT)).toBe(2_500);
      expect(await test.store.keptAnswer('scope 7', AT)).toBeUndefined();
      expect(await test.store.keptAnswer('later', AT)).toBeDefined();
    });
  });
}
