import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { LIMITS } from '@openkupe/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type InProcess, startInProcess } from '../../testing/in-process.ts';
import { openRaw } from '../../testing/raw-connection.ts';

const TENANT = '/api/v1/tenants/demo';
const EVENTS = `${TENANT}/events`;
let server: InProcess;
let base: string;
let stopListening: () => void;
beforeEach(async () => {
  server = await startInProcess({ OPENKUPE_KEPT_EVENTS: '1000' });
  const listener = createServer((request, response) => void server.plane.http.handle(request, response));
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  stopListening = () => {
    listener.closeAllConnections();
    listener.close();
  };
});
afterEach(async () => {
  stopListening();
  await server.stop();
});

const hub = () => server.plane.ports.eventHub;
const create = (name: string) => server.send({ method: 'POST', path: `${TENANT}/clusters`, body: { name } });
const once = async (query = '', headers: Record<string, string> = {}, key = server.adminKey) =>
  (await server.send({ method: 'GET', path: `${EVENTS}${query}`, headers, key })).text;
const dataOf = (text: string) => [...text.matchAll(/^data: (.*)$/gm)].map(([, json = '']) => JSON.parse(json));
const idOf = (text: string) => [...text.matchAll(/^id: (\d+)$/gm)].at(-1)?.[1];

/** A client that reads one stream. */
async function watch(query = '', headers: Record<string, string> = {}, key = server.adminKey) {
  const leaving = new AbortController();
  const response = await fetch(`${base}${EVENTS}?watch=true${query}`, {
    signal: leaving.signal,
    headers: { authorization: `Bearer ${key}`, ...headers },
  });
  let text = '';
  let isOver = false;
  const decoder = new TextDecoder();
  const reading = (async () => {
    for await (const piece of response.body ?? []) text += decoder.decode(piece as Uint8Array, { stream: true });
  })()
    .catch(() => {})
    .finally(() => {
      isOver = true;
    });
  return {
    status: response.status,
    headers: response.headers,
    text: () => text,
    names: () => [...text.matchAll(/^data: .*?"name":"([^"]*)"/gm)].map(([, name]) => name),
    isOver: () => isOver,
    /** Resolves when what was read fulfils the condition. */
    until: (condition: () => boolean) => expect.poll(condition, { timeout: 5_000, interval: 5 }).toBe(true),
    leave: () => {
      leaving.abort();
      return reading;
    },
  };
}
const isBegun = (text: string) => /^id: \d+$/m.test(text);

describe('without watch', () => {
  it('answers what has happened, each change with its revision as id, and ends', async () => {
    await create('one');
    await server.send({ method: 'PATCH', path: `${TENANT}/clusters/one`, body: { alerts: { a: 1 } } });
    const response = await server.send({ method: 'GET', path: EVENTS });
    expect([response.status, response.headers['content-type'], response.headers['cache-control']]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
      'no-store',
    ]);
    const events = dataOf(response.text).filter(({ kind }) => kind === 'cluster');
    expect(events).toMatchObject([
      { kind: 'cluster', name: 'one', type: 'created' },
      { kind: 'cluster', name: 'one', type: 'changed' },
    ]);
    expect(events[1].revision).toBeGreaterThan(events[0].revision);
    expect(Number(idOf(response.text))).toBeGreaterThanOrEqual(events[1].revision);
    expect(hub().open).toBe(0);
  });

  it('begins behind Last-Event-ID or after, and filters', async () => {
    for (const name of ['aa', 'bb']) await create(name);
    const first = dataOf(await once('?kind=cluster'))[0].revision;
    for (const text of [await once(`?after=${first}&kind=cluster`), await once('?kind=cluster', { 'last-event-id': String(first) })])
      expect(dataOf(text).map(({ name }) => name)).toEqual(['bb']);
    expect(dataOf(await once('?name=aa')).map(({ name }) => name)).toEqual(['aa']);
    expect(dataOf(await once('?kind=secret'))).toEqual([]);
  });

  it('shows a tenant its own events only, and API keys to admins only', async () => {
    await server.makeTenant('other');
    const [other, readonly] = [await server.makeKey('admin', { tenant: 'other' }), await server.makeKey('readonly')];
    await create('one');
    await server.send({ method: 'POST', path: `${TENANT}/apikeys`, body: { displayName: 'x', role: 'readonly' } });
    expect(dataOf(await once('?kind=api-key')).length).toBeGreaterThan(0);
    expect(dataOf(await once('?kind=api-key', {}, readonly))).toEqual([]);
    const foreign = await server.send({ method: 'GET', path: '/api/v1/tenants/other/events', key: other });
    expect(dataOf(foreign.text)).toEqual([]);
  });

  it.each(['x', '-1', '1.5', '9'.repeat(16)])('refuses Last-Event-ID %s', async (id) => {
    const refused = await server.send({ method: 'GET', path: EVENTS, headers: { 'last-event-id': id } });
    expect(refused.status).toBe(400);
  });

  it('says resync for a position that it knows nothing of', async () => {
    await create('one');
    const text = await once('', { 'last-event-id': '999999' });
    expect(text).toContain('event: resync\n');
    expect(Number(idOf(text))).toBe(await server.plane.ports.store.newestRevision());
  });

  it('says resync for a position whose events are not kept any more', async () => {
    const { store } = server.plane.ports;
    await create('one');
    const [oldest] = await store.events(0, 1);
    const key = { kind: 'cluster', tenant: 'demo', name: 'one' } as const;
    for (let batch = 0; batch < 30; batch += 1)
      await store.commit({ at: 0, writes: [], events: Array(100).fill({ key, type: 'observed', message: 'x' }) });
    expect((await store.events(0, 1))[0]?.revision).toBeGreaterThan((oldest?.revision ?? 0) + 1);
    expect(await once('', { 'last-event-id': String(oldest?.revision) })).toContain('event: resync\n');
    expect(await once('?kind=secret')).not.toContain('event: resync\n');
  });
});

it('says resync for a position whose events are too old, whatever is left, and to nobody who has seen the last of them', async () => {
  const { store } = server.plane.ports;
  for (const name of ['aa', 'bb', 'cc']) await create(name);
  const before = await store.events(0, 100);
  const [first, last] = [before[0]?.revision, before.at(-1)?.revision];
  while ((await store.forgetEvents(server.clock.now() + 90 * 86_400_000, 86_400_000, 100)) > 0);
  expect(await store.events(0, 100)).toHaveLength(before.filter(({ revision }) => revision === last).length);
  expect(await once('', { 'last-event-id': String(first) })).toContain('event: resync\n');
  expect(await once('', { 'last-event-id': String(last) })).not.toContain('event: resync\n');
});

describe('of a tenant', () => {
  const KEY = { kind: 'tenant', tenant: 'again', name: 'again' } as const;
  const of = (name: string) => ({ key: { kind: 'cluster', tenant: 'again', name }, type: 'observed', message: '' }) as const;
  const namesOf = (text: string) => dataOf(text).map(({ name }) => name);
  async function makeAgain(uid: string): Promise<string> {
    const { store } = server.plane.ports;
    const { spec, observed } = (await store.get({ kind: 'tenant', tenant: 'demo', name: 'demo' })) ?? expect.fail('no tenant');
    const events = [{ key: KEY, type: 'created', message: 'made' } as const];
    await store.commit({ at: server.clock.now(), writes: [{ verb: 'create', key: KEY, uid, spec, observed }], events });
    return server.makeKey('admin', { tenant: 'again' });
  }
  const read = async (key: string, query = '') =>
    (await server.send({ method: 'GET', path: `/api/v1/tenants/again/events${query}`, key })).text;

  it('shows what happens after the wall clock was set back by more than its age', async () => {
    const key = await makeAgain('uid-1');
    server.clock.setWallClock(-7 * 86_400_000);
    await server.plane.ports.store.commit({ at: server.clock.now(), writes: [], events: [of('late')] });
    expect(namesOf(await read(key))).toEqual(['again', 'late']);
  });

  it('shows nothing of an earlier one of the name, also where that is dated later', async () => {
    const { store } = server.plane.ports;
    await makeAgain('uid-1');
    await store.commit({ at: server.clock.now() + 86_400_000, writes: [], events: [of('before')] });
    const { uid, resourceVersion: expectedVersion } = (await store.get(KEY)) ?? expect.fail('no tenant');
    await store.commit({ at: server.clock.now(), writes: [{ verb: 'delete-if', key: KEY, uid, expectedVersion }] });
    const key = await makeAgain('uid-2');
    await store.commit({ at: server.clock.now(), writes: [], events: [of('after')] });
    for (const query of ['', '?after=0', '?after=1']) expect(namesOf(await read(key, query))).toEqual(['again', 'after']);
  });
});

describe('with watch', () => {
  it('begins now, and goes on with what happens, in order and once', async () => {
    await create('before');
    const stream = await watch();
    await stream.until(() => isBegun(stream.text()));
    const names = Array.from({ length: 20 }, (_, index) => `c${index + 10}`);
    await Promise.all(names.map((name) => create(name)));
    await stream.until(() => stream.names().length >= 2);
    const { store } = server.plane.ports;
    const all = (await store.events(0, 1_000))
      .filter(({ key }) => key.kind === 'cluster' && key.name !== 'before')
      .map(({ key }) => key.name);
    await stream.until(() => stream.names().length >= all.length);
    expect(stream.names()).toEqual(all);
    await stream.leave();
    await expect.poll(() => hub().open).toBe(0);
  });

  it('goes on after a break without a loss and without a repetition', async () => {
    const first = await watch();
    await first.until(() => isBegun(first.text()));
    await create('aa');
    await first.until(() => first.names().includes('aa'));
    await first.leave();
    await create('bb');
    const second = await watch('', { 'last-event-id': idOf(first.text()) ?? '' });
    await second.until(() => second.names().includes('bb'));
    expect(second.names()).toEqual(['bb']);
    await second.leave();
  });

  it('shows that it is alive, with the position', async () => {
    const stream = await watch('&kind=secret');
    await stream.until(() => isBegun(stream.text()));
    await create('one');
    await server.clock.advance(LIMITS.streamHeartbeatMs + 1_000);
    await stream.until(() => stream.text().includes(': alive\n'));
    expect(Number(idOf(stream.text()))).toBe(await server.plane.ports.store.newestRevision());
    expect(stream.names()).toEqual([]);
    await stream.leave();
  });

  it('ends at once when its key is revoked, and not when another one is', async () => {
    const made = (await server.send({ method: 'POST', path: `${TENANT}/apikeys`, body: { displayName: 'x', role: 'readonly' } })).json;
    const other = (await server.send({ method: 'POST', path: `${TENANT}/apikeys`, body: { displayName: 'y', role: 'readonly' } })).json;
    const [stream, staying] = [await watch('', {}, made.key), await watch('', {}, other.key)];
    await stream.until(() => isBegun(stream.text()) && isBegun(staying.text()));
    expect((await server.send({ method: 'DELETE', path: `${TENANT}/apikeys/${made.id}` })).status).toBe(204);
    await stream.until(stream.isOver);
    expect([stream.names(), staying.isOver()]).toEqual([[], false]);
    await staying.leave();
  });

  it('ends when its key expires, by the next keep-alive comment', async () => {
    const expiresAt = new Date(server.clock.now() + 5_000).toISOString();
    const key = await server.makeKey('readonly', { expiresAt });
    const stream = await watch('', {}, key);
    await stream.until(() => isBegun(stream.text()));
    await server.clock.advance(LIMITS.streamHeartbeatMs + 1_000);
    await stream.until(stream.isOver);
    await expect.poll(() => hub().open).toBe(0);
  });

  it('is refused beyond what a caller may have open, and has room again afterwards', async () => {
    const streams = await Promise.all(Array.from({ length: LIMITS.streamsPerCaller }, () => watch()));
    const refused = await server.send({ method: 'GET', path: EVENTS });
    expect([refused.status, refused.headers['error-code'], refused.headers['retry-after']]).toEqual([429, 'too-many-streams', '30']);
    await streams[0]?.leave();
    await expect.poll(async () => (await server.send({ method: 'GET', path: EVENTS })).status).toBe(200);
    for (const stream of streams) await stream.leave();
  });

  it('cuts off a client that does not read, and no other', async () => {
    const socket = connect({ port: Number(new URL(base).port), host: '127.0.0.1' });
    socket.pause();
    socket.on('error', () => {});
    socket.write(`GET ${EVENTS}?watch=true HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${server.adminKey}\r\n\r\n`);
    const reader = await watch();
    await reader.until(() => isBegun(reader.text()) && hub().open === 2);
    const key = { kind: 'cluster', tenant: 'demo', name: 'big' } as const;
    const { store } = server.plane.ports;
    let sent = 0;
    // NOTE: the operating system takes some megabytes for the client before anything is unread here.
    for (; hub().open === 2 && sent < 1_000; sent += 1) {
      await store.commit({ at: server.clock.now(), writes: [], events: [{ key, type: 'observed', message: 'x'.repeat(100_000) }] });
      await reader.until(() => reader.names().length > sent);
    }
    expect([hub().open, sent < 1_000]).toEqual([1, true]);
    socket.destroy();
    await reader.leave();
  });

  it('is over when its client ends its side of the connection', async () => {
    // NOTE: on the listener of the server, which answers half-closed connections.
    await server.plane.http.listen({ host: '127.0.0.1', port: 0 });
    const { socket, until } = await openRaw(server.plane.http);
    socket.write(`GET ${EVENTS}?watch=true HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${server.adminKey}\r\n\r\n`);
    await until(/\nid: \d+\n/);
    expect(hub().open).toBe(1);
    socket.end();
    await expect.poll(() => hub().open).toBe(0);
    socket.destroy();
  });

  it('shows each event once to streams that begin while others are written', async () => {
    const { store } = server.plane.ports;
    const key = (at: number) => ({ kind: 'cluster', tenant: 'demo', name: `n${at}` }) as const;
    const write = (at: number) =>
      store.commit({ at: server.clock.now(), writes: [], events: [{ key: key(at), type: 'observed', message: '' }] });
    const begun = await store.newestRevision();
    const streams: Awaited<ReturnType<typeof watch>>[] = [];
    const opening: Promise<unknown>[] = [];
    for (let at = 0; at < 200; at += 1) {
      if (at % 5 === 0) opening.push(watch(`&after=${begun}`).then((stream) => streams.push(stream)));
      await write(at);
    }
    await Promise.all(opening);
    const names = Array.from({ length: 200 }, (_, at) => `n${at}`);
    for (const stream of streams) await stream.until(() => stream.names().length >= names.length);
    for (const stream of streams) expect(stream.names()).toEqual(names);
    await Promise.all(streams.map((stream) => stream.leave()));
  });

  it('ends with the server', async () => {
    const stream = await watch();
    await stream.until(() => isBegun(stream.text()));
    hub().close();
    await stream.until(stream.isOver);
  });
});
