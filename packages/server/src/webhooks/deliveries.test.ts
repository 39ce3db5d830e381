import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keyOf, updateIf } from '../store/writes.ts';
import { type InProcess, startInProcess } from '../testing/in-process.ts';
import { type Receiver, startReceiver } from './testing/receiver.ts';

const COLLECTION = '/api/v1/tenants/demo/webhooks';

let server: InProcess;
let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
  server = await startInProcess({ OPENKUPE_INTERNAL_WEBHOOKS: 'on' });
  // NOTE: the library that verifies refuses what was not signed within five minutes of the time of this machine.
  await server.clock.advance(Date.now() - server.clock.now());
  await server.plane.start();
});
afterEach(async () => {
  await server.stop();
  await receiver.stop();
});

const create = async (body: object = {}) =>
  (
    await server.send({
      method: 'POST',
      path: COLLECTION,
      body: { name: 'hook', url: receiver.url, events: ['tenant.*', 'api-key.*'], ...body },
    })
  ).json;
const read = async (path = 'hook') => (await server.send({ method: 'GET', path: `${COLLECTION}/${path}` })).json;
const patch = (body: object) => server.send({ method: 'PATCH', path: `${COLLECTION}/hook`, body });
const attempts = async () => (await read('hook/deliveries')).items;
/** Makes something happen whose event names `name`. */
const happen = async (name: string) =>
  server.send({ method: 'POST', path: '/api/v1/tenants/demo/apikeys', body: { displayName: name, role: 'readonly' } });
/** Lets time pass until a condition holds. */
const until = (condition: () => void | Promise<void>, stepMs = 50) =>
  vi.waitFor(
    async () => {
      await server.clock.advance(stepMs);
      await condition();
    },
    { timeout: 20_000, interval: 5 },
  );
const untilReceived = (count: number, stepMs?: number) =>
  until(() => expect(receiver.received.length).toBeGreaterThanOrEqual(count), stepMs);

describe('a message', () => {
  it('is signed as Standard Webhooks has it, and says what an event stream says', async () => {
    const { secret } = await create();
    const { json: key } = await happen('one');
    await untilReceived(1);
    const [message] = receiver.received;
    const headers = message?.headers as Record<string, string>;
    expect(new Webhook(secret).verify(message?.text ?? '', headers)).toMatchObject({
      type: 'api-key.created',
      data: { tenant: 'demo', kind: 'api-key', name: key.id, type: 'created', revision: expect.any(Number) },
    });
    expect(() => new Webhook(secret).verify(`${message?.text} `, headers)).toThrow('No matching signature');
    expect(headers['content-type']).toBe('application/json');
    expect(headers['webhook-id']).toMatch(/^msg_[0-9a-f]{24}_\d+-\d+$/);
    expect(message?.text).not.toContain(key.key);
    await until(async () => {
      expect(await attempts()).toMatchObject([{ event: 'api-key.created', attempt: 1, outcome: 'delivered', status: 204 }]);
    });
    expect((await read()).status).toEqual({ phase: 'Active', message: '', failures: 0 });
  });

  it('is of the kinds and types that the webhook is for, in the order in which they happened, and of its tenant', async () => {
    await server.makeTenant('other');
    const otherKey = await server.makeKey('admin', { tenant: 'other' });
    await create({ events: ['api-key.created'] });
    for (let at = 0; at < 10; at += 1) {
      const { json } = await happen(`k-${at}`);
      await server.send({ method: 'DELETE', path: `/api/v1/tenants/demo/apikeys/${json.id}` });
      const body = { displayName: 'x', role: 'admin' };
      await server.send({ method: 'POST', path: '/api/v1/tenants/other/apikeys', body, key: otherKey });
    }
    await happen('last');
    await untilReceived(11);
    expect(receiver.received).toHaveLength(11);
    const revisions = receiver.received.map(({ json }) => json.data.revision);
    expect(revisions).toEqual([...revisions].sort((one, other) => one - other));
    expect(new Set(receiver.received.map(({ json }) => `${json.data.tenant} ${json.type}`))).toEqual(new Set(['demo api-key.created']));
  });

  it('has two signatures while a rotated secret overlaps, one with each, and then one', async () => {
    const { secret: old } = await create();
    const path = `${COLLECTION}/hook/rotate-secret`;
    const { json } = await server.send({ method: 'POST', path, body: { overlapSeconds: 60 } });
    expect(json.secret).not.toBe(old);
    await happen('one');
    await untilReceived(1);
    const verify = (secret: string, at: number) => {
      const { text = '', headers = {} } = receiver.received[at] ?? {};
      return new Webhook(secret).verify(text, headers as Record<string, string>);
    };
    for (const secret of [old, json.secret]) expect(verify(secret, 0)).toMatchObject({ type: 'api-key.created' });
    await server.clock.advance(60_000);
    await happen('two');
    await untilReceived(2);
    expect(verify(json.secret, 1)).toMatchObject({ type: 'api-key.created' });
    expect(() => verify(old, 1)).toThrow('No matching signature');
  });
});

describe('a failure', () => {
  it('is tried again with the same id, later and later, in order, until it is delivered', async () => {
    receiver.answer = () => ({ status: receiver.received.length < 5 ? 500 : 200 });
    await create();
    await happen('one');
    await happen('two');
    await untilReceived(6, 500);
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids.slice(0, 5)).size).toBe(1);
    expect(ids[5]).not.toBe(ids[0]);
    await until(async () =>
      expect((await attempts()).filter(({ outcome }: { outcome: string }) => outcome === 'delivered')).toHaveLength(2),
    );
    const log = (await attempts()).reverse();
    expect(log.map(({ attempt, status }: { attempt: number; status: number }) => [attempt, status])).toEqual([
      ...[1, 2, 3, 4].map((attempt) => [attempt, 500]),
      [5, 200],
      [1, 200],
    ]);
    const times = log.slice(0, 5).map(({ at }: { at: string }) => Date.parse(at));
    const waits = times.slice(1).map((at: number, index: number) => at - times[index]);
    for (const [index, wait] of waits.entries()) expect(wait).toBeGreaterThanOrEqual(500 * 2 ** index - 1_000);
  });

  it.each([
    ['a redirect', { status: 302, headers: { location: '/elsewhere' } }, 302],
    ['429', { status: 429 }, 429],
  ] as const)('is %s, which is not followed', async (_what, answer, status) => {
    receiver.answer = ({ path }) => (path === '/' ? answer : { status: 200 });
    await create();
    await happen('one');
    await untilReceived(2, 500);
    expect(receiver.received.every(({ path }) => path === '/')).toBe(true);
    const { phase, message } = (await read()).status;
    expect([phase, message]).toEqual(['Failing', `The receiver answered ${status}`]);
  });

  it('waits as long as the receiver asks', async () => {
    receiver.answer = () => ({ status: 503, headers: { 'retry-after': '120' } });
    await create();
    await happen('one');
    await untilReceived(1);
    await until(async () => expect((await read()).status.failures).toBe(1));
    const failedAt = server.clock.now();
    await untilReceived(2, 1_000);
    expect(server.clock.now() - failedAt).toBeGreaterThan(115_000);
  });

  it('is no answer within ten seconds, and delays no other webhook', async () => {
    const other = await startReceiver();
    try {
      receiver.answer = () => 'nothing';
      await create();
      await create({ name: 'prompt', url: other.url });
      for (const name of ['one', 'two', 'three']) await happen(name);
      await until(() => expect(other.received).toHaveLength(3), 5);
      expect((await read()).status.failures).toBe(0);
      await until(async () => expect((await read()).status.message).toBe('no answer within 10 s'), 500);
    } finally {
      await other.stop();
    }
  });

  it('of 410 disables it at once, with an event and an audit row; an update goes on with what was not delivered', async () => {
    receiver.answer = () => ({ status: 410 });
    await create();
    await happen('one');
    await until(async () => expect((await read()).status.phase).toBe('Disabled'));
    const { store } = server.plane.ports;
    expect((await store.events(0, 1_000)).filter(({ message }) => /was disabled/.test(message))).toHaveLength(1);
    expect(await store.audit('demo', 1)).toMatchObject([{ action: 'webhooks.disable', target: 'webhooks/hook', actor: 'control-plane' }]);
    await happen('two');
    await server.clock.advance(60_000);
    expect(receiver.received).toHaveLength(1);
    receiver.answer = () => ({ status: 200 });
    expect((await patch({ enabled: true })).json.status).toMatchObject({ phase: 'Active', failures: 0 });
    await untilReceived(3);
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect([ids[1], ids[2] === ids[1]]).toEqual([ids[0], false]);
  });
});

describe('a change', () => {
  it('pauses it: what happens meanwhile is delivered when it is enabled again', async () => {
    await create({ enabled: false });
    await happen('one');
    await server.clock.advance(5_000);
    expect([receiver.received.length, (await read()).status.phase]).toEqual([0, 'Paused']);
    await patch({ enabled: true });
    await untilReceived(1);
  });

  it('of the address is tried at once, and nothing is sent to one that was deleted', async () => {
    receiver.answer = () => ({ status: 500 });
    await create();
    await happen('one');
    await untilReceived(4, 1_000);
    const other = await startReceiver();
    try {
      await patch({ url: other.url });
      await until(() => expect(other.received).toHaveLength(1), 5);
      await server.send({ method: 'DELETE', path: `${COLLECTION}/hook` });
      await happen('two');
      await server.clock.advance(5_000);
      expect(other.received).toHaveLength(1);
    } finally {
      await other.stop();
    }
  });
});

describe('a suspended tenant', () => {
  const suspend = async (reason?: string) => {
    const { store } = server.plane.ports;
    const tenant = await store.get({ kind: 'tenant', tenant: 'demo', name: 'demo' });
    if (!tenant) throw new Error('no tenant');
    const { suspended: _, ...spec } = tenant.spec;
    const event = { key: keyOf(tenant), type: 'changed', message: 'x' } as const;
    await store.commit({
      at: server.clock.now(),
      writes: [updateIf(tenant, { ...spec, ...(reason && { suspended: { reason } }) })],
      events: [event],
    });
  };

  it('gets nothing until it is resumed, and then what happened meanwhile', async () => {
    await create({ events: ['cluster.*'] });
    await suspend('unpaid');
    const event = { key: { kind: 'cluster', tenant: 'demo', name: 'one' }, type: 'observed', message: 'x' } as const;
    await server.plane.ports.store.commit({ at: server.clock.now(), writes: [], events: [event] });
    const other = await startReceiver();
    try {
      await server.makeTenant('other');
      const key = await server.makeKey('admin', { tenant: 'other' });
      const path = '/api/v1/tenants/other/webhooks';
      expect((await server.send({ method: 'POST', path, key, body: { name: 'hook', url: other.url } })).status).toBe(201);
      await until(() => expect(other.received.length).toBeGreaterThan(0));
      await server.clock.advance(5_000);
      expect(receiver.received).toEqual([]);
      await suspend();
      await untilReceived(1);
      expect(receiver.received[0]?.json).toMatchObject({ type: 'cluster.observed', data: { name: 'one' } });
    } finally {
      await other.stop();
    }
  });
});

describe('a redelivery', () => {
  it('sends the same message once more, beside what is due', async () => {
    await create();
    await happen('one');
    await untilReceived(1);
    await until(async () => expect(await attempts()).toHaveLength(1));
    const [{ id }] = await attempts();
    expect((await server.send({ method: 'POST', path: `${COLLECTION}/hook/deliveries/${id}/redeliver` })).status).toBe(202);
    await untilReceived(2);
    const [first, second] = receiver.received;
    expect([second?.text, second?.headers['webhook-id']]).toEqual([first?.text, first?.headers['webhook-id']]);
    await until(async () =>
      expect(await attempts()).toMatchObject([
        { id, attempt: 0, outcome: 'delivered' },
        { id, attempt: 1 },
      ]),
    );
  });

  it('is of an event that the webhook is for', async () => {
    await create({ events: ['cluster.*'] });
    await happen('one');
    const events = await server.plane.ports.store.events(0, 1_000);
    const { revision = 0 } = events.find(({ key, type }) => key.kind === 'api-key' && type === 'created') ?? {};
    expect((await server.send({ method: 'POST', path: `${COLLECTION}/hook/deliveries/${revision}-0/redeliver` })).status).toBe(404);
  });

  it('is made although the wall clock was set back by more than the age of the webhook', async () => {
    await create();
    server.clock.setWallClock(-7 * 86_400_000);
    await happen('one');
    await untilReceived(1);
    const [event] = (await server.plane.ports.store.events(0, 1_000)).slice(-1);
    const path = `${COLLECTION}/hook/deliveries/${event?.revision}-0/redeliver`;
    expect((await server.send({ method: 'POST', path })).status).toBe(202);
    await untilReceived(2);
  });

  it('of what is no id of a delivery is 400, and says so', async () => {
    const { status, text } = await server.send({ method: 'POST', path: `${COLLECTION}/hook/deliveries/x/redeliver` });
    expect([status, text]).toEqual([400, expect.stringContaining('delivery id must be the id of a delivery, such as 1234-0')]);
  });

  it('of what is not there is 404, and of a paused webhook 409', async () => {
    await create({ events: ['*.*'] });
    const again = async (id: string) =>
      (await server.send({ method: 'POST', path: `${COLLECTION}/hook/deliveries/${id}/redeliver` })).status;
    expect(await again('999999-0')).toBe(404);
    await patch({ enabled: false });
    const [event] = (await server.plane.ports.store.events(0, 1_000)).slice(-1);
    expect(await again(`${event?.revision}-0`)).toBe(409);
  });
});

describe('a restart', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'openkupe-webhooks-'));
    await server.stop();
    server = await startInProcess({ OPENKUPE_INTERNAL_WEBHOOKS: 'on', OPENKUPE_DATA: folder, OPENKUPE_KEPT_EVENTS: '1000' });
    await server.plane.start();
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function restart(): Promise<void> {
    await server.stop();
    server = await startInProcess({ OPENKUPE_INTERNAL_WEBHOOKS: 'on', OPENKUPE_DATA: folder, OPENKUPE_KEPT_EVENTS: '1000' });
  }

  it('goes on with the event that was not delivered', async () => {
    receiver.answer = () => ({ status: 500 });
    await create();
    await happen('one');
    await untilReceived(1);
    await restart();
    receiver.answer = () => ({ status: 200 });
    const before = receiver.received.length;
    await server.plane.start();
    await untilReceived(before + 1, 1_000);
    expect(receiver.received.at(-1)?.headers['webhook-id']).toBe(receiver.received[0]?.headers['webhook-id']);
  });

  it('says so where events are not kept any more', async () => {
    await create();
    await restart();
    const key = { kind: 'tenant', tenant: 'demo', name: 'demo' } as const;
    const events = Array.from({ length: 100 }, () => ({ key, type: 'changed', message: 'x' }) as const);
    const { store } = server.plane.ports;
    for (let commit = 0; commit < 30; commit += 1) await store.commit({ at: server.clock.now(), writes: [], events });
    const [oldest] = await store.events(0, 1);
    await server.plane.start();
    await untilReceived(2);
    expect(receiver.received[0]?.json).toMatchObject({ type: 'resync', data: { tenant: 'demo', revision: oldest?.revision } });
    expect(receiver.received[1]?.json).toMatchObject({ type: 'tenant.changed', data: { revision: oldest?.revision } });
  });
});
