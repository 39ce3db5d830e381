import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../store/store.ts';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';

const BASE = '/api/v1/tenants/demo/alertmanager';
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

const tagged = (tag: string | undefined) => (tag === undefined ? {} : { headers: { 'if-match': tag } });
const put = (path: string, body: unknown, tag?: string) => server.send({ method: 'PUT', path: `${BASE}/${path}`, body, ...tagged(tag) });
const remove = (path: string, tag?: string) => server.send({ method: 'DELETE', path: `${BASE}/${path}`, ...tagged(tag) });
const tagOf = async (path: string) => (await server.send({ method: 'GET', path: `${BASE}/${path}` })).headers.etag ?? '';
const hook = (at: number) => ({ webhook_configs: [{ url: `https://hooks.example.com/${at}` }] });

it('one tag for all sections: a change of any moves it for every one', async () => {
  const tags = new Set([await tagOf('global')]);
  for (const change of [
    () => put('receivers/a', hook(1)),
    () => put('global', { smtp_from: 'a@example.com' }),
    () => put('routes', { items: [{}] }),
  ]) {
    const { status, headers } = await change();
    expect(status).toBe(200);
    expect(await Promise.all(['global', 'routes', 'receivers', 'receivers/a', 'config'].map(tagOf))).toEqual(Array(5).fill(headers.etag));
    tags.add(headers.etag ?? '');
  }
  expect(tags.size).toBe(4);
});

it('F-18 D30: the tags kept from creation still clear routes, global and receivers one after the other', async () => {
  const receiver = (await put('receivers/a', hook(1))).headers.etag;
  const other = (await put('receivers/b', hook(1))).headers.etag;
  const routes = (await put('routes', { items: [{ receiver: 'a' }] })).headers.etag;
  const global = (await put('global', { resolve_timeout: '5m' })).headers.etag;
  expect((await put('routes', { items: [] }, routes)).status).toBe(200);
  expect((await put('global', {}, global)).status).toBe(200);
  expect((await remove('receivers/a', receiver)).status).toBe(204);
  expect((await remove('receivers/b', other)).status).toBe(204);
});

it.each([
  ['receivers/a', hook(1), hook(2), hook(3)],
  ['routes', { items: [{}] }, { items: [] }, { items: [{ continue: true }] }],
  ['global', { a: 1 }, { a: 2 }, { a: 3 }],
])('a change of %s by somebody else is a 412, and nothing is written', async (path, first, second, third) => {
  const old = (await put(path, first)).headers.etag;
  expect((await put(path, second)).status).toBe(200);
  const before = (await server.send({ method: 'GET', path: `${BASE}/config` })).text;
  const refused = await put(path, third, old);
  expect([refused.status, errorOf(refused)]).toEqual([
    412,
    'Alertmanager configuration of tenant "demo" changed after it was read, so nothing was written; read it again, re-apply the change and retry',
  ]);
  expect((await server.send({ method: 'GET', path: `${BASE}/config` })).text).toBe(before);
  expect((await put(path, third, refused.headers.etag)).status).toBe(200);
});

it('refuses tags that were never given out, and takes the usual forms of one that was', async () => {
  const tag = (await put('global', { a: 1 })).headers.etag ?? '';
  for (const bad of ['nonsense', '"999.0"', '""', '"-1"', '"1e3"']) expect((await put('global', { a: 2 }, bad)).status).toBe(412);
  for (const [at, good] of [tag, tag.slice(1, 2), `W/${tag}`, '*'].entries()) {
    const fresh = at === 3 ? '*' : good.replace(/\d+/, (await tagOf('global')).match(/\d+/)?.[0] ?? '');
    expect((await put('global', { a: 10 + at }, fresh)).status).toBe(200);
  }
});

it('a receiver that is gone is 404 with If-Match, and made anew without', async () => {
  const tag = (await put('receivers/a', hook(1))).headers.etag;
  await remove('receivers/a');
  expect((await put('receivers/a', hook(2), tag)).status).toBe(404);
  expect((await remove('receivers/a', tag)).status).toBe(404);
  expect((await put('receivers/a', hook(2))).status).toBe(200);
});

it('of many writers with one tag exactly one is written; without a tag none is lost', async () => {
  const tag = (await put('global', { at: -1 })).headers.etag;
  const statuses = (await Promise.all(Array.from({ length: 8 }, (_, at) => put('global', { at }, tag)))).map(({ status }) => status);
  expect(statuses.sort()).toEqual([200, ...Array(7).fill(412)]);
  await Promise.all(Array.from({ length: 8 }, (_, at) => put(`receivers/r${at}`, hook(at))));
  const { json } = await server.send({ method: 'GET', path: `${BASE}/receivers` });
  expect(json.items).toHaveLength(8);
});

describe('for a caller that asks for application/problem+json', () => {
  const stale = (method: string, path: string, body?: unknown, on = server) =>
    on.send({
      method,
      path: `${BASE}/${path}`,
      ...(body === undefined ? {} : { body }),
      headers: { 'if-match': '"999.0"', accept: 'application/problem+json' },
    });

  it('each section is carried on its own, under the tag that all share', async () => {
    await put('receivers/a', hook(7));
    await put('routes', { items: [{ receiver: 'a' }] });
    const tag = (await put('global', { at: 7 })).headers.etag;
    const refused = [
      await stale('PUT', 'receivers/a', hook(8)),
      await stale('DELETE', 'receivers/a'),
      await stale('DELETE', 'routes'),
      await stale('PUT', 'routes/0', { continue: true }),
      await stale('PUT', 'global', {}),
    ];
    expect(refused.map(({ json }) => json.current)).toEqual([
      { name: 'a', ...hook(7) },
      { name: 'a', ...hook(7) },
      { items: [{ receiver: 'a' }] },
      { receiver: 'a' },
      { at: 7 },
    ]);
    expect(new Set(refused.map(({ headers }) => headers.etag))).toEqual(new Set([tag]));
  });

  it('a place without a route carries nothing', async () => {
    const { status, json } = await stale('DELETE', 'routes/77');
    expect([status, 'current' in json]).toEqual([412, false]);
  });

  it('a receiver that was not there is 404, even if somebody makes it a moment later', async () => {
    await put('receivers/a', hook(7));
    const { store } = server.plane.ports;
    let isSeen = false;
    const late: Store = {
      ...store,
      async get(key) {
        if (key.kind !== 'alertmanager' || isSeen) return store.get(key);
        isSeen = true;
        return undefined;
      },
    };
    const headers = { 'if-match': '"1.0"', accept: 'application/problem+json' };
    const refused = await server.sendWith({ store: late }, { method: 'PUT', path: `${BASE}/receivers/a`, body: hook(8), headers });
    expect([refused.status, 'current' in refused.json, refused.headers.etag]).toEqual([404, false, undefined]);
  });

  it('credentials are masked in it exactly where a GET masks them', async () => {
    await put('receivers/a', hook(7));
    expect((await stale('PUT', 'receivers/a', hook(8))).text).toContain('hooks.example.com');
    const masking = await startInProcess({ OPENKUPE_ALERTMANAGER_MASK: 'everyone' });
    try {
      await masking.send({ method: 'PUT', path: `${BASE}/receivers/a`, body: hook(7) });
      const refused = await stale('PUT', 'receivers/a', hook(8), masking);
      expect(refused.status).toBe(412);
      expect(refused.json.current).toEqual((await masking.send({ method: 'GET', path: `${BASE}/receivers/a` })).json);
      expect(refused.text).not.toContain('hooks.example.com');
    } finally {
      await masking.stop();
    }
  });
});
