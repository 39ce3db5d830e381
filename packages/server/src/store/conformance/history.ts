import { describe, expect, it, vi } from 'vitest';
import type { EventEntry } from '../store.ts';
import { AT, changeOf, clusterKey, commitWritten, createCluster, givenCluster, type MakeStore, storeOfEachTest } from './samples.ts';

function event(message: string, type: EventEntry['type'] = 'changed'): EventEntry {
  return { key: clusterKey(), type, message };
}

function audited(tenant: string, requestId: string) {
  const fields = [
    { pointer: '#/version', before: '1.31', after: { text: 'a\0\ud800' } },
    { pointer: '#/x', withheld: 'secret' as const },
  ];
  const who = { actor: 'k1', address: '192.0.2.1', requestId };
  return { tenant, tenantUid: 'uid-1', ...who, action: 'clusters.create', target: 'clusters/web', targetUid: 'uid-2', fields };
}

/** Events, audit rows, and the listeners of commits. */
export function describeHistory(makeStore: MakeStore): void {
  const test = storeOfEachTest(makeStore);

  describe('events', () => {
    it('come oldest first, after a revision, and survive', async () => {
      const first = await commitWritten(test.store, { ...changeOf(createCluster()), events: [event('one', 'created')] });
      const second = await commitWritten(test.store, { at: AT + 1, writes: [], events: [event('two'), event('three')] });
      await test.reopen();
      const all = [
        { ...event('one', 'created'), revision: first.revision, at: AT },
        { ...event('two'), revision: second.revision, at: AT + 1 },
        { ...event('three'), revision: second.revision, at: AT + 1 },
      ];
      expect(await test.store.events(0, 10)).toEqual(all);
      expect(await test.store.events(first.revision, 10)).toEqual(all.slice(1));
      expect(await test.store.events(second.revision, 10)).toEqual([]);
    });

    it('never split a commit, so that the last revision of a page is a place to go on from', async () => {
      await commitWritten(test.store, { ...changeOf(), events: [event('a')] });
      await commitWritten(test.store, { ...changeOf(), events: [event('b'), event('c'), event('d')] });
      await commitWritten(test.store, { ...changeOf(), events: [event('e')] });
      for (const limit of [1, 2, 3, 4, 5, 6]) {
        const seen: string[] = [];
        for (let after = 0; ; ) {
          const page = await test.store.events(after, limit);
          const last = page.at(-1);
          if (!last) break;
          seen.push(...page.map(({ message }) => message));
          after = last.revision;
        }
        expect(seen).toEqual(['a', 'b', 'c', 'd', 'e']);
      }
      expect(await test.store.events(0, 2)).toHaveLength(1);
    });
  });

  describe('forgetEvents', () => {
    const DAY = 86_400_000;
    const messages = async () => (await test.store.events(0, 100)).map(({ message }) => message);
    const write = (at: number, ...written: string[]) =>
      commitWritten(test.store, { at, writes: [], events: written.map((one) => event(one)) });

    it('deletes what is older, commits whole, and at most so many', async () => {
      await write(AT, 'a');
      await write(AT, 'b', 'c', 'd');
      await write(AT, 'e');
      await write(AT + DAY, 'f');
      const now = AT + 2 * DAY;
      expect(await test.store.forgetEvents(now, 2 * DAY, 10)).toBe(0);
      expect(await test.store.forgetEvents(now, DAY + 1, 2)).toBe(4);
      expect(await messages()).toEqual(['e', 'f']);
      expect(await test.store.forgetEvents(now, DAY + 1, 2)).toBe(1);
      await test.reopen();
      expect(await messages()).toEqual(['f']);
    });

    it('keeps what was written after a younger one, and the last commit with events', async () => {
      await write(AT, 'old');
      await write(AT + 3 * DAY, 'young');
      await write(AT, 'dated too early');
      expect(await test.store.forgetEvents(AT + 4 * DAY, 2 * DAY, 10)).toBe(1);
      expect(await messages()).toEqual(['young', 'dated too early']);
      expect(await test.store.forgetEvents(AT + 90 * DAY, 2 * DAY, 10)).toBe(1);
      expect(await test.store.forgetEvents(AT + 90 * DAY, 2 * DAY, 10)).toBe(0);
      expect(await messages()).toEqual(['dated too early']);
    });
  });

  it('knows the newest revision, whatever the change wrote', async () => {
    expect(await test.store.newestRevision()).toBe(0);
    const { revision } = await commitWritten(test.store, { ...changeOf(), events: [event('one')] });
    expect(await test.store.newestRevision()).toBe(revision);
    const later = await commitWritten(test.store, changeOf(createCluster()));
    expect(later.revision).toBeGreaterThan(revision);
    await test.reopen();
    expect(await test.store.newestRevision()).toBe(later.revision);
  });

  it('tells in which revision a tenant of a name was created last, and of no other what is not kept', async () => {
    const { store } = test;
    const of = (name: string, type: 'created' | 'changed') =>
      commitWritten(store, { ...changeOf(), events: [{ key: { kind: 'tenant', tenant: name, name }, type, message: '' }] });
    expect(await store.tenantCreatedIn('acme')).toBe(0);
    const first = await of('acme', 'created');
    await of('other', 'created');
    expect(await store.tenantCreatedIn('acme')).toBe(first.revision);
    const second = await of('acme', 'created');
    await of('acme', 'changed');
    await commitWritten(store, { ...changeOf(), events: [event('acme', 'created')] });
    await test.reopen();
    expect(await test.store.tenantCreatedIn('acme')).toBe(second.revision);
    while ((await test.store.forgetEvents(AT + 90 * 86_400_000, 1, 100)) > 0);
    expect(await test.store.tenantCreatedIn('acme')).toBe(0);
  });

  describe('audit', () => {
    it('answers the rows of one tenant, newest first, at most as many as asked for', async () => {
      const rows = [];
      for (const [tenant, id] of [
        ['acme', 'r1'],
        ['other', 'r2'],
        ['acme', 'r3'],
        ['acme', 'r4'],
      ] as const) {
        const { revision } = await commitWritten(test.store, { ...changeOf(), audit: audited(tenant, id) });
        rows.push({ ...audited(tenant, id), revision, at: AT });
      }
      expect(await test.store.audit('acme', 10)).toEqual([rows[3], rows[2], rows[0]]);
      expect(await test.store.audit('acme', 2)).toEqual([rows[3], rows[2]]);
      expect(await test.store.audit('nobody', 2)).toEqual([]);
      await test.reopen();
      expect(await test.store.audit('acme', 10, rows[3]?.revision)).toEqual([rows[2], rows[0]]);
      expect(await test.store.audit('acme', 1, rows[2]?.revision)).toEqual([rows[0]]);
      expect(await test.store.audit('acme', 1, rows[0]?.revision)).toEqual([]);
    });
  });

  describe('onCommit', () => {
    it('is told after a commit that wakes or reports, when it can be read', async () => {
      const seen: number[] = [];
      const listener = vi.fn(async () => {
        seen.push((await test.store.events(0, 10)).length);
      });
      test.store.onCommit(listener);
      await givenCluster(test.store);
      expect(listener).toHaveBeenCalledTimes(0);
      await commitWritten(test.store, { ...changeOf(), events: [event('one')] });
      await vi.waitFor(() => expect(seen).toEqual([1]));
      await commitWritten(test.store, { ...changeOf(), wake: [clusterKey()] });
      await vi.waitFor(() => expect(seen).toEqual([1, 1]));
    });

    it('is not told of a refused change, and not after it was ended', async () => {
      await givenCluster(test.store);
      const listener = vi.fn();
      const end = test.store.onCommit(listener);
      await test.store.commit({ ...changeOf(createCluster()), wake: [clusterKey()] });
      end();
      await commitWritten(test.store, { ...changeOf(), wake: [clusterKey()] });
      await test.store.ping();
      expect(listener).not.toHaveBeenCalled();
    });
  });
}
