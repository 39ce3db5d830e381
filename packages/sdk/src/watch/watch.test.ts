import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClient, createFetchTransport, type EventNotice } from '../index.ts';
import type { ScriptStep } from '../testing/scripted-transport.ts';
import { tryClient } from '../testing/try-client.ts';
import { createNodeTransport } from '../transport/node-http.ts';
import { createEventParser, type EventBlock } from './parse-events.ts';

const PATH = '/api/v1/tenants/acme/events';
const event = (revision: number) =>
  ({ revision, at: '2026-01-01T00:00:00Z', kind: 'cluster', name: `c${revision}`, type: 'changed', message: 'x' }) as const;
const block = (revision: number) => `data: ${JSON.stringify(event(revision))}\nid: ${revision}\n\n`;
const stream = (text: string) => ({ headers: { 'Content-Type': 'text/event-stream; charset=utf-8' }, body: text });
const refused = (status: number, headers = {}) => ({ status, headers, body: { error: `refused with ${status}` } });

/** Takes so many notices. */
async function take(notices: AsyncGenerator<EventNotice, void>, count: number): Promise<EventNotice[]> {
  const taken: EventNotice[] = [];
  while (taken.length < count) {
    const { value, done } = await notices.next();
    if (done) break;
    taken.push(value);
  }
  await notices.return();
  return taken;
}
const sentOf = ({ transport }: ReturnType<typeof tryClient>) => transport.sent.map(({ path, headers }) => [path, headers['last-event-id']]);

describe('watching', () => {
  test('goes on behind the last change after every break, and waits in between', async () => {
    const trial = tryClient([
      stream(`retry: 2000\n\nid: 4\n\n${block(5)}`),
      { failure: 'no-answer' },
      { failure: 'unreachable' },
      refused(503, { 'Retry-After': '7' }),
      stream(`: alive\nid: 9\n\n`),
      stream(`data: ${JSON.stringify(event(10))}\n\n${block(10)}`),
    ]);
    const notices = await trial.clock.runUntil(take(trial.client.events.watch({ kind: 'cluster', after: 3 }), 3));
    expect(notices).toEqual([{ event: event(5) }, { event: event(10) }, { event: event(10) }]);
    expect(sentOf(trial)).toEqual(['3', '5', '5', '5', '5', '9'].map((id) => [`${PATH}?watch=true&kind=cluster`, id]));
    expect((trial.transport.sent[4]?.atMs ?? 0) - (trial.transport.sent[3]?.atMs ?? 0)).toBeGreaterThanOrEqual(7_000);
  });

  test('says that events are lost', async () => {
    const trial = tryClient([stream(`event: resync\nid: 9\ndata: {"revision":9}\n\n${block(10)}`)]);
    expect(await trial.clock.runUntil(take(trial.client.events.watch(), 2))).toEqual([{ resync: 9 }, { event: event(10) }]);
  });

  test.each([
    [401, 'UnauthenticatedError'],
    [403, 'ForbiddenError'],
    [404, 'NotFoundError'],
    [400, 'InvalidRequestError'],
  ])('ends with the error for %d', async (status, name) => {
    const trial = tryClient([stream(block(1)), refused(status)]);
    const notices = trial.client.events.watch();
    await trial.clock.runUntil(notices.next());
    await expect(trial.clock.runUntil(notices.next())).rejects.toMatchObject({ name, status, message: `refused with ${status}` });
  });

  test('ends with an error where the answer is no stream', async () => {
    const trial = tryClient([{ body: { items: [] } }]);
    await expect(trial.clock.runUntil(trial.client.events.watch().next())).rejects.toMatchObject({ name: 'DecodeError' });
  });

  test('gives up a connection that has been silent for too long', async () => {
    const trial = tryClient([{ ...stream(''), afterMs: 3_600_000 }, stream(block(1))]);
    expect(await trial.clock.runUntil(take(trial.client.events.watch(), 1))).toEqual([{ event: event(1) }]);
    expect(trial.transport.sent[1]?.atMs).toBeLessThan(47_000);
  });

  test('ends with the reason of its signal', async () => {
    const trial = tryClient([{ ...stream(''), afterMs: 3_600_000 }]);
    const leaving = new AbortController();
    const next = trial.client.events.watch({ signal: leaving.signal }).next();
    leaving.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
  });
});

test('a watched list is read again at once after an event, and by the time where nothing streams', async () => {
  const list = { body: { items: [] } };
  const opened: string[] = [];
  const events: ScriptStep = ({ url }) => {
    if (!url.includes('/events')) return list;
    opened.push(url);
    return opened.length === 1 ? { ...stream(block(1)), afterMs: 5_000 } : { ...stream(''), afterMs: 3_600_000 };
  };
  const streaming = tryClient([events], { isLastRepeated: true });
  const isList = ({ path }: { path: string }) => !path.includes('/events');
  const script: ScriptStep = ({ url }) => (url.includes('/events') ? { status: 404, body: { error: 'no' } } : list);
  const plain = tryClient([script], { isLastRepeated: true });
  for (const [trial, atMs] of [
    [streaming, 5_000],
    [plain, 11_000],
  ] as const) {
    const lists = trial.client.clusters.watch({ phase: 'Running' });
    await trial.clock.runUntil(lists.next());
    await trial.clock.runUntil(lists.next());
    await lists.return();
    expect(trial.transport.sent.filter(isList).map((sent) => [sent.path.split('?')[1], sent.atMs])).toEqual([
      ['phase=Running&limit=500', 0],
      ['phase=Running&limit=500', atMs],
    ]);
  }
});

test.each([
  ['pages', true, [['a'], ['b']], ['limit=500', 'limit=500&continue=x']],
  ['the whole, from a server that knows no pages', false, [['a', 'b']], ['limit=500', undefined]],
])('a watched list is read in %s', async (_how, knowsPages, pages, queries) => {
  const script: ScriptStep = ({ url }) => {
    if (url.includes('/events')) return { status: 404, body: { error: 'no' } };
    if (url.includes('limit') && !knowsPages) return refused(400);
    const at = url.includes('continue') ? 1 : 0;
    return {
      body: { items: pages[at]?.map((name) => ({ name, createdAt: '2026-01-01T00:00:00Z' })), ...(pages[at + 1] && { continue: 'x' }) },
    };
  };
  const trial = tryClient([script], { isLastRepeated: true });
  const lists = trial.client.clusters.watch();
  const { value } = await trial.clock.runUntil(lists.next());
  await lists.return();
  expect(value?.value.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(trial.transport.sent.filter(({ path }) => !path.includes('/events')).map(({ path }) => path.split('?')[1])).toEqual(queries);
});

test('a watched list outlasts a service that is down, once it was read, and nothing else', async () => {
  const list = { body: { items: [] } };
  let failure: () => ScriptStep = () => list;
  const step: ScriptStep = (request) => {
    if (request.url.includes('/events')) return { status: 404, body: { error: 'no' } };
    const next = failure();
    return typeof next === 'function' ? next(request) : next;
  };
  const trial = tryClient([step], { isLastRepeated: true });
  const down = () => (trial.clock.monotonic() < 600_000 ? ({ failure: 'unreachable' } as const) : list);
  const lists = trial.client.clusters.watch();
  await trial.clock.runUntil(lists.next());
  failure = down;
  expect((await trial.clock.runUntil(lists.next())).value?.value).toEqual([]);
  expect(trial.clock.monotonic()).toBeLessThan(640_000);
  failure = () => refused(403);
  await expect(trial.clock.runUntil(lists.next())).rejects.toMatchObject({ status: 403 });
  failure = () => ({ failure: 'unreachable' });
  await expect(trial.clock.runUntil(trial.client.clusters.watch().next())).rejects.toMatchObject({ name: 'ConnectionError' });
});

test('listing reads to the end', async () => {
  const trial = tryClient([stream(block(1))]);
  expect(await trial.clock.runUntil(trial.client.events.list())).toEqual([event(1)]);
  expect(trial.transport.sent).toHaveLength(1);
});

describe('blocks', () => {
  test.each([1, 2, 7, 1_000])('are the same in pieces of %d characters', (size) => {
    const text = `retry: 2000\r\n\r\nid: 1\n\nevent: resync\nid: 2\ndata: a\ndata: b\n\n: note\ndata:c\n\n`;
    const blocks: EventBlock[] = [];
    const parse = createEventParser((one) => blocks.push(one));
    for (let at = 0; at < text.length; at += size) parse(text.slice(at, at + size));
    expect(blocks.filter(({ id, data }) => id ?? data)).toEqual([
      { name: 'message', id: '1' },
      { name: 'resync', id: '2', data: 'a\nb' },
      { name: 'message', data: 'c' },
    ]);
  });

  test.each([1, 2, 7, 1_000])('have every line, whatever ends it and is in it, in pieces of %d characters', (size) => {
    const text = 'data: a\r\nid: 1\r\n\r\ndata: b\u2028c\r\nid: 2\r\n\r\n';
    const blocks: EventBlock[] = [];
    const parse = createEventParser((one) => blocks.push(one));
    for (let at = 0; at < text.length; at += size) parse(text.slice(at, at + size));
    expect(blocks).toEqual([
      { name: 'message', id: '1', data: 'a' },
      { name: 'message', id: '2', data: 'b\u2028c' },
    ]);
  });

  test('that never end are refused', () => {
    const parse = createEventParser(() => {});
    expect(() => parse('x'.repeat(2 * 1024 * 1024))).toThrow('without an end');
  });
});

describe.each([
  ['node-http', () => createNodeTransport()],
  ['fetch', () => createFetchTransport()],
])('through %s', (_name, createTransport) => {
  let server: Server;
  let host: string;
  let open: ServerResponse;
  beforeEach(async () => {
    server = createServer((_request, response) => {
      open = response;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(block(1));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  test('an event is there when it is written, and the connection is closed by the consumer', async () => {
    const client = createClient({ host, tenant: 'acme', apiKey: 'kupe_test', transport: createTransport() });
    const notices = client.events.watch();
    expect((await notices.next()).value).toEqual({ event: event(1) });
    const text = block(2);
    open.write(text.slice(0, 20));
    open.write(text.slice(20));
    expect((await notices.next()).value).toEqual({ event: event(2) });
    const isClosed = new Promise((resolve) => open.once('close', resolve));
    await notices.return();
    await isClosed;
    client.close();
  });
});
