import type { Route } from '@openkupe/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';
import { EVERY_ROUTE, samplePath } from '../../testing/sample-requests.ts';

const TENANT = '/api/v1/tenants/demo';
const NAMES = ['aa', 'bb', 'cc'];
const LISTS = EVERY_ROUTE.filter(({ id }) => id.endsWith('.list')).map((route) => [route.id, route] as const);
const PAGED = LISTS.filter(([, { query }]) => query?.limit);

let server: InProcess;
beforeAll(async () => {
  server = await startInProcess();
  const post = (path: string, body: object) => server.send({ method: 'POST', path: `${TENANT}/${path}`, body });
  for (const name of NAMES) {
    await post('clusters', { name });
    await post('secrets', { name, secretPath: 'a/b' });
    await post('webhooks', { name, url: 'https://hooks.example.com/kupe' });
    await post('members', { email: `${name}@example.com`, role: 'readonly' });
    await post('apikeys', { displayName: name, role: 'readonly' });
  }
  const [periodStart, issuedAt] = [Date.UTC(2026, 0, 1), Date.UTC(2026, 4, 1)];
  const { uid = '' } = (await server.plane.ports.store.get({ kind: 'tenant', tenant: 'demo', name: 'demo' })) ?? {};
  const amounts = { subtotal: '0.00', creditsApplied: '0.00', total: '0.00' };
  await server.plane.ports.store.commit({
    at: issuedAt,
    writes: [1, 2, 3].map((month) => ({
      verb: 'create',
      key: { kind: 'invoice', tenant: 'demo', name: `2026-0${month}` },
      uid: `invoice-${month}`,
      spec: { tenantUid: uid, periodStart, periodEnd: issuedAt, issuedAt, billedUntil: periodStart + month, lines: [], ...amounts },
      observed: { phase: month === 1 ? 'Paid' : 'Finalised' },
    })),
  });
});
afterAll(() => server.stop());

const read = (route: Route, query = '', headers = {}) => server.send({ method: 'GET', path: `${samplePath(route)}${query}`, headers });
const keyOf = (item: { id?: string; name?: string; email?: string }) => item.id ?? item.name ?? item.email;

describe.each(PAGED)('%s', (_id, route) => {
  it('without a limit is whole, and says nothing of pages', async () => {
    expect(Object.keys((await read(route)).json)).toEqual(['items']);
  });

  it.each([1, 2, 3, 500])('in pages of %d is the same list', async (limit) => {
    const whole = (await read(route)).json.items;
    const items: unknown[] = [];
    for (let query = `?limit=${limit}`; query !== ''; ) {
      const { status, json } = await read(route, query);
      expect([status, json.items.length]).toEqual([200, Math.min(limit, whole.length - items.length)]);
      items.push(...json.items);
      query = json.continue === undefined ? '' : `?limit=${limit}&continue=${json.continue}`;
    }
    expect(items.map((item) => keyOf(item as object))).toEqual(whole.map(keyOf));
    expect(whole.length).toBeGreaterThanOrEqual(3);
  });

  it('goes on without a limit, too', async () => {
    const whole = (await read(route)).json.items;
    const { json } = await read(route, '?limit=1');
    expect((await read(route, `?continue=${json.continue}`)).json.items.map(keyOf)).toEqual(whole.slice(1).map(keyOf));
  });

  it.each(['0', '501', '-1', '1.5', '1e2', 'all', '', '%31%30%30%30'])('refuses limit=%s', async (limit) => {
    const received = await read(route, `?limit=${limit}`);
    expect([received.status, errorOf(received)]).toEqual([400, expect.stringContaining('"limit" must be a whole number from 1 to 500')]);
  });

  it.each(['', '%20', 'x'.repeat(513)])('refuses continue=%s by its form', async (cursor) => {
    expect((await read(route, `?continue=${cursor}`)).status).toBe(400);
  });

  it.each(['nonsense', Buffer.from('cluster/a\0b').toString('base64url'), Buffer.from('plan/a').toString('base64url'), 'Y2x1c3Rlci8'])(
    'refuses continue=%s, which is of no page of it',
    async (cursor) => {
      const received = await read(route, `?limit=1&continue=${cursor}`);
      expect([received.status, received.headers['error-code']]).toEqual([400, 'invalid-continue']);
    },
  );
});

describe.each(LISTS)('%s', (_id, route) => {
  it('is 304 for its ETag, also in a list of tags, and not for another one', async () => {
    const { headers } = await read(route);
    expect(headers.etag).toMatch(/^"[^"]+"$/);
    const again = await read(route, '', { 'if-none-match': `"other", W/${headers.etag}` });
    expect([again.status, again.text, again.headers.etag]).toEqual([304, '', headers.etag]);
    expect((await read(route, '', { 'if-none-match': '"other"' })).status).toBe(200);
  });
});

it('says which lists have pages: the others are one document', () => {
  expect(LISTS.filter(([, { query }]) => !query).map(([id]) => id)).toEqual([
    'alertmanager.receivers.list',
    'alertmanager.routes.list',
    'plans.list',
  ]);
});
