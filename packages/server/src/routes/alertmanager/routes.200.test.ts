import { afterEach, beforeEach, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';

const BASE = '/api/v1/tenants/demo/alertmanager';
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
  for (const name of ['team', 'night']) await server.send({ method: 'PUT', path: `${BASE}/receivers/${name}`, body: {} });
});
afterEach(() => server.stop());
beforeEach(() => server.send({ method: 'DELETE', path: `${BASE}/routes` }));

const put = (body: unknown, path = 'routes') => server.send({ method: 'PUT', path: `${BASE}/${path}`, body });
const get = (path = 'routes') => server.send({ method: 'GET', path: `${BASE}/${path}` });
const remove = (path: string) => server.send({ method: 'DELETE', path: `${BASE}/${path}` });

const FULL = {
  receiver: 'team',
  group_by: ['alertname', '...'],
  continue: false,
  matchers: ['severity="critical"'],
  match: { a: 'b' },
  match_re: { c: 'd|e' },
  group_wait: '0s',
  group_interval: '5m',
  repeat_interval: '1d2h',
  mute_time_intervals: [],
  active_time_intervals: ['office'],
  routes: [{ receiver: 'night', routes: [{ continue: true }] }],
};

it('D27 D29: answers the list as it was sent, in order, zero values and all', async () => {
  const items = [FULL, { matchers: ['x="y"'] }, {}];
  const answer = await put({ items });
  expect([answer.status, answer.json]).toEqual([200, { items }]);
  const read = await get();
  expect([read.json, read.headers.etag]).toEqual([{ items }, answer.headers.etag]);
});

it.each([[null], [[]]])('D29: items %j clears', async (items) => {
  await put({ items: [FULL] });
  expect((await put({ items })).json).toEqual({ items: [] });
  expect((await get()).json).toEqual({ items: [] });
});

it.each([
  ['a receiver that does not exist', { receiver: 'nobody' }, 'items.0.receiver names "nobody", which does not exist'],
  ['one in a nested route', { routes: [{ routes: [{ receiver: 'nobody' }] }] }, 'items.0.routes.0.routes.0.receiver names "nobody"'],
  ['a name that every object has', { receiver: 'constructor' }, 'does not exist'],
  ['an unknown key', { recevier: 'team' }, 'unknown field "items.0.recevier"'],
  ['an unknown key in a nested route', { routes: [{ recevier: 'team' }] }, 'unknown field "items.0.routes.0.recevier"'],
  ['a nested route that is none', { routes: [{ routes: [1] }] }, 'items.0.routes.0.routes.0 must be a route'],
  ['a nested value of another type', { routes: [{ group_by: 'x' }] }, 'items.0.routes.0.group_by must be an array, not string'],
  [
    'a nested list that is longer than the schema says',
    { routes: [{ matchers: Array(101).fill('a="b"') }] },
    'items.0.routes.0.matchers must NOT have more',
  ],
  ['a duration without a unit', { group_wait: '30' }, 'items.0.group_wait must be a duration'],
  ['a duration in words', { repeat_interval: '4 hours' }, 'items.0.repeat_interval must be a duration'],
  ['a nested duration', { routes: [{ group_interval: '5mm' }] }, 'items.0.routes.0.group_interval must be a duration'],
  ['units in the wrong order', { group_wait: '5s1m' }, 'items.0.group_wait must be a duration'],
  ['an interval of nothing', { group_interval: '0s' }, 'longer than nothing'],
])('refuses %s with 400, and changes nothing', async (_what, route, message) => {
  const before = await get();
  const received = await put({ items: [route] });
  expect([received.status, errorOf(received)]).toEqual([400, expect.stringContaining(message)]);
  expect((await get()).headers.etag).toBe(before.headers.etag);
});

it('F-23: a route by its place: read, replaced, removed, and 404 past the end', async () => {
  await put({ items: [{ receiver: 'team' }, { receiver: 'night' }, {}] });
  expect((await get('routes/1')).json).toEqual({ receiver: 'night' });
  const replaced = await put({ receiver: 'team', continue: true }, 'routes/1');
  expect([replaced.status, replaced.json]).toEqual([200, { receiver: 'team', continue: true }]);
  expect((await put({ receiver: 'nobody' }, 'routes/1')).status).toBe(400);
  expect((await remove('routes/0')).status).toBe(204);
  expect((await get()).json.items).toEqual([{ receiver: 'team', continue: true }, {}]);
  for (const answer of [await get('routes/2'), await put({}, 'routes/2'), await remove('routes/2')]) expect(answer.status).toBe(404);
  expect((await get('routes/-1')).status).toBe(400);
});

it('409 for a receiver that a route names, nested or not; 204 once none does', async () => {
  await put({ items: [{ routes: [{ receiver: 'night' }] }] });
  const refused = await remove('receivers/night');
  expect([refused.status, errorOf(refused)]).toEqual([409, 'Receiver "night" is named by a route; change the routes first']);
  await put({ items: [] });
  const removed = await remove('receivers/night');
  expect([removed.status, removed.text]).toEqual([204, '']);
  expect((await remove('receivers/night')).status).toBe(404);
  expect((await get('receivers/night')).status).toBe(404);
});
