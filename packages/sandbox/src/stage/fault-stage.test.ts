import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FaultInput } from '../faults/fault-table.ts';
import type { Sandbox } from '../sandbox.ts';
import { startSandbox } from '../start-sandbox.ts';
import { ask, askRaw, jsonOf } from '../testing/ask.ts';

const ONE = '/clusters/one';
let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox({ clock: { frozen: true }, scenario: { title: 'one', clusters: [{ name: 'one' }] } });
});
afterEach(() => sandbox.stop());

/** The fault in the next request alone. */
const once = (fault: FaultInput | string) => sandbox.rules.add({ when: { count: 1 }, fault });
const get = (path = ONE, headers: Record<string, string> = {}) => ask(sandbox, 'GET', path, { headers });
const etagNow = async () => String((await get()).headers.etag);

describe('429', () => {
  it.each([
    ['none', '', undefined],
    ['0', '0', '0'],
    ['a fraction', '0.5', '0.5'],
    ['a day', '86400', '86400'],
    ['a date as it is given', 'Wed, 21 Oct 2015 07:28:00 GMT', 'Wed, 21 Oct 2015 07:28:00 GMT'],
    ['no number', 'soon', 'soon'],
  ])('with Retry-After: %s', async (_what, retryAfter, header) => {
    once({ kind: 'status', status: 429, retryAfter });
    const refused = await get();
    expect([refused.status, refused.headers['retry-after'], refused.headers['content-type']]).toEqual([429, header, 'application/json']);
    expect(Object.keys(jsonOf(refused))).toEqual(['error']);
    expect((await get()).status).toBe(200);
  });

  it('with a date that many seconds from now', async () => {
    once({ kind: 'status', status: 429, retryAfter: 'date+30' });
    const { headers } = await get();
    const distanceMs = Date.parse(String(headers['retry-after'])) - Date.parse(String(headers.date));
    expect(Math.abs(distanceMs - 30_000)).toBeLessThanOrEqual(2_000);
  });
});

it.each([500, 503])('%i, without executing the request', async (status) => {
  once({ kind: 'status', status });
  expect((await ask(sandbox, 'DELETE', ONE)).status).toBe(status);
  expect((await get()).status).toBe(200);
  expect(sandbox.recording().requests[0]).toMatchObject({ executedAs: undefined, outcome: status, faults: ['status'] });
});

it('latency holds the request back before it is executed', async () => {
  once({ kind: 'latency', ms: 300 });
  const held = await get();
  expect(held.status).toBe(200);
  expect(held.tookMs).toBeGreaterThanOrEqual(299);
});

describe('an answer that is lost', () => {
  it('after the change was applied', async () => {
    once('lost-answer');
    const lost = await ask(sandbox, 'POST', '/clusters', { body: { name: 'two' } });
    expect([lost.status, lost.broke]).toEqual([undefined, 'ECONNRESET']);
    expect((await get('/clusters/two')).status).toBe(200);
    expect(sandbox.recording().requests[0]).toMatchObject({ executedAs: 201, outcome: 'closed' });
  });

  it('before it was applied', async () => {
    once('lost-answer; executed=false');
    expect((await ask(sandbox, 'POST', '/clusters', { body: { name: 'two' } })).status).toBeUndefined();
    expect((await get('/clusters/two')).status).toBe(404);
  });
});

it.each([
  [true, 200],
  [false, 404],
])('a connection that is reset (executed: %s)', async (executed, status) => {
  once({ kind: 'reset', executed });
  const { status: seen, broke } = await ask(sandbox, 'POST', '/clusters', { body: { name: 'two' } });
  expect([seen, broke]).toEqual([undefined, 'ECONNRESET']);
  expect((await get('/clusters/two')).status).toBe(status);
});

it.each([0, 0.5, 1])('a body of which a part of %f arrives, and never all', async (fraction) => {
  const whole = await get();
  once({ kind: 'half-body', fraction });
  const half = await get();
  expect([half.status, half.broke, half.headers['content-length']]).toEqual([200, 'aborted', String(whole.body.length)]);
  expect(half.body.length).toBe(Math.min(whole.body.length - 1, Math.floor(whole.body.length * fraction)));
  expect(sandbox.recording().requests.at(-1)?.outcome).toBe('cut');
});

it('a slow body arrives whole, in pieces', async () => {
  const whole = await get();
  once({ kind: 'slow-body', pieces: 4, everyMs: 60 });
  const slow = await get();
  expect(slow.body).toEqual(whole.body);
  expect(slow.pieces).toBeGreaterThanOrEqual(3);
  expect(slow.tookMs).toBeGreaterThanOrEqual(170);
});

describe('a wrong content type', () => {
  it('on the real body', async () => {
    once('content-type; type=text/plain');
    const wrong = await get();
    expect([wrong.headers['content-type'], jsonOf(wrong).name]).toEqual(['text/plain', 'one']);
  });

  it('with a page of a proxy, also in place of a refusal', async () => {
    once('502 | content-type; body=<h1>Bad Gateway</h1>');
    const page = await get();
    expect([page.status, page.headers['content-type'], page.body.toString()]).toEqual([
      502,
      'text/html; charset=utf-8',
      '<h1>Bad Gateway</h1>',
    ]);
  });
});

it.each([
  ['gzip', gunzipSync],
  ['br', brotliDecompressSync],
])('an answer compressed with %s that was not asked for', async (coding, decompress) => {
  const whole = await get();
  once(`compressed; coding=${coding}`);
  const compressed = await get(ONE, { 'accept-encoding': 'identity' });
  expect(compressed.headers['content-encoding']).toBe(coding);
  expect(decompress(compressed.body)).toEqual(whole.body);
});

it('a stale read shows what was there before the last write, with its ETag', async () => {
  const before = await get();
  sandbox.rules.add({ name: 'lag', match: { method: 'GET' }, fault: 'stale-read' });
  const changed = await ask(sandbox, 'PATCH', ONE, { headers: { 'if-match': String(before.headers.etag) }, body: { labels: { a: 'b' } } });
  expect(changed.status).toBe(200);
  const stale = await get();
  expect([jsonOf(stale).labels, stale.headers.etag]).toEqual([jsonOf(before).labels, before.headers.etag]);
  sandbox.rules.remove('lag');
  expect(jsonOf(await get()).labels).toEqual({ a: 'b' });
});

it('a stale read of a list lacks what was just created, though the list was never read', async () => {
  sandbox.rules.add({ match: { route: 'clusters.list' }, fault: 'stale-read' });
  await ask(sandbox, 'POST', '/clusters', { body: { name: 'two' } });
  expect(jsonOf(await get('/clusters')).items.map(({ name }: { name: string }) => name)).toEqual(['one']);
});

it.each([
  ['first', 201],
  ['second', 409],
] as const)('a request that is delivered twice, of which the client gets the %s answer', async (answer, status) => {
  once({ kind: 'duplicate', answer });
  expect((await ask(sandbox, 'POST', '/clusters', { body: { name: 'two' } })).status).toBe(status);
});

describe('a second writer', () => {
  const guarded: [string, string, object, string, object?][] = [
    ['cluster', ONE, { labels: { a: 'b' } }, 'PATCH'],
    ['cluster that is deleted', ONE, {}, 'DELETE'],
    ['tenant', '', { enforceMetricsLimit: true }, 'PATCH'],
    ['secret', '/secrets/db', { sync: [{ cluster: 'one', namespace: 'default' }] }, 'PATCH', { name: 'db', secretPath: 'services/db' }],
    ['webhook', '/webhooks/hook', { enabled: false }, 'PATCH', { name: 'hook', url: 'https://hooks.example.com/w' }],
    ['global setting of Alertmanager', '/alertmanager/global', { resolve_timeout: '7m' }, 'PUT'],
    ['list of routes', '/alertmanager/routes', { items: [{ matchers: ['severity="critical"'] }] }, 'PUT'],
  ];
  it.each(guarded)(
    'of a %s comes just before a guarded write: 412, and the next attempt is 2xx',
    async (_what, path, change, method, created) => {
      if (created) {
        const made = await ask(sandbox, 'POST', path.slice(0, path.lastIndexOf('/')), { body: created });
        expect(made.status).toBe(201);
      }
      sandbox.rules.add({ name: 'colleague', match: { header: 'if-match' }, when: { count: 1 }, fault: 'second-writer' });
      const attempt = async () => {
        const etag = String((await get(path)).headers.etag);
        return (await ask(sandbox, method, path, { headers: { 'if-match': etag }, body: change })).status ?? 0;
      };
      expect(await attempt()).toBe(412);
      expect(Math.floor((await attempt()) / 100)).toBe(2);
    },
  );

  it('of an API key', async () => {
    const made = jsonOf(await ask(sandbox, 'POST', '/apikeys', { body: { displayName: 'k', role: 'admin' } }));
    const path = `/apikeys/${made.id}`;
    sandbox.rules.add({ match: { route: 'api-keys.update' }, fault: 'second-writer' });
    const etag = String((await get(path)).headers.etag);
    expect((await ask(sandbox, 'PATCH', path, { headers: { 'if-match': etag }, body: { displayName: 'l' } })).status).toBe(412);
  });

  it('leaves what it changed, and no key of its own', async () => {
    sandbox.rules.add({ match: { header: 'if-match' }, fault: 'second-writer' });
    await ask(sandbox, 'PATCH', ONE, { headers: { 'if-match': await etagNow() }, body: { labels: { a: 'b' } } });
    expect(jsonOf(await get()).labels).toEqual({ 'second-writer': '1' });
    expect(jsonOf(await get('/apikeys')).items).toHaveLength(1);
  });
});

it('a key that expires in the middle is refused from then on; another one works', async () => {
  const other = await sandbox.issueKey();
  sandbox.rules.add({ when: { after: 2, count: 1 }, fault: 'expire-key' });
  const statuses: (number | undefined)[] = [];
  for (let request = 0; request < 4; request += 1) statuses.push((await get()).status);
  expect(statuses).toEqual([200, 200, 401, 401]);
  expect((await ask({ ...sandbox, apiKey: other }, 'GET', ONE)).status).toBe(200);
});

describe('faults of clusters follow the clock of the sandbox', () => {
  const phaseOf = async (name: string) => jsonOf(await get(`/clusters/${name}`)).status?.phase;

  it('one that takes ten minutes', async () => {
    sandbox.rules.add({ match: { route: 'clusters.create' }, fault: 'slow-cluster' });
    await ask(sandbox, 'POST', '/clusters', { body: { name: 'two' } });
    await sandbox.clock.advance('9m');
    expect(await phaseOf('two')).toBe('Provisioning');
    await sandbox.clock.advance('2m');
    expect(await phaseOf('two')).toBe('Running');
  });

  it('one that degrades for a while', async () => {
    sandbox.rules.add({ match: { resource: 't*', method: 'POST' }, fault: 'cluster; state=degraded; seconds=300' });
    await ask(sandbox, 'POST', '/clusters', { body: { name: 'two' } });
    await sandbox.clock.advance('2m');
    expect(await phaseOf('two')).toBe('Degraded');
    await sandbox.clock.advance('5m');
    expect(await phaseOf('two')).toBe('Running');
  });

  it('one that is never gone', async () => {
    once({ kind: 'cluster', state: 'never-gone' });
    await ask(sandbox, 'DELETE', ONE);
    await sandbox.clock.advance('1h');
    expect(await phaseOf('one')).toBe('Terminating');
  });
});

describe('where faults come from', () => {
  it('a header of the request itself, for it alone', async () => {
    expect((await get(ONE, { 'X-Kupe-Sandbox': '503; retry-after=7' })).headers['retry-after']).toBe('7');
    expect((await get()).status).toBe(200);
  });

  it('a header that cannot be read is 400, with what is wrong', async () => {
    const refused = await get(ONE, { 'X-Kupe-Sandbox': '429; retry=1' });
    expect([refused.status, jsonOf(refused).error]).toEqual([
      400,
      'x-kupe-sandbox: The fault status cannot be read: retry: must NOT have additional properties',
    ]);
  });

  it('the name of a resource, in a path or the body of a create', async () => {
    const create = () => ask(sandbox, 'POST', '/clusters', { body: { name: 'fault-503-a' } });
    expect([(await create()).status, (await create()).status, (await create()).status]).toEqual([503, 503, 201]);
    expect((await get('/clusters/fault-429')).status).toBe(429);
    await ask(sandbox, 'POST', '/clusters', { body: { name: 'fault-degraded' } });
    await sandbox.clock.advance('2m');
    expect(jsonOf(await get('/clusters/fault-degraded')).status.phase).toBe('Degraded');
  });
});

it('a stream passes, and a fault before it does, too', async () => {
  const events = `${sandbox.url}/api/v1/tenants/demo/events`;
  const headers = { authorization: `Bearer ${sandbox.apiKey}`, accept: 'text/event-stream' };
  once('503');
  expect((await askRaw(events, { headers })).status).toBe(503);
  const stop = new AbortController();
  const stream = await fetch(events, { headers, signal: stop.signal });
  expect([stream.status, stream.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
  stop.abort();
});

it('what the server itself refuses is refused alike: two credentials, an unknown path, a body that is no JSON', async () => {
  const answers = [
    await get('/nothing'),
    await ask(sandbox, 'POST', '/clusters', { body: 'text' }),
    await ask(sandbox, 'POST', '/clusters', { body: { name: 'x'.repeat(300_000) } }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([404, 400, 413]);
});
