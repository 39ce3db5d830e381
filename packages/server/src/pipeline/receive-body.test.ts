import { setImmediate as turn } from 'node:timers/promises';
import { ROUTES } from '@openkupe/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Reply } from '../errors/reply.ts';
import { createOverload } from '../overload/overload.ts';
import { createUploadLimit } from '../overload/upload-limit.ts';
import type { Ports } from '../start/compose-ports.ts';
import type { WriteOf } from '../store/store.ts';
import { deleteIf, updateIf } from '../store/writes.ts';
import { type InProcess, startInProcess } from '../testing/in-process.ts';
import { createPipeline } from './pipeline.ts';

const LIST = { method: 'GET', path: '/api/v1/tenants/demo/clusters' };
const PERMITS = 10;

/** A body that arrives when the test says so. */
function slowBody() {
  const pieces: string[] = [];
  let wake = () => {};
  let isOver = false;
  let failure: Error | undefined;
  let isRead = false;
  async function* read() {
    isRead = true;
    for (;;) {
      while (pieces.length > 0) yield Buffer.from(pieces.shift() as string);
      if (failure) throw failure;
      if (isOver) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  return {
    stream: read(),
    isRead: () => isRead,
    write(piece: string) {
      pieces.push(piece);
      wake();
    },
    end(piece: string) {
      pieces.push(piece);
      isOver = true;
      wake();
    },
    breakOff() {
      failure = new Error('aborted');
      wake();
    },
  };
}

let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

function setUp(overrides: Partial<Ports> = {}) {
  const overload = createOverload({ clock: server.clock, mostRunning: PERMITS });
  const errors: unknown[] = [];
  const log = { ...server.plane.ports.log, error: (...line: unknown[]) => void errors.push(line) };
  const ports = { ...server.plane.ports, overload, log, ...overrides };
  const pipeline = createPipeline(ports);
  const route = ROUTES.find(({ id }) => id === 'api-keys.create');
  if (!route) throw new Error('no such route');
  const create = (options: { headers?: Record<string, string>; key?: string; address?: string; isGone?: () => boolean } = {}) => {
    const body = slowBody();
    const answer: { reply?: Reply } = {};
    const reply = pipeline({
      method: 'POST',
      target: '/api/v1/tenants/demo/apikeys',
      headers: {
        host: 'a',
        authorization: `Bearer ${options.key ?? server.adminKey}`,
        'content-type': 'application/json',
        ...options.headers,
      },
      requestId: 'req-of-the-test',
      clientAddress: options.address ?? '127.0.0.1',
      socketAddress: options.address ?? '127.0.0.1',
      match: { route, params: { tenant: 'demo' } },
      ...(options.isGone ? { isGone: options.isGone } : {}),
      body: body.stream,
    }).then((got) => {
      answer.reply = got;
      return got;
    });
    return { ...body, reply, answer };
  };
  const list = async () => (await server.sendWith({ overload }, LIST)).status;
  return { ports, overload, errors, create, list };
}

/** Lets what is begun get as far as it can. */
const settle = async () => {
  for (let turns = 0; turns < 5; turns += 1) await turn();
};
const begin = async <Made>(make: () => Made, count: number) => {
  const made = Array.from({ length: count }, make);
  await settle();
  return made;
};
const whole = (name: string) => JSON.stringify({ displayName: name, role: 'readonly' });
const errorOf = (reply: Reply | undefined) => JSON.parse(reply?.body ?? '{}').error as string;
const keys = async () => (await server.send({ method: 'GET', path: '/api/v1/tenants/demo/apikeys' })).json.items.length as number;

describe('a client that takes its time to send a body', () => {
  it('holds no permit, so that others are served as if it were not there', async () => {
    const { overload, create, list } = setUp();
    const slow = [];
    // Each by itself, because until they are authorised they do hold permits.
    for (let at = 0; at < 3 * PERMITS; at += 1) slow.push(...(await begin(create, 1)));
    expect(overload.running).toBe(0);
    expect(await list()).toBe(200);
    for (const [at, body] of slow.entries()) {
      body.end(whole(`slow-${at}`));
      expect((await body.reply).status).toBe(201);
    }
    expect(overload.running).toBe(0);
  });

  it('needs a permit again: those that end all at once are refused like any other rush, and nothing of them is executed', async () => {
    const { create } = setUp();
    const slow = [];
    for (let at = 0; at < 3 * PERMITS; at += 1) slow.push(...(await begin(create, 1)));
    const before = await keys();
    for (const body of slow) body.end(whole('rush'));
    const replies = await Promise.all(slow.map(({ reply }) => reply));
    const made = replies.filter(({ status }) => status === 201).length;
    const refused = replies.filter(({ status }) => status === 503);
    expect(made + refused.length).toBe(3 * PERMITS);
    expect(refused.length).toBeGreaterThan(0);
    for (const { headers } of refused) {
      expect([headers['error-code'], headers['retry-advice']]).toEqual(['overloaded', expect.stringContaining('executed=no')]);
      expect(headers['retry-after']).toMatch(/^[1-9]\d*$/);
    }
    expect(await keys()).toBe(before + made);
  });

  it('may miss its own deadline, and then nothing is executed', async () => {
    const { overload, create } = setUp();
    const before = await keys();
    const headers = { 'x-request-deadline': new Date(server.clock.now() + 5_000).toISOString() };
    const [body] = await begin(() => create({ headers }), 1);
    await server.clock.advance(6_000);
    body?.end(whole('late'));
    expect((await body?.reply)?.headers['error-code']).toBe('deadline-passed');
    expect([await keys(), overload.running, overload.counters.expired]).toEqual([before, 0, 1]);
  });

  it('may go away in the middle, which is no defect of ours', async () => {
    const { overload, errors, create } = setUp();
    const [body] = await begin(create, 1);
    body?.write('{"displayName"');
    body?.breakOff();
    expect((await body?.reply)?.status).toBe(400);
    expect([errors, overload.running]).toEqual([[], 0]);
  });

  it('may go away after it has sent everything: what did not begin yet is not executed, and all permits are free', async () => {
    const { overload, errors, create, list } = setUp();
    const before = await keys();
    let isGone = false;
    const padding = ' '.repeat(100_000);
    const bodies = await begin(() => create({ isGone: () => isGone }), PERMITS - 1);
    for (const [at, body] of bodies.entries()) body.end(`${padding}${whole(`left-${at}`)}`);
    isGone = true;
    for (const body of bodies) expect((await body.reply).headers['error-code']).toBe('connection-lost');
    expect([await keys(), overload.running, errors, await list()]).toEqual([before, 0, [], 200]);
  });

  it('is not read before it is known who sends it, and what it may', async () => {
    const { create } = setUp();
    const [stranger, reader] = [create({ key: 'kupe_nobody' }), create({ key: await server.makeKey('readonly') })];
    expect([(await stranger.reply).status, (await reader.reply).status]).toEqual([401, 403]);
    expect([stranger.isRead(), reader.isRead()]).toEqual([false, false]);
  });
});

describe('an address that has many bodies on their way', () => {
  const uploads = (limits: { uploads: number; bytes: number; totalBytes: number }) =>
    createUploadLimit({ clock: server.clock, limits: { ...limits, longestMs: 30_000 } });

  it('is told when one of them is over at the latest, and others are not held up', async () => {
    const { create } = setUp({ uploads: uploads({ uploads: 3, bytes: 1000, totalBytes: 2000 }) });
    const slow = await begin(create, 3);
    await server.clock.advance(4_000);
    const refused = await create().reply;
    expect([refused.status, refused.headers['error-code'], refused.headers['retry-after']]).toEqual([429, 'rate-limited-bodies', '26']);
    expect(refused.headers.ratelimit).toBe('"bodies";r=0;t=26');
    expect(refused.headers['ratelimit-policy']).toBe('"bodies";q=3;qu="concurrent-requests"');
    expect(errorOf(refused)).toBe('Too many unfinished request bodies from this address; finish those, or wait 26 seconds');
    const neighbour = create({ address: '127.0.0.2' });
    neighbour.end(whole('neighbour'));
    expect((await neighbour.reply).status).toBe(201);
    slow[0]?.end(whole('first'));
    await slow[0]?.reply;
    const next = create();
    next.end(whole('next'));
    expect((await next.reply).status).toBe(201);
  });

  it('may not fill the memory with them', async () => {
    const { create } = setUp({ uploads: uploads({ uploads: 30, bytes: 1000, totalBytes: 1500 }) });
    const [one, same, other] = await begin(create, 3);
    one?.write(`{"displayName": "${'x'.repeat(700)}`);
    same?.write(`{"displayName": "${'x'.repeat(700)}`);
    expect([(await same?.reply)?.status, (await same?.reply)?.headers['error-code']]).toEqual([429, 'rate-limited-bodies']);
    const [far] = await begin(() => create({ address: '127.0.0.2' }), 1);
    far?.write('x'.repeat(900));
    expect([(await far?.reply)?.status, (await far?.reply)?.headers['error-code']]).toEqual([503, 'overloaded']);
    other?.end(whole('small'));
    expect((await other?.reply)?.status).toBe(201);
    expect(one?.answer.reply).toBeUndefined();
  });
});

describe('what changes while the body is on its way applies to the request', () => {
  const begun = async (key: string) => {
    const { create } = setUp();
    const request = create({ key });
    await settle();
    expect(request.isRead()).toBe(true);
    return request;
  };
  const stored = async <K extends 'tenant' | 'api-key'>(kind: K, name: string) => {
    const row = await server.plane.ports.store.get({ kind, tenant: 'demo', name });
    if (!row) throw new Error(`no ${kind} ${name}`);
    return row;
  };
  const write = (write: WriteOf<'tenant'> | WriteOf<'api-key'>) =>
    server.plane.ports.store.commit({ at: server.clock.now(), writes: [write] });

  it('a key that is revoked is 401 and makes no key', async () => {
    const key = await server.makeKey('admin');
    const request = await begun(key);
    const before = await keys();
    await write(deleteIf(await stored('api-key', `ak-${key.split('_')[1]}`)));
    request.end(whole('late'));
    expect((await request.reply).status).toBe(401);
    expect(await keys()).toBe(before - 1);
  });

  it('a tenant that is suspended is 403', async () => {
    const request = await begun(server.adminKey);
    const tenant = await stored('tenant', 'demo');
    await write(updateIf(tenant, { ...tenant.spec, suspended: { reason: 'unpaid' } }));
    request.end(whole('late'));
    expect((await request.reply).status).toBe(403);
  });

  it('another tenant that has taken the name gets nothing of it, also between the check and the commit', async () => {
    const { store } = server.plane.ports;
    let replaced = false;
    const replacing: typeof store = {
      ...store,
      async commit(change) {
        if (!replaced) {
          replaced = true;
          await write(deleteIf(await stored('tenant', 'demo')));
          await server.makeTenant('demo');
        }
        return store.commit(change);
      },
    };
    const CREATE = { method: 'POST', path: '/api/v1/tenants/demo/apikeys', body: JSON.parse(whole('late')) };
    expect((await server.sendWith({ store: replacing }, CREATE)).status).toBe(404);
    expect((await stored('tenant', 'demo')).uid).toBe('uid-demo');
  });
});
