import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { expect, it } from 'vitest';
import type { StoredEvent } from '../store/store.ts';
import { nextTimeline } from '../store/timeline.ts';
import { createEventHub, type EventHubDependencies } from './event-hub.ts';

/** Events in memory; a read takes what is there at once, and answers when it is let. */
function createSlowStore(createdIn = 0) {
  const stored: StoredEvent[] = [];
  const listeners = new Set<() => void>();
  const waiting: { readonly after: number; answer(): void }[] = [];
  let isSlow = false;
  const store: EventHubDependencies['store'] = {
    async events(after, limit) {
      const page = stored.filter(({ revision }) => revision > after).slice(0, limit);
      if (isSlow && limit > 1) await new Promise<void>((resolve) => waiting.push({ after, answer: resolve }));
      return page;
    },
    tenantCreatedIn: async () => createdIn,
    newestRevision: async () => stored.at(-1)?.revision ?? 0,
    onCommit(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return {
    store,
    waiting,
    beSlow: (slow: boolean) => {
      isSlow = slow;
    },
    append(revision = stored.length + 1) {
      const key = { kind: 'cluster', tenant: 'acme', name: `n${revision}` } as const;
      stored.push({ key, type: 'observed', message: '', revision, at: 0 });
      for (const listener of listeners) listener();
    },
  };
}

function open(hub: ReturnType<typeof createEventHub>, after: number | undefined) {
  let text = '';
  const sink = {
    ...{ unreadBytes: () => 0, taken: async () => true, end: () => {}, cutOff: () => {} },
    write: (more: Uint8Array) => {
      text += Buffer.from(more).toString();
    },
  };
  hub.start({ tenant: 'acme', after, isWatching: true, shows: () => true, isAllowed: async () => true }, sink);
  return { revisions: () => [...text.matchAll(/"revision":(\d+)/g)].map(([, revision]) => Number(revision)), text: () => text };
}

/** A stream that follows, and one that still waits for its first page of what came before: event 1. */
async function liveAndLate() {
  const slowStore = createSlowStore();
  const hub = createEventHub({ store: slowStore.store, clock: createManualClock(), log: { warn: () => {} } });
  slowStore.append();
  const live = open(hub, undefined);
  await expect.poll(() => live.text()).toContain('id: 1');
  slowStore.beSlow(true);
  const late = open(hub, 0);
  await expect.poll(() => slowStore.waiting).toHaveLength(1);
  slowStore.beSlow(false);
  return { ...slowStore, hub, live, late };
}

it('says resync to no stream for what happens while it catches up', async () => {
  const { hub, live, late, waiting, append, beSlow } = await liveAndLate();
  append();
  append();
  await expect.poll(() => live.revisions()).toEqual([2, 3]);
  beSlow(true);
  waiting[0]?.answer();
  await expect.poll(() => waiting).toHaveLength(2);
  beSlow(false);
  append();
  await expect.poll(() => live.revisions()).toEqual([2, 3, 4]);
  waiting[1]?.answer();
  await expect.poll(() => late.revisions()).toEqual([1, 2, 3, 4]);
  expect(late.text()).not.toContain('resync');
  hub.close();
});

it('a stream misses nothing that was read for the others while it was reading what came before', async () => {
  const { hub, live, late, waiting, append } = await liveAndLate();
  append();
  await expect.poll(() => live.revisions()).toEqual([2]);
  waiting[0]?.answer();
  await expect.poll(() => late.revisions()).toEqual([1, 2]);
  append();
  await expect.poll(() => late.revisions()).toEqual([1, 2, 3]);
  expect(live.revisions()).toEqual([2, 3]);
  hub.close();
});

it('gives a client without a position what happened before and since a restore, in a tenant that is older', async () => {
  const { store, append } = createSlowStore(5);
  const hub = createEventHub({ store, clock: createManualClock(), log: { warn: () => {} } });
  const since = nextTimeline(6) + 1;
  for (const revision of [4, 5, 6, since]) append(revision);
  const [fromTheStart, fromBefore] = [open(hub, 0), open(hub, 6)];
  await expect.poll(() => fromTheStart.revisions()).toEqual([5, 6, since]);
  expect(fromTheStart.text()).not.toContain('resync');
  await expect.poll(() => fromBefore.text()).toContain('resync');
  hub.close();
});
