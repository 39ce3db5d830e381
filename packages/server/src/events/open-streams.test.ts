import { LIMITS } from '@openkupe/contract';
import { expect, it } from 'vitest';
import type { StoredEvent } from '../store/store.ts';
import { handPage } from './hand-page.ts';
import { createOpenStreams, type OpenStreams, type Stream } from './open-streams.ts';

/** A client of a stream that takes nothing by itself. */
function open(streams: OpenStreams, request: Partial<Stream['request']> = {}) {
  const client = { unread: 0, text: '', isOver: false };
  const sink: Stream['sink'] = {
    unreadBytes: () => client.unread,
    taken: async () => client.unread === 0,
    write(text) {
      client.unread += text.length;
      client.text += Buffer.from(text).toString();
    },
    end: () => void Object.assign(client, { isOver: true }),
    cutOff: () => void Object.assign(client, { isOver: true, unread: 0 }),
  };
  const stream: Stream = {
    request: { tenant: 'acme', after: 0, isWatching: true, shows: () => true, isAllowed: async () => true, ...request },
    ...{ sink, seen: 0, beatAtMs: 0, isLive: true, checking: undefined, held: [], unread: 0 },
  };
  streams.add(stream);
  return { client, stream };
}

const event = (revision: number, name: string, kind: 'cluster' | 'api-key' = 'cluster'): StoredEvent => ({
  ...{ key: { kind, tenant: 'acme', name }, type: 'changed', message: 'x', revision, at: 0 },
});

it('cuts off the slowest when all together have too much to read, and no other', () => {
  const streams = createOpenStreams();
  const count = Math.ceil(LIMITS.streamUnreadBytesTogether / LIMITS.streamUnreadBytes) + 1;
  const quick = open(streams);
  const opened = Array.from({ length: count }, () => open(streams));
  const most = Buffer.alloc(LIMITS.streamUnreadBytes);
  for (const { stream } of opened) {
    streams.write(stream, most);
    expect(streams.unread).toBeLessThanOrEqual(LIMITS.streamUnreadBytesTogether);
  }
  expect(streams.slow).toBeGreaterThan(0);
  expect(opened.filter(({ client }) => client.isOver)).toHaveLength(streams.slow);
  expect([quick.client.isOver, streams.all.has(quick.stream)]).toEqual([false, true]);
});

it('cuts off nobody for what was read meanwhile', () => {
  const streams = createOpenStreams();
  const most = Buffer.alloc(LIMITS.streamUnreadBytes);
  for (let written = 0; written < 2 * LIMITS.streamUnreadBytesTogether; written += most.length) {
    const { client, stream } = open(streams);
    streams.write(stream, most);
    client.unread = 0;
  }
  expect(streams.slow).toBe(0);
});

it('a check that takes long delays its own stream alone, and shows it what came meanwhile once it has passed', async () => {
  const streams = createOpenStreams();
  const answers = [Promise.withResolvers<boolean>(), Promise.withResolvers<boolean>()];
  const [slow, refused] = answers.map(({ promise }) => open(streams, { isAllowed: () => promise })) as [
    ReturnType<typeof open>,
    ReturnType<typeof open>,
  ];
  const quick = open(streams);
  await handPage([event(1, 'key', 'api-key')], streams);
  await handPage([event(2, 'web')], streams);
  await quick.stream.checking;
  expect(quick.client.text.match(/^id: .*/gm)).toEqual(['id: 1', 'id: 2']);
  expect([slow.client.text, refused.client.text]).toEqual(['', '']);
  answers[0]?.resolve(true);
  answers[1]?.resolve(false);
  await Promise.all([slow.stream.checking, refused.stream.checking]);
  expect(slow.client.text).toBe(quick.client.text);
  expect(refused.client).toMatchObject({ text: '', isOver: true });
});

it('a check that passes does not let out what a later one has to decide on', async () => {
  const streams = createOpenStreams();
  const answers = [Promise.withResolvers<boolean>(), Promise.withResolvers<boolean>()];
  const remaining = [...answers];
  const { client, stream } = open(streams, { isAllowed: () => remaining.shift()?.promise ?? Promise.resolve(true) });
  await handPage([event(1, 'one', 'api-key')], streams);
  await handPage([event(2, 'two', 'api-key')], streams);
  answers[0]?.resolve(true);
  await answers[0]?.promise;
  expect(client.text).toBe('');
  answers[1]?.resolve(false);
  await stream.checking;
  expect(client).toMatchObject({ text: '', isOver: true });
});
