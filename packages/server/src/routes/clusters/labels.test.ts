import { LIMITS } from '@openkupe/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';

const COLLECTION = '/api/v1/tenants/demo/clusters';
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

const create = (name: string, labels?: object) =>
  server.send({ method: 'POST', path: COLLECTION, body: { name, ...(labels && { labels }) } });
const patch = (body: object, query = '') => server.send({ method: 'PATCH', path: `${COLLECTION}/one${query}`, body });
const names = async (selector: string, query = '') => {
  const { json } = await server.send({ method: 'GET', path: `${COLLECTION}?labelSelector=${encodeURIComponent(selector)}${query}` });
  return json.items.map(({ name }: { name: string }) => name);
};

it('are answered as they were sent, and by every read', async () => {
  const labels = { env: 'prod', 'example.com/team': 'payments', empty: '' };
  const created = await create('one', labels);
  expect([created.status, created.json.labels]).toEqual([201, labels]);
  expect((await server.send({ method: 'GET', path: `${COLLECTION}/one` })).json.labels).toEqual(labels);
  expect((await server.send({ method: 'GET', path: COLLECTION })).json.items[0].labels).toEqual(labels);
});

it('leave no trace in a cluster that has none', async () => {
  await create('one');
  await create('two', {});
  const { json } = await server.send({ method: 'GET', path: COLLECTION });
  expect(json.items.filter((item: object) => 'labels' in item)).toEqual([]);
});

describe('a PATCH', () => {
  beforeEach(() => create('one', { env: 'prod', tier: 'web' }));

  it.each([
    [{ tier: 'api' }, { env: 'prod', tier: 'api' }],
    [{ new: '1' }, { env: 'prod', tier: 'web', new: '1' }],
    [{ env: null, absent: null }, { tier: 'web' }],
    [{ env: null, tier: null }, undefined],
    [{}, undefined],
  ])('%j merges', async (labels, expected) => {
    const { status, json } = await patch({ labels });
    expect([status, json.labels, json.version]).toEqual([200, expected, json.version]);
  });

  it('without labels keeps them, and with the same ones writes nothing', async () => {
    expect((await patch({ alerts: { a: 1 } })).json.labels).toEqual({ env: 'prod', tier: 'web' });
    const before = (await server.send({ method: 'GET', path: `${COLLECTION}/one` })).json.resourceVersion;
    expect((await patch({ labels: { tier: 'web', absent: null } })).json.resourceVersion).toBe(before);
  });

  it('is guarded by If-Match, and validated without being carried out', async () => {
    const stale = await server.send({
      method: 'PATCH',
      path: `${COLLECTION}/one`,
      body: { labels: { env: 'dev' } },
      headers: { 'if-match': '"1"' },
    });
    const validated = await patch({ labels: { env: 'dev' } }, '?validateOnly=true');
    expect([stale.status, validated.json.labels.env, await names('env=prod')]).toEqual([412, 'dev', ['one']]);
  });

  it('is audited label by label, and named by its event', async () => {
    await patch({ labels: { env: 'dev', 'example.com/team': 'a' } });
    const [row] = (await server.send({ method: 'GET', path: '/api/v1/tenants/demo/audit?limit=1' })).json.items;
    expect(row.fields).toEqual([
      { pointer: '#/labels/env', before: 'prod', after: 'dev' },
      { pointer: '#/labels/example.com~1team', after: 'a' },
    ]);
    const events = await server.plane.ports.store.events(0, 100);
    expect(events.at(-1)?.message).toContain('was changed: labels');
  });
});

it.each([
  [{ '-env': 'a' }, 'labels has the key "-env"', '#/labels/-env'],
  [{ 'a/b/c': 'a' }, 'labels has the key "a/b/c"', '#/labels/a~1b~1c'],
  [{ 'kupe.io/tenant': 'a' }, 'keys below kupe.io/ are reserved', '#/labels/kupe.io~1tenant'],
  [{ 'x.kupe.io/a': 'a' }, 'keys below kupe.io/ are reserved', '#/labels/x.kupe.io~1a'],
  [{ env: 'a b' }, 'labels["env"] must be', '#/labels/env'],
  [{ env: 'a'.repeat(64) }, 'labels["env"] must be', '#/labels/env'],
  [{ env: 1 }, 'labels.env must be a string, not number', '#/labels/env'],
  [{ env: null }, 'labels.env must be a string, not null', '#/labels/env'],
  [Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`a${index}`, ''])), 'labels must be at most 64, not 65', '#/labels'],
  [
    Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`${'a'.repeat(240)}/a${index}`, 'a'.repeat(63)])),
    `labels must be at most ${LIMITS.labelsBytes} bytes of JSON`,
    '#/labels',
  ],
])('%j are refused with 400', async (labels, message, pointer) => {
  const received = await server.send({
    method: 'POST',
    path: COLLECTION,
    body: { name: 'one', labels },
    headers: { accept: 'application/problem+json' },
  });
  expect([received.status, received.json.errors[0].pointer]).toEqual([400, pointer]);
  expect(received.text).toContain(JSON.stringify(message).slice(1, -1));
});

it('counts what a PATCH leaves, and says what a value of it can be', async () => {
  await create('one', Object.fromEntries(Array.from({ length: 64 }, (_, index) => [`a${index}`, ''])));
  expect(errorOf(await patch({ labels: { b: '' } }))).toContain('labels must be at most 64, not 65');
  expect((await patch({ labels: { b: '', a0: null } })).status).toBe(200);
  expect(errorOf(await patch({ labels: { b: 1 } }))).toContain('labels.b must be a string or null, not number');
});

describe('a list', () => {
  beforeEach(async () => {
    await create('one', { env: 'prod', tier: 'web' });
    await create('two', { env: 'prod', tier: 'api' });
    await create('three', { env: 'dev' });
    await create('four');
  });

  it.each([
    ['env=prod', ['one', 'two']],
    ['env=prod,tier in (api,db)', ['two']],
    ['env!=prod', ['four', 'three']],
    ['tier', ['one', 'two']],
    ['!env', ['four']],
  ])('is filtered by %s, whole and in pages', async (selector, expected) => {
    expect([await names(selector), await names(selector, '&limit=500')]).toEqual([expected, expected]);
  });

  it.each(['', 'a'.repeat(1_025), 'env in prod', 'env>1', 'env=prod,'])('refuses the selector "%s" with 400', async (selector) => {
    const path = `${COLLECTION}?labelSelector=${encodeURIComponent(selector)}`;
    const received = await server.send({ method: 'GET', path });
    expect([received.status, errorOf(received)]).toEqual([400, expect.stringContaining('be a label selector such as')]);
  });
});
