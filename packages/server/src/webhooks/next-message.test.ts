import { expect, it } from 'vitest';
import type { Resource } from '../store/resource.ts';
import type { StoredEvent } from '../store/store.ts';
import { nextTimeline } from '../store/timeline.ts';
import { findNextMessage } from './next-message.ts';

const eventAt = (revision: number): StoredEvent => ({
  ...{ key: { kind: 'cluster', tenant: 'acme', name: 'web' }, type: 'changed', message: 'x', revision, at: 0 },
});

it('says so where a restore has lost events, once, behind those from before the backup', async () => {
  const [last, restored] = [100, nextTimeline(100) + 1];
  const stored = [99, last, restored, restored + 1].map(eventAt);
  const store = { events: async (after: number, limit: number) => stored.filter(({ revision }) => revision > after).slice(0, limit) };
  const seen: string[] = [];
  let position = { revision: last, index: 0 };
  for (;;) {
    const webhook = { kind: 'webhook', tenant: 'acme', name: 'hook', uid: 'u', spec: {}, observed: { position } } as Resource<'webhook'>;
    const { message, behind } = await findNextMessage(webhook, store, 0);
    if (!message) break;
    seen.push(`${message.type} ${message.revision}`);
    position = behind;
  }
  expect(seen).toEqual([`cluster.changed ${last}`, `resync ${restored}`, `cluster.changed ${restored}`, `cluster.changed ${restored + 1}`]);
});
